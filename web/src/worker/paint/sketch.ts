// Task sketch: flat colours under the drawing's own lines.

import { labToSrgb, srgbToLab } from '../../shared/colour';
import { layLinesRow, toneRow, writeToneRow } from '../../shared/line_art';
import { changesNothing, shiftOf } from './look';
import type { Task } from './task';

export const SKETCH: Task = {
  name: 'sketch',
  signature: 'flats',
  seen: 'tone', // 0..1
  hintChannels: 4, // a / 110, b / 110, L / 50 - 1, mask
  answer: 'maps', // red, green, blue, ink's gain and offset
  depth: 5,
  onWhite: true,
  seeRow: toneRow,
  greyRow: writeToneRow,

  wear(maps, look) {
    if (changesNothing(look)) return maps;
    // Paper is what lies under a drawing's colours: full strength shows them, none of it white.
    const { strength } = look;
    const { gain, a, b } = shiftOf({ ...look, strength: 1 });
    const worn = maps.slice();
    for (let at = 0; at < maps.length; at += 5) {
      const [red, green, blue] = maps.subarray(at, at + 3);
      const [l, ownA, ownB] = srgbToLab(red, green, blue);
      const flat = labToSrgb(l, gain * ownA + a, gain * ownB + b);
      for (let c = 0; c < 3; c++) worn[at + c] = 1 + strength * (flat[c] - 1);
    }
    return worn;
  },

  paintRow: layLinesRow,

  labAt: (_, maps, index) => srgbToLab(maps[5 * index], maps[5 * index + 1], maps[5 * index + 2]),
};
