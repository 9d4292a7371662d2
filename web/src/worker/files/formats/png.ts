// PNG: https://www.w3.org/TR/png-3/

import { big32, inflate, join, little16, nameAt, text, viewOf, type Bytes } from '../bytes';
import { MAX_PROFILE, MAX_XMP, type Found, type Kept } from '../metadata';
import type { Header } from './formats';

export const signature = /^\x89PNG\r\n\x1a\n/;

const SIGNATURE = '\x89PNG\r\n\x1a\n';
const XMP = 'XML:com.adobe.xmp\0';
const INCH = 0.0254; // metres
const BLOCK = 65_535; // bytes, of a zlib stream

export function readHeader(view: DataView, header: Header): void {
  header.width = view.getUint32(16);
  header.height = view.getUint32(20);
  header.depth = view.getUint8(24);
  for (const { type, end } of chunks(view)) {
    if (type === 'acTL') header.several = true;
    if (type === 'IEND') header.truncated = end > view.byteLength;
  }
}

export async function readMetadata(bytes: Bytes): Promise<Found> {
  const found: Found = {};
  for (const { type, start, end } of chunks(viewOf(bytes))) {
    const content = bytes.subarray(start + 8, end - 4);
    if (type === 'eXIf') found.exif = content;
    if (type === 'iCCP') found.profile = await inflate(content.slice(content.indexOf(0) + 2), MAX_PROFILE);
    if (type === 'iTXt' && text(content.subarray(0, XMP.length)) === XMP) found.xmp = await readText(content);
    if (type === 'pHYs' && content[8] === 1) {
      const view = viewOf(content);
      found.dpi = [view.getUint32(0) * INCH, view.getUint32(4) * INCH];
    }
  }
  return found;
}

/** The same picture for decoders that all leave it as it is stored: not every browser knows EXIF in a PNG. */
export function withoutExif(bytes: Bytes): Blob {
  const kept: Bytes[] = [bytes.subarray(0, SIGNATURE.length)];
  for (const { type, start, end } of chunks(viewOf(bytes))) if (type !== 'eXIf') kept.push(bytes.subarray(start, end));
  return new Blob(kept);
}

/** The browser's PNG, its pixels as they are, with what is kept of the original. */
export async function withMetadata(encoded: Blob, { exif, xmp, dpi }: Kept): Promise<Blob> {
  const start = new Uint8Array(await encoded.slice(0, 65_536).arrayBuffer());
  let pixels = 0;
  for (const { type, start: at } of chunks(viewOf(start))) {
    pixels = at;
    if (type === 'IDAT') break;
  }
  const added = [chunk('sRGB', [0])];
  if (dpi) added.push(chunk('pHYs', join(...dpi.map((each) => big32(Math.round(each / INCH))), [1])));
  if (exif) added.push(chunk('eXIf', exif));
  if (xmp) added.push(chunk('iTXt', join(XMP, [0, 0, 0, 0], new TextEncoder().encode(xmp))));
  // The signature and the chunk IHDR come first; what the encoder wrote between it and the pixels is about their colours.
  return new Blob([start.slice(0, 33), ...added, encoded.slice(pixels)], { type: encoded.type });
}

/**
 * Pixels as a PNG with a colour profile, which a browser decodes into sRGB.
 * @param grey whether the profile is one of greys; red is written then.
 */
export function wrap(
  { width, height, data }: ImageData,
  { grey, alpha, profile }: { grey: boolean; alpha: boolean; profile: Bytes },
): Blob {
  const channels = (grey ? [0, 3] : [0, 1, 2, 3]).slice(0, alpha ? undefined : -1);
  const rows = new Uint8Array(height * (1 + width * channels.length));
  for (let y = 0, from = 0, to = 0; y < height; y++) {
    to++; // each row starts with the number of its filter: 0, none
    for (let x = 0; x < width; x++, from += 4) for (const channel of channels) rows[to++] = data[from + channel];
  }
  const colourType = (grey ? 0 : 2) + (alpha ? 4 : 0);
  return new Blob([
    join(SIGNATURE),
    chunk('IHDR', join(big32(width), big32(height), [8, colourType, 0, 0, 0])),
    chunk('iCCP', join('ICC profile\0\0', ...stored(profile))),
    ...stored(rows).map((block) => chunk('IDAT', block)),
    chunk('IEND', []),
  ]);
}

interface Chunk {
  type: string;
  /** Of the length before the type. */
  start: number;
  end: number;
}

/** Up to IEND. Throws RangeError where the bytes end before. */
function* chunks(view: DataView): Generator<Chunk> {
  for (let start = SIGNATURE.length; ; ) {
    const end = start + 12 + view.getUint32(start);
    const type = nameAt(view, start + 4);
    yield { type, start, end };
    if (type === 'IEND') return;
    start = end;
  }
}

async function readText(content: Bytes): Promise<string> {
  const packed = content[XMP.length] === 1;
  // Behind two flags stand a language and a translated keyword, each ended by a zero.
  const language = content.indexOf(0, XMP.length + 2);
  const start = content.indexOf(0, language + 1) + 1;
  const words = content.slice(start);
  return new TextDecoder().decode(packed ? await inflate(words, 16 * MAX_XMP) : words);
}

function chunk(type: string, content: Uint8Array | number[]): Bytes {
  const checked = join(type, content);
  return join(big32(content.length), checked, big32(crc32(checked)));
}

/** A zlib stream that packs nothing, since it is read at once, in pieces: RFC 1950, and RFC 1951 3.2.4. */
function stored(content: Bytes): Bytes[] {
  const pieces: Bytes[] = [];
  for (let at = 0; at < content.length; at += BLOCK) {
    const block = content.subarray(at, at + BLOCK);
    const last = at + BLOCK >= content.length;
    const head = [last ? 1 : 0, ...little16(block.length), ...little16(~block.length & 0xffff)];
    pieces.push(join(at === 0 ? [0x78, 1] : [], head, block, last ? big32(adler32(content)) : []));
  }
  return pieces;
}

function adler32(bytes: Uint8Array): number {
  let [a, b] = [1, 0];
  for (let at = 0; at < bytes.length; ) {
    // As many as fit into a number of 32 bits before the remainder has to be taken.
    for (const end = Math.min(at + 5552, bytes.length); at < end; at++) b += a += bytes[at];
    a %= 65_521;
    b %= 65_521;
  }
  return b * 65_536 + a;
}

const CRCS = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? 0xedb88320 ^ (crc >>> 1) : crc >>> 1;
  return crc;
});

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = CRCS[(crc ^ byte) & 255] ^ (crc >>> 8);
  return ~crc >>> 0;
}
