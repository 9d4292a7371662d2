// A painted canvas -> a file of the type that was asked for, with what is kept of the original's metadata.

import type { Note, SaveType } from '../../shared/messages';
import { ProblemError } from '../../shared/problem';
import * as jpeg from './formats/jpeg';
import * as png from './formats/png';
import * as webp from './formats/webp';
import { kept, type Kept, type Metadata } from './metadata';

const WRITERS: Record<SaveType, (encoded: Blob, kept: Kept) => Promise<Blob>> = {
  'image/png': png.withMetadata,
  'image/jpeg': jpeg.withMetadata,
  'image/webp': webp.withMetadata,
};

export interface WriteOptions {
  type: SaveType;
  /** 0..1, of JPEG and WebP. */
  quality: number;
  metadata: Metadata;
  /** The colours are a model's, which the file then says. */
  synthetic: boolean;
  /** Some pixels are; a JPEG cannot be, and shows white paper there. */
  transparent: boolean;
}

/** Of a JPEG it changes the canvas. Throws ProblemError `not-written` when this browser does not encode such a picture. */
export async function writeFile(
  canvas: OffscreenCanvas,
  { type, quality, metadata, synthetic, transparent }: WriteOptions,
): Promise<{ file: Blob; notes: Note[] }> {
  const notes: Note[] = [];
  if (transparent && type === 'image/jpeg') {
    layPaperUnder(canvas);
    notes.push('white-paper');
  }
  // Safari answers with a PNG when asked for a WebP; Chromium fails when a side is too long for it.
  const encoded = await canvas.convertToBlob({ type, quality }).catch(() => undefined);
  if (encoded?.type !== type) throw new ProblemError({ code: 'not-written', type });

  const { width, height } = canvas;
  const { dropped, ...said } = kept(metadata, { width, height, synthetic, type });
  if (dropped) notes.push('metadata-dropped');
  if (metadata.foreignProfile) notes.push('profile-dropped');
  return { file: await WRITERS[type](encoded, said), notes };
}

function layPaperUnder(canvas: OffscreenCanvas): void {
  const context = canvas.getContext('2d');
  if (!context) throw new RangeError('no canvas');
  context.save();
  context.resetTransform();
  context.globalCompositeOperation = 'destination-over';
  context.fillStyle = 'white';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.restore();
}
