// Lab for whole pictures: rows of RGBA pixels at some 20 nanoseconds each, which one power or cube root a pixel would not allow.

import { clamp, forward, inverse, lightness, LINEAR, luminance, toLinear, towardsGrey, WHITE_X, WHITE_Z } from './colour';

const CELLS = 4096;

// Rounding a gamma-encoded value to 8 bits is a search among 255 thresholds in linear light. A cell of the table is narrower
// than the smallest distance of two thresholds (1 / 255 / 12.92), so one comparison after the look-up makes it exact.
const THRESHOLDS = Float64Array.from({ length: 256 }, (_, level) => (level < 255 ? toLinear((level + 0.5) / 255) : Infinity));
const CELL_LEVEL = Uint8Array.from({ length: CELLS + 1 }, (_, cell) =>
  THRESHOLDS.findIndex((threshold) => cell / CELLS < threshold),
);

/** Linear light 0..1 -> sRGB 0..255, to nearest. */
export function encode(linear: number): number {
  const level = CELL_LEVEL[(linear * CELLS) | 0];
  return linear >= THRESHOLDS[level] ? level + 1 : level;
}

// Straight lines between 4096 places of the cube root's curve are off by at most 5e-6, or 0.0006 of L's 100.
const FORWARD = Float64Array.from({ length: CELLS + 2 }, (_, cell) => forward(cell / CELLS));

/** `forward` of 0..1. */
function fastForward(t: number): number {
  const place = t * CELLS;
  const cell = place | 0;
  return FORWARD[cell] + (place - cell) * (FORWARD[cell + 1] - FORWARD[cell]);
}

/** Lightness L, 0..100, of each sRGB level as a grey: most pictures given to a colouriser are grey. */
const GREY_LIGHTNESS = Float64Array.from({ length: 256 }, (_, level) => lightness(luminance(level, level, level)));

/**
 * Writes L, 0..100, of `width` RGBA pixels that start at byte `offset` into `target`.
 * @returns whether all of them are grey.
 */
export function lightnessRow(rgba: Uint8ClampedArray, offset: number, width: number, target: Float32Array): boolean {
  let grey = true;
  for (let x = 0, at = offset; x < width; x++, at += 4) {
    const red = rgba[at];
    const green = rgba[at + 1];
    const blue = rgba[at + 2];
    if (red === green && green === blue) {
      target[x] = GREY_LIGHTNESS[red];
    } else {
      grey = false;
      target[x] = 116 * fastForward(luminance(red, green, blue)) - 16;
    }
  }
  return grey;
}

/** Makes `width` RGBA pixels that start at byte `offset` the greys of their own luminance, in place. Alpha stays. */
export function greyRow(rgba: Uint8ClampedArray, offset: number, width: number): void {
  for (let at = offset; at < offset + 4 * width; at += 4) {
    if (rgba[at] === rgba[at + 1] && rgba[at + 1] === rgba[at + 2]) continue;
    const level = encode(Math.min(luminance(rgba[at], rgba[at + 1], rgba[at + 2]), 1));
    rgba[at] = rgba[at + 1] = rgba[at + 2] = level;
  }
}

/**
 * Gives `width` RGBA pixels that start at byte `offset` new colours, in place: their own lightness L with
 * a = m_a * L + c_a and b = m_b * L + c_b (CIE Lab units). Alpha stays.
 * @param coefficients `width` times (m_a, m_b, c_a, c_b).
 */
export function colourRow(rgba: Uint8ClampedArray, offset: number, width: number, coefficients: Float32Array): void {
  for (let x = 0, at = offset; x < width; x++, at += 4) {
    const from = 4 * x;
    const level = rgba[at];
    const grey = level === rgba[at + 1] && level === rgba[at + 2];
    // The sum of the weights is 1.0000001: white must not start outside the gamut.
    const y = grey ? LINEAR[level] : Math.min(luminance(level, rgba[at + 1], rgba[at + 2]), 1);
    const l = grey ? GREY_LIGHTNESS[level] : 116 * fastForward(y) - 16;
    const fy = (l + 16) / 116;
    const px = WHITE_X * inverse(fy + (coefficients[from] * l + coefficients[from + 2]) * 0.002);
    const pz = WHITE_Z * inverse(fy - (coefficients[from + 1] * l + coefficients[from + 3]) * 0.005);
    let red = 3.2404542 * px - 1.5371385 * y - 0.4985314 * pz;
    let green = -0.969266 * px + 1.8760108 * y + 0.041556 * pz;
    let blue = 0.0556434 * px - 0.2040259 * y + 1.0572252 * pz;
    if (red < 0 || red > 1 || green < 0 || green > 1 || blue < 0 || blue > 1) {
      const share = towardsGrey(red, green, blue, y);
      red = clamp(y + share * (red - y));
      green = clamp(y + share * (green - y));
      blue = clamp(y + share * (blue - y));
    }
    rgba[at] = encode(red);
    rgba[at + 1] = encode(green);
    rgba[at + 2] = encode(blue);
  }
}

/**
 * Writes the chroma (a, b in Lab units) of `width` RGBA pixels that start at byte `offset`, times `gain` and plus a shift,
 * as `colourRow` takes it: `width` times (0, 0, a, b).
 */
export function chromaRow(
  rgba: Uint8ClampedArray,
  offset: number,
  width: number,
  { gain, a, b }: { gain: number; a: number; b: number },
  target: Float32Array,
): void {
  for (let x = 0, at = offset; x < width; x++, at += 4) {
    const red = LINEAR[rgba[at]];
    const green = LINEAR[rgba[at + 1]];
    const blue = LINEAR[rgba[at + 2]];
    const fx = fastForward((0.4124564 * red + 0.3575761 * green + 0.1804375 * blue) / WHITE_X);
    const fy = fastForward(0.2126729 * red + 0.7151522 * green + 0.072175 * blue);
    const fz = fastForward((0.0193339 * red + 0.119192 * green + 0.9503041 * blue) / WHITE_Z);
    target[4 * x + 2] = gain * 500 * (fx - fy) + a;
    target[4 * x + 3] = gain * 200 * (fy - fz) + b;
  }
}
