// The hints' marks on the picture: buttons that can be dragged, moved by arrow keys and deleted.

import type { Hint } from '../../shared/messages';
import { byId, make } from '../dom';
import type { Stage } from '../stage/stage';
import type { Point } from '../stage/viewport';
import { write } from '../texts';

const STILL = 4; // pixels that a click may wander
export const ARROWS: Record<string, Point> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
};

export interface MarkEvents {
  onChosen: (index: number) => void;
  onMoved: (index: number, spot: Point) => void;
  /** The hand has let go. */
  onDropped: () => void;
  onDeleted: (index: number) => void;
}

export class Marks {
  #host = byId('marks');
  #buttons: HTMLButtonElement[] = [];
  #hints: readonly Hint[] = [];

  constructor(
    private stage: Stage,
    private events: MarkEvents,
  ) {}

  show(hints: readonly Hint[]): void {
    this.#hints = hints;
    while (this.#buttons.length > hints.length) this.#buttons.pop()!.remove();
    while (this.#buttons.length < hints.length) this.#buttons.push(this.#add(this.#buttons.length));
    hints.forEach(({ x, y, colour }, index) => {
      const button = this.#buttons[index];
      button.style.backgroundColor = colour;
      write(button, ({ hint }) => hint(index + 1, colour, x, y), 'aria-label');
    });
    this.place();
  }

  /** Puts the marks where their spots are by now; those beside what is seen go out of the way. */
  place(): void {
    const { width, height } = this.stage.size;
    this.#hints.forEach((hint, index) => {
      const { x, y } = this.stage.placeOf(hint);
      const button = this.#buttons[index];
      button.style.translate = `${x}px ${y}px`;
      button.hidden = x < 0 || y < 0 || x > width || y > height;
    });
  }

  focus(index: number): void {
    this.#buttons[index]?.focus();
  }

  #add(index: number): HTMLButtonElement {
    const button = make('button', { type: 'button', className: 'mark' });
    button.setAttribute('aria-describedby', 'mark-help');
    this.#listen(button, index);
    this.#host.append(button);
    return button;
  }

  #listen(button: HTMLButtonElement, index: number): void {
    let start: Point | undefined;
    let moved = false;
    button.addEventListener('pointerdown', (event) => {
      if (event.button !== 0) return;
      button.setPointerCapture(event.pointerId);
      start = { x: event.clientX, y: event.clientY };
      moved = false;
    });
    button.addEventListener('pointermove', (event) => {
      if (!start) return;
      const by = { x: event.clientX - start.x, y: event.clientY - start.y };
      moved ||= Math.hypot(by.x, by.y) > STILL;
      if (!moved) return;
      start = { x: event.clientX, y: event.clientY };
      this.#move(index, by);
    });
    const release = () => {
      start = undefined;
      if (moved) this.events.onDropped();
    };
    button.addEventListener('pointerup', release);
    button.addEventListener('pointercancel', release);
    button.addEventListener('click', () => {
      if (!moved) this.events.onChosen(index);
      moved = false;
    });
    button.addEventListener('keydown', (event) => {
      const arrow = ARROWS[event.key];
      if (arrow) {
        const step = event.shiftKey ? 10 : 2;
        this.#move(index, { x: arrow.x * step, y: arrow.y * step });
      } else if (event.key === 'Delete' || event.key === 'Backspace') {
        this.events.onDeleted(index);
      } else {
        return;
      }
      event.preventDefault();
    });
    button.addEventListener('keyup', (event) => {
      if (ARROWS[event.key]) this.events.onDropped();
    });
  }

  #move(index: number, by: Point): void {
    const share = this.stage.shareOf(by);
    const within = (value: number) => Math.min(1, Math.max(0, value));
    const { x, y } = this.#hints[index];
    this.events.onMoved(index, { x: within(x + share.x), y: within(y + share.y) });
  }
}
