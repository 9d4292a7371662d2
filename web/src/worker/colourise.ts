// A decoded picture -> the coloured picture as PNG, at its own size. The network sees a small copy; the picture's own lightness
// is never resampled on its way to the output. Rows pass in bands, so that no float copy of a large picture ever exists.

import { colourRow, lightnessRow } from '../shared/colour';
import type { Note, Progress } from '../shared/messages';
import { blendRows, resizeRow, taps } from '../shared/resize';
import type { Model } from './model';

const BAND_PIXELS = 1 << 20;
const CHANNELS = 4;

interface Options {
  signal: AbortSignal;
  onProgress: (progress: Progress) => void;
}

type Context = OffscreenCanvasRenderingContext2D;

/**
 * Closes the bitmap. Throws the signal's reason when aborted, RangeError or DOMException when the browser has no memory for a
 * canvas of this size.
 */
export async function colourise(
  bitmap: ImageBitmap,
  model: Model,
  { signal, onProgress }: Options,
): Promise<{ picture: Blob; notes: Note[] }> {
  const { width, height } = bitmap;
  // The canvas keeps premultiplied colours: alpha is exact, and so are opaque pixels, but the colours of a translucent pixel
  // are rounded to 1/alpha, which no background shows.
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { willReadFrequently: true, colorSpace: 'srgb' });
  if (!context) throw new RangeError('no canvas');
  context.drawImage(bitmap, 0, 0);
  bitmap.close(); // 4 bytes a pixel, free before more are needed

  const { small, notes } = await shrink(context, model.size, signal);
  const coefficients = await model.predict(small, new Float32Array(model.size ** 2 * 3));
  await paint(context, coefficients, model.size, signal, onProgress);
  onProgress({ step: 'save' });
  const picture = await canvas.convertToBlob({ type: 'image/png' });
  signal.throwIfAborted();
  return { picture, notes };
}

/** The network's view: lightness of the whole picture, stretched to size x size, as L / 50 - 1. */
async function shrink(
  context: Context,
  size: number,
  signal: AbortSignal,
): Promise<{ small: Float32Array; notes: Note[] }> {
  const { width, height } = context.canvas;
  const across = taps(width, size);
  const row = new Float32Array(width);
  const narrow = new Float32Array(size * height);
  let grey = true;
  let opaque = true;
  await inBands(context, signal, (image, top, rows) => {
    for (let y = 0; y < rows; y++) {
      grey = lightnessRow(image.data, 4 * width * y, width, row) && grey;
      resizeRow(row, 0, across, 1, narrow, size * (top + y));
    }
    opaque &&= isOpaque(image.data);
  });

  const down = taps(height, size);
  const small = new Float32Array(size * size);
  for (let y = 0; y < size; y++) blendRows(narrow, size, down, y, small, size * y);
  const notes: Note[] = [];
  if (!grey) notes.push('already-colour');
  if (!opaque) notes.push('transparency');
  return { small: small.map((l) => l / 50 - 1), notes };
}

/** Gives every pixel of the canvas its colour, from the small coefficient maps. */
async function paint(
  context: Context,
  coefficients: Float32Array,
  size: number,
  signal: AbortSignal,
  onProgress: Options['onProgress'],
): Promise<void> {
  const { width, height } = context.canvas;
  const across = taps(size, width);
  const down = taps(size, height);
  const narrow = new Float32Array(size * CHANNELS);
  const row = new Float32Array(width * CHANNELS);
  await inBands(context, signal, (image, top, rows) => {
    for (let y = 0; y < rows; y++) {
      blendRows(coefficients, size * CHANNELS, down, top + y, narrow, 0);
      resizeRow(narrow, 0, across, CHANNELS, row, 0);
      colourRow(image.data, 4 * width * y, width, row);
    }
    context.putImageData(image, 0, top);
    onProgress({ step: 'colour', done: top + rows, total: height });
  });
}

async function inBands(
  context: Context,
  signal: AbortSignal,
  work: (image: ImageData, top: number, rows: number) => void,
): Promise<void> {
  const { width, height } = context.canvas;
  const band = Math.max(1, Math.floor(BAND_PIXELS / width));
  for (let top = 0; top < height; top += band) {
    const rows = Math.min(band, height - top);
    work(context.getImageData(0, top, width, rows), top, rows);
    // Lets an abort message in.
    await new Promise((resolve) => setTimeout(resolve));
    signal.throwIfAborted();
  }
}

function isOpaque(rgba: Uint8ClampedArray): boolean {
  for (let at = 3; at < rgba.length; at += 4) if (rgba[at] !== 255) return false;
  return true;
}
