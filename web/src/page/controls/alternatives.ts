// Other natural colours for the picture, side by side to choose from.

import type { Edit, PictureId } from '../../shared/messages';
import type { Bridge } from '../bridge';
import { byId, make } from '../dom';
import type { Size } from '../stage/viewport';
import { write } from '../texts';

const COUNT = 4;
const WIDTH = 132; // pixels of the screen

export class Alternatives {
  #fieldset = byId('alternatives');
  #list = byId('alternatives-list');
  #asked: AbortController | undefined;
  #edit: Edit | undefined;
  #shownFor: { picture: PictureId; hints: Edit['hints'] } | undefined;

  constructor(
    private bridge: Bridge,
    private onChosen: (variant: number) => void,
  ) {}

  /** Nothing to choose from until `load`. */
  clear(): void {
    this.#asked?.abort();
    this.#shownFor = undefined;
    this.#fieldset.hidden = true;
    this.#list.replaceChildren();
  }

  show(edit: Edit): void {
    this.#edit = edit;
    for (const radio of this.#list.querySelectorAll('input')) radio.checked = Number(radio.value) === edit.variant;
    this.#fieldset.hidden = edit.from !== 'model' || this.#list.childElementCount < 2; // one is no choice
  }

  /** Shows what there is for this picture and these hints, unless it is shown already. */
  async load(picture: PictureId, size: Size, edit: Edit): Promise<void> {
    if (edit.from !== 'model') return;
    if (this.#shownFor?.picture === picture && this.#shownFor.hints === edit.hints) return;
    this.#asked?.abort();
    const { signal } = (this.#asked = new AbortController());
    this.#shownFor = { picture, hints: edit.hints };
    const columns = Math.min(size.width, Math.round(WIDTH * devicePixelRatio));
    const rows = Math.max(1, Math.round((columns * size.height) / size.width));
    try {
      const input = { picture, edit, count: COUNT, columns, rows };
      const { variants } = await this.bridge.call('alternatives', input, { signal });
      this.#list.replaceChildren(...variants.map(({ variant, bitmap }) => this.#choice(variant, bitmap)));
      this.show(this.#edit ?? edit); // it may have changed meanwhile
    } catch {
      // Alternatives are a gift; whatever keeps them away is told by the views.
      if (this.#asked.signal === signal) this.#shownFor = undefined;
    }
  }

  #choice(variant: number, bitmap: ImageBitmap): HTMLLabelElement {
    const radio = make('input', { type: 'radio', name: 'variant', value: String(variant), className: 'out-of-sight' });
    write(radio, ({ alternative }) => alternative(variant), 'aria-label');
    radio.addEventListener('change', () => this.onChosen(variant));
    const canvas = make('canvas', { width: bitmap.width, height: bitmap.height });
    canvas.getContext('2d')!.drawImage(bitmap, 0, 0);
    bitmap.close();
    const label = make('label', {}, radio, canvas);
    write(label, ({ alternative }) => alternative(variant), 'title');
    return label;
  }
}
