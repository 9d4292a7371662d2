// Large pictures in bands of rows, so that no float copy of one ever exists. The page's half of serving/colouring/bands.py.

import type { Part } from '../../shared/messages';
import { blendRows, resizeRow, taps } from '../../shared/resize';

const BAND_PIXELS = 1 << 20;

/** A picture that can be read part by part. */
export interface Readable {
  readonly width: number;
  readonly height: number;
  /** The part's pixels, RGBA from the top left; whoever receives them may change them. */
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
export async function inBands(
  picture: Readable,
  signal: AbortSignal,
  work: (pixels: ImageData, band: Part) => void,
): Promise<void> {
  const { width, height } = picture;
  const most = Math.max(1, Math.floor(BAND_PIXELS / width));
  for (let top = 0; top < height; top += most) {
    const rows = Math.min(most, height - top);
    const band = { left: 0, top, width, height: rows, columns: width, rows };
    work(picture.read(band), band);
    // Lets an abort message in.
    await new Promise((resolve) => setTimeout(resolve));
    signal.throwIfAborted();
  }
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
