// A file of the batch as a line of the list: a small picture, what becomes of it, what can be done with it.

import { byId, icon, make } from '../dom';
import { explain, write } from '../texts';
import type { Job } from './queue';
import type { Coloured } from './work';

export interface RowEvents {
  onSave: () => void;
  onEdit: () => void;
}

export class Row {
  readonly element: HTMLLIElement;
  #picture = make('canvas', { className: 'thumbnail', width: 1, height: 1, ariaHidden: 'true' });
  #state = make('p', { className: 'state' });
  #notes = make('p', { className: 'notes' });
  #bar = make('progress', { max: 1 });
  #save = make('button', { type: 'button', className: 'icon quiet' }, icon('save'));
  #edit = make('button', { type: 'button', className: 'quiet small' });
  #shown: Coloured | undefined;

  constructor(
    readonly job: Job<Coloured>,
    { onSave, onEdit }: RowEvents,
  ) {
    const { name } = job.file;
    write(this.#edit, ({ words }) => words.batchEdit);
    write(this.#edit, ({ batch }) => batch.edit(name), 'aria-label');
    for (const attribute of ['title', 'aria-label']) write(this.#save, ({ batch }) => batch.save(name), attribute);
    write(this.#bar, () => name, 'aria-label');
    this.#save.addEventListener('click', onSave);
    this.#edit.addEventListener('click', onEdit);
    const words = make('div', {}, make('h3', { textContent: name }), this.#state, this.#notes, this.#bar);
    this.element = make('li', {}, this.#picture, words, make('div', { className: 'row' }, this.#edit, this.#save));
    this.show();
  }

  show(): void {
    const { state, share, result, problem } = this.job;
    this.element.dataset['state'] = state;
    this.#bar.hidden = state !== 'working';
    this.#bar.value = share;
    this.#save.hidden = !result;
    this.#edit.hidden = state === 'failed'; // the editor could not open it either
    write(this.#state, (texts) => {
      if (problem) return explain(problem, texts).what;
      return result ? texts.batch.done(result.width, result.height, result.milliseconds) : texts.batch.states[state];
    });
    write(this.#notes, (texts) => {
      if (problem) return `${explain(problem, texts).why} ${explain(problem, texts).fix}`;
      return (result?.notes ?? []).map((note) => texts.notes[note]).join(' ');
    });
    if (result !== this.#shown) this.#draw(result);
  }

  #draw(result: Coloured | undefined): void {
    this.#shown = result;
    if (!result) return;
    this.#picture.width = result.small.width;
    this.#picture.height = result.small.height;
    this.#picture.getContext('bitmaprenderer')?.transferFromImageBitmap(result.small);
  }
}

export function showRows(rows: readonly Row[]): void {
  byId('batch-list').replaceChildren(...rows.map(({ element }) => element));
}
