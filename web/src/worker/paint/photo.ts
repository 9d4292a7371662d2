// Task photo: the photograph's own lightness, and chroma that follows its edges.

import { colourRow, greyRow, lightnessRow } from '../../shared/colour_rows';
import { shiftOf } from './look';
import type { Task } from './task';

export const PHOTO: Task = {
  name: 'photo',
  signature: 'chroma',
  seen: 'luminance', // L / 50 - 1
  hintChannels: 3, // a / 110, b / 110, mask
  answer: 'coefficients', // m_a, m_b, c_a, c_b
  depth: 4,
  onWhite: false,

  seeRow(rgba, offset, width, target) {
    const grey = lightnessRow(rgba, offset, width, target);
    for (let x = 0; x < width; x++) target[x] = target[x] / 50 - 1;
    return grey;
  },

  greyRow,

  // Chroma is m * L + c, so what is straight in chroma is straight in m and c.
  wear(maps, look) {
    const { gain, a, b } = shiftOf(look);
    const added = [0, 0, a, b];
    return maps.map((value, i) => gain * value + added[i & 3]);
  },

  paintRow: colourRow,

  labAt(seen, maps, index) {
    const l = 50 * (seen[index] + 1);
    return [l, maps[4 * index] * l + maps[4 * index + 2], maps[4 * index + 1] * l + maps[4 * index + 3]];
  },
};
