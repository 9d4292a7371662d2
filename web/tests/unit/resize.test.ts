import { describe, expect, test } from 'vitest';

import { blendRows, resizeRow, taps } from '../../src/shared/resize';

/** A whole picture through both halves, in the order the worker uses to shrink. */
function resize(source: number[][], width: number, height: number): number[][] {
  const across = taps(source[0].length, width);
  const down = taps(source.length, height);
  const narrow = new Float32Array(width * source.length);
  source.forEach((row, y) => resizeRow(Float32Array.from(row), 0, across, 1, narrow, y * width));
  return Array.from({ length: height }, (_, y) => {
    const row = new Float32Array(width);
    blendRows(narrow, width, down, y, row, 0);
    return [...row];
  });
}

function line(source: number[], width: number): number[] {
  return resize([source], width, 1)[0];
}

function expectClose(received: number[], expected: number[]) {
  expect(received.length).toBe(expected.length);
  received.forEach((value, i) => expect(value).toBeCloseTo(expected[i], 5));
}

describe('by hand', () => {
  test('to twice the size', () => expectClose(line([0, 8], 4), [0, 2, 6, 8]));
  // Kernel of 4 pixels: 1/4 3/4 3/4 1/4 over the sum, cut and normalised at the ends.
  test('to half the size', () => expectClose(line([7, 14, 28, 35], 2), [(7 * 3 + 14 * 3 + 28) / 7, (14 + 28 * 3 + 35 * 3) / 7]));
  test('from one pixel', () => expectClose(line([5], 3), [5, 5, 5]));
  test('to one pixel', () => expectClose(line([1, 2, 3], 1), [(1 * 2 + 2 * 3 + 3 * 2) / 7]));
  test('to the same size', () => expectClose(line([3, 1, 4, 1, 5], 5), [3, 1, 4, 1, 5]));
  test('both ways at once', () => {
    expect(resize([[0, 8], [16, 24]], 4, 1)).toEqual([[8, 10, 14, 16]]);
  });
});

test('interleaved channels stay apart', () => {
  const target = new Float32Array(9);
  resizeRow(Float32Array.of(0, 0, 8, 80, 4, 40), 2, taps(2, 4), 2, target, 1);
  expectClose([...target], [0, 8, 80, 7, 70, 5, 50, 4, 40]);
});

test.each([
  [3000, 256],
  [256, 4000],
  [257, 256],
  [256, 255],
  [1, 256],
  [7, 1],
])('weights from %i to %i are normalised and point inside', (input, output) => {
  const { start, weights, length } = taps(input, output);
  for (let i = 0; i < output; i++) {
    expect(start[i]).toBeGreaterThanOrEqual(0);
    expect(start[i] + length).toBeLessThanOrEqual(input);
    expect(weights.subarray(i * length, (i + 1) * length).reduce((sum, weight) => sum + weight)).toBeCloseTo(1, 12);
  }
});

test('parts of an enlarged picture join without a seam', () => {
  const source = Float32Array.from({ length: 16 }, (_, i) => Math.sin(i * 1.7));
  const stretch = (output: number, from: number, to: number) => {
    const target = new Float32Array(output);
    resizeRow(source, 0, taps(16, output, from, to), 1, target, 0);
    return [...target];
  };
  const all = stretch(96, 0, 16);
  const parts = [...stretch(30, 0, 5), ...stretch(54, 5, 14), ...stretch(12, 14, 16)];
  parts.forEach((value, i) => expect(value).toBeCloseTo(all[i], 6));
});
