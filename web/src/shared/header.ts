// What a file is, read from its own bytes before anything decodes it: format, size in pixels, whether it ends where it should.
// A browser would happily allocate gigabytes for a header that lies, and show the upper half of a truncated photograph.

export type Format = 'PNG' | 'JPEG' | 'GIF' | 'WebP';

export interface Header {
  format: Format;
  /** In pixels, before any EXIF rotation. */
  width: number;
  height: number;
  /** Bits a channel. */
  depth: number;
  animated: boolean;
  /** The file's end is missing. */
  truncated: boolean;
}

/** Enough of a file's start for `recognise`. */
export const START_BYTES = 512;

const SIGNATURES: [RegExp, string][] = [
  [/^\x89PNG\r\n\x1a\n/, 'PNG'],
  [/^\xff\xd8\xff/, 'JPEG'],
  [/^GIF8[79]a/, 'GIF'],
  [/^RIFF[^]{4}WEBP/, 'WebP'],
  // Known, so that the message can name them.
  [/^BM/, 'BMP'],
  [/^(II\*\0|MM\0\*)/, 'TIFF'],
  [/^[^]{4}ftypavi[fs]/, 'AVIF'],
  [/^[^]{4}ftyp(hei|hev|mif)/, 'HEIC'],
  [/^%PDF/, 'PDF'],
  [/^\s*(<\?xml[^]*)?<svg/i, 'SVG'],
  [/^\s*(<!doctype html|<html|<head|<body)/i, 'HTML'],
  [/^[\t\n\r -~\x80-\xff]+$/, 'text'],
];
const READABLE: readonly string[] = ['PNG', 'JPEG', 'GIF', 'WebP'] satisfies Format[];

/** The name of what these bytes begin, undefined if nothing known. Not from the file's name, which may lie. */
export function recognise(start: Uint8Array): string | undefined {
  const text = String.fromCharCode(...start.subarray(0, START_BYTES));
  return SIGNATURES.find(([pattern]) => pattern.test(text))?.[1];
}

export function isReadable(format: string): format is Format {
  return READABLE.includes(format);
}

/** Reads the header of a whole file that `recognise` named. A field that is missing with the file's end is 0. */
export function readHeader(format: Format, bytes: Uint8Array<ArrayBuffer>): Header {
  const header: Header = { format, width: 0, height: 0, depth: 8, animated: false, truncated: true };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    readers[format](view, header);
  } catch (error) {
    // A DataView refuses to read past the end: that is how a reader meets a truncated file.
    if (!(error instanceof RangeError)) throw error;
  }
  return header;
}

const readers: Record<Format, (view: DataView, header: Header) => void> = {
  // https://www.w3.org/TR/png-3/#5Chunk-layout
  PNG(view, header) {
    header.width = view.getUint32(16);
    header.height = view.getUint32(20);
    header.depth = view.getUint8(24);
    for (let at = 8; ; ) {
      const length = view.getUint32(at);
      const type = ascii(view, at + 4, 4);
      if (type === 'acTL') header.animated = true;
      at += 12 + length;
      if (type === 'IEND') {
        header.truncated = at > view.byteLength;
        return;
      }
    }
  },

  // ITU-T T.81, annex B
  JPEG(view, header) {
    for (let at = 2; ; ) {
      if (view.getUint8(at) !== 0xff) {
        at++; // entropy-coded data, or padding between segments
        continue;
      }
      const marker = view.getUint8(at + 1);
      if (marker === 0xd9) {
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
  },

  // https://www.w3.org/Graphics/GIF/spec-gif89a.txt
  GIF(view, header) {
    header.width = view.getUint16(6, true);
    header.height = view.getUint16(8, true);
    const colourTable = (flags: number) => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);
    const skipBlocks = (at: number) => {
      while (view.getUint8(at) !== 0) at += 1 + view.getUint8(at);
      return at + 1;
    };
    let frames = 0;
    for (let at = 13 + colourTable(view.getUint8(10)); ; ) {
      const kind = view.getUint8(at);
      if (kind === 0x21) {
        at = skipBlocks(at + 2);
      } else if (kind === 0x2c) {
        at = skipBlocks(at + 11 + colourTable(view.getUint8(at + 9)));
        // One whole frame is all that is needed; many GIFs in the world lack their last byte.
        header.truncated = false;
        header.animated = ++frames > 1;
      } else {
        return;
      }
    }
  },

  // https://developers.google.com/speed/webp/docs/riff_container
  WebP(view, header) {
    const type = ascii(view, 12, 4);
    if (type === 'VP8X') {
      header.animated = (view.getUint8(20) & 2) !== 0;
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
  },
};

function ascii(view: DataView, at: number, length: number): string {
  return Array.from({ length }, (_, i) => String.fromCharCode(view.getUint8(at + i))).join('');
}
