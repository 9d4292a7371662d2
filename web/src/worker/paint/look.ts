// Strength, saturation and warmth: a straight line of chroma, chroma * `gain` + (`a`, `b`).

import type { Look } from '../../shared/messages';

/** Chroma (CIE a and b) that full warmth adds: what daylight's white becomes under a lamp of some 5000 K. */
const WARM = { a: 4, b: 18 };

export interface Shift {
  gain: number;
  /** In Lab units. */
  a: number;
  b: number;
}

/** `strength` comes last: it lays all that the others made over the uncoloured picture. */
export function shiftOf({ strength, saturation, warmth }: Look): Shift {
  return { gain: strength * saturation, a: strength * warmth * WARM.a, b: strength * warmth * WARM.b };
}

export function changesNothing({ strength, saturation, warmth }: Look): boolean {
  return strength === 1 && saturation === 1 && warmth === 0;
}
