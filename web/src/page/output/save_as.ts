// The choice of type and quality, in the editor and in the batch: `prefix-type`, `prefix-quality` and its parts in index.html.

import type { SaveType } from '../../shared/messages';
import { byId, make } from '../dom';
import { write } from '../texts';

const NAMES: Record<SaveType, string> = { 'image/png': 'PNG', 'image/jpeg': 'JPEG', 'image/webp': 'WebP' };

export interface Saving {
  type: SaveType;
  /** 0..1 */
  quality: number;
}

export class SaveAs {
  #type: HTMLSelectElement;
  #quality: HTMLInputElement;
  #label: HTMLElement;
  #value: HTMLElement;

  constructor(
    { type, quality }: { type: string; quality: string },
    readonly onChange: () => void,
  ) {
    this.#type = byId(type, HTMLSelectElement);
    this.#quality = byId(quality, HTMLInputElement);
    this.#label = byId(`${quality}-label`);
    this.#value = byId(`${quality}-value`);
    this.#type.append(...Object.entries(NAMES).map(([value, textContent]) => make('option', { value, textContent })));
    this.#type.addEventListener('change', () => this.#changed());
    this.#quality.addEventListener('input', () => this.#show());
    this.#quality.addEventListener('change', () => this.#changed());
    this.#show();
  }

  get value(): Saving {
    return { type: this.#type.value as SaveType, quality: this.#quality.valueAsNumber };
  }

  #changed(): void {
    this.#show();
    this.onChange();
  }

  #show(): void {
    this.#label.hidden = this.#type.value === 'image/png'; // loses nothing
    const { valueAsNumber } = this.#quality;
    write(this.#value, ({ format }) => format.percent(valueAsNumber));
    write(this.#quality, ({ format }) => format.percent(valueAsNumber), 'aria-valuetext');
  }
}
