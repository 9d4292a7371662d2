// Large pictures in bands of rows, so that no float copy of one ever exists. The page's half of serving/colouring/bands.py.

import type { Part } from '../../shared/messages';
import { blendRows, resizeRow, taps } from '../../shared/resize';

const BAND_PIXELS = 1 << 19;

/** RGBA from the top left; an ImageData is one. */
export interface Pixels {
  readonly data: Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
}

/** A picture that can be read part by part. */
export interface Readable {
  readonly width: number;
  readonly height: number;
  /** The part's pixels; whoever receives them may change them. */
  read(part: Part): ImageData;
}

/** All of a picture, in its own pixels. */
export function whole({ width, height }: { width: number; height: number }): Part {
  return { left: 0, top: 0, width, height, columns: width, rows: height };
}

/**
 * Reads a picture from top to bottom.
 * @param signal ends the work before the next band: throws its reason.
 */
export function inBands(
  picture: Readable,
  signal: AbortSignal,
  work: (pixels: ImageData, band: Part) => void,
): Promise<void> {
  return eachBand(whole(picture), signal, (band) => work(picture.read(band), band));
}

/** Works on the pixels of a part that were read already, as `inBands` does on those of a picture. */
export function inBandsOf(
  pixels: Pixels,
  part: Part,
  signal: AbortSignal,
  work: (pixels: Pixels, band: Part) => void,
): Promise<void> {
  const { columns: width } = part;
  return eachBand(part, signal, (band, first) => {
    const data = pixels.data.subarray(4 * width * first, 4 * width * (first + band.rows));
    work({ data, width, height: band.rows }, band);
  });
}

/** @param work is told the band, and which row of the part is its first. */
async function eachBand(part: Part, signal: AbortSignal, work: (band: Part, first: number) => void): Promise<void> {
  const most = Math.max(1, Math.floor(BAND_PIXELS / part.columns));
  const perRow = part.height / part.rows;
  for (let first = 0; first < part.rows; first += most) {
    const rows = Math.min(most, part.rows - first);
    work({ ...part, top: part.top + first * perRow, height: rows * perRow, rows }, first);
    await breathe();
    signal.throwIfAborted();
  }
}

/** Lets in what the page sent meanwhile: an abort, a newer view. A timer would wait for some milliseconds more. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

/** A plane of numbers that grows row by row and is stretched to size*size meanwhile. Antialiased bilinear. */
export class Shrinking {
  readonly #across;
  readonly #narrow: Float32Array;
  /** A row to fill before it is given to `add`. */
  readonly row: Float32Array;

  constructor(
    width: number,
    readonly height: number,
    readonly size: number,
  ) {
    this.#across = taps(width, size);
    this.#narrow = new Float32Array(size * height);
    this.row = new Float32Array(width);
  }

  /** Takes what `row` holds as row `y`. */
  add(y: number): void {
    resizeRow(this.row, 0, this.#across, 1, this.#narrow, this.size * y);
  }

  /** size*size values, once all rows are there. */
  finish(): Float32Array {
    const { size, height } = this;
    const down = taps(height, size);
    const small = new Float32Array(size * size);
    for (let y = 0; y < size; y++) blendRows(this.#narrow, size, down, y, small, size * y);
    return small;
  }
}
