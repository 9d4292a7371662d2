// Before and after: a native range says how much of the picture is shown as it was, buttons are its three usual places.

import { byId } from '../dom';
import { write } from '../texts';

const HANDLE = 44; // pixels, as in style/stage.css: the handle's middle stands on the edge
const REVEAL = 700; // milliseconds
const PLACES = { before: 100, split: 50, after: 0 };
export type Place = keyof typeof PLACES;

export class Compare {
  #range = byId('split', HTMLInputElement);
  #line = byId('split-line');
  #buttons = (['before', 'split', 'after'] as const).map((place) => ({ place, button: byId(`show-${place}`) }));
  #wanted = PLACES.split; // where the edge rests, kept from picture to picture
  #animation = 0;

  constructor(private onChange: () => void) {
    this.#range.addEventListener('input', () => this.#set(Number(this.#range.value)));
    for (const { place, button } of this.#buttons) button.addEventListener('click', () => this.show(place));
    this.#set(this.#wanted);
  }

  show(place: Place): void {
    this.#set(PLACES[place]);
  }

  /** No edge: there is nothing to compare yet. */
  hide(): void {
    cancelAnimationFrame(this.#animation);
    this.#range.hidden = this.#line.hidden = true;
  }

  /** The colours come in from the right. */
  reveal(): void {
    this.#range.hidden = this.#line.hidden = false;
    const goal = this.#wanted;
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) return this.#set(goal);
    const start = performance.now();
    const step = (now: number) => {
      const time = Math.min(1, Math.max(0, now - start) / REVEAL);
      this.#move(100 + (goal - 100) * (1 - (1 - time) ** 3));
      if (time < 1) this.#animation = requestAnimationFrame(step);
    };
    this.#move(100);
    this.#animation = requestAnimationFrame(step);
  }

  /** Lays the range over the visible picture, which reaches from one column of the stage to another; gives the edge's column. */
  place(from: number, to: number, nothingYet: boolean): number {
    const width = Math.max(0, to - from);
    const edge = from + (Number(this.#range.value) / 100) * width;
    this.#range.style.left = `${from - HANDLE / 2}px`;
    this.#range.style.width = `${width + HANDLE}px`;
    this.#line.style.translate = `${edge}px`;
    return nothingYet ? to : edge;
  }

  #set(value: number): void {
    cancelAnimationFrame(this.#animation);
    this.#wanted = value;
    this.#move(value);
  }

  #move(value: number): void {
    this.#range.value = String(value);
    const share = Number(this.#range.value) / 100;
    write(this.#range, ({ splitValue }) => splitValue(share), 'aria-valuetext');
    const goal = this.#wanted;
    for (const { place, button } of this.#buttons) {
      button.setAttribute('aria-pressed', String(place === 'split' ? goal > 0 && goal < 100 : goal === PLACES[place]));
    }
    this.onChange();
  }
}
