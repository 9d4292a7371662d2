// Ways to colour the pixels of a part in place: by the model's maps, by the picture's own colours, by those of another picture.

import { chromaRow, colourRow } from '../../shared/colour_rows';
import type { Look, Part } from '../../shared/messages';
import { blendRows, resizeRow, taps } from '../../shared/resize';
import type { Pixels, Readable } from './bands';
import { changesNothing, shiftOf } from './look';
import type { Task } from './task';

/** Colours the pixels of a part, in place. */
export type Paint = (pixels: Pixels, part: Part) => void;

/**
 * With the small maps that the model answered, raised bilinearly to the part.
 * @param maps size*size*task.depth values under a look, see `Task.wear`.
 */
export function byMaps(task: Task, maps: Float32Array, size: number, picture: { width: number; height: number }): Paint {
  const [perColumn, perRow] = [size / picture.width, size / picture.height];
  return ({ data, width, height }, part) => {
    const across = taps(size, width, part.left * perColumn, (part.left + part.width) * perColumn);
    const down = taps(size, height, part.top * perRow, (part.top + part.height) * perRow);
    const narrow = new Float32Array(size * task.depth);
    const row = new Float32Array(width * task.depth);
    for (let y = 0; y < height; y++) {
      blendRows(maps, size * task.depth, down, y, narrow, 0);
      resizeRow(narrow, 0, across, task.depth, row, 0);
      task.paintRow(data, 4 * width * y, width, row);
    }
  };
}

/** As grey as the task's model is shown the picture. */
export function inGrey(task: Task): Paint {
  return ({ data, width, height }) => {
    for (let y = 0; y < height; y++) task.greyRow(data, 4 * width * y, width);
  };
}

/** With the picture's own colours under a look. */
export function byItself(look: Look): Paint {
  if (changesNothing(look)) return () => undefined;
  const shift = shiftOf(look);
  return ({ data, width, height }) => {
    const chroma = new Float32Array(4 * width);
    for (let y = 0; y < height; y++) {
      chromaRow(data, 4 * width * y, width, shift, chroma);
      colourRow(data, 4 * width * y, width, chroma);
    }
  };
}

/**
 * With the colours of another picture of the same proportions under a look.
 * @param picture the one that is painted.
 */
export function byOther(other: Readable, task: Task, look: Look, picture: { width: number; height: number }): Paint {
  const [perColumn, perRow] = [other.width / picture.width, other.height / picture.height];
  const shift = shiftOf(look);
  return (pixels, part) => {
    const { data, width, height } = pixels;
    const theirs = other.read({
      ...part,
      left: part.left * perColumn,
      top: part.top * perRow,
      width: part.width * perColumn,
      height: part.height * perRow,
    }).data;
    if (task.onWhite) {
      // A drawing's ink is the other picture's, too: its lightness is not the drawing's.
      data.set(theirs);
      byItself(look)(pixels, part);
      return;
    }
    const chroma = new Float32Array(4 * width);
    for (let y = 0; y < height; y++) {
      chromaRow(theirs, 4 * width * y, width, shift, chroma);
      colourRow(data, 4 * width * y, width, chroma);
    }
  };
}
