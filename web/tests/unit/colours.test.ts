// Suggested colours, spots of alternatives, hint maps and a drawing's look against numbers that Python computed:
// tests/export/test_page_colours.py writes and checks them.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

import { hintMap } from '../../src/shared/hints';
import type { Hint } from '../../src/shared/messages';
import type { Answer } from '../../src/worker/model/model';
import { SKETCH } from '../../src/worker/paint/sketch';
import { drawAlternatives, findSpots } from '../../src/worker/session/alternatives';
import { findModes, suggest, visible } from '../../src/worker/session/modes';

const numbers = JSON.parse(readFileSync(new URL('colours.json', import.meta.url), 'utf8')) as {
  suggested: string[][];
  spots: number[][];
  maps: number[][][];
  drawing: number[][];
};

const CELLS = 32;
const COLOURS = 40;
const SIZE = 64;

/** The formulas of test_page_colours.py. */
function answer(): Answer {
  const probabilities = new Float32Array(CELLS * CELLS * COLOURS);
  for (let cell = 0; cell < CELLS * CELLS; cell++) {
    const [row, column] = [Math.floor(cell / CELLS), cell % CELLS];
    const weights = Array.from({ length: COLOURS }, (_, colour) => {
      const logit = 3 * Math.sin(1.3 * colour + 0.07 * row * column) + 3 * Math.cos(0.9 * colour + 0.4 * column);
      return Math.exp(logit * (0.6 + row / CELLS));
    });
    const sum = weights.reduce((total, weight) => total + weight, 0);
    probabilities.set(weights.map((weight) => weight / sum), cell * COLOURS);
  }
  const centres = new Float32Array(2 * COLOURS);
  for (let colour = 0; colour < COLOURS; colour++) {
    const radius = 75 * Math.sqrt(colour / COLOURS);
    centres.set([radius * Math.cos(2.4 * colour), radius * Math.sin(2.4 * colour)], 2 * colour);
  }
  return { maps: new Float32Array(), probabilities, centres, cells: CELLS };
}

const lightness = Float32Array.from({ length: SIZE * SIZE }, (_, i) => {
  return 50 + 40 * Math.sin(Math.floor(i / SIZE) / 9) * Math.cos((i % SIZE) / 7);
});

test.each([
  [0, 0],
  [0.31, 0.62],
  [0.5, 0.5],
  [0.77, 0.13],
  [1, 1],
])('suggested colours at %f, %f are the command\'s', (x, y) => {
  const index = [0, 0.31, 0.5, 0.77, 1].indexOf(x);
  expect(suggest(answer(), lightness, x, y)).toEqual(numbers.suggested[index]);
});

test('a sure place has one colour', () => {
  const modes = findModes(Float32Array.of(0.005, 0.99, 0.005), Float32Array.of(-60, 0, 0, 0, 60, 0), 0.02);
  expect(modes).toEqual([{ a: 0, b: 0, share: expect.closeTo(0.99) }]);
});

test('near black every colour is nearly grey', () => {
  const shown = visible(Float32Array.of(80, 60, -50, 70), 2);
  expect(Math.max(...shown.map(Math.abs))).toBeLessThan(15);
});

describe('alternatives', () => {
  const spots = findSpots(answer(), lightness);

  test('have the command\'s spots', () => {
    const received = spots.map(({ x, y, lightness: light, mean, modes }) =>
      [x, y, light, mean.a, mean.b, ...modes.flatMap(({ a, b }) => [a, b])],
    );
    expect(received.map((spot) => spot.length)).toEqual(numbers.spots.map((spot) => spot.length));
    received.flat().forEach((value, i) => expect(value).toBeCloseTo(numbers.spots.flat()[i], 2));
  });

  test('are the same again, and the first of them whatever the count is', () => {
    expect(drawAlternatives(spots, 6).slice(0, 3)).toEqual(drawAlternatives(spots, 3));
  });

  test('differ from one another, in colours that the model finds likely', () => {
    const drawn = drawAlternatives(spots, 6);
    expect(new Set(drawn.map((hints) => JSON.stringify(hints))).size).toBe(6);
    for (const hints of drawn) expect(hints.map(({ x, y }) => [x, y])).toEqual(spots.map(({ x, y }) => [x, y]));
  });

  test('are none where the model is sure', () => {
    const sure = answer();
    sure.probabilities.fill(0);
    for (let cell = 0; cell < CELLS * CELLS; cell++) sure.probabilities[cell * COLOURS + 3] = 1;
    expect(findSpots(sure, lightness)).toEqual([]);
    expect(drawAlternatives([], 4)).toEqual([]);
  });
});

test.each([3, 4])('the map of hints with %i channels is the command\'s', (channels) => {
  const hints: Hint[] = [
    { x: 0.4, y: 0.6, colour: '#b03a2e' },
    { x: 0.401, y: 0.61, colour: '#2e3ab0' },
    { x: 0, y: 0, colour: '#10f040' },
    { x: 1, y: 1, colour: '#ffffff' },
  ];
  const map = hintMap(hints, channels, 256);
  const expected = new Float32Array(map.length);
  for (const [pixel, ...values] of numbers.maps[channels - 3]) expected.set(values, pixel * channels);
  expect(numbers.maps[channels - 3].length).toBeGreaterThan(50);
  map.forEach((value, i) => Math.abs(value - expected[i]) > 1e-4 && expect(value, `value ${i}`).toBeCloseTo(expected[i], 4));
});

test('a drawing at another saturation is the command\'s', () => {
  const maps = new Float32Array(16 * 5);
  for (let pixel = 0; pixel < 16; pixel++) {
    maps.set([0, 1, 2].map((c) => (((3 * pixel + c) * 37) % 101) / 100), 5 * pixel);
    maps.set([0, 1], 5 * pixel + 3);
  }
  const worn = SKETCH.wear(maps, { strength: 1, saturation: 1.7, warmth: 0 });
  const rgba = new Uint8ClampedArray(4 * 16).fill(255);
  SKETCH.paintRow(rgba, 0, 16, worn);
  numbers.drawing.forEach((levels, pixel) => {
    levels.forEach((level, c) => expect(Math.abs(rgba[4 * pixel + c] - level)).toBeLessThanOrEqual(1));
  });
});
