// JPEG: ITU-T T.81, annex B; its metadata: JFIF, EXIF, XMP part 3, ICC.1:2022 annex B

import { big16, join, text, viewOf, type Bytes } from '../bytes';
import type { Found, Kept } from '../metadata';
import type { Header } from './formats';

export const signature = /^\xff\xd8\xff/;

const APP0 = 0xe0;
const APP1 = 0xe1;
const APP2 = 0xe2;
const START_OF_SCAN = 0xda;
const END_OF_IMAGE = 0xd9;
const JFIF = 'JFIF\0';
const EXIF = 'Exif\0\0';
const XMP = 'http://ns.adobe.com/xap/1.0/\0';
const ICC = 'ICC_PROFILE\0';

export function readHeader(view: DataView, header: Header): void {
  for (let at = 2; ; ) {
    if (view.getUint8(at) !== 0xff) {
      at++; // entropy-coded data, or padding between segments
      continue;
    }
    const marker = view.getUint8(at + 1);
    if (marker === END_OF_IMAGE) {
      header.truncated = false;
      return;
    }
    // 0xff fills, 0x00 stuffs, 0x01 and the restart markers stand alone.
    if (marker === 0xff) at++;
    else if (marker <= 0x01 || (marker >= 0xd0 && marker <= 0xd8)) at += 2;
    else {
      // Start of frame, all kinds; c4, c8 and cc are tables.
      if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
        header.depth = view.getUint8(at + 4);
        header.height = view.getUint16(at + 5);
        header.width = view.getUint16(at + 7);
      }
      at += 2 + view.getUint16(at + 2);
    }
  }
}

export function readMetadata(bytes: Bytes): Found {
  const found: Found = {};
  const profile: Bytes[] = [];
  for (const { marker, content } of segments(bytes)) {
    const after = (name: string) =>
      text(content.subarray(0, name.length)) === name ? content.subarray(name.length) : undefined;
    if (marker === APP0) {
      const jfif = after(JFIF);
      const perUnit = [0, 1, 2.54][jfif?.[2] ?? 0]; // of no unit, of inches, of centimetres
      if (jfif && perUnit) {
        const view = viewOf(jfif);
        found.dpi = [view.getUint16(3) * perUnit, view.getUint16(5) * perUnit];
      }
    } else if (marker === APP1) {
      found.exif ??= after(EXIF);
      const xmp = after(XMP);
      if (xmp) found.xmp ??= new TextDecoder().decode(xmp);
    } else if (marker === APP2) {
      const part = after(ICC); // number, count, content
      if (part) profile[part[0]] = part.subarray(2);
    }
  }
  if (profile.length > 0) found.profile = join(...profile.filter(Boolean));
  return found;
}

/** The browser's JPEG, its pixels as they are, with what is kept of the original and sRGB's profile. */
export async function withMetadata(encoded: Blob, { exif, xmp, dpi, profile }: Kept): Promise<Blob> {
  const start = new Uint8Array(await encoded.slice(0, 65_536).arrayBuffer());
  const unit = dpi ? 1 : 0; // inches; none: the numbers are then the shape of a pixel
  const density = (dpi ?? [1, 1]).flatMap((each) => big16(Math.round(each)));
  const added = [segment(APP0, JFIF, [1, 1, unit, ...density, 0, 0])];
  if (exif) added.push(segment(APP1, EXIF, exif));
  if (xmp) added.push(segment(APP1, XMP, new TextEncoder().encode(xmp)));
  added.push(segment(APP2, ICC, [1, 1], profile));
  let rest = 2;
  for (const { marker, end } of segments(start)) {
    if (marker < APP0 || marker > 0xef) break;
    rest = end;
  }
  return new Blob([start.slice(0, 2), ...added, encoded.slice(rest)], { type: encoded.type });
}

/** Those before the pixels. */
function* segments(bytes: Bytes): Generator<{ marker: number; content: Bytes; end: number }> {
  const view = viewOf(bytes);
  for (let at = 2; at + 4 <= bytes.length; ) {
    const marker = view.getUint8(at + 1);
    if (view.getUint8(at) !== 0xff || marker === START_OF_SCAN) return;
    if (marker === 0xff) {
      at++;
      continue;
    }
    const end = at + 2 + view.getUint16(at + 2);
    yield { marker, content: bytes.subarray(at + 4, end), end };
    at = end;
  }
}

function segment(marker: number, ...content: (string | Uint8Array | number[])[]): Bytes {
  const whole = join(...content);
  return join([0xff, marker], big16(whole.length + 2), whole);
}
