// Task sketch: flat colours under the drawing's own lines.

import { layLinesRow, toneRow } from '../../shared/line_art';
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
  paintRow: layLinesRow,
};
