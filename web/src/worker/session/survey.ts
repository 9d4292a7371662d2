// Everything that is asked of a picture's pixels before a model sees them, in one pass over them.

import { isOpaque, layOnWhite } from '../../shared/alpha';
import { LINEAR, linearToLab } from '../../shared/colour';
import { chromaSpread, isDrawing } from '../../shared/is_drawing';
import type { TaskName } from '../../shared/messages';
import { inBands, Shrinking, type Readable } from '../paint/bands';
import { PHOTO } from '../paint/photo';
import { SKETCH } from '../paint/sketch';
import type { Task } from '../paint/task';

/** Side of the square that the shipped models see. */
export const SIZE = 256;
/** Chroma's mean distance from its median, in Lab units, up to which a picture counts as grey: noise of scanners and JPEG. */
const GREY = 1;

export interface Survey {
  /** What each task's model is given: SIZE*SIZE values. */
  readonly seen: Record<TaskName, Float32Array>;
  readonly looksLike: TaskName;
  readonly inColour: boolean;
  readonly opaque: boolean;
}

export async function survey(picture: Readable, signal: AbortSignal): Promise<Survey> {
  const { width, height } = picture;
  const luminance = new Shrinking(width, height, SIZE);
  const tone = new Shrinking(width, height, SIZE);
  const chroma = new ChromaSamples(width, height);
  let opaque = true;
  await inBands(picture, signal, ({ data }, { top, rows }) => {
    const wholeBand = isOpaque(data);
    opaque &&= wholeBand;
    eachRow(width, rows, (offset, y) => {
      PHOTO.seeRow(data, offset, width, luminance.row);
      luminance.add(top + y);
    });
    // A drawing is often black everywhere, and transparent but for its lines.
    if (!wholeBand) layOnWhite(data);
    eachRow(width, rows, (offset, y) => {
      SKETCH.seeRow(data, offset, width, tone.row);
      tone.add(top + y);
      chroma.add(data, offset, top + y);
    });
  });
  const seen = { photo: luminance.finish(), sketch: tone.finish() };
  const spread = chroma.spread();
  return {
    seen,
    looksLike: isDrawing(seen.sketch, SIZE, spread) ? 'sketch' : 'photo',
    inColour: spread * 110 > GREY,
    opaque,
  };
}

/** What a task's model of another size is given: size*size values. */
export async function see(picture: Readable, task: Task, size: number, signal: AbortSignal): Promise<Float32Array> {
  const { width, height } = picture;
  const seen = new Shrinking(width, height, size);
  await inBands(picture, signal, ({ data }, { top, rows }) => {
    if (task.onWhite) layOnWhite(data);
    eachRow(width, rows, (offset, y) => {
      task.seeRow(data, offset, width, seen.row);
      seen.add(top + y);
    });
  });
  return seen.finish();
}

function eachRow(width: number, rows: number, work: (offset: number, y: number) => void): void {
  for (let y = 0; y < rows; y++) work(4 * width * y, y);
}

/** The chroma of some 256 x 256 pixels, as serving/colouring/task.py's choose_task takes them. */
class ChromaSamples {
  readonly #stepX;
  readonly #stepY;
  readonly #columns;
  readonly #a;
  readonly #b;

  constructor(width: number, height: number) {
    this.#stepX = Math.max(1, Math.floor(width / 256));
    this.#stepY = Math.max(1, Math.floor(height / 256));
    this.#columns = Math.ceil(width / this.#stepX);
    this.#a = new Float32Array(this.#columns * Math.ceil(height / this.#stepY));
    this.#b = new Float32Array(this.#a.length);
  }

  add(rgba: Uint8ClampedArray, offset: number, y: number): void {
    if (y % this.#stepY !== 0) return;
    for (let column = 0; column < this.#columns; column++) {
      const at = offset + 4 * column * this.#stepX;
      const index = (y / this.#stepY) * this.#columns + column;
      const [, a, b] = linearToLab(LINEAR[rgba[at]], LINEAR[rgba[at + 1]], LINEAR[rgba[at + 2]]);
      this.#a[index] = a / 110;
      this.#b[index] = b / 110;
    }
  }

  /** Over 110, as `isDrawing` wants it. */
  spread(): number {
    return chromaSpread(this.#a, this.#b);
  }
}
