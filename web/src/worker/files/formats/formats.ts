// What a file is, read from its own bytes before anything decodes it: format, size in pixels, whether it ends where it should.
// A browser would happily allocate gigabytes for a header that lies, and show the upper half of a truncated photograph.

import { text, viewOf, type Bytes } from '../bytes';
import type { Found } from '../metadata';
import * as avif from './avif';
import * as bmp from './bmp';
import * as gif from './gif';
import * as jpeg from './jpeg';
import * as png from './png';
import * as tiff from './tiff';
import * as webp from './webp';

export type Format = 'PNG' | 'JPEG' | 'WebP' | 'AVIF' | 'GIF' | 'BMP' | 'TIFF';

export interface Header {
  format: Format;
  /** In pixels, before any rotation by EXIF. */
  width: number;
  height: number;
  /** Bits a channel. */
  depth: number;
  /** There are more frames or pages than one. */
  several: boolean;
  /** The file's end is missing. */
  truncated: boolean;
}

interface Reader {
  signature: RegExp;
  /** Fills in what it finds. It may read past the end, which throws RangeError: so a truncated file is met. */
  readHeader(view: DataView, header: Header): void;
  /** What the file says beside its pixels; nothing of a format that says nothing. */
  readMetadata(bytes: Bytes): Found | Promise<Found>;
}

const READERS: Record<Format, Reader> = { PNG: png, JPEG: jpeg, WebP: webp, AVIF: avif, GIF: gif, BMP: bmp, TIFF: tiff };

/** Known, so that a message can name them. */
const STRANGERS: [RegExp, string][] = [
  [/^[^]{4}ftyp(hei|hev|mif)/, 'HEIC'],
  [/^%PDF/, 'PDF'],
  [/^\s*(<\?xml[^]*)?<svg/i, 'SVG'],
  [/^\s*(<!doctype html|<html|<head|<body)/i, 'HTML'],
  [/^[\t\n\r -~\x80-\xff]+$/, 'text'],
];

/** Enough of a file's start for `recognise`. */
export const START_BYTES = 512;

/** The name of what these bytes begin, undefined if nothing known. Not from the file's name, which may lie. */
export function recognise(start: Uint8Array): string | undefined {
  const characters = text(start.subarray(0, START_BYTES));
  const format = Object.entries(READERS).find(([, { signature }]) => signature.test(characters))?.[0];
  return format ?? STRANGERS.find(([signature]) => signature.test(characters))?.[1];
}

export function isReadable(name: string): name is Format {
  return name in READERS;
}

/** Reads the header of a whole file that `recognise` named. A field that is missing with the file's end is 0. */
export function readHeader(format: Format, bytes: Bytes): Header {
  const header: Header = { format, width: 0, height: 0, depth: 8, several: false, truncated: true };
  try {
    READERS[format].readHeader(viewOf(bytes), header);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return header;
}

/** Throws whatever a reader trips over: damaged metadata is no reason to refuse a picture, but it cannot be kept. */
export async function readMetadata(format: Format, bytes: Bytes): Promise<Found> {
  return READERS[format].readMetadata(bytes);
}
