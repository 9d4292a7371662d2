// Hints -> the map that the model sees: trainer/hints.py's draw_hints.

import { parseColour, srgbToLab } from './colour';
import type { Hint } from './messages';

/** Side of a hint's square at the model's size, in pixels. */
const PATCH = 5;

/**
 * @param channels 3: (a, b, mask), or 4: (a, b, luminance, mask); chroma and luminance -1..1, all zero where there is no hint.
 * @returns size*size*channels values. Where hints overlap, their colours are averaged.
 */
export function hintMap(hints: readonly Hint[], channels: number, size: number): Float32Array {
  const map = new Float32Array(size * size * channels);
  const mask = channels - 1;
  const reach = PATCH >> 1;
  for (const { x, y, colour } of hints) {
    const [l, a, b] = srgbToLab(...parseColour(colour));
    const values = channels === 4 ? [a / 110, b / 110, l / 50 - 1, 1] : [a / 110, b / 110, 1];
    const [column, row] = [placeOf(x, size), placeOf(y, size)];
    for (let j = Math.max(0, row - reach); j <= Math.min(size - 1, row + reach); j++) {
      for (let i = Math.max(0, column - reach); i <= Math.min(size - 1, column + reach); i++) {
        values.forEach((value, c) => (map[(j * size + i) * channels + c] += value));
      }
    }
  }
  for (let at = 0; at < map.length; at += channels) {
    for (let c = 0, count = map[at + mask]; count > 1 && c < channels; c++) map[at + c] /= count;
  }
  return map;
}

/** The cell of `size` cells a side that a share 0..1 falls into. */
export function placeOf(share: number, size: number): number {
  return Math.min(Math.floor(share * size), size - 1);
}
