// A decoded picture, kept once: read in its own pixels for what counts pixels, drawn smaller or larger for views.

import type { Part } from '../../shared/messages';
import type { Readable } from '../paint/bands';

export class Source implements Readable {
  readonly width: number;
  readonly height: number;
  /** The picture, its half, its quarter and so on, as far as somebody asked: all of them take a third of the picture more. */
  readonly #levels: ImageBitmap[];
  readonly #canvas = new OffscreenCanvas(1, 1);
  readonly #context = contextOf(this.#canvas);

  /** Takes the bitmap over. */
  constructor(bitmap: ImageBitmap) {
    this.width = bitmap.width;
    this.height = bitmap.height;
    this.#levels = [bitmap];
  }

  /** Exact where the part is as large as it is drawn; RangeError or DOMException where the browser has no memory for it. */
  read({ left, top, width, height, columns, rows }: Part): ImageData {
    const level = this.#levelFor(Math.min(width / columns, height / rows));
    const [across, down] = [level.width / this.width, level.height / this.height];
    if (this.#canvas.width !== columns) this.#canvas.width = columns;
    if (this.#canvas.height !== rows) this.#canvas.height = rows;
    this.#context.globalCompositeOperation = 'copy'; // nothing of the part before shows through
    this.#context.drawImage(level, left * across, top * down, width * across, height * down, 0, 0, columns, rows);
    return this.#context.getImageData(0, 0, columns, rows);
  }

  close(): void {
    for (const level of this.#levels) level.close();
    this.#canvas.width = this.#canvas.height = 1;
  }

  /** A copy at most `scale` times smaller: bilinear drawing skips pixels where it shrinks by more than two. */
  #levelFor(scale: number): ImageBitmap {
    let index = 0;
    for (; scale >= 2; scale /= 2, index++) {
      const level = this.#levels[index];
      if (index + 1 === this.#levels.length && Math.min(level.width, level.height) > 1) this.#levels.push(halve(level));
      if (index + 1 === this.#levels.length) break;
    }
    return this.#levels[index];
  }
}

/** @param alpha whether pixels may be transparent; a canvas of opaque ones is encoded with three channels. */
export function contextOf(canvas: OffscreenCanvas, alpha = true): OffscreenCanvasRenderingContext2D {
  const context = canvas.getContext('2d', { willReadFrequently: true, colorSpace: 'srgb', alpha });
  if (!context) throw new RangeError('no canvas');
  return context;
}

function halve(bitmap: ImageBitmap): ImageBitmap {
  const canvas = new OffscreenCanvas(Math.ceil(bitmap.width / 2), Math.ceil(bitmap.height / 2));
  const context = contextOf(canvas);
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return canvas.transferToImageBitmap();
}
