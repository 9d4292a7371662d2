// The bitmaps of one side of the picture: the last of what is seen and the last of the whole.

import type { Edit } from '../../shared/messages';
import type { Shown } from './views';
import { toStage, type Size, type Viewport } from './viewport';

export class Layer {
  #detail: Shown | undefined;
  #whole: Shown | undefined;

  get empty(): boolean {
    return !this.#detail && !this.#whole;
  }

  /** Whose colours are seen. */
  get edit(): Edit | undefined {
    return (this.#detail ?? this.#whole)?.edit;
  }

  add(shown: Shown, picture: Size): void {
    const isWhole = shown.part.width === picture.width && shown.part.height === picture.height;
    // Colours of an older edit must not show at the edges of the new one.
    if (this.#detail && (this.#detail.edit !== shown.edit || !isWhole || shown.sharp)) this.#detail = close(this.#detail);
    if (this.#whole && (this.#whole.edit !== shown.edit || isWhole)) this.#whole = close(this.#whole);
    if (isWhole) this.#whole = shown;
    else this.#detail = shown;
  }

  clear(): void {
    this.#detail = close(this.#detail);
    this.#whole = close(this.#whole);
  }

  paint(context: CanvasRenderingContext2D, view: Viewport, stage: Size): void {
    for (const shown of [this.#whole, this.#detail]) {
      if (!shown) continue;
      const { left, top, width, height } = shown.part;
      const from = toStage({ x: left, y: top }, view, stage);
      context.drawImage(shown.bitmap, from.x, from.y, width * view.scale, height * view.scale);
    }
  }
}

function close(shown: Shown | undefined): undefined {
  shown?.bitmap.close();
}
