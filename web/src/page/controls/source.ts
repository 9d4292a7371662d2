// Whose colours are shown: the model's, the picture's own, or the server's.

import type { Edit } from '../../shared/messages';
import { byId } from '../dom';

type From = Edit['from'];

export class Source {
  #fieldset = byId('from');
  #server = byId('server');
  #key = byId('server-key', HTMLInputElement);
  #hasServer = false;

  constructor(onChange: (from: From) => void, onKey: () => void) {
    this.#fieldset.addEventListener('change', ({ target }) => {
      if (target instanceof HTMLInputElement && target.name === 'from') onChange(target.value as From);
    });
    this.#key.addEventListener('change', onKey);
  }

  get key(): string {
    return this.#key.value.trim();
  }

  /** Offers the server. */
  offerServer(wantsKey: boolean): void {
    this.#hasServer = true;
    byId('server-key-label').hidden = !wantsKey;
    byId('from-server').hidden = false;
    this.#fieldset.hidden = false;
  }

  askForKey(): void {
    byId('server-key-label').hidden = false;
    this.#key.focus();
  }

  show(from: From, inColour: boolean): void {
    byId('from-own').hidden = !inColour;
    byId('from-server').hidden = !this.#hasServer;
    this.#fieldset.hidden = !inColour && !this.#hasServer;
    this.#server.hidden = from !== 'server';
    for (const radio of this.#fieldset.querySelectorAll<HTMLInputElement>('input[name="from"]')) {
      radio.checked = radio.value === from;
    }
  }
}
