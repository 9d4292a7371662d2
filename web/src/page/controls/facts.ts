// What the open picture is: name, size, notes, and what it was taken for.

import type { Choice, Opened, TaskName } from '../../shared/messages';
import { byId, make } from '../dom';
import { write } from '../texts';

export class Facts {
  #choice = byId('choice');
  #switch = byId('choice-switch');
  #other: TaskName = 'sketch';

  /** @param offered without a model for drawings there is nothing to choose. */
  constructor(
    private offered: readonly TaskName[],
    onRetake: (choice: Choice) => void,
  ) {
    this.#switch.addEventListener('click', () => onRetake(this.#other));
  }

  show(name: string, { width, height, format: kind, task, guessed, notes }: Opened): void {
    byId('picture-name').textContent = name;
    write(byId('picture-facts'), ({ facts }) => facts(width, height, kind));
    byId('notes').replaceChildren(
      ...notes.map((note) => {
        const item = make('li');
        write(item, (texts) => texts.notes[note]);
        return item;
      }),
    );
    this.#choice.hidden = !this.offered.includes('sketch');
    const other: TaskName = (this.#other = task === 'photo' ? 'sketch' : 'photo');
    write(byId('choice-reason'), ({ reason }) => reason[task][guessed ? 'guessed' : 'said']);
    write(this.#switch, ({ takeFor }) => takeFor[other]);
  }
}
