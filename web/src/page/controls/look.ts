// Strength, saturation and warmth.

import { AS_PREDICTED } from '../../shared/edit';
import type { Look } from '../../shared/messages';
import { byId } from '../dom';
import { write, type Texts } from '../texts';

const NAMES = ['strength', 'saturation', 'warmth'] as const;

export interface LookEvents {
  /** @param gesture changes of one gesture are undone together. */
  onChange: (look: Look, gesture?: string) => void;
  onGestureEnd: () => void;
}

export class LookControls {
  #look: Look = AS_PREDICTED;
  #reset = byId('look-reset', HTMLButtonElement);

  constructor({ onChange, onGestureEnd }: LookEvents) {
    for (const name of NAMES) {
      const range = byId(name, HTMLInputElement);
      range.addEventListener('input', () => onChange({ ...this.#look, [name]: Number(range.value) }, name));
      range.addEventListener('change', () => onGestureEnd());
    }
    this.#reset.addEventListener('click', () => onChange(AS_PREDICTED));
  }

  show(look: Look): void {
    this.#look = look;
    for (const name of NAMES) {
      const range = byId(name, HTMLInputElement);
      const value = look[name];
      if (Number(range.value) !== value) range.value = String(value);
      const say = ({ format }: Texts) => (name === 'warmth' ? format.signed(value * 100) : format.percent(value));
      write(byId(`${name}-value`), say);
      write(range, say, 'aria-valuetext');
    }
    this.#reset.disabled = NAMES.every((name) => look[name] === AS_PREDICTED[name]);
  }
}
