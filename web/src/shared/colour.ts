// sRGB <-> CIE Lab (D65), row by row. trainer/colour.py holds the same formulas; the two must agree within one 8-bit step.
// Formulas: IEC 61966-2-1 (sRGB) and CIE 15:2004 (Lab); matrices after B. Lindbloom.

const DELTA = 6 / 29;
const WHITE_X = 0.95047;
const WHITE_Z = 1.08883;

/** sRGB 0..255 -> linear light 0..1. */
export const LINEAR = Float64Array.from({ length: 256 }, (_, level) => srgbToLinear(level / 255));

function srgbToLinear(value: number): number {
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}

/** Linear luminance Y of an sRGB colour 0..255; 0..1. */
export function luminance(red: number, green: number, blue: number): number {
  return 0.2126729 * LINEAR[red] + 0.7151522 * LINEAR[green] + 0.072175 * LINEAR[blue];
}

/** CIE lightness L, 0..100, of a linear luminance 0..1. */
export function lightness(y: number): number {
  return 116 * forward(y) - 16;
}

/** Chroma of an sRGB colour 0..255: CIE a and b over 110, -1..1. */
export function abOf(red: number, green: number, blue: number): [number, number] {
  const [r, g, b] = [LINEAR[red], LINEAR[green], LINEAR[blue]];
  const x = forward((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / WHITE_X);
  const y = forward(luminance(red, green, blue));
  const z = forward((0.0193339 * r + 0.119192 * g + 0.9503041 * b) / WHITE_Z);
  return [(500 * (x - y)) / 110, (200 * (y - z)) / 110];
}

function forward(t: number): number {
  return t > DELTA ** 3 ? Math.cbrt(t) : t / (3 * DELTA * DELTA) + 4 / 29;
}

function inverse(t: number): number {
  return t > DELTA ? t * t * t : 3 * DELTA * DELTA * (t - 4 / 29);
}

// Rounding a gamma-encoded value to 8 bits is a search among 255 thresholds in linear light. A cell of the table is narrower
// than the smallest distance of two thresholds (1 / 255 / 12.92), so one comparison after the look-up makes it exact,
// and a picture of 12 megapixels needs no 36 million powers.
const CELLS = 4096;
const THRESHOLDS = Float64Array.from({ length: 256 }, (_, level) =>
  level < 255 ? srgbToLinear((level + 0.5) / 255) : Infinity,
);
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
    const l = lightness(y);
    const fy = (l + 16) / 116;
    const px = WHITE_X * inverse(fy + (coefficients[4 * x] * l + coefficients[4 * x + 2]) / 500);
    const pz = WHITE_Z * inverse(fy - (coefficients[4 * x + 1] * l + coefficients[4 * x + 3]) / 200);
    const red = 3.2404542 * px - 1.5371385 * y - 0.4985314 * pz;
    const green = -0.969266 * px + 1.8760108 * y + 0.041556 * pz;
    const blue = 0.0556434 * px - 0.2040259 * y + 1.0572252 * pz;

    // Into the gamut along the line to the grey of the same luminance, so that clipping never changes the photograph's light.
    const share = Math.min(inside(red, y), inside(green, y), inside(blue, y));
    rgba[at] = encode(clamp(y + share * (red - y)));
    rgba[at + 1] = encode(clamp(y + share * (green - y)));
    rgba[at + 2] = encode(clamp(y + share * (blue - y)));
  }
}

/** The largest t in 0..1 for which y + t * (channel - y) lies in 0..1; y itself does. */
function inside(channel: number, y: number): number {
  if (channel > 1) return (1 - y) / (channel - y);
  if (channel < 0) return y / (y - channel);
  return 1;
}

/** Takes away the last rounding error of a value that is in 0..1 by construction. */
function clamp(value: number): number {
  return value < 0 ? 0 : value > 1 ? 1 : value;
}
