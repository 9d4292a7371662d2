import { describe, expect, test } from 'vitest';

import { labToSrgb, lightness, luminance, srgbToLab, type Triple } from '../../src/shared/colour';
import { colourRow, encode, lightnessRow } from '../../src/shared/colour_rows';

const pixel = (...rgba: number[]) => new Uint8ClampedArray(rgba);

describe('lightness', () => {
  // CIE Lab of the sRGB primaries under D65, as published by B. Lindbloom's calculator.
  test.each([
    [255, 255, 255, 100],
    [0, 0, 0, 0],
    [255, 0, 0, 53.2408],
    [0, 255, 0, 87.7347],
    [0, 0, 255, 32.297],
    [119, 119, 119, 50.0344],
    [1, 1, 1, 0.2742],
  ])('of %i %i %i', (red, green, blue, expected) => {
    expect(lightness(luminance(red, green, blue))).toBeCloseTo(expected, 3);
  });

  test('of a row starts at its offset and tells grey from colour', () => {
    const rgba = pixel(9, 9, 9, 255, 119, 119, 119, 255, 255, 0, 0, 255);
    const target = new Float32Array(2);
    expect(lightnessRow(rgba, 4, 1, target)).toBe(true);
    expect(lightnessRow(rgba, 4, 2, target)).toBe(false);
    expect(target[0]).toBeCloseTo(50.0344, 3);
    expect(target[1]).toBeCloseTo(53.2408, 3);
  });
});

test.each([
  [[255, 0, 0], [80.0925, 67.2032]],
  [[0, 0, 255], [79.1875, -107.8602]],
  [[200, 150, 100], [12.7599, 33.5627]],
  [[77, 77, 77], [0, 0]],
] as const)('Lab of %j, as trainer/colour.py has it, and back', (levels, [a, b]) => {
  const srgb = levels.map((level) => level / 255) as Triple;
  const lab = srgbToLab(...srgb);
  expect(lab[0]).toBeCloseTo(lightness(luminance(levels[0], levels[1], levels[2])), 6);
  expect(lab[1]).toBeCloseTo(a, 2);
  expect(lab[2]).toBeCloseTo(b, 2);
  labToSrgb(...lab).forEach((value, channel) => expect(value).toBeCloseTo(srgb[channel], 3));
});

test('encode rounds like the formula, at 200,000 values', () => {
  const formula = (x: number) => Math.floor((x <= 0.0031308 ? 12.92 * x : 1.055 * x ** (1 / 2.4) - 0.055) * 255 + 0.5);
  let differences = 0;
  for (let i = 0; i <= 200_000; i++) if (encode(i / 200_000) !== formula(i / 200_000)) differences++;
  // The two halves of the sRGB curve meet at thresholds that IEC 61966-2-1 rounds; no 8-bit step lies between them.
  expect(differences).toBe(0);
  expect(encode(0)).toBe(0);
  expect(encode(1)).toBe(255);
});

describe('colourRow', () => {
  test('without chroma leaves every grey as it is', () => {
    for (let level = 0; level < 256; level++) {
      const rgba = pixel(level, level, level, 255);
      colourRow(rgba, 0, 1, new Float32Array(4));
      expect([...rgba]).toEqual([level, level, level, 255]);
    }
  });

  test.each([
    // L, a, b of the colour itself, from the same calculator, given back as constant chroma
    [[255, 0, 0], [80.0925, 67.2032]],
    [[0, 0, 255], [79.1875, -107.8602]],
    [[200, 150, 100], [12.2877, 33.6391]],
  ])('gives %j for its own a and b', (rgb, [a, b]) => {
    const rgba = pixel(...rgb, 255);
    colourRow(rgba, 0, 1, Float32Array.of(0, 0, a, b));
    rgb.forEach((level, channel) => expect(Math.abs(rgba[channel] - level)).toBeLessThanOrEqual(1));
  });

  test('evaluates m * L + c', () => {
    const constant = pixel(119, 119, 119, 255);
    const linear = pixel(119, 119, 119, 255);
    const l = lightness(luminance(119, 119, 119));
    colourRow(constant, 0, 1, Float32Array.of(0, 0, 20, -30));
    colourRow(linear, 0, 1, Float32Array.of(0.5, -0.25, 20 - 0.5 * l, -30 + 0.25 * l));
    expect([...linear]).toEqual([...constant]);
    expect(constant[2]).toBeGreaterThan(constant[1] + 30);
  });

  test('keeps the luminance of colours that do not fit into the gamut', () => {
    for (let level = 0; level < 256; level += 5) {
      for (const [a, b] of [[110, 110], [-110, 110], [110, -110], [-110, -110], [0, 110], [110, 0]]) {
        const rgba = pixel(level, level, level, 77);
        colourRow(rgba, 0, 1, Float32Array.of(0, 0, a, b));
        const before = lightness(luminance(level, level, level));
        const after = lightness(luminance(rgba[0], rgba[1], rgba[2]));
        // Rounding to 8 bits alone may move L by this much where a channel is dark.
        expect(Math.abs(after - before)).toBeLessThan(0.5);
        expect(rgba[3]).toBe(77);
      }
    }
  });

  test('touches only its own row', () => {
    const rgba = pixel(10, 10, 10, 255, 119, 119, 119, 255, 10, 10, 10, 255);
    colourRow(rgba, 4, 1, Float32Array.of(0, 0, 40, 0));
    expect([...rgba.subarray(0, 4), ...rgba.subarray(8)]).toEqual([10, 10, 10, 255, 10, 10, 10, 255]);
    expect(rgba[4]).toBeGreaterThan(rgba[5] + 20);
  });
});
