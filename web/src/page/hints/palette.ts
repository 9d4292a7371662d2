// The colours for one spot, beside the spot and never over it.

import { byId, make } from '../dom';
import type { Size } from '../stage/viewport';
import { write } from '../texts';
import { besideSpot } from './beside_spot';

const RECENT = 8;

export interface PaletteEvents {
  /** @param live the person is still looking for the colour, as in the browser's own chooser. */
  onColour: (colour: string, live: boolean) => void;
  onPick: () => void;
  onDelete: () => void;
  onClosed: () => void;
}

export class Palette {
  #element = byId('palette');
  #suggested = byId('palette-suggested');
  #recent = byId('palette-recent');
  #chooser = byId('palette-colour', HTMLInputElement);
  #delete = byId('palette-delete', HTMLButtonElement);
  #used: string[] = [];

  constructor(private events: PaletteEvents) {
    const choose = (live: boolean) => () => events.onColour(this.#chooser.value, live);
    this.#chooser.addEventListener('input', choose(true));
    this.#chooser.addEventListener('change', choose(false));
    byId('palette-pick').addEventListener('click', () => events.onPick());
    this.#delete.addEventListener('click', () => events.onDelete());
    byId('palette-close').addEventListener('click', () => this.close());
    this.#element.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') this.close();
      else if (event.key === 'Delete' && !this.#delete.hidden) events.onDelete();
      else return;
      event.stopPropagation();
    });
  }

  get open(): boolean {
    return !this.#element.hidden;
  }

  /** @param colour the spot's own so far; null: none yet. @param place of the spot on the stage. */
  show(colour: string | null, place: { x: number; y: number }, stage: Size): void {
    this.#delete.hidden = colour === null;
    if (colour !== null) this.#chooser.value = colour;
    this.#suggested.replaceChildren();
    this.#suggested.setAttribute('aria-busy', 'true');
    this.#recent.hidden = this.#used.length === 0;
    this.#recent.replaceChildren(...this.#used.map((used) => this.#swatch(used)));
    this.#element.hidden = false;
    this.mark(colour);
    this.place(place, stage);
  }

  /** @param first whether the first of them gets the focus. */
  suggest(colours: string[], current: string | null, first: boolean): void {
    this.#suggested.removeAttribute('aria-busy');
    this.#suggested.replaceChildren(...colours.map((colour) => this.#swatch(colour)));
    if (current === null && colours[0]) this.#chooser.value = colours[0];
    this.mark(current);
    if (first) (this.#suggested.querySelector('button') ?? this.#chooser).focus();
  }

  /** Shows which colour is the spot's. */
  mark(colour: string | null): void {
    this.#delete.hidden = colour === null;
    if (colour !== null) this.#chooser.value = colour;
    for (const swatch of this.#element.querySelectorAll<HTMLButtonElement>('.swatch')) {
      swatch.setAttribute('aria-pressed', String(swatch.value === colour));
    }
  }

  place(spot: { x: number; y: number }, stage: Size): void {
    if (!this.open) return;
    const { left, top } = besideSpot(spot, { width: this.#element.offsetWidth, height: this.#element.offsetHeight }, stage);
    this.#element.style.translate = `${left}px ${top}px`;
  }

  /** Keeps a colour for the next spots. */
  remember(colour: string): void {
    this.#used = [colour, ...this.#used.filter((used) => used !== colour)].slice(0, RECENT);
  }

  close(): void {
    if (!this.open) return;
    this.#element.hidden = true;
    this.events.onClosed();
  }

  #swatch(colour: string): HTMLButtonElement {
    const button = make('button', { type: 'button', className: 'swatch', value: colour });
    button.style.backgroundColor = colour;
    write(button, ({ swatch }) => swatch(colour), 'aria-label');
    button.addEventListener('click', () => this.events.onColour(colour, false));
    return button;
  }
}
