// What a file says beside its pixels: read from one format, cleaned, written into another.

import { decode as decodeJpeg } from 'jpeg-js';
import { describe, expect, test } from 'vitest';

import type { SaveType } from '../../src/shared/messages';
import { join, little32, viewOf, type Bytes } from '../../src/worker/files/bytes';
import { numbers, readDirectories, type Entry } from '../../src/worker/files/directories';
import { readMetadata, type Format } from '../../src/worker/files/formats/formats';
import * as jpegFormat from '../../src/worker/files/formats/jpeg';
import * as pngFormat from '../../src/worker/files/formats/png';
import * as webpFormat from '../../src/worker/files/formats/webp';
import { kept, metadataOf, NO_METADATA, type Metadata } from '../../src/worker/files/metadata';
import { isForeign, srgbProfile } from '../../src/worker/files/profile';
import { cleanXmp } from '../../src/worker/files/xmp';
import { avif } from '../compressed';
import { bmp, decodePng, exif, jpeg, photograph, png, tiff, type Tag } from '../pictures';

const MARK = 'http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia';
const MAKERS_NOTE = Array.from({ length: 60 }, (_, i) => (7 * i) & 255);
const picture = photograph(40, 30);
const camera = {
  main: [[271, 2, 'Maker & Co'], [274, 3, [6]], [282, 5, [300]], [283, 5, [150]], [296, 3, [2]], [315, 2, 'Ansel']] as Tag[],
  details: [[33434, 5, [3]], [37500, 7, MAKERS_NOTE], [40961, 3, [65535]], [40962, 4, [40]], [40963, 4, [30]]] as Tag[],
  gps: [[1, 2, 'N'], [2, 5, [48, 51, 29]]] as Tag[],
  thumbnail: true,
};
const xmpOf = (inside: string, attributes = '') =>
  `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">` +
  `<rdf:Description rdf:about="" ${attributes}>${inside}</rdf:Description></rdf:RDF></x:xmpmeta>`;

const bytesOf = (buffer: Uint8Array) => Uint8Array.from(buffer) as Bytes;
const opened = (format: Format, buffer: Uint8Array) => metadataOf(() => readMetadata(format, bytesOf(buffer)));
const upright = { width: 30, height: 40, synthetic: true, type: 'image/jpeg' };
const valueOf = (entries: Entry[], tag: number) => entries.find((entry) => entry.tag === tag)?.value;

async function rewritten(type: SaveType, encoded: Uint8Array, metadata: Metadata): Promise<Bytes> {
  const writer = { 'image/png': pngFormat, 'image/jpeg': jpegFormat, 'image/webp': webpFormat }[type];
  const blob = await writer.withMetadata(new Blob([bytesOf(encoded)], { type }), kept(metadata, { ...upright, type }));
  expect(blob.type).toBe(type);
  return new Uint8Array(await blob.arrayBuffer());
}

const exifMetadata = (structure: Buffer) => metadataOf(() => ({ exif: bytesOf(structure) }));

describe('EXIF', () => {
  test.each([['little-endian', false], ['big-endian', true]])('%s: upright, of sRGB, without thumbnail; the rest as it was', async (_, big) => {
    const metadata = await exifMetadata(exif(camera, big));
    expect(metadata).toMatchObject({ orientation: 6, dpi: [150, 300], damaged: false });
    const { exif: cleaned, dropped } = kept(metadata, upright);
    expect(dropped).toBe(false);
    const found = readDirectories(cleaned!);
    const read = (entries: Entry[], tag: number) => numbers(entries, tag, found.littleEndian);
    expect(found.littleEndian).toBe(!big);
    expect(found.several).toBe(false);
    expect(found.main.map(({ tag }) => tag)).toEqual([271, 274, 282, 283, 296, 315, 34665, 34853]);
    expect(read(found.main, 274)).toEqual([1]);
    expect([...read(found.main, 282), ...read(found.main, 283)]).toEqual([150, 300]);
    expect([40961, 40962, 40963].map((tag) => read(found.details, tag)[0])).toEqual([1, 30, 40]);
    expect([...valueOf(found.details, 37500)!]).toEqual(MAKERS_NOTE);
    expect(read(found.gps, 2)).toEqual([48, 51, 29]);
    expect(Buffer.from(valueOf(found.main, 271)!).toString()).toBe('Maker & Co\0');
  });

  test('entries that share a megabyte a thousand times are an attack, not metadata', async () => {
    const large = exif({ main: [[271, 7, Array<number>(1 << 20).fill(65)]] });
    const entry = large.subarray(10, 22);
    const many = Buffer.concat([large.subarray(0, 8), Buffer.from([0xe8, 3]), ...Array<Buffer>(1000).fill(entry), large.subarray(22)]);
    for (let i = 0; i < 1000; i++) many.writeUInt32LE(8, 18 + 12 * i);
    expect(await exifMetadata(many)).toMatchObject({ damaged: true });
  });

  test.each([0, 4, 9, 20])('cut off after %i bytes it is dropped, which is told', async (length) => {
    const metadata = await exifMetadata(exif(camera).subarray(0, length));
    expect(kept(metadata, upright)).toMatchObject({ exif: undefined, dropped: true });
  });

  test('when it is damaged, the rest is kept', async () => {
    const metadata = await metadataOf(() => ({ exif: bytesOf(Buffer.from('MM nonsense')), xmp: xmpOf('<dc:a/>'), dpi: [72, 72] }));
    expect(kept(metadata, upright)).toMatchObject({ dropped: true, dpi: [72, 72], xmp: expect.stringContaining('<dc:a/>') });
  });

  test('what does not fit into a JPEG is dropped, which is told', async () => {
    const metadata = await exifMetadata(exif({ main: [[271, 7, Array<number>(70_000).fill(65)]] }));
    expect(kept(metadata, upright)).toMatchObject({ exif: undefined, dropped: true });
  });
});

describe('XMP', () => {
  test('none: a packet of nothing but the mark, and none where no colour is synthetic', () => {
    expect(cleanXmp('', true)).toContain(`Iptc4xmpExt:DigitalSourceType="${MARK}"`);
    expect(cleanXmp('', false)).toBe('');
  });

  test('the original stays, upright and marked, about the same subject', () => {
    const cleaned = cleanXmp(xmpOf('<dc:title>Füße</dc:title>', 'tiff:Orientation="6"').replace('about=""', 'about="uuid:1"'), true)!;
    expect(cleaned).toContain('<dc:title>Füße</dc:title>');
    expect(cleaned).toContain('tiff:Orientation="1"');
    expect(cleaned.match(/rdf:about="uuid:1"/g)).toHaveLength(2);
    expect(cleaned.match(/DigitalSourceType/g)).toHaveLength(1);
    expect(cleaned.indexOf(MARK)).toBeLessThan(cleaned.indexOf('</rdf:RDF>'));
  });

  test.each([
    ['an attribute', xmpOf('', 'Iptc4xmpExt:DigitalSourceType="http://example.org/negativeFilm" dc:format="x"')],
    ['an element', xmpOf('<Iptc4xmpExt:DigitalSourceType>http://example.org/negativeFilm</Iptc4xmpExt:DigitalSourceType>')],
    ['a resource', xmpOf('<Iptc4xmpExt:DigitalSourceType rdf:resource="http://example.org/negativeFilm"/>')],
  ])('another source type, as %s, gives way', (_, xmp) => {
    const cleaned = cleanXmp(xmp, true)!;
    expect(cleaned).not.toContain('negativeFilm');
    expect(cleaned.match(/DigitalSourceType/g)).toHaveLength(1);
    expect(cleaned).toContain(MARK);
  });

  test('thumbnails and padding go', () => {
    const thumbnails = '<xmp:Thumbnails><rdf:Alt><rdf:li>AAAA</rdf:li></rdf:Alt></xmp:Thumbnails>';
    const cleaned = cleanXmp(`${xmpOf(`${thumbnails}<dc:a/>`)}${' '.repeat(4000)}<?xpacket end="w"?>`, true)!;
    expect(cleaned).not.toContain('Thumbnails');
    expect(cleaned).toContain('<dc:a/>');
    expect(cleaned.length).toBeLessThan(1000);
  });

  test('what is not understood, or too long, is not kept; the mark is written all the same', () => {
    for (const xmp of ['no XML at all', xmpOf('x'.repeat(70_000))]) {
      expect(cleanXmp(xmp, true)).toBeUndefined();
      expect(kept({ ...NO_METADATA, xmp }, upright)).toMatchObject({ dropped: true, xmp: expect.stringContaining(MARK) });
    }
  });

  // A pattern that looks to the end from each of these places takes minutes; without it, a hundredth of a test's five seconds.
  test.each(['<xmp:Thumbnails ', '<a:DigitalSourceType ', ' a:DigitalSourceType ', 'tiff:Orientation = ', '      '])(
    'a packet made of «%s» takes no time',
    (piece) => {
      expect(cleanXmp(xmpOf(piece.repeat(1_000_000 / piece.length)), true)).toBeUndefined();
      expect(cleanXmp(xmpOf(piece.repeat(60_000 / piece.length)), true)).toContain(MARK);
    },
  );
});

describe('profiles', () => {
  test("sRGB's own has every tag that a profile of its kind needs, each inside it", () => {
    const profile = srgbProfile();
    const view = viewOf(profile);
    expect(view.getUint32(0)).toBe(profile.length);
    const tags = Array.from({ length: view.getUint32(128) }, (_, i) => {
      const at = 132 + 12 * i;
      expect(view.getUint32(at + 4) % 4).toBe(0);
      expect(view.getUint32(at + 4) + view.getUint32(at + 8)).toBeLessThanOrEqual(profile.length);
      return Buffer.from(profile.subarray(at, at + 4)).toString();
    });
    expect(tags.sort()).toEqual(['bTRC', 'bXYZ', 'cprt', 'desc', 'gTRC', 'gXYZ', 'rTRC', 'rXYZ', 'wtpt']);
  });

  test('foreign is a space of colours that is not sRGB', () => {
    const profile = srgbProfile();
    const renamed = bytesOf(Buffer.from(Buffer.from(profile).toString('latin1').replace('s\0R\0G\0B', 'A\0R\0G\0B'), 'latin1'));
    const grey = bytesOf(profile);
    grey.set(join('GRAY'), 16);
    expect([profile, renamed, grey, profile.subarray(0, 9)].map((each) => isForeign(bytesOf(each)))).toEqual([false, true, false, false]);
  });
});

describe('from one file into another', () => {
  const withExif = async (encoded: Buffer) => {
    const xmp = xmpOf('<dc:title>Füße</dc:title>');
    const said = { exif: bytesOf(exif(camera)), xmp, dpi: [300, 150] as const, profile: srgbProfile() };
    const blob = new Blob([bytesOf(encoded)]);
    return new Uint8Array(await (await jpegFormat.withMetadata(blob, said)).arrayBuffer());
  };
  /** A lossless WebP's frame, with alpha; nothing reads the pixels here. */
  const webp = join('RIFF', little32(18), 'WEBPVP8L', little32(5), [0x2f], little32(((30 - 1) | ((40 - 1) << 14) | (1 << 28)) >>> 0), [0]);

  test.each([
    ['image/png', 'PNG', png(photograph(30, 40))],
    ['image/jpeg', 'JPEG', jpeg(photograph(30, 40))],
    ['image/webp', 'WebP', webp],
  ] as const)('a JPEG of a camera becomes %s', async (type, format, encoded) => {
    const metadata = await opened('JPEG', await withExif(jpeg(picture)));
    expect(metadata).toMatchObject({ orientation: 6, foreignProfile: false, damaged: false });
    const written = await rewritten(type, encoded, metadata);
    const again = await opened(format, written);
    expect(again).toMatchObject({ orientation: 1, damaged: false, xmp: expect.stringContaining(MARK) });
    expect(again.xmp).toContain('Füße');
    expect(again.dpi!.map(Math.round)).toEqual([150, 300]);
    const { details, main } = readDirectories(again.exif!);
    expect([...valueOf(details, 37500)!]).toEqual(MAKERS_NOTE);
    expect(Buffer.from(valueOf(main, 315)!).toString()).toBe('Ansel\0');
  });

  test('the pixels of a PNG and of a JPEG are the encoder’s, to the bit', async () => {
    const metadata = await opened('JPEG', await withExif(jpeg(picture)));
    const asPng = await rewritten('image/png', png(picture), metadata);
    expect(Buffer.compare(decodePng(Buffer.from(asPng)).data, decodePng(png(picture)).data)).toBe(0);
    const asJpeg = await rewritten('image/jpeg', jpeg(picture), metadata);
    expect(Buffer.compare(decodeJpeg(asJpeg).data, decodeJpeg(jpeg(picture)).data)).toBe(0);
    // Once each, though the encoder had written a JFIF of its own.
    const starts = Buffer.from(asJpeg).toString('latin1');
    for (const name of ['JFIF\0', 'Exif\0\0', 'ICC_PROFILE\0', 'adobe.com/xap']) expect(starts.split(name)).toHaveLength(2);
  });

  test('a WebP says its size, its alpha and what it holds', async () => {
    const written = await rewritten('image/webp', webp, await opened('JPEG', await withExif(jpeg(picture))));
    const view = viewOf(written);
    expect(view.getUint32(4, true) + 8).toBe(written.length);
    expect(Buffer.from(written.subarray(12, 16)).toString()).toBe('VP8X');
    expect(view.getUint8(20)).toBe(0x20 | 0x10 | 0x08 | 0x04);
    expect([view.getUint16(24, true) + 1, view.getUint16(27, true) + 1]).toEqual([30, 40]);
    expect(Buffer.from(written).includes(Buffer.from(webp.subarray(12)))).toBe(true);
  });

  test.each([
    ['BMP', bmp(picture, 200), { dpi: [200, 200] }],
    ['TIFF', tiff(picture, [[271, 2, 'Maker & Co'], [282, 5, [300]], [283, 5, [300]], [296, 3, [2]]]), { dpi: [300, 300], orientation: 1 }],
    ['PNG', png(picture), { dpi: undefined }],
  ] as const)('what a %s says', async (format, bytes, said) => {
    const metadata = await opened(format, bytes);
    expect({ ...metadata, dpi: metadata.dpi?.map(Math.round) }).toMatchObject(said);
    expect(metadata.damaged).toBe(false);
  });

  test('of a TIFF the description is taken, not how its pixels lie', async () => {
    const { exif: found } = await opened('TIFF', tiff(picture, [[271, 2, 'Maker & Co'], [274, 3, [3]]]));
    expect(readDirectories(found!).main.map(({ tag }) => tag)).toEqual([271, 274]);
    expect((await opened('TIFF', tiff(picture))).exif).toBeUndefined();
  });

  test('what an AVIF says', async () => {
    const { exif: found, xmp, profile } = await readMetadata('AVIF', bytesOf(avif));
    expect(Buffer.from(valueOf(readDirectories(found!).main, 271)!).toString()).toBe('Maker & Co\0');
    expect(xmp).toBe('<x:xmpmeta xmlns:x="adobe:ns:meta/"/>');
    expect(profile).toEqual(srgbProfile());
  });

  test('a WebP says its resolution in EXIF, even if it says nothing else there', async () => {
    const written = await rewritten('image/webp', webp, { ...NO_METADATA, dpi: [300, 300] });
    expect((await opened('WebP', written)).dpi).toEqual([300, 300]);
  });
});
