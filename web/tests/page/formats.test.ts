// Every format that can be opened, upright and in sRGB; and files that are written, seen by the browser that wrote them.

import { expect } from '@playwright/test';

import type { Calls, Opened, SaveType } from '../../src/shared/messages';
import { big32, join } from '../../src/worker/files/bytes';
import * as jpegFormat from '../../src/worker/files/formats/jpeg';
import * as pngFormat from '../../src/worker/files/formats/png';
import * as webpFormat from '../../src/worker/files/formats/webp';
import { srgbProfile } from '../../src/worker/files/profile';
import * as compressed from '../compressed';
import { bmp, cmykJpeg, exif, gif, jpeg, png, tiff, withOrientation, type Pixels, type Tag } from '../pictures';
import { fit, PLAIN, test, type BareWorker } from './worker';

const [WIDTH, HEIGHT] = [24, 16];

function paint(levels: (x: number, y: number) => number | number[], width = WIDTH, height = HEIGHT): Pixels {
  const data = new Uint8Array(4 * width * height);
  for (let at = 0; at < data.length; at += 4) {
    const level = levels((at / 4) % width, Math.floor(at / 4 / width));
    data.set(Array.isArray(level) ? level : [level, level, level], at);
    data[at + 3] = 255;
  }
  return { width, height, data };
}

/** Largest difference of a level. */
function difference(one: Pixels, other: Pixels): number {
  expect([other.width, other.height]).toEqual([one.width, one.height]);
  return one.data.reduce((worst, level, i) => Math.max(worst, Math.abs(level - other.data[i])), 0);
}

async function seen(worker: BareWorker, bytes: Buffer): Promise<{ opened: Opened; pixels: Pixels }> {
  const opened = await worker.open(bytes, 'photo');
  return { opened, pixels: await worker.view(opened.picture, fit(opened), PLAIN, 'own') };
}

const [grey, colour, ink] = [compressed.grey, compressed.colour, compressed.ink].map((levels) => paint(levels));
const cmyk = new Uint8Array(paint((x) => [10 * x, 0, 255 - 10 * x]).data.map((level, i) => (i % 4 === 3 ? 51 : level)));

/** Name, bytes, what is to be seen, how far off. */
const FILES: [format: string, kind: string, bytes: Buffer, expected: Pixels, tolerance: number][] = [
  ['PNG', 'colour', png(colour), colour, 0],
  ['PNG', 'grey', png(grey, 0), grey, 0],
  ['PNG', '16 bits', png(colour, 2, 16), colour, 0],
  ['JPEG', 'four inks', cmykJpeg([0, 0, 0, 155]), paint(() => 100, 8, 8), 2],
  ['JPEG', 'grey', jpeg(paint((x) => 10 * x)), paint((x) => 10 * x), 6],
  ['BMP', 'from the bottom', bmp(colour), colour, 0],
  ['GIF', 'the first of its frames', gif(6, 4, [77, 200]), paint(() => 77, 6, 4), 0],
  ['AVIF', 'grey', compressed.avif, grey, 3],
  ['TIFF', 'as it is', tiff(colour), colour, 0],
  ['TIFF', 'a tile', tiled(colour), colour, 0],
  ['TIFF', 'LZW of differences', compressed.lzw, colour, 0],
  ['TIFF', 'Deflate', compressed.deflate, colour, 0],
  ['TIFF', 'PackBits', compressed.packBits, grey, 0],
  ['TIFF', '16 bits', compressed.deep, grey, 0],
  ['TIFF', 'fax', compressed.fax, ink, 0],
  ['TIFF', 'JPEG', compressed.jpeg, grey, 4],
  ['TIFF', 'palette', compressed.palette, ink, 0],
  ['TIFF', 'white is zero', tiff(grey, singleSample(0), grey.data.filter((_, i) => i % 4 === 0).map((level) => 255 - level)), grey, 0],
  ['TIFF', 'four inks', tiff(colour, fourSamples(5), cmyk), paint((x) => [0.8 * (255 - 10 * x), 204, 8 * x].map(Math.round)), 1],
];

/** One tile that is wider than the picture. */
function tiled({ width, height, data }: Pixels): Buffer {
  const [side, samples] = [32, new Uint8Array(3 * 32 * 32)];
  data.filter((_, i) => i % 4 !== 3).forEach((level, i) => {
    samples[3 * side * Math.floor(i / 3 / width) + (i % (3 * width))] = level;
  });
  const tags: Tag[] = [[322, 4, [side]], [323, 4, [side]], [324, 4, [8]], [325, 4, [samples.length]]];
  return tiff({ width, height, data }, tags, samples);
}

function singleSample(photometric: number): Tag[] {
  return [[258, 3, [8]], [262, 3, [photometric]], [277, 3, [1]]];
}

function fourSamples(photometric: number, more: Tag[] = []): Tag[] {
  return [[258, 3, [8, 8, 8, 8]], [262, 3, [photometric]], [277, 3, [4]], ...more];
}

test('each format shows the pixels that it holds', async ({ worker }) => {
  for (const [format, kind, bytes, expected, tolerance] of FILES) {
    await test.step(`${format}, ${kind}`, async () => {
      const { opened, pixels } = await seen(worker, bytes);
      expect(opened.format).toBe(format);
      expect(difference(expected, pixels)).toBeLessThanOrEqual(tolerance);
    });
  }
});

test('what is left out is told', async ({ worker }) => {
  const twoPages = tiff(colour);
  twoPages.writeUInt32LE(twoPages.readUInt32LE(4), directoryEnd(twoPages)); // again and again the same one
  expect((await worker.open(twoPages, 'photo')).notes).toContain('first-frame');
  expect((await worker.open(gif(6, 4, [200, 30]), 'photo')).notes).toContain('first-frame');
  expect((await worker.open(compressed.deep, 'photo')).notes).toContain('eight-bits');
  expect((await worker.open(png(colour, 2, 16), 'photo')).notes).toContain('eight-bits');
});

/** Where a TIFF's first directory says where the next one is. */
function directoryEnd(bytes: Buffer): number {
  const start = bytes.readUInt32LE(4);
  return start + 2 + 12 * bytes.readUInt16LE(start);
}

test('a TIFF of a kind that is not known is refused, and shows no black', async ({ worker }) => {
  const unknown: Tag[][] = [
    [[259, 3, [34712]]], // JPEG 2000
    [[284, 3, [2]]], // planes of one colour each
    [[339, 3, [3, 3, 3]]], // fractions
    [[262, 3, [8]]], // Lab
    [[322, 4, [0]], [323, 4, [0]], [324, 4, [8]], [325, 4, [9]]], // tiles without a size
  ];
  for (const tags of unknown) {
    await expect(worker.open(tiff(colour, tags), 'photo')).rejects.toThrow(/undecodable/);
  }
  await expect(worker.open(tiff(colour).subarray(0, -200), 'photo')).rejects.toThrow(/truncated/);
  const short = tiff(colour);
  short.writeUInt32LE(1_000_000, short.indexOf(Buffer.from([0x17, 1, 4, 0, 1, 0, 0, 0])) + 8); // bytes of its strip
  await expect(worker.open(short, 'photo')).rejects.toThrow(/truncated/);
});

test('a telephone’s HEIC is named', async ({ worker }) => {
  const heic = Buffer.from('\0\0\0\x18ftypheic', 'latin1');
  await expect(worker.open(heic, 'photo')).rejects.toThrow(/"unsupported-format".*"HEIC"/);
});

test('all eight orientations, in every format that has them', async ({ worker }) => {
  // A dark corner at the top left and a dimmer one at the top right tell the eight apart.
  const stored = paint((x, y) => (y < 16 && x < 24 ? 0 : y < 16 && x >= 48 ? 100 : 200), 72, 48);
  const webp = await worker.page.evaluate(async ([base64]) => {
    const bitmap = await createImageBitmap(await (await fetch(base64)).blob());
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    canvas.getContext('2d')!.drawImage(bitmap, 0, 0);
    const file = await canvas.convertToBlob({ type: 'image/webp', quality: 1 });
    return [...new Uint8Array(await file.arrayBuffer())];
  }, [worker.offer(png(stored))]);

  const with_ = async (format: typeof pngFormat | typeof webpFormat, encoded: Uint8Array, turned: number) => {
    const said = { exif: Uint8Array.from(exif({ main: [[274, 3, [turned]]] })), xmp: '', profile: srgbProfile() };
    return Buffer.from(await (await format.withMetadata(new Blob([Uint8Array.from(encoded)]), said)).arrayBuffer());
  };
  for (let turned = 1; turned <= 8; turned++) {
    const expected = upright(stored, turned);
    const files = {
      JPEG: withOrientation(jpeg(stored), turned),
      PNG: await with_(pngFormat, png(stored), turned),
      WebP: await with_(webpFormat, Uint8Array.from(webp), turned),
      TIFF: tiff(stored, [[274, 3, [turned]]]),
    };
    for (const [format, bytes] of Object.entries(files)) {
      await test.step(`${format}, ${turned}`, async () => {
        const { opened, pixels } = await seen(worker, bytes);
        expect(opened.format).toBe(format);
        // The edges of a JPEG ring.
        expect(difference(expected, pixels)).toBeLessThanOrEqual(format === 'JPEG' ? 12 : 0);
      });
    }
  }
});

/** By CIPA DC-008: where the stored first row and first column lie. */
function upright({ width, height, data }: Pixels, orientation: number): Pixels {
  const sideways = orientation > 4;
  const [columns, rows] = sideways ? [height, width] : [width, height];
  const turned = paint(() => 0, columns, rows);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const [u, v] = sideways ? [y, x] : [x, y];
      const column = [2, 3, 7, 8].includes(orientation) ? width - 1 - u : u;
      const row = [3, 4, 6, 7].includes(orientation) ? height - 1 - v : v;
      turned.data.set(data.subarray(4 * (row * width + column), 4 * (row * width + column) + 4), 4 * (y * columns + x));
    }
  }
  return turned;
}

test('a colour profile is obeyed, and its loss told; of a TIFF, too', async ({ worker }) => {
  await worker.prepare();
  // sRGB with red and green changed for each other, under another name: what it means can be seen at once.
  const swapped = Buffer.from(srgbProfile());
  for (const [from, to] of [['rXYZ', 'tXYZ'], ['gXYZ', 'rXYZ'], ['tXYZ', 'gXYZ'], ['s\0R\0G\0B', 'o\0d\0d\0!']]) {
    swapped.write(to, swapped.indexOf(from, 0, 'latin1'), 'latin1');
  }
  const red = paint(() => [255, 0, 0]);
  const green = paint(() => [0, 255, 0]);
  const asTiff = tiff(red, [[34675, 7, [...swapped]]]);
  const profile = Uint8Array.from(swapped);
  const inJpeg = Buffer.from(
    await (await jpegFormat.withMetadata(new Blob([Uint8Array.from(jpeg(red))]), { xmp: '', profile })).arrayBuffer(),
  );
  for (const bytes of [inJpeg, asTiff]) {
    const { opened, pixels } = await seen(worker, bytes);
    expect(difference(green, pixels)).toBeLessThanOrEqual(2);
    expect((await saved(worker, opened.picture, 'image/png')).notes).toEqual(['profile-dropped']);
  }
  const plain = await worker.open(png(red), 'photo');
  expect((await saved(worker, plain.picture, 'image/png')).notes).toEqual([]);
});

test('greys of a TIFF whose profile says that they are light, and not what the eye sees of it', async ({ worker }) => {
  const levels = paint((x) => 10 * x);
  const samples = levels.data.filter((_, i) => i % 4 === 0);
  const bytes = tiff(levels, [...singleSample(1), [34675, 7, [...linearGreys()]]], samples);
  const encoded = (level: number) => {
    const light = level / 255;
    return 255 * (light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055);
  };
  const { opened, pixels } = await seen(worker, bytes);
  expect(difference(paint((x) => Math.round(encoded(10 * x))), pixels)).toBeLessThanOrEqual(2);
  expect(opened.inColour).toBe(false);
});

/** An ICC profile of greys, of which a level is a share of the light: ICC.1:2010, 7 and 8.4. */
function linearGreys(): Uint8Array {
  const curve = join('curv', big32(0), big32(1), [1, 0, 0, 0]); // to the power of 1
  const white = join('XYZ ', big32(0), ...[0xf6d6, 0x10000, 0xd32d].map(big32));
  const words = join('desc', big32(0), big32(5), 'Light\0', Array<number>(78).fill(0));
  const tags = { desc: words, wtpt: white, kTRC: curve };
  const head = new Uint8Array(128);
  const table: Uint8Array[] = [];
  let at = 128 + 4 + 12 * 3;
  for (const [name, content] of Object.entries(tags)) {
    table.push(join(name, big32(at), big32(content.length)));
    at += content.length;
  }
  head.set(join(big32(at), big32(0), big32(0x02400000), 'mntrGRAYXYZ '));
  head.set(join('acsp'), 36);
  head.set(white.subarray(8), 68);
  return join(head, big32(3), ...table, ...Object.values(tags));
}

async function saved(worker: BareWorker, picture: number, type: SaveType, quality = 0.9) {
  return worker.page.evaluate(
    async (input) => {
      const { file, notes } = (await window.tab.call('save', input)) as Calls['save']['output'];
      const bitmap = await createImageBitmap(file);
      const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d')!;
      context.drawImage(bitmap, 0, 0);
      const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
      const bytes = [...new Uint8Array(await file.arrayBuffer())];
      return { notes, type: file.type, width: bitmap.width, height: bitmap.height, data: [...data], bytes };
    },
    { picture, edit: PLAIN, type, quality },
  );
}

test('PNG, JPEG and WebP: the browser that wrote them reads them, and they say that their colours are synthetic', async ({ worker }) => {
  await worker.prepare();
  const landscape = paint((x, y) => 60 + x + 2 * y, 60, 40);
  const camera = exif({ main: [[271, 2, 'Maker & Co'], [274, 3, [6]]], gps: [[1, 2, 'N'], [2, 5, [48, 51, 29]]] });
  const said = { exif: Uint8Array.from(camera), xmp: '', profile: srgbProfile() };
  const file = await (await pngFormat.withMetadata(new Blob([Uint8Array.from(png(landscape))]), said)).arrayBuffer();
  const { picture } = await worker.open(Buffer.from(file), 'photo');
  const asPng = await saved(worker, picture, 'image/png');
  for (const type of ['image/png', 'image/jpeg', 'image/webp'] as const) {
    const written = await saved(worker, picture, type, 1);
    expect([written.type, written.width, written.height]).toEqual([type, 40, 60]); // upright, and not turned again
    const worst = written.data.reduce((most, level, i) => Math.max(most, Math.abs(level - asPng.data[i])), 0);
    expect(worst).toBeLessThanOrEqual(type === 'image/jpeg' ? 6 : 1);
    const text = Buffer.from(written.bytes).toString('latin1');
    expect(text).toContain('digitalsourcetype/compositeWithTrainedAlgorithmicMedia');
    expect(text).toContain('Maker & Co');
  }
  const own = await worker.page.evaluate(
    async (input) => {
      const { file } = (await window.tab.call('save', input)) as Calls['save']['output'];
      return file.text();
    },
    { picture, edit: { ...PLAIN, from: 'own' as const }, type: 'image/png' as const, quality: 1 },
  );
  expect(own).toContain('Maker & Co');
  expect(own).not.toContain('DigitalSourceType');
});

test('transparency: WebP keeps it, a JPEG shows white paper there and says so', async ({ worker }) => {
  await worker.prepare();
  const glass = paint(() => 90);
  for (let at = 3; at < glass.data.length; at += 4) glass.data[at] = at < glass.data.length / 2 ? 0 : 255;
  const { picture } = await worker.open(png(glass, 6), 'photo');
  const alphaOf = ({ data }: { data: number[] }) => [data[3], data.at(-1)];
  expect(alphaOf(await saved(worker, picture, 'image/webp'))).toEqual([0, 255]);
  const flat = await saved(worker, picture, 'image/jpeg');
  expect(flat.notes).toEqual(['white-paper']);
  expect(alphaOf(flat)).toEqual([255, 255]);
  expect(Math.min(...flat.data.slice(0, 3))).toBeGreaterThan(250);
});
