// A decoded picture -> the coloured picture as PNG, at its own size. The network sees a small copy; the picture's own lightness,
// or its lines, are never resampled on their way to the output.

import type { About, Choice, Note, Progress } from '../shared/messages';
import { paint, shrink, type Sheet } from './paint/bands';
import { chooseTask } from './choose_task';
import type { Engines } from './engine/engines';
import { TASKS } from './paint/task';

interface Options {
  signal: AbortSignal;
  onProgress: (progress: Progress) => void;
}

/**
 * Closes the bitmap. Throws the signal's reason when aborted, RangeError or DOMException when the browser has no memory for a
 * canvas of this size, ProblemError when the model cannot be had.
 */
export async function colourise(
  bitmap: ImageBitmap,
  choice: Choice,
  engines: Engines,
  { signal, onProgress }: Options,
): Promise<{ picture: Blob; notes: Note[]; about: About }> {
  const { width, height } = bitmap;
  // The canvas keeps premultiplied colours: alpha is exact, and so are opaque pixels, but the colours of a translucent pixel
  // are rounded to 1/alpha, which no background shows.
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { willReadFrequently: true, colorSpace: 'srgb' });
  if (!context) throw new RangeError('no canvas');
  context.drawImage(bitmap, 0, 0);
  bitmap.close(); // 4 bytes a pixel, free before more are needed

  const notes: Note[] = [];
  let name = choice === 'auto' ? 'photo' : choice;
  if (choice === 'auto' && engines.offers('sketch')) {
    name = await chooseTask({ context, onWhite: true, signal });
    if (name === 'sketch') notes.push('taken-for-drawing');
  }
  const task = TASKS[name];
  const sheet: Sheet = { context, onWhite: task.onWhite, signal };
  const { model, about } = await engines.engine(name, onProgress);
  signal.throwIfAborted();

  let grey = true;
  const { small, opaque } = await shrink(sheet, model.size, (rgba, offset, length, target) => {
    grey = task.seeRow(rgba, offset, length, target) && grey;
  });
  if (!grey) notes.push('already-colour');
  if (!opaque) notes.push(task.onWhite ? 'white-paper' : 'transparency');
  onProgress({ step: 'predict' });
  const seen = await model.see(small);
  const noHints = new Float32Array(model.size ** 2 * task.hintChannels);
  const { maps } = await model.guide(seen, noHints).finally(() => seen.dispose());
  await paint(sheet, task, maps, model.size, (done, total) => onProgress({ step: 'colour', done, total }));
  onProgress({ step: 'save' });
  const picture = await canvas.convertToBlob({ type: 'image/png' });
  signal.throwIfAborted();
  return { picture, notes, about };
}
