// BMP: https://learn.microsoft.com/windows/win32/gdi/bitmap-storage

import { viewOf, type Bytes } from '../bytes';
import type { Found } from '../metadata';
import type { Header } from './formats';

export const signature = /^BM[^]{12}[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0/;

const OLDEST = 12; // bytes of OS/2's header, which has sizes of 16 bits
const INCH = 0.0254; // metres
const UNCOMPRESSED: readonly number[] = [0, 3]; // as they are; with masks

export function readHeader(view: DataView, header: Header): void {
  const pixels = view.getUint32(10, true);
  const old = view.getUint32(14, true) === OLDEST;
  header.width = old ? view.getUint16(18, true) : Math.abs(view.getInt32(18, true));
  header.height = old ? view.getUint16(20, true) : Math.abs(view.getInt32(22, true)); // under 0: from the top
  const bits = view.getUint16(old ? 24 : 28, true);
  const row = 4 * Math.ceil((header.width * bits) / 32);
  // The length that stands in the header is wrong in many; of a compressed one nothing better is known.
  const length = old || UNCOMPRESSED.includes(view.getUint32(30, true)) ? row * header.height : view.getUint32(34, true);
  header.truncated = pixels + length > view.byteLength;
}

export function readMetadata(bytes: Bytes): Found {
  const view = viewOf(bytes);
  if (view.getUint32(14, true) === OLDEST) return {};
  return { dpi: [view.getInt32(38, true) * INCH, view.getInt32(42, true) * INCH] };
}
