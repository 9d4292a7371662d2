// What is going on, and what went wrong.

import type { Progress } from '../../shared/messages';
import type { Problem } from '../../shared/problem';
import { byId } from '../dom';
import { explain, write, type Texts } from '../texts';

export class Status {
  #line = byId('status');
  #bar = byId('bar', HTMLProgressElement);
  #amount = byId('amount');
  #resume = byId('resume');
  #problem = byId('problem');
  #again = byId('problem-again');
  #retry: (() => void) | undefined;

  #onResume: (() => void) | undefined;

  constructor() {
    this.#resume.addEventListener('click', () => this.#onResume?.());
    byId('problem-close').addEventListener('click', () => this.clearProblem());
    this.#again.addEventListener('click', () => {
      const retry = this.#retry;
      this.clearProblem();
      retry?.();
    });
  }

  /** A line that screen readers speak; numbers that change many times a second stay out of it. */
  say(text: (texts: Texts) => string): void {
    write(this.#line, text);
    this.#bar.hidden = true;
    this.#amount.textContent = '';
    this.#resume.hidden = true;
  }

  /** A button behind the line, until it says something else. */
  offerAgain(onResume: () => void): void {
    this.#onResume = onResume;
    this.#resume.hidden = false;
  }

  /** Says something that takes an unknown time. */
  wait(text: (texts: Texts) => string): void {
    this.say(text);
    this.#bar.hidden = false;
    this.#bar.removeAttribute('value');
  }

  progress(progress: Progress): void {
    this.say(({ status }) => (progress.step === 'download' ? status.download(progress.task) : STEPS[progress.step](status)));
    this.#bar.hidden = false;
    if (progress.step === 'download') {
      const { received, total } = progress;
      this.#fill(received, total);
      write(this.#amount, ({ status }) => status.amount(received, total));
    } else if (progress.step === 'colour') {
      this.#fill(progress.done, progress.total);
    } else {
      this.#bar.removeAttribute('value'); // of unknown length
    }
  }

  #fill(value: number, max: number): void {
    this.#bar.max = max;
    this.#bar.value = value;
  }

  /** @param retry what «Try again» does; without it there is no such button. */
  showProblem(problem: Problem, retry?: () => void): void {
    this.say(({ status }) => status.stopped);
    for (const part of ['what', 'why', 'fix'] as const) {
      write(byId(`problem-${part}`), (texts) => explain(problem, texts)[part]);
    }
    this.#retry = retry;
    this.#again.hidden = !retry;
    this.#problem.hidden = false;
  }

  clearProblem(): void {
    this.#problem.hidden = true;
    this.#retry = undefined;
  }
}

const STEPS: Record<Exclude<Progress['step'], 'download'>, (status: Texts['status']) => string> = {
  start: (status) => status.start,
  predict: (status) => status.colouring,
  colour: (status) => status.colouring,
  save: (status) => status.saving,
};
