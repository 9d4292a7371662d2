// What is going on, and what went wrong.

import type { Progress } from '../shared/messages';
import type { Problem } from '../shared/problem';
import { explain, texts } from './texts';

export class Status {
  #line = document.querySelector<HTMLElement>('#status')!;
  #bar = document.querySelector<HTMLProgressElement>('#bar')!;
  #amount = document.querySelector<HTMLElement>('#amount')!;
  #problem = document.querySelector<HTMLElement>('#problem')!;

  /** A line that screen readers speak; numbers that change many times a second stay out of it. */
  say(text: string): void {
    if (this.#line.textContent !== text) this.#line.textContent = text;
    this.#bar.hidden = true;
    this.#amount.textContent = '';
  }

  progress(progress: Progress): void {
    this.say(progress.step === 'download' ? texts.download(progress.task) : STEPS[progress.step]);
    this.#bar.hidden = false;
    if (progress.step === 'download') {
      this.#fill(progress.received, progress.total);
      this.#amount.textContent = texts.amount(progress.received, progress.total);
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

  showProblem(problem: Problem): void {
    this.say(texts.stopped);
    const { what, why, fix } = explain(problem);
    const heading = Object.assign(document.createElement('h2'), { textContent: what });
    const lines = [why, fix].map((text) => Object.assign(document.createElement('p'), { textContent: text }));
    this.#problem.replaceChildren(heading, ...lines);
    this.#problem.hidden = false;
  }

  clearProblem(): void {
    this.#problem.hidden = true;
    this.#problem.replaceChildren();
  }
}

const STEPS: Record<Exclude<Progress['step'], 'download'>, string> = {
  start: texts.start,
  opened: texts.colouring,
  predict: texts.colouring,
  colour: texts.colouring,
  save: texts.saving,
};
