// The pixels of a TIFF's first page. UTIF unpacks them (it is fetched for the first TIFF only); what the samples mean is read
// here, where nothing is guessed: a TIFF of another kind is refused rather than shown black.

import type { IFD } from 'utif2';

import type { Bytes } from './bytes';
import { numbers, readDirectories, type Directories } from './directories';
import { wrap } from './formats/png';
import { readMetadata, TAG } from './formats/tiff';
import { isForeign } from './profile';

/** None, three kinds of fax, LZW, Deflate with two numbers, PackBits. */
const COMPRESSIONS: readonly number[] = [1, 2, 3, 4, 5, 8, 32946, 32773];
const JPEG = 7;

const [WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, CMYK, YCBCR] = [0, 1, 2, 3, 5, 6];
/** Photometric interpretation -> samples a pixel without alpha, and how many bits they may have. */
const KINDS: Record<number, { colours: number; bits: readonly number[] } | undefined> = {
  [WHITE_IS_ZERO]: { colours: 1, bits: [1, 2, 4, 8, 16] },
  [BLACK_IS_ZERO]: { colours: 1, bits: [1, 2, 4, 8, 16] },
  [RGB]: { colours: 3, bits: [8, 16] },
  [PALETTE]: { colours: 1, bits: [1, 2, 4, 8] },
  [CMYK]: { colours: 4, bits: [8] },
};

interface Kind {
  photometric: number;
  colours: number;
  bits: number;
  /** Samples a pixel. */
  samples: number;
  alpha: boolean;
  /** Levels of 16 bits: all reds, all greens, all blues. */
  palette: number[];
}

const PLAIN_RGB: Kind = { photometric: RGB, colours: 3, bits: 8, samples: 3, alpha: false, palette: [] };

/** As it is stored, not turned; sRGB. Throws what UTIF trips over, and an Error for what is not supported. */
export async function decodeTiff(bytes: Bytes): Promise<ImageBitmap> {
  const directories = readDirectories(bytes);
  const kind = kindOf(directories);
  const { default: utif } = await import('utif2');
  const page = pageOf(directories);
  // UTIF gives red, green and blue of every JPEG, but makes room by what the file says.
  if (kind === PLAIN_RGB) Object.assign(page, { t258: [8, 8, 8], t262: [RGB], t277: [3] });
  utif.decodeImage(bytes.buffer, page);
  const { width, height } = page;
  const image = new ImageData(toRgba(kind, width, height, page.data), width, height);
  const { profile } = readMetadata(bytes);
  const grey = kind.colours === 1 && kind.photometric !== PALETTE;
  const means = profile && kind.photometric !== CMYK && (grey || isForeign(profile));
  return createImageBitmap(means ? wrap(image, { grey, alpha: kind.alpha, profile }) : image);
}

/** The tags as UTIF names them. Its own reader of directories is not used: it believes whatever a file says of lengths. */
function pageOf({ main, littleEndian }: Directories): IFD {
  const tag = (number: number) => numbers(main, number, littleEndian);
  const tiles = (side: number, tileSide: number) => Math.ceil((tag(side)[0] ?? 0) / (tag(tileSide)[0] ?? Infinity));
  const expected = tiles(TAG.width, TAG.tileWidth) * tiles(TAG.height, TAG.tileHeight);
  // Not a number, or infinite, if a tile has no size.
  if (!(expected <= tag(TAG.tiles).length)) throw new Error(`not all of the ${expected} tiles are there`);
  const tags = Object.values(TAG).map((number) => [`t${number}`, tag(number)] as const);
  return Object.fromEntries(tags.filter(([, values]) => values.length > 0)) as unknown as IFD;
}

/** Throws where it is not known for certain what the samples mean. */
function kindOf({ main, littleEndian }: Directories): Kind {
  const tag = (number: number) => numbers(main, number, littleEndian);
  const first = (number: number, otherwise: number) => tag(number)[0] ?? otherwise;
  const compression = first(TAG.compression, 1);
  const photometric = first(TAG.photometric, BLACK_IS_ZERO);
  const [bits, samples] = [first(TAG.bits, 1), first(TAG.samples, 1)];
  if (compression === JPEG && bits === 8 && [BLACK_IS_ZERO, RGB, YCBCR].includes(photometric)) return PLAIN_RGB;
  const kind = compression === JPEG ? undefined : KINDS[photometric];
  const known =
    kind?.bits.includes(bits) &&
    samples >= kind.colours &&
    COMPRESSIONS.includes(compression) &&
    tag(TAG.bits).every((each) => each === bits) &&
    (samples === 1 || first(TAG.planes, 1) === 1) &&
    first(TAG.sampleFormat, 1) === 1; // whole numbers
  if (!kind || !known) throw new Error(`a TIFF of kind ${photometric}, ${samples} x ${bits} bits, compression ${compression}`);
  // 0: an extra sample that may be anything; 1 and 2 are alpha.
  const alpha = samples > kind.colours && first(TAG.extra, 0) > 0;
  return { photometric, colours: kind.colours, bits, samples, alpha, palette: tag(TAG.palette) };
}

/** @param data rows of samples, each row from a new byte; 16 bits little end first, as UTIF gives them. */
export function toRgba(kind: Kind, width: number, height: number, data: Uint8Array): Uint8ClampedArray<ArrayBuffer> {
  const { photometric, colours, bits, samples, alpha, palette } = kind;
  const rowBytes = Math.ceil((width * samples * bits) / 8);
  if (data.length < rowBytes * height) throw new RangeError('the pixels end too early');
  const rgba = new Uint8ClampedArray(4 * width * height);
  const top = 2 ** bits - 1;
  const sample = (row: number, index: number): number => {
    if (bits === 8) return data[row + index];
    if (bits === 16) return Math.floor(((data[row + 2 * index] | (data[row + 2 * index + 1] << 8)) * 255 + 32_767) / 65_535);
    const bit = index * bits;
    const level = (data[row + (bit >> 3)] >> (8 - bits - (bit & 7))) & top;
    return photometric === PALETTE ? level : (level * 255) / top;
  };
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 4) {
      const [row, first] = [y * rowBytes, x * samples];
      const one = sample(row, first);
      if (photometric === PALETTE) {
        for (let channel = 0; channel < 3; channel++) rgba[at + channel] = palette[(channel << bits) + one] >> 8;
      } else if (colours === 1) {
        rgba[at] = rgba[at + 1] = rgba[at + 2] = photometric === WHITE_IS_ZERO ? 255 - one : one;
      } else {
        const black = photometric === CMYK ? 255 - sample(row, first + 3) : 255;
        for (let channel = 0; channel < 3; channel++) {
          const level = sample(row, first + channel);
          rgba[at + channel] = photometric === CMYK ? ((255 - level) * black) / 255 : level;
        }
      }
      rgba[at + 3] = alpha ? sample(row, first + colours) : 255;
    }
  }
  return rgba;
}
