// A file -> a decoded picture, or a clear reason why not. Every check that can be made before decoding is made before decoding.

import type { Note } from '../../shared/messages';
import { ProblemError } from '../../shared/problem';
import type { Bytes } from './bytes';
import { isReadable, readHeader, readMetadata, recognise, START_BYTES, type Format } from './formats/formats';
import * as png from './formats/png';
import * as webp from './formats/webp';
import { metadataOf, type Metadata } from './metadata';
import { decodeTiff } from './tiff_pixels';
import { turn } from './turn';

/** 100 megapixels take 0.8 GB while being coloured, about what a tab survives. */
export const LARGEST_AREA = 100_000_000;
/** Firefox draws no larger canvas; Chromium twice that. */
export const LARGEST_SIDE = 32_767;

export interface OpenedFile {
  /** Upright, in sRGB. Whoever receives it closes it. */
  bitmap: ImageBitmap;
  format: Format;
  notes: Note[];
  /** What src/worker/files/write.ts keeps of it. */
  metadata: Metadata;
}

/** Throws ProblemError. */
export async function openFile(file: Blob, name: string): Promise<OpenedFile> {
  if (file.size === 0) throw new ProblemError({ code: 'empty-file', name });
  // Only the start first: somebody will drop a film of four gigabytes.
  const format = recognise(await read(file.slice(0, START_BYTES), name));
  if (format === undefined || format === 'text' || format === 'HTML') {
    throw new ProblemError({ code: 'not-a-picture', name, received: format ?? 'unknown' });
  }
  if (!isReadable(format)) throw new ProblemError({ code: 'unsupported-format', name, received: format });

  const bytes = await read(file, name);
  const header = readHeader(format, bytes);
  const { width, height } = header;
  if (width * height > LARGEST_AREA || Math.max(width, height) > LARGEST_SIDE) {
    throw new ProblemError({ code: 'too-large', name, width, height });
  }
  if (header.truncated) throw new ProblemError({ code: 'truncated', name, format });

  const notes: Note[] = [];
  if (header.several) notes.push('first-frame');
  if (header.depth > 8) notes.push('eight-bits');
  const metadata = await metadataOf(() => readMetadata(format, bytes));
  try {
    return { bitmap: await decode(file, format, bytes, metadata), format, notes, metadata };
  } catch (error) {
    if (error instanceof DOMException && error.name === 'NotReadableError') throw new ProblemError({ code: 'unreadable', name });
    throw new ProblemError({ code: 'undecodable', name, format });
  }
}

/** Browsers turn a JPEG by its EXIF, an AVIF by what it has for that, and differ about the rest. All obey colour profiles. */
async function decode(file: Blob, format: Format, bytes: Bytes, { orientation }: Metadata): Promise<ImageBitmap> {
  if (format === 'TIFF') return turn(await decodeTiff(bytes), orientation);
  if (orientation > 1 && format === 'PNG') return turn(await createImageBitmap(png.withoutExif(bytes)), orientation);
  if (orientation > 1 && format === 'WebP') return turn(await createImageBitmap(webp.withoutExif(bytes)), orientation);
  return createImageBitmap(file);
}

async function read(file: Blob, name: string): Promise<Bytes> {
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch {
    // A file that was moved, or a folder that was dropped.
    throw new ProblemError({ code: 'unreadable', name });
  }
}
