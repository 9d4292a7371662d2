// Large pictures in bands of rows, so that no float copy of one ever exists: shrunk for the model, and painted with the small
// maps that it answers. The page's half of serving/colouring/bands.py.

import { isOpaque, layOnWhite } from '../../shared/alpha';
import { blendRows, resizeRow, taps } from '../../shared/resize';
import type { Task } from './task';

const BAND_PIXELS = 1 << 20;

/** A picture on a canvas, and how it is read from there. */
export interface Sheet {
  readonly context: OffscreenCanvasRenderingContext2D;
  /** Transparent pixels are read as white paper. */
  readonly onWhite: boolean;
  /** Ends the work; what was begun throws the signal's reason. */
  readonly signal: AbortSignal;
}

/**
 * What `seeRow` makes of each row, stretched to size*size values. Antialiased bilinear.
 * @param seeRow is also told the row's number.
 * @returns whether the picture is opaque besides.
 */
export async function shrink(
  sheet: Sheet,
  size: number,
  seeRow: (rgba: Uint8ClampedArray, offset: number, width: number, target: Float32Array, y: number) => void,
): Promise<{ small: Float32Array; opaque: boolean }> {
  const { width, height } = sheet.context.canvas;
  const across = taps(width, size);
  const row = new Float32Array(width);
  const narrow = new Float32Array(size * height);
  let opaque = true;
  await inBands(sheet, (image, top, rows, bandIsOpaque) => {
    opaque &&= bandIsOpaque;
    for (let y = 0; y < rows; y++) {
      seeRow(image.data, 4 * width * y, width, row, top + y);
      resizeRow(row, 0, across, 1, narrow, size * (top + y));
    }
  });

  const down = taps(height, size);
  const small = new Float32Array(size * size);
  for (let y = 0; y < size; y++) blendRows(narrow, size, down, y, small, size * y);
  return { small, opaque };
}

/** Gives every pixel of the canvas its colour, from the small maps that the model answered. */
export async function paint(
  sheet: Sheet,
  task: Task,
  maps: Float32Array,
  size: number,
  onRows: (done: number, total: number) => void,
): Promise<void> {
  const { width, height } = sheet.context.canvas;
  const across = taps(size, width);
  const down = taps(size, height);
  const narrow = new Float32Array(size * task.depth);
  const row = new Float32Array(width * task.depth);
  await inBands(sheet, (image, top, rows) => {
    for (let y = 0; y < rows; y++) {
      blendRows(maps, size * task.depth, down, top + y, narrow, 0);
      resizeRow(narrow, 0, across, task.depth, row, 0);
      task.paintRow(image.data, 4 * width * y, width, row);
    }
    sheet.context.putImageData(image, 0, top);
    onRows(top + rows, height);
  });
}

async function inBands(
  { context, onWhite, signal }: Sheet,
  work: (image: ImageData, top: number, rows: number, opaque: boolean) => void,
): Promise<void> {
  const { width, height } = context.canvas;
  const band = Math.max(1, Math.floor(BAND_PIXELS / width));
  for (let top = 0; top < height; top += band) {
    const rows = Math.min(band, height - top);
    const image = context.getImageData(0, top, width, rows);
    work(image, top, rows, onWhite ? layOnWhite(image.data) : isOpaque(image.data));
    // Lets an abort message in.
    await new Promise((resolve) => setTimeout(resolve));
    signal.throwIfAborted();
  }
}
