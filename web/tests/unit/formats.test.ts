import { describe, expect, test } from 'vitest';

import { readHeader, recognise, type Format } from '../../src/worker/files/formats/formats';
import { avif, deep } from '../compressed';
import { bmp, cmykJpeg, gif, jpeg, photograph, png, pngHeader, tiff, withOrientation } from '../pictures';

const header = (format: Format, bytes: Buffer) => readHeader(format, Uint8Array.from(bytes));
const picture = photograph(40, 30);

describe('recognise', () => {
  test.each([
    ['PNG', png(picture)],
    ['JPEG', jpeg(picture)],
    ['GIF', gif(2, 2, [0])],
    ['WebP', Buffer.from('RIFF\x10\0\0\0WEBPVP8 ', 'latin1')],
    ['BMP', bmp(picture)],
    ['TIFF', Buffer.from('II*\0\x08\0\0\0', 'latin1')],
    ['HEIC', Buffer.from('\0\0\0\x18ftypheic', 'latin1')],
    ['AVIF', Buffer.from('\0\0\0\x18ftypavif', 'latin1')],
    ['PDF', Buffer.from('%PDF-1.7')],
    ['SVG', Buffer.from('<?xml version="1.0"?>\n<svg/>')],
    ['HTML', Buffer.from('\n<!DOCTYPE html><html>')],
    ['text', Buffer.from('Grüße\n')],
    [undefined, Buffer.from([0, 1, 2, 3])],
  ])('%s', (expected, bytes) => expect(recognise(new Uint8Array(bytes))).toBe(expected));
});

describe('PNG', () => {
  test('size and depth', () => {
    expect(header('PNG', png(picture))).toMatchObject({ width: 40, height: 30, depth: 8, truncated: false, several: false });
    expect(header('PNG', png(picture, 2, 16))).toMatchObject({ depth: 16, truncated: false });
  });
  test('size from a header alone', () => {
    expect(header('PNG', pngHeader(20_000, 20_000))).toMatchObject({ width: 20_000, height: 20_000, truncated: true });
  });
  test('any missing end', () => {
    const bytes = png(picture);
    for (const length of [9, 20, 33, 50, bytes.length - 5, bytes.length - 1]) {
      expect(header('PNG', bytes.subarray(0, length)).truncated).toBe(true);
    }
  });
  test('animation', () => {
    const bytes = png(picture);
    const acTL = Buffer.from('00000008' + '6163544c' + '0000000200000000' + '00000000', 'hex');
    expect(header('PNG', Buffer.concat([bytes.subarray(0, 33), acTL, bytes.subarray(33)])).several).toBe(true);
  });
});

describe('JPEG', () => {
  test('size, also behind EXIF with a thumbnail that has an end of its own', () => {
    const bytes = jpeg(picture);
    const thumbnail = Buffer.concat([Buffer.from([0xff, 0xe1, 0, 6]), Buffer.from([0xff, 0xd8, 0xff, 0xd9])]);
    const whole = Buffer.concat([bytes.subarray(0, 2), thumbnail, bytes.subarray(2)]);
    expect(header('JPEG', bytes)).toMatchObject({ width: 40, height: 30, truncated: false });
    expect(header('JPEG', whole)).toMatchObject({ width: 40, height: 30, truncated: false });
    expect(header('JPEG', whole.subarray(0, whole.length - 20)).truncated).toBe(true);
  });
  test('any missing end', () => {
    const bytes = jpeg(picture);
    for (let length = 3; length < bytes.length; length++) expect(header('JPEG', bytes.subarray(0, length)).truncated).toBe(true);
  });
  test('bytes behind the end are no matter', () => {
    expect(header('JPEG', Buffer.concat([jpeg(picture), Buffer.alloc(99)])).truncated).toBe(false);
  });
  test('oriented and CMYK', () => {
    expect(header('JPEG', withOrientation(jpeg(picture), 6))).toMatchObject({ width: 40, height: 30, truncated: false });
    expect(header('JPEG', cmykJpeg([0, 0, 0, 128]))).toMatchObject({ width: 8, height: 8, truncated: false });
  });
});

describe('GIF', () => {
  test('one frame or more', () => {
    expect(header('GIF', gif(4, 3, [0]))).toMatchObject({ width: 4, height: 3, several: false, truncated: false });
    expect(header('GIF', gif(4, 3, [0, 90, 180]))).toMatchObject({ width: 4, height: 3, several: true, truncated: false });
  });
  test('without its last byte it is whole, without its first frame not', () => {
    const bytes = gif(4, 3, [128]);
    expect(header('GIF', bytes.subarray(0, -1)).truncated).toBe(false);
    expect(header('GIF', bytes.subarray(0, -9)).truncated).toBe(true);
  });
});

describe('WebP', () => {
  const riff = (size: number, rest: string) => {
    const bytes = Buffer.alloc(40);
    bytes.write(`RIFF0000WEBP${rest}`, 'latin1');
    bytes.writeUInt32LE(size, 4);
    return bytes;
  };
  test('lossy, lossless and extended sizes', () => {
    const lossy = riff(32, 'VP8 ');
    lossy.writeUInt16LE(640, 26);
    lossy.writeUInt16LE(480, 28);
    expect(header('WebP', lossy)).toMatchObject({ width: 640, height: 480, truncated: false });
    const lossless = riff(32, 'VP8L');
    lossless.writeUInt32LE((640 - 1) | ((480 - 1) << 14), 21);
    expect(header('WebP', lossless)).toMatchObject({ width: 640, height: 480 });
    const extended = riff(32, 'VP8X');
    extended[20] = 2;
    extended.writeUIntLE(16_000 - 1, 24, 3);
    extended.writeUIntLE(9_000 - 1, 27, 3);
    expect(header('WebP', extended)).toMatchObject({ width: 16_000, height: 9_000, several: true });
  });
  test('missing end', () => expect(header('WebP', riff(33, 'VP8 ')).truncated).toBe(true));
});

describe('AVIF', () => {
  test('size; any missing end', () => {
    expect(header('AVIF', avif)).toMatchObject({ width: 24, height: 16, depth: 8, several: false, truncated: false });
    for (let length = 12; length < avif.length; length++) expect(header('AVIF', avif.subarray(0, length)).truncated).toBe(true);
  });
  test('a sequence', () => {
    const sequence = Buffer.from(avif);
    sequence.write('avis', 8);
    expect(header('AVIF', sequence).several).toBe(true);
  });
});

describe('BMP', () => {
  test('size, from the bottom up or from the top down; missing end', () => {
    const bytes = bmp(picture);
    expect(header('BMP', bytes)).toMatchObject({ width: 40, height: 30, truncated: false });
    expect(header('BMP', bytes.subarray(0, -1)).truncated).toBe(true);
    bytes.writeInt32LE(-30, 22);
    expect(header('BMP', bytes)).toMatchObject({ width: 40, height: 30, truncated: false });
  });
});

describe('TIFF', () => {
  test('size and depth; any missing end', () => {
    const bytes = tiff(photograph(8, 6));
    expect(header('TIFF', bytes)).toMatchObject({ width: 8, height: 6, depth: 8, several: false, truncated: false });
    for (let length = 4; length < bytes.length - 1; length++) expect(header('TIFF', bytes.subarray(0, length)).truncated).toBe(true);
    expect(header('TIFF', deep)).toMatchObject({ width: 24, height: 16, depth: 16, truncated: false });
  });
});
