// TIFF 6.0: what lies beside the pixels. They are decoded in src/worker/files/tiff_pixels.ts, since no browser does but Safari.

import type { Bytes } from '../bytes';
import { numbers, readDirectories, writeDirectories } from '../directories';
import { saysSomething } from '../exif';
import type { Found } from '../metadata';
import type { Header } from './formats';

export const signature = /^(II\*\0|MM\0\*)/;

export const TAG = {
  width: 256,
  height: 257,
  bits: 258,
  compression: 259,
  photometric: 262,
  fillOrder: 266,
  strips: 273,
  samples: 277,
  rowsPerStrip: 278,
  stripBytes: 279,
  planes: 284,
  faxOptions: 292,
  predictor: 317,
  palette: 320,
  tileWidth: 322,
  tileHeight: 323,
  tiles: 324,
  tileBytes: 325,
  extra: 338,
  sampleFormat: 339,
  jpegTables: 347,
  xmp: 700,
  profile: 34675,
};

export function readHeader(view: DataView, header: Header): void {
  const bytes = new Uint8Array(view.buffer as ArrayBuffer, view.byteOffset, view.byteLength);
  const { main, littleEndian, several } = readDirectories(bytes);
  const tag = (number: number) => numbers(main, number, littleEndian);
  const [[width = 0], [height = 0], bits, [samples = 1]] = [TAG.width, TAG.height, TAG.bits, TAG.samples].map(tag);
  Object.assign(header, { width, height, depth: bits[0] ?? 1, several });
  const inTiles = tag(TAG.tiles).length > 0;
  const [starts, lengths] = inTiles ? [tag(TAG.tiles), tag(TAG.tileBytes)] : [tag(TAG.strips), tag(TAG.stripBytes)];
  // Values behind the end are missing here. Only where a pixel is one sample a file need not say of how many bits.
  const lacking = starts.length === 0 || starts.length > lengths.length || (samples > 1 && bits.length === 0);
  header.truncated = lacking || starts.some((start, i) => start + lengths[i] > view.byteLength);
}

export function readMetadata(bytes: Bytes): Found {
  const found = readDirectories(bytes);
  const valueOf = (number: number) => found.main.find(({ tag }) => tag === number)?.value;
  const xmp = valueOf(TAG.xmp);
  const main = found.main.filter(saysSomething);
  return {
    exif: main.length > 0 ? writeDirectories({ ...found, main }) : undefined,
    xmp: xmp && new TextDecoder().decode(xmp),
    profile: valueOf(TAG.profile)?.slice(),
  };
}
