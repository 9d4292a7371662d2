// The formulas for drawings against numbers that Python computed: tests/export/test_page_numbers.py writes and checks them.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

import { drawingScore } from '../../src/shared/is_drawing';
import { toneRow } from '../../src/shared/line_art';
import { isInverted, paperLight, raise } from '../../src/shared/paper';
import { whole } from '../../src/worker/paint/bands';
import { byMaps } from '../../src/worker/paint/paint';
import { SKETCH } from '../../src/worker/paint/sketch';
import { survey } from '../../src/worker/session/survey';
import { FakePicture } from './fake_picture';

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
  const picture = new FakePicture(width, height);
  for (const [left, top, across, down, colour] of [[0, 0, width, height, paper], ...marks] as typeof marks) {
    for (let y = top; y < Math.min(top + down, height); y++) {
      for (let x = left; x < Math.min(left + across, width); x++) picture.rgba.set([...colour, 255], 4 * (y * width + x));
    }
  }
  return picture;
}

function expectClose(received: number[], expected: number[]) {
  expect(received.length).toBe(expected.length);
  received.forEach((value, i) => expect(value).toBeCloseTo(expected[i], 4));
}

/** 16 values of 256 x 256, those that Python wrote down. */
const sampled = (values: Float32Array) =>
  [5, 69, 133, 197].flatMap((y) => [17, 81, 145, 209].map((x) => values[y * SIZE + x]));

describe.each(Object.entries(numbers))('%s', (_, { scene, expected }) => {
  test('tone, paper and task', async () => {
    const { seen, opaque, looksLike } = await survey(draw(scene), signal);
    expect(opaque).toBe(true);
    expectClose(sampled(seen.sketch), expected.tone);
    expect(isInverted(seen.sketch, SIZE)).toBe(expected.inverted);
    expectClose(sampled(raise(paperLight(seen.sketch, SIZE), SIZE)), expected.paper);
    expect(drawingScore(seen.sketch, SIZE)).toBeCloseTo(expected.score, 3);
    expect(looksLike).toBe(expected.task);
  });

  test('painted', () => {
    const picture = draw(scene);
    const all = picture.read(whole(picture));
    byMaps(SKETCH, Float32Array.from(expected.maps), 4, picture)(all, whole(picture));
    const [width, height] = scene.size;
    const columns = [0, Math.floor(width / 3), width - 1];
    const places = [0, height >> 1, height - 1].flatMap((y) => columns.map((x) => 4 * (y * width + x)));
    places.forEach((at, i) => {
      expected.painted[i].forEach((level, c) => expect(Math.abs(all.data[at + c] - level)).toBeLessThanOrEqual(1));
      expect(all.data[at + 3]).toBe(255);
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
