// sRGB <-> CIE Lab (D65) of one colour. trainer/colour.py holds the same formulas; the two must agree within one 8-bit step.
// Formulas: IEC 61966-2-1 (sRGB) and CIE 15:2004 (Lab); matrices after B. Lindbloom.
// Ranges: 8-bit levels 0..255, sRGB and linear light 0..1, L 0..100, a and b in Lab units.

export type Triple = [number, number, number];

export const DELTA = 6 / 29;
export const WHITE_X = 0.95047;
export const WHITE_Z = 1.08883;

/** sRGB level 0..255 -> linear light 0..1. */
export const LINEAR = Float64Array.from({ length: 256 }, (_, level) => toLinear(level / 255));

export function toLinear(value: number): number {
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}

export function toSrgb(linear: number): number {
  return linear <= 0.0031308 ? linear * 12.92 : 1.055 * linear ** (1 / 2.4) - 0.055;
}

/** Linear luminance Y of three sRGB levels; 0..1. */
export function luminance(red: number, green: number, blue: number): number {
  return linearLuminance(LINEAR[red], LINEAR[green], LINEAR[blue]);
}

export function linearLuminance(red: number, green: number, blue: number): number {
  return 0.2126729 * red + 0.7151522 * green + 0.072175 * blue;
}

/** CIE lightness L of a linear luminance. */
export function lightness(y: number): number {
  return 116 * forward(y) - 16;
}

export function linearToLab(red: number, green: number, blue: number): Triple {
  const x = forward((0.4124564 * red + 0.3575761 * green + 0.1804375 * blue) / WHITE_X);
  const y = forward(linearLuminance(red, green, blue));
  const z = forward((0.0193339 * red + 0.119192 * green + 0.9503041 * blue) / WHITE_Z);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

/** Of exactly that lightness: what a screen cannot show moves towards its grey, see `towardsGrey`. */
export function labToLinear(l: number, a: number, b: number): Triple {
  const fy = (l + 16) / 116;
  // White's luminance has a rounding error: it must not start outside the gamut.
  const y = Math.min(inverse(fy), 1);
  const x = WHITE_X * inverse(fy + a / 500);
  const z = WHITE_Z * inverse(fy - b / 200);
  const red = 3.2404542 * x - 1.5371385 * y - 0.4985314 * z;
  const green = -0.969266 * x + 1.8760108 * y + 0.041556 * z;
  const blue = 0.0556434 * x - 0.2040259 * y + 1.0572252 * z;
  const share = towardsGrey(red, green, blue, y);
  return [clamp(y + share * (red - y)), clamp(y + share * (green - y)), clamp(y + share * (blue - y))];
}

/**
 * Into the gamut along the line to the grey of the same luminance, so that clipping never changes the photograph's light.
 * @returns the share, 0..1, of the way from the grey `y` to a linear colour that a screen can show.
 */
export function towardsGrey(red: number, green: number, blue: number, y: number): number {
  return Math.min(inside(red, y), inside(green, y), inside(blue, y));
}

/** The largest t in 0..1 for which y + t * (channel - y) lies in 0..1; y itself does. */
function inside(channel: number, y: number): number {
  if (channel > 1) return (1 - y) / (channel - y);
  if (channel < 0) return y / (y - channel);
  return 1;
}

/** Takes away the last rounding error of a value that is in 0..1 by construction. */
export function clamp(value: number): number {
  return value < 0 ? 0 : value > 1 ? 1 : value;
}

/** Lab's cube root with a straight line for what is nearly black. */
export function forward(t: number): number {
  return t > DELTA ** 3 ? Math.cbrt(t) : t / (3 * DELTA * DELTA) + 4 / 29;
}

export function inverse(t: number): number {
  return t > DELTA ? t * t * t : 3 * DELTA * DELTA * (t - 4 / 29);
}

/** sRGB 0..1 -> Lab. */
export function srgbToLab(red: number, green: number, blue: number): Triple {
  return linearToLab(toLinear(red), toLinear(green), toLinear(blue));
}

/** Lab -> sRGB 0..1 of exactly that lightness. */
export function labToSrgb(l: number, a: number, b: number): Triple {
  const [red, green, blue] = labToLinear(l, a, b);
  return [toSrgb(red), toSrgb(green), toSrgb(blue)];
}

/** A colour like #b03a2e -> sRGB 0..1. */
export function parseColour(colour: string): Triple {
  const channel = (at: number) => parseInt(colour.slice(at, at + 2), 16) / 255;
  return [channel(1), channel(3), channel(5)];
}

/** sRGB 0..1 -> a colour like #b03a2e. */
export function hexOf(srgb: Triple): string {
  return `#${srgb.map((value) => Math.floor(clamp(value) * 255 + 0.5).toString(16).padStart(2, '0')).join('')}`;
}
