// Parts of a picture painted by small maps, by its own colours, by another picture's, and under a look.

import { describe, expect, test } from 'vitest';

import { srgbToLab } from '../../src/shared/colour';
import type { Look, Part } from '../../src/shared/messages';
import { whole } from '../../src/worker/paint/bands';
import { byItself, byMaps, byOther, inGrey, type Paint } from '../../src/worker/paint/paint';
import { PHOTO } from '../../src/worker/paint/photo';
import { SKETCH } from '../../src/worker/paint/sketch';
import { FakePicture } from './fake_picture';

const SIZE = 16;
const AS_IT_IS: Look = { strength: 1, saturation: 1, warmth: 0 };

/** Every pixel another one. */
function colourful(width = 90, height = 61): FakePicture {
  const picture = new FakePicture(width, height);
  for (let i = 0; i < width * height; i++) {
    picture.rgba.set([40 + ((i * 7) % 160), 60 + ((i * 13) % 120), 50 + ((i * 29) % 140), 255], 4 * i);
  }
  return picture;
}

/** Slopes of a tenth, chroma of 15. */
const COEFFICIENTS = Float32Array.from({ length: SIZE * SIZE * 4 }, (_, i) => (i % 4 < 2 ? 0.1 : 15) * Math.sin(i * 0.05));
const FLATS = Float32Array.from({ length: SIZE * SIZE * 5 }, (_, i) => 0.6 + 0.4 * Math.sin(i * 0.03));

function paint(picture: FakePicture, by: Paint, part: Part = whole(picture)): Uint8ClampedArray {
  const pixels = picture.read(part);
  by(pixels, part);
  return pixels.data;
}

function labOf(rgba: Uint8ClampedArray, pixel: number) {
  return srgbToLab(rgba[4 * pixel] / 255, rgba[4 * pixel + 1] / 255, rgba[4 * pixel + 2] / 255);
}

const tasks = [
  { task: PHOTO, maps: COEFFICIENTS },
  { task: SKETCH, maps: FLATS },
];

describe.each(tasks)('by the maps of a $task.name', ({ task, maps }) => {
  const picture = colourful();
  const by = byMaps(task, maps, SIZE, picture);
  const all = paint(picture, by);

  test('a part has the very pixels of the whole', () => {
    const part = { left: 13, top: 7, width: 40, height: 30, columns: 40, rows: 30 };
    const received = paint(picture, by, part);
    for (let y = 0; y < 30; y++) {
      const row = all.subarray(4 * ((7 + y) * 90 + 13), 4 * ((7 + y) * 90 + 53));
      expect(received.subarray(160 * y, 160 * (y + 1))).toEqual(row);
    }
  });

  test('a part drawn larger has the colours of its place', () => {
    const part = { left: 20, top: 10, width: 30, height: 20, columns: 150, rows: 100 };
    const received = paint(picture, by, part);
    // The middle of what a pixel is drawn as, 5 x 5 large, is the pixel's own centre.
    for (const [x, y] of [[0, 0], [17, 4], [29, 19]]) {
      const [drawn, there] = [4 * ((5 * y + 2) * 150 + 5 * x + 2), 4 * ((10 + y) * 90 + 20 + x)];
      for (let c = 0; c < 3; c++) expect(Math.abs(received[drawn + c] - all[there + c])).toBeLessThanOrEqual(1);
    }
  });

  test('no strength leaves no colour', () => {
    const grey = paint(picture, byMaps(task, task.wear(maps, { ...AS_IT_IS, strength: 0 }), SIZE, picture));
    for (let at = 0; at < grey.length; at += 4) {
      expect(Math.max(grey[at], grey[at + 1], grey[at + 2]) - Math.min(grey[at], grey[at + 1], grey[at + 2])).toBeLessThan(2);
    }
  });

  test('warmth moves colours from blue to yellow, and back', () => {
    const mean = (warmth: number) => {
      const worn = paint(picture, byMaps(task, task.wear(maps, { ...AS_IT_IS, warmth }), SIZE, picture));
      return Array.from({ length: 90 * 61 }, (_, i) => labOf(worn, i)[2]).reduce((sum, b) => sum + b, 0) / (90 * 61);
    };
    expect(mean(1)).toBeGreaterThan(mean(0) + 4);
    expect(mean(-1)).toBeLessThan(mean(0) - 4);
  });

  test('as it is, a look changes nothing', () => {
    expect([...task.wear(maps, AS_IT_IS)]).toEqual([...maps]);
  });
});

test('a photograph\'s look is a line of chroma: saturation times, warmth plus, strength over all', () => {
  const maps = Float32Array.of(0.1, -0.2, 10, 20);
  expect([...PHOTO.wear(maps, { strength: 0.5, saturation: 2, warmth: -0.5 })]).toEqual(
    [0.1, -0.2, 10 + 0.5 * -0.5 * 4, 20 + 0.5 * -0.5 * 18].map((value) => expect.closeTo(value, 4)),
  );
});

test('a look keeps a photograph\'s lightness', () => {
  const picture = colourful();
  const worn = PHOTO.wear(COEFFICIENTS, { strength: 1, saturation: 2, warmth: 1 });
  const painted = paint(picture, byMaps(PHOTO, worn, SIZE, picture));
  for (let i = 0; i < 90 * 61; i += 17) expect(Math.abs(labOf(painted, i)[0] - labOf(picture.rgba, i)[0])).toBeLessThan(0.5);
});

test('its own colours stay exactly as they are', () => {
  const picture = colourful();
  expect(paint(picture, byItself(AS_IT_IS))).toEqual(picture.rgba);
});

test('its own colours take a look', () => {
  const picture = colourful();
  const half = paint(picture, byItself({ ...AS_IT_IS, saturation: 0.5 }));
  for (let i = 0; i < 90 * 61; i += 31) {
    const [l, a, b] = labOf(picture.rgba, i);
    const [halfL, halfA, halfB] = labOf(half, i);
    [halfL - l, halfA - a / 2, halfB - b / 2].forEach((difference) => expect(Math.abs(difference)).toBeLessThan(1));
  }
});

test('another picture gives its chroma to a photograph, whatever its size', () => {
  const picture = colourful(); // its lightness differs all over
  const other = new FakePicture(45, 30);
  for (let i = 0; i < 45 * 30; i++) other.rgba.set([180, 120, 90, 255], 4 * i);
  const painted = paint(picture, byOther(other, PHOTO, AS_IT_IS, picture));
  const [, a, b] = labOf(other.rgba, 0);
  for (let i = 0; i < 90 * 61; i += 31) {
    const [l, paintedA, paintedB] = labOf(painted, i);
    expect(Math.abs(l - labOf(picture.rgba, i)[0])).toBeLessThan(0.5);
    // Dark pixels cannot show all of it.
    if (l > 40 && l < 70) expect(Math.hypot(paintedA - a, paintedB - b)).toBeLessThan(1.5);
  }
});

test('another picture is all that is seen of a drawing', () => {
  const picture = colourful();
  const other = colourful(90, 61);
  other.rgba.reverse();
  expect(paint(picture, byOther(other, SKETCH, AS_IT_IS, picture))).toEqual(other.rgba);
});

test('grey is what the model is shown: the lightness of a photograph, the tone of a drawing', () => {
  const picture = new FakePicture(1, 1);
  picture.rgba.set([160, 190, 240, 128]); // light blue pencil
  expect([...paint(picture, inGrey(PHOTO))]).toEqual([189, 189, 189, 128]);
  expect([...paint(picture, inGrey(SKETCH))]).toEqual([240, 240, 240, 128]);
});
