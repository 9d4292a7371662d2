// WebP: https://developers.google.com/speed/webp/docs/riff_container

import { join, little32, nameAt, viewOf, type Bytes } from '../bytes';
import type { Found, Kept } from '../metadata';
import type { Header } from './formats';

export const signature = /^RIFF[^]{4}WEBP/;

const FIRST_CHUNK = 12;
const FLAGS = { animation: 0x02, xmp: 0x04, exif: 0x08, alpha: 0x10, profile: 0x20 };
const PIXELS: readonly string[] = ['ALPH', 'VP8 ', 'VP8L'];

export function readHeader(view: DataView, header: Header): void {
  const type = nameAt(view, FIRST_CHUNK);
  if (type === 'VP8X') {
    header.several = (view.getUint8(20) & FLAGS.animation) !== 0;
    header.width = 1 + (view.getUint32(24, true) & 0xffffff);
    header.height = 1 + (view.getUint32(27, true) & 0xffffff);
  } else if (type === 'VP8L') {
    const bits = view.getUint32(21, true);
    header.width = 1 + (bits & 0x3fff);
    header.height = 1 + ((bits >> 14) & 0x3fff);
  } else {
    header.width = view.getUint16(26, true) & 0x3fff;
    header.height = view.getUint16(28, true) & 0x3fff;
  }
  header.truncated = 8 + view.getUint32(4, true) > view.byteLength;
}

export function readMetadata(bytes: Bytes): Found {
  const found: Found = {};
  for (const { type, content } of chunks(bytes)) {
    if (type === 'ICCP') found.profile = content;
    // Some writers put the name before it that EXIF has in a JPEG.
    if (type === 'EXIF') found.exif = nameAt(viewOf(content), 0) === 'Exif' ? content.subarray(6) : content;
    if (type === 'XMP ') found.xmp = new TextDecoder().decode(content);
  }
  return found;
}

/** The same picture for decoders that all leave it as it is stored: not every browser knows EXIF in a WebP. */
export function withoutExif(bytes: Bytes): Blob {
  const copy = bytes.slice();
  // Under a name that is nobody's, so that no length changes.
  for (const { type, at } of chunks(bytes)) if (type === 'EXIF') copy.set(join('none'), at);
  return new Blob([copy]);
}

function* chunks(bytes: Bytes): Generator<{ type: string; at: number; content: Bytes }> {
  const view = viewOf(bytes);
  for (let at = FIRST_CHUNK; at + 8 <= bytes.length; ) {
    const length = view.getUint32(at + 4, true);
    yield { type: nameAt(view, at), at, content: bytes.subarray(at + 8, at + 8 + length) };
    at += 8 + length + (length & 1);
  }
}

/** The browser's WebP, its pixels as they are, with what is kept of the original and sRGB's profile. */
export async function withMetadata(encoded: Blob, { exif, xmp, profile }: Kept): Promise<Blob> {
  const header = { width: 0, height: 0 } as Header;
  readHeader(viewOf(await piece(encoded, 0, 64)), header);
  let flags = FLAGS.profile | (exif ? FLAGS.exif : 0) | (xmp ? FLAGS.xmp : 0);
  const pixels: Blob[] = [];
  for (let at = FIRST_CHUNK; at + 8 <= encoded.size; ) {
    const head = viewOf(await piece(encoded, at, 14));
    const type = nameAt(head, 0);
    const length = head.getUint32(4, true);
    const end = at + 8 + length + (length & 1);
    if (PIXELS.includes(type)) pixels.push(encoded.slice(at, end));
    // Of a lossless picture the bit stands behind the size: 8 bits of signature, twice 14 of size.
    if (type === 'ALPH' || (type === 'VP8L' && head.getUint8(12) & 0x10)) flags |= FLAGS.alpha;
    at = end;
  }
  const size = [header.width - 1, header.height - 1].flatMap((side) => little32(side).slice(0, 3));
  const parts = [chunk('VP8X', join([flags, 0, 0, 0], size)), chunk('ICCP', profile), ...pixels];
  if (exif) parts.push(chunk('EXIF', exif));
  if (xmp) parts.push(chunk('XMP ', new TextEncoder().encode(xmp)));
  const content = new Blob(parts);
  return new Blob([join('RIFF', little32(content.size + 4), 'WEBP'), content], { type: encoded.type });
}

async function piece(blob: Blob, start: number, length: number): Promise<Bytes> {
  return new Uint8Array(await blob.slice(start, start + length).arrayBuffer());
}

function chunk(type: string, content: Uint8Array): Bytes {
  return join(type, little32(content.length), content, content.length & 1 ? [0] : []);
}
