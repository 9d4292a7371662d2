// The likely colours of a place, out of a model's probabilities: serving/colouring/suggestions.py.

import { hexOf, labToLinear, labToSrgb, linearToLab } from '../../shared/colour';
import { placeOf } from '../../shared/hints';
import type { Answer } from '../model/model';

/** Lab units: people call colours that are no further apart by one name. */
export const NEAR = 15;
/** Share of the probability below which a colour is not worth suggesting. */
const LEAST = 0.02;

export interface Mode {
  /** Lab units. */
  a: number;
  b: number;
  /** 0..1 */
  share: number;
}

/** Likely colours of a spot at its own lightness, the likeliest first: at most `count`, fewer where the model is sure. */
export function suggest(answer: Answer, lightness: Float32Array, x: number, y: number, count = 5): string[] {
  const size = Math.sqrt(lightness.length);
  const light = lightness[placeOf(y, size) * size + placeOf(x, size)];
  const cell = placeOf(y, answer.cells) * answer.cells + placeOf(x, answer.cells);
  const modes = findModes(probabilitiesAt(answer, cell), visible(answer.centres, light), LEAST);
  return modes.slice(0, count).map((mode) => colourOf(light, mode));
}

/** How likely each colour is in a cell, counted row by row. */
export function probabilitiesAt({ probabilities, centres }: Answer, cell: number): Float32Array {
  const colours = centres.length / 2;
  return probabilities.subarray(cell * colours, (cell + 1) * colours);
}

/**
 * The colours that a distribution over `ab` (Lab units, in pairs) speaks of, down to a share of `least`, the likeliest first.
 * Again and again the highest peak of what is left takes all within 15 Lab units of it: their mean is its colour, their sum
 * its share.
 */
export function findModes(probabilities: Float32Array, ab: Float32Array, least: number): Mode[] {
  const left = Float64Array.from(probabilities);
  const modes: Mode[] = [];
  for (;;) {
    const top = left.reduce((best, value, i) => (value > left[best] ? i : best), 0);
    if (!(left[top] > 0)) break;
    const mode = { a: 0, b: 0, share: 0 };
    for (let i = 0; i < left.length; i++) {
      if (Math.hypot(ab[2 * i] - ab[2 * top], ab[2 * i + 1] - ab[2 * top + 1]) > NEAR) continue;
      mode.a += left[i] * ab[2 * i];
      mode.b += left[i] * ab[2 * i + 1];
      mode.share += left[i];
      if (i !== top) left[i] = 0;
    }
    left[top] = 0;
    modes.push({ ...mode, a: mode.a / mode.share, b: mode.b / mode.share });
  }
  return modes.filter(({ share }) => share >= least).sort((one, other) => other.share - one.share);
}

/** Colours (Lab units, in pairs) as a screen can show them at that lightness: near black and white all are grey. */
export function visible(ab: Float32Array, lightness: number): Float32Array {
  const shown = new Float32Array(ab.length);
  for (let at = 0; at < ab.length; at += 2) {
    const [, a, b] = linearToLab(...labToLinear(lightness, ab[at], ab[at + 1]));
    shown[at] = a;
    shown[at + 1] = b;
  }
  return shown;
}

/** A colour like #b03a2e. */
export function colourOf(lightness: number, { a, b }: { a: number; b: number }): string {
  return hexOf(labToSrgb(lightness, a, b));
}
