// Asks for a spot of the picture: by a click, or by moving a crosshair with the arrow keys.

import { byId } from '../dom';
import type { Stage } from '../stage/stage';
import type { Point } from '../stage/viewport';
import { write, type Word } from '../texts';
import { ARROWS } from './marks';

export class Crosshair {
  #button = byId('crosshair', HTMLButtonElement);
  #help = byId('pick-help');
  #place: Point = { x: 0, y: 0 }; // on the stage
  #answer: ((spot: Point | undefined) => void) | undefined;

  constructor(private stage: Stage) {
    this.#button.addEventListener('click', () => this.take(this.stage.spotAt(this.#place)));
    this.#button.addEventListener('keydown', (event) => {
      const arrow = ARROWS[event.key];
      const step = event.shiftKey ? 2 : 10;
      if (arrow) this.#move({ x: this.#place.x + arrow.x * step, y: this.#place.y + arrow.y * step });
      else if (event.key === 'Escape') this.take(undefined);
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    this.#button.addEventListener('pointerdown', () => this.take(undefined)); // in the way of a finger
  }

  get asking(): boolean {
    return this.#answer !== undefined;
  }

  /** @returns the spot; undefined if the person has changed their mind. */
  ask(help: Word, near?: Point): Promise<Point | undefined> {
    this.take(undefined);
    const { width, height } = this.stage.size;
    write(this.#help, ({ words }) => words[help]);
    this.#help.hidden = this.#button.hidden = false;
    this.#move(near ? this.stage.placeOf(near) : { x: width / 2, y: height / 2 });
    this.#button.focus({ preventScroll: true });
    this.stage.element.classList.add('picking');
    return new Promise((resolve) => {
      this.#answer = resolve;
    });
  }

  /** Answers who asked. */
  take(spot: Point | undefined): void {
    const answer = this.#answer;
    this.#answer = undefined;
    this.#help.hidden = this.#button.hidden = true;
    this.stage.element.classList.remove('picking');
    answer?.(spot);
  }

  #move({ x, y }: Point): void {
    const { width, height } = this.stage.size;
    this.#place = { x: Math.min(width, Math.max(0, x)), y: Math.min(height, Math.max(0, y)) };
    this.#button.style.translate = `${this.#place.x}px ${this.#place.y}px`;
  }
}
