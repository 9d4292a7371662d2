// Which task a picture is for, by its looks: serving/task.py's choose_task.

import { abOf } from '../shared/colour';
import { chromaSpread, isDrawing } from '../shared/is_drawing';
import { toneRow } from '../shared/line_art';
import type { TaskName } from '../shared/messages';
import { shrink, type Sheet } from './paint/bands';

const SIZE = 256;

/** Sketch for what looks like a drawing, transparent pixels taken for white paper; else photo. */
export async function chooseTask(sheet: Sheet): Promise<TaskName> {
  const { width, height } = sheet.context.canvas;
  const stepX = Math.max(1, Math.floor(width / SIZE));
  const stepY = Math.max(1, Math.floor(height / SIZE));
  const columns = Math.ceil(width / stepX);
  const a = new Float32Array(columns * Math.ceil(height / stepY));
  const b = new Float32Array(a.length);

  const { small } = await shrink({ ...sheet, onWhite: true }, SIZE, (rgba, offset, _, target, y) => {
    toneRow(rgba, offset, width, target);
    if (y % stepY !== 0) return;
    for (let column = 0; column < columns; column++) {
      const at = offset + 4 * column * stepX;
      const index = (y / stepY) * columns + column;
      [a[index], b[index]] = abOf(rgba[at], rgba[at + 1], rgba[at + 2]);
    }
  });
  return isDrawing(small, SIZE, chromaSpread(a, b)) ? 'sketch' : 'photo';
}
