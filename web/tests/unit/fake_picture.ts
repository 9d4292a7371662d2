// A picture in memory for Node, which has no canvas: read in its own pixels, or each drawn pixel from the nearest.

import type { Part } from '../../src/shared/messages';
import type { Readable } from '../../src/worker/paint/bands';

export class FakePicture implements Readable {
  readonly rgba: Uint8ClampedArray;

  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    this.rgba = new Uint8ClampedArray(4 * width * height);
  }

  read({ left, top, width, height, columns, rows }: Part): ImageData {
    const data = new Uint8ClampedArray(4 * columns * rows);
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < columns; x++) {
        const column = Math.floor(left + ((x + 0.5) * width) / columns);
        const from = 4 * (Math.floor(top + ((y + 0.5) * height) / rows) * this.width + column);
        data.set(this.rgba.subarray(from, from + 4), 4 * (y * columns + x));
      }
    }
    return { data, width: columns, height: rows, colorSpace: 'srgb' };
  }
}
