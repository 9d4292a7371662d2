// The full-size picture, painted band by band onto the canvas that is encoded.

import type { Part, Progress, SaveType } from '../../shared/messages';
import { inBands } from '../paint/bands';
import { writeFile } from '../files/write';
import type { Painting, Picture } from './picture';
import { contextOf } from './source';

export interface Saving {
  type: SaveType;
  /** 0..1, of JPEG and WebP. */
  quality: number;
  /** Whether the colours are computed, which the file's metadata say then. */
  synthetic: boolean;
}

/** Throws the signal's reason when aborted, RangeError or DOMException when the browser has no memory for the canvas. */
export async function save(
  picture: Picture,
  painting: Painting,
  { type, quality, synthetic }: Saving,
  signal: AbortSignal,
  onProgress: (progress: Progress) => void,
): Promise<Awaited<ReturnType<typeof writeFile>>> {
  const { width, height } = picture.source;
  const canvas = new OffscreenCanvas(width, height);
  const transparent = !picture.looks.opaque && !painting.onWhite;
  const context = contextOf(canvas, transparent);
  const painted = { width, height, read: (band: Part) => picture.read(band, painting) };
  await inBands(painted, signal, (pixels, { top, rows }) => {
    context.putImageData(pixels, 0, top);
    onProgress({ step: 'colour', done: top + rows, total: height });
  });
  onProgress({ step: 'save' });
  const written = await writeFile(canvas, { type, quality, metadata: picture.metadata, synthetic, transparent });
  signal.throwIfAborted();
  return written;
}
