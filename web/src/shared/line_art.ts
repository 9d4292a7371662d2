// A drawing's pixels, row by row: the tone that the network and the eye want of them, and flat colours under their ink.
// trainer/line_art.py and serving/colouring/sketch.py hold the same formulas; the two must agree within one 8-bit step.

/**
 * Writes the tone, 0..1, of `width` RGBA pixels that start at byte `offset` into `target`: luma (ITU-R BT.601), but light
 * blue pencil becomes as light as its blue, so vanishes.
 * @returns whether all of them are grey.
 */
export function toneRow(rgba: Uint8ClampedArray, offset: number, width: number, target: Float32Array): boolean {
  let grey = true;
  for (let x = 0, at = offset; x < width; x++, at += 4) {
    grey &&= rgba[at] === rgba[at + 1] && rgba[at + 1] === rgba[at + 2];
    target[x] = toneAt(rgba, at);
  }
  return grey;
}

/** Makes `width` RGBA pixels that start at byte `offset` the greys of their tone, in place. Alpha stays. */
export function writeToneRow(rgba: Uint8ClampedArray, offset: number, width: number): void {
  for (let at = offset; at < offset + 4 * width; at += 4) {
    rgba[at] = rgba[at + 1] = rgba[at + 2] = toLevel(toneAt(rgba, at));
  }
}

/**
 * Gives `width` RGBA pixels that start at byte `offset` flat colours under their own lines, in place. Alpha stays.
 * @param maps `width` times (red, green, blue, gain, offset), sRGB 0..1: ink = gain * tone + offset multiplies the colour.
 */
export function layLinesRow(rgba: Uint8ClampedArray, offset: number, width: number, maps: Float32Array): void {
  for (let x = 0, at = offset, from = 0; x < width; x++, at += 4, from += 5) {
    const ink = clip(maps[from + 3] * toneAt(rgba, at) + maps[from + 4]);
    rgba[at] = toLevel(clip(maps[from] * ink));
    rgba[at + 1] = toLevel(clip(maps[from + 1] * ink));
    rgba[at + 2] = toLevel(clip(maps[from + 2] * ink));
  }
}

/** 0..1 -> 0..255, halves upwards as Python does it; the array's own rounding would take them to even. */
function toLevel(value: number): number {
  return (value * 255 + 0.5) | 0;
}

function toneAt(rgba: Uint8ClampedArray, at: number): number {
  const red = rgba[at];
  const green = rgba[at + 1];
  const blue = rgba[at + 2];
  return red === green && green === blue ? red / 255 : tone(red / 255, green / 255, blue / 255);
}

function tone(red: number, green: number, blue: number): number {
  const luma = 0.299 * red + 0.587 * green + 0.114 * blue;
  const pencil = clip((green - 0.5) / 0.2) * clip(red / 0.3);
  return luma + pencil * Math.max(blue - luma, 0);
}

function clip(value: number): number {
  return value < 0 ? 0 : value > 1 ? 1 : value;
}
