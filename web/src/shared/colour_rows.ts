// Lab for whole pictures: rows of RGBA pixels, at some 20 nanoseconds each, which a power or a cube root a pixel would not allow.

import { clamp, forward, inverse, lightness, LINEAR, luminance, toLinear, towardsGrey, WHITE_X, WHITE_Z } from './colour';

// Rounding a gamma-encoded value to 8 bits is a search among 255 thresholds in linear light. A cell of the table is narrower
// than the smallest distance of two thresholds (1 / 255 / 12.92), so one comparison after the look-up makes it exact,
// and a picture of 12 megapixels needs no 36 million powers.
const CELLS = 4096;
const THRESHOLDS = Float64Array.from({ length: 256 }, (_, level) => (level < 255 ? toLinear((level + 0.5) / 255) : Infinity));
const CELL_LEVEL = Uint8Array.from({ length: CELLS + 1 }, (_, cell) =>
  THRESHOLDS.findIndex((threshold) => cell / CELLS < threshold),
);

/** Linear light 0..1 -> sRGB 0..255, to nearest. */
export function encode(linear: number): number {
  const level = CELL_LEVEL[(linear * CELLS) | 0];
  return linear >= THRESHOLDS[level] ? level + 1 : level;
}

/** Lightness L, 0..100, of each sRGB level as a grey: most pictures given to a colouriser are grey. */
const GREY_LIGHTNESS = Float64Array.from({ length: 256 }, (_, level) => lightness(luminance(level, level, level)));

/**
 * Writes L, 0..100, of `width` RGBA pixels that start at byte `offset` into `target`.
 * @returns whether all of them are grey.
 */
export function lightnessRow(rgba: Uint8ClampedArray, offset: number, width: number, target: Float32Array): boolean {
  let grey = true;
  for (let x = 0; x < width; x++) {
    const at = offset + 4 * x;
    const red = rgba[at];
    const green = rgba[at + 1];
    const blue = rgba[at + 2];
    if (red === green && green === blue) {
      target[x] = GREY_LIGHTNESS[red];
    } else {
      grey = false;
      target[x] = lightness(luminance(red, green, blue));
    }
  }
  return grey;
}

/** Makes `width` RGBA pixels that start at byte `offset` the greys of their own luminance, in place. Alpha stays. */
export function greyRow(rgba: Uint8ClampedArray, offset: number, width: number): void {
  for (let at = offset; at < offset + 4 * width; at += 4) {
    if (rgba[at] === rgba[at + 1] && rgba[at + 1] === rgba[at + 2]) continue;
    rgba.fill(encode(clamp(luminance(rgba[at], rgba[at + 1], rgba[at + 2]))), at, at + 3);
  }
}

/**
 * Gives `width` RGBA pixels that start at byte `offset` new colours, in place: their own lightness L with
 * a = m_a * L + c_a and b = m_b * L + c_b (CIE Lab units). Alpha stays.
 * @param coefficients `width` times (m_a, m_b, c_a, c_b).
 */
export function colourRow(rgba: Uint8ClampedArray, offset: number, width: number, coefficients: Float32Array): void {
  for (let x = 0; x < width; x++) {
    const at = offset + 4 * x;
    // The sum of the weights is 1.0000001: white must not start outside the gamut.
    const y = Math.min(luminance(rgba[at], rgba[at + 1], rgba[at + 2]), 1);
    const fy = forward(y);
    const l = 116 * fy - 16;
    const px = WHITE_X * inverse(fy + (coefficients[4 * x] * l + coefficients[4 * x + 2]) / 500);
    const pz = WHITE_Z * inverse(fy - (coefficients[4 * x + 1] * l + coefficients[4 * x + 3]) / 200);
    const red = 3.2404542 * px - 1.5371385 * y - 0.4985314 * pz;
    const green = -0.969266 * px + 1.8760108 * y + 0.041556 * pz;
    const blue = 0.0556434 * px - 0.2040259 * y + 1.0572252 * pz;
    const share = towardsGrey(red, green, blue, y);
    rgba[at] = encode(clamp(y + share * (red - y)));
    rgba[at + 1] = encode(clamp(y + share * (green - y)));
    rgba[at + 2] = encode(clamp(y + share * (blue - y)));
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
  for (let x = 0; x < width; x++) {
    const at = offset + 4 * x;
    const red = LINEAR[rgba[at]];
    const green = LINEAR[rgba[at + 1]];
    const blue = LINEAR[rgba[at + 2]];
    const fx = forward((0.4124564 * red + 0.3575761 * green + 0.1804375 * blue) / WHITE_X);
    const fy = forward(0.2126729 * red + 0.7151522 * green + 0.072175 * blue);
    const fz = forward((0.0193339 * red + 0.119192 * green + 0.9503041 * blue) / WHITE_Z);
    target[4 * x + 2] = gain * 500 * (fx - fy) + a;
    target[4 * x + 3] = gain * 200 * (fy - fz) + b;
  }
}
