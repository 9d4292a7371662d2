// The formulas for drawings against numbers that Python computed: tests/export/test_page_numbers.py writes and checks them.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

import { drawingScore } from '../../src/shared/is_drawing';
import { toneRow } from '../../src/shared/line_art';
import { isInverted, paperLight, raise } from '../../src/shared/paper';
import { paint, shrink, type Sheet } from '../../src/worker/bands';
import { chooseTask } from '../../src/worker/choose_task';
import { SKETCH } from '../../src/worker/sketch';
import { fakeCanvas } from './canvas';

interface Numbers {
  scene: { size: [number, number]; paper: number[]; marks: [number, number, number, number, number[]][] };
  expected: {
    task: string;
    inverted: boolean;
    chroma: number;
    score: number;
    tone: number[];
    paper: number[];
    maps: number[];
    painted: number[][];
  };
}

const SIZE = 256;
const numbers = JSON.parse(readFileSync(new URL('line_art.json', import.meta.url), 'utf8')) as Record<string, Numbers>;
const signal = new AbortController().signal;

function draw({ size: [width, height], paper, marks }: Numbers['scene']) {
  const canvas = fakeCanvas(width, height);
  for (const [left, top, across, down, colour] of [[0, 0, width, height, paper], ...marks] as typeof marks) {
    for (let y = top; y < Math.min(top + down, height); y++) {
      for (let x = left; x < Math.min(left + across, width); x++) canvas.rgba.set([...colour, 255], 4 * (y * width + x));
    }
  }
  return canvas;
}

function expectClose(received: number[], expected: number[]) {
  expect(received.length).toBe(expected.length);
  received.forEach((value, i) => expect(value).toBeCloseTo(expected[i], 4));
}

/** 16 values of 256 x 256, those that Python wrote down. */
const sampled = (values: Float32Array) =>
  [5, 69, 133, 197].flatMap((y) => [17, 81, 145, 209].map((x) => values[y * SIZE + x]));

describe.each(Object.entries(numbers))('%s', (_, { scene, expected }) => {
  const sheet = (): Sheet => ({ context: draw(scene).context, onWhite: true, signal });

  test('tone and paper', async () => {
    const { small, opaque } = await shrink(sheet(), SIZE, SKETCH.seeRow);
    expect(opaque).toBe(true);
    expectClose(sampled(small), expected.tone);
    expect(isInverted(small, SIZE)).toBe(expected.inverted);
    expectClose(sampled(raise(paperLight(small, SIZE), SIZE)), expected.paper);
    expect(drawingScore(small, SIZE)).toBeCloseTo(expected.score, 3);
  });

  test(`is for ${expected.task}`, async () => expect(await chooseTask(sheet())).toBe(expected.task));

  test('painted', async () => {
    const canvas = draw(scene);
    await paint({ context: canvas.context, onWhite: true, signal }, SKETCH, Float32Array.from(expected.maps), 4, () => undefined);
    const [width, height] = scene.size;
    const columns = [0, Math.floor(width / 3), width - 1];
    const places = [0, height >> 1, height - 1].flatMap((y) => columns.map((x) => 4 * (y * width + x)));
    places.forEach((at, i) => {
      expected.painted[i].forEach((level, c) => expect(Math.abs(canvas.rgba[at + c] - level)).toBeLessThanOrEqual(1));
      expect(canvas.rgba[at + 3]).toBe(255);
    });
  });
});

test('the tone of a row starts at its offset and tells grey from colour', () => {
  const rgba = Uint8ClampedArray.of(9, 9, 9, 255, 102, 102, 102, 255, 160, 190, 240, 255, 255, 0, 0, 255);
  const target = new Float32Array(3);
  expect(toneRow(rgba, 4, 1, target)).toBe(true);
  expect(toneRow(rgba, 4, 3, target)).toBe(false);
  // Grey as it is; light blue pencil as light as its blue; red by its luma.
  expectClose([...target], [0.4, 240 / 255, 0.299]);
});
