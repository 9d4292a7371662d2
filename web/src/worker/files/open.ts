// A file -> a decoded picture, or a clear reason why not. Every check that can be made before decoding is made before decoding.

import type { Note } from '../../shared/messages';
import { isReadable, readHeader, recognise, START_BYTES, type Format } from '../../shared/header';
import { ProblemError } from '../../shared/problem';

/** 100 megapixels take 0.8 GB while being coloured, about what a tab survives. */
export const LARGEST_AREA = 100_000_000;
/** Firefox draws no larger canvas; Chromium twice that. */
export const LARGEST_SIDE = 32_767;

/** What is kept of a file besides its pixels. */
export type Metadata = Record<string, never>;

export interface OpenedFile {
  /** Upright: EXIF orientation is applied. Whoever receives it closes it. */
  bitmap: ImageBitmap;
  format: Format;
  notes: Note[];
  metadata: Metadata;
}

export async function openFile(file: Blob, name: string): Promise<OpenedFile> {
  if (file.size === 0) throw new ProblemError({ code: 'empty-file', name });
  // Only the start first: somebody will drop a film of four gigabytes.
  const format = recognise(new Uint8Array(await read(file.slice(0, START_BYTES), name)));
  if (format === undefined || format === 'text' || format === 'HTML') {
    throw new ProblemError({ code: 'not-a-picture', name, received: format ?? 'unknown' });
  }
  if (!isReadable(format)) throw new ProblemError({ code: 'unsupported-format', name, received: format });

  const header = readHeader(format, new Uint8Array(await read(file, name)));
  const { width, height } = header;
  if (width * height > LARGEST_AREA || Math.max(width, height) > LARGEST_SIDE) {
    throw new ProblemError({ code: 'too-large', name, width, height });
  }
  if (header.truncated) throw new ProblemError({ code: 'truncated', name, format });

  const notes: Note[] = [];
  if (header.animated) notes.push('first-frame');
  if (header.depth > 8) notes.push('eight-bits');
  try {
    return { bitmap: await createImageBitmap(file), format, notes, metadata: {} };
  } catch {
    throw new ProblemError({ code: 'undecodable', name, format });
  }
}

async function read(file: Blob, name: string): Promise<ArrayBuffer> {
  try {
    return await file.arrayBuffer();
  } catch {
    // A file that was moved, or a folder that was dropped.
    throw new ProblemError({ code: 'unreadable', name });
  }
}
