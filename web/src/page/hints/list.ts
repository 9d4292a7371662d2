// The hints as a list, for keyboards, screen readers and whoever has many.

import type { Hint } from '../../shared/messages';
import { byId, icon, make } from '../dom';
import { write } from '../texts';

export interface HintListEvents {
  onChosen: (index: number) => void;
  onDeleted: (index: number) => void;
}

export class HintList {
  #host = byId('hint-list');
  #items: { item: HTMLLIElement; choose: HTMLButtonElement; remove: HTMLButtonElement }[] = [];

  constructor(private events: HintListEvents) {}

  show(hints: readonly Hint[]): void {
    while (this.#items.length > hints.length) this.#items.pop()!.item.remove();
    while (this.#items.length < hints.length) this.#items.push(this.#add(this.#items.length));
    hints.forEach(({ colour, x, y }, index) => {
      const { choose, remove } = this.#items[index];
      choose.style.backgroundColor = colour;
      write(choose, ({ hint }) => hint(index + 1, colour, x, y), 'aria-label');
      write(remove, ({ removeHint }) => removeHint(index + 1), 'aria-label');
    });
  }

  #add(index: number) {
    const choose = make('button', { type: 'button', className: 'swatch' });
    choose.addEventListener('click', () => this.events.onChosen(index));
    const remove = make('button', { type: 'button', className: 'icon quiet' }, icon('close'));
    remove.addEventListener('click', () => this.events.onDeleted(index));
    const item = make('li', {}, choose, remove);
    this.#host.append(item);
    return { item, choose, remove };
  }
}
