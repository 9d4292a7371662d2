// The pictures of the tests, made here.

import { encode as encodeJpeg } from 'jpeg-js';
import { PNG } from 'pngjs';

export type Pixels = { width: number; height: number; data: Uint8Array };

/** A grey landscape: a sky that brightens downwards, hills with hard edges, grass of noise, a dark house. Opaque RGBA. */
export function photograph(width: number, height: number): Pixels {
  const data = new Uint8Array(width * height * 4);
  let noise = 1;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      noise = (noise * 1103515245 + 12345) & 0x7fffffff;
      const u = x / width;
      const v = y / height;
      const hill = 0.45 + 0.1 * Math.sin(7 * u) + 0.03 * Math.sin(31 * u);
      const house = Math.abs(u - 0.7) < 0.07 && v > 0.42 && v < 0.6;
      const level = house ? 40 + 30 * v : v < hill ? 165 + 80 * v : 70 + 60 * (v - hill) + (noise >> 16) % 40;
      data.fill(level, 4 * (y * width + x), 4 * (y * width + x) + 3);
      data[4 * (y * width + x) + 3] = 255;
    }
  }
  return { width, height, data };
}

/** Black lines on white paper: a frame, a filled square, strokes. Its corner is bare. `glass`: the paper is transparent black. */
export function drawing(width: number, height: number, glass = false): Pixels {
  const data = new Uint8Array(width * height * 4);
  const [left, top, right, bottom] = [0.3 * width, 0.3 * height, 0.9 * width, 0.9 * height].map(Math.round);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const inside = x >= left && x < right && y >= top && y < bottom;
      const frame = inside && Math.min(x - left, right - 1 - x, y - top, bottom - 1 - y) < 2;
      const stroke = inside && (x + 2 * y) % 90 < 3;
      const square = Math.abs(x - (left + right) / 2) < 20 && Math.abs(y - (top + bottom) / 2) < 20;
      const ink = frame || stroke || square;
      data.fill(ink || glass ? 0 : 255, 4 * (y * width + x), 4 * (y * width + x) + 3);
      data[4 * (y * width + x) + 3] = glass && !ink ? 0 : 255;
    }
  }
  return { width, height, data };
}

/** Colour type 0 grey, 2 RGB, 6 RGBA, from RGBA pixels; 16 bits take each level times 257. */
export function png(pixels: Pixels, colorType: 0 | 2 | 6 = 2, bitDepth: 8 | 16 = 8): Buffer {
  const image = new PNG({ width: pixels.width, height: pixels.height });
  const data = bitDepth === 8 ? pixels.data : Uint16Array.from(pixels.data, (level) => level * 257);
  image.data = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return PNG.sync.write(image, { colorType, bitDepth, inputColorType: 6, deflateLevel: 1 });
}

export function jpeg(pixels: Pixels): Buffer {
  return Buffer.from(encodeJpeg({ ...pixels, data: pixels.data }, 90).data);
}

export function decodePng(bytes: Buffer): Pixels {
  return PNG.sync.read(bytes);
}

/** A PNG that claims a size and ends after its header. */
export function pngHeader(width: number, height: number): Buffer {
  const header = Buffer.from(png({ width: 1, height: 1, data: new Uint8Array(4) })).subarray(0, 33);
  header.writeUInt32BE(width, 16);
  header.writeUInt32BE(height, 20);
  return header;
}

/** The same JPEG with an EXIF orientation, 1 to 8. */
export function withOrientation(bytes: Buffer, orientation: number): Buffer {
  const directory = '0100' + '120103000100000000000000' + '00000000'; // one entry: orientation, a short, to be filled in
  const exif = Buffer.from('ffe10022457869660000' + '49492a0008000000' + directory, 'hex');
  exif.writeUInt16LE(orientation, 28);
  return Buffer.concat([bytes.subarray(0, 2), exif, bytes.subarray(2)]);
}

/** 8x8 pixels of one ink mix, 0..255 each, as an Adobe CMYK JPEG, which stores 255 - ink: one block a component, its mean. */
export function cmykJpeg(inks: [number, number, number, number]): Buffer {
  const segment = (marker: number, ...content: number[]) => [0xff, marker, 0, content.length + 2, ...content];
  let bits = '';
  for (const ink of inks) {
    const mean = 255 - ink - 128;
    const size = mean === 0 ? 0 : Math.floor(Math.log2(Math.abs(mean))) + 1;
    bits += size.toString(2).padStart(4, '0'); // the DC table below gives every size its own number in 4 bits
    if (size > 0) bits += (mean > 0 ? mean : mean + 2 ** size - 1).toString(2).padStart(size, '0');
    bits += '0'; // end of block
  }
  bits = bits.padEnd(Math.ceil(bits.length / 8) * 8, '1');
  const data = bits.match(/.{8}/g)!.flatMap((byte) => (byte === '11111111' ? [255, 0] : [parseInt(byte, 2)]));
  const zeros = (count: number) => Array<number>(count).fill(0);
  return Buffer.from([
    ...[0xff, 0xd8],
    ...segment(0xee, ...Buffer.from('Adobe'), 0, 100, 0, 0, 0, 0, 0),
    ...segment(0xdb, 0, ...Array<number>(64).fill(8)),
    ...segment(0xc0, 8, 0, 8, 0, 8, 4, ...[1, 2, 3, 4].flatMap((id) => [id, 0x11, 0])),
    ...segment(0xc4, 0x00, ...zeros(3), 9, ...zeros(12), 0, 1, 2, 3, 4, 5, 6, 7, 8),
    ...segment(0xc4, 0x10, 1, ...zeros(15), 0),
    ...segment(0xda, 4, ...[1, 2, 3, 4].flatMap((id) => [id, 0]), 0, 63, 0),
    ...data,
    ...[0xff, 0xd9],
  ]);
}

/** A GIF of frames that are one grey level each. */
export function gif(width: number, height: number, levels: number[]): Buffer {
  const sizes = [width & 255, width >> 8, height & 255, height >> 8];
  const frames = levels.flatMap((_, index) => {
    // Three bits a code; a clear code (4) before each pixel keeps them at three bits. 5 ends.
    const codes = [...Array<number[]>(width * height).fill([4, index]).flat(), 5];
    const bits = codes.map((code) => code.toString(2).padStart(3, '0')).reverse().join('');
    const bytes = bits.padStart(Math.ceil(bits.length / 8) * 8, '0').match(/.{8}/g)!.map((byte) => parseInt(byte, 2)).reverse();
    return [0x21, 0xf9, 4, 0, 10, 0, 0, 0, 0x2c, 0, 0, 0, 0, ...sizes, 0, 2, bytes.length, ...bytes, 0];
  });
  const colours = [0, 1, 2, 3].flatMap((index) => Array<number>(3).fill(levels[index] ?? 0));
  return Buffer.from([...Buffer.from('GIF89a'), ...sizes, 0x81, 0, 0, ...colours, ...frames, 0x3b]);
}

/** 24 bits, from the bottom up, as most are. `dpi` in both directions. */
export function bmp({ width, height, data }: Pixels, dpi = 72): Buffer {
  const row = 4 * Math.ceil((3 * width) / 4);
  const bytes = Buffer.alloc(54 + row * height);
  bytes.write('BM');
  const fields = [[2, bytes.length], [10, 54], [14, 40], [18, width], [22, height], [26, 1 | (24 << 16)], [34, row * height]];
  for (const [at, value] of fields) bytes.writeUInt32LE(value, at);
  for (const at of [38, 42]) bytes.writeUInt32LE(Math.round(dpi / 0.0254), at);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let channel = 0; channel < 3; channel++) {
        bytes[54 + row * (height - 1 - y) + 3 * x + channel] = data[4 * (y * width + x) + 2 - channel];
      }
    }
  }
  return bytes;
}

/** Tag, type, values: of type 2 text, of 1 and 7 bytes, of 5 whole quotients. */
export type Tag = [tag: number, type: 1 | 2 | 3 | 4 | 5 | 7, values: number[] | string];
const BYTES_OF_TYPE = { 1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1 };

/** One directory of TIFF for byte `start`, with its values behind it; `next` is where the following one begins. */
export function directory(tags: Tag[], start: number, { big = false, next = 0 } = {}): Buffer {
  const list = Buffer.alloc(6 + 12 * tags.length);
  const values: Buffer[] = [];
  let valueAt = start + list.length;
  put(list, 2, tags.length, 0, big);
  [...tags].sort(([a], [b]) => a - b).forEach(([tag, type, content], index) => {
    const at = 2 + 12 * index;
    const size = BYTES_OF_TYPE[type];
    const items = typeof content === 'string' ? [...Buffer.from(content), 0] : content;
    const value = Buffer.alloc(Math.max(4, size * items.length + ((size * items.length) & 1)));
    items.forEach((item, i) => put(value, Math.min(size, 4), item, size * i, big));
    if (type === 5) items.forEach((_, i) => put(value, 4, 1, size * i + 4, big));
    put(list, 2, tag, at, big);
    put(list, 2, type, at + 2, big);
    put(list, 4, items.length, at + 4, big);
    if (value.length <= 4) {
      value.copy(list, at + 8);
    } else {
      put(list, 4, valueAt, at + 8, big);
      values.push(value);
      valueAt += value.length;
    }
  });
  put(list, 4, next, list.length - 4, big);
  return Buffer.concat([list, ...values]);
}

function put(bytes: Buffer, size: number, value: number, at: number, big: boolean): void {
  if (big) bytes.writeUIntBE(value, at, size);
  else bytes.writeUIntLE(value, at, size);
}

/** EXIF: a TIFF structure of a main directory, those that it points to, and a thumbnail of four bytes. */
export function exif(
  { main = [], details = [], gps = [], thumbnail = false }: { main?: Tag[]; details?: Tag[]; gps?: Tag[]; thumbnail?: boolean },
  big = false,
): Buffer {
  const pointers = (at: number): Tag[] => [
    ...(details.length > 0 ? [[34665, 4, [at]] satisfies Tag] : []),
    ...(gps.length > 0 ? [[34853, 4, [at + directory(details, 0).length]] satisfies Tag] : []),
  ];
  const head = Buffer.from(big ? '4d4d002a00000008' : '49492a0008000000', 'hex');
  const detailsAt = 8 + directory([...main, ...pointers(0)], 0).length;
  const thumbnailAt = detailsAt + directory(details, 0).length + directory(gps, 0).length;
  const jpeg: Tag[] = [[513, 4, [thumbnailAt + 30]], [514, 4, [4]]];
  return Buffer.concat([
    head,
    directory([...main, ...pointers(detailsAt)], 8, { big, next: thumbnail ? thumbnailAt : 0 }),
    directory(details, detailsAt, { big }),
    directory(gps, detailsAt + directory(details, 0).length, { big }),
    ...(thumbnail ? [directory(jpeg, thumbnailAt, { big }), Buffer.from('ffd8ffd9', 'hex')] : []),
  ]);
}

/** RGB of 8 bits in one strip, uncompressed. `tags` are added or take the place of the usual ones. */
export function tiff({ width, height, data }: Pixels, tags: Tag[] = [], samples?: Uint8Array): Buffer {
  const strip = Buffer.from(samples ?? data.filter((_, i) => i % 4 !== 3));
  const usual: Tag[] = [
    [256, 4, [width]],
    [257, 4, [height]],
    [258, 3, [8, 8, 8]],
    [259, 3, [1]],
    [262, 3, [2]],
    [273, 4, [8]],
    [277, 3, [3]],
    [278, 4, [height]],
    [279, 4, [strip.length]],
  ];
  const own = new Set(tags.map(([tag]) => tag));
  const start = 8 + strip.length + (strip.length & 1);
  const head = Buffer.from('49492a0000000000', 'hex');
  head.writeUInt32LE(start, 4);
  const padding = Buffer.alloc(strip.length & 1);
  return Buffer.concat([head, strip, padding, directory([...usual.filter(([tag]) => !own.has(tag)), ...tags], start)]);
}
