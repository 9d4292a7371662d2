// What the tests measure on pictures.

import { lightness, luminance } from '../../src/shared/colour';
import type { Pixels } from '../pictures';

/** Mean absolute difference of lightness, on the scale 0..255. */
export function lightnessDifference(one: Pixels, other: Pixels): number {
  let sum = 0;
  for (let at = 0; at < one.data.length; at += 4) sum += Math.abs(lightnessAt(one, at) - lightnessAt(other, at));
  return (sum / (one.data.length / 4)) * 2.55;
}

/** Mean of the difference between the largest and the smallest channel, 0..255; 0 is grey. */
export function meanChroma({ data }: Pixels): number {
  let sum = 0;
  for (let at = 0; at < data.length; at += 4) {
    sum += Math.max(data[at], data[at + 1], data[at + 2]) - Math.min(data[at], data[at + 1], data[at + 2]);
  }
  return sum / (data.length / 4);
}

function lightnessAt({ data }: Pixels, at: number): number {
  return lightness(luminance(data[at], data[at + 1], data[at + 2]));
}
