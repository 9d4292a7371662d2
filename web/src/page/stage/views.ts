// Asks the worker for views of one side of a picture. What is wanted last is shown first: a small draft as long as things move,
// then as many pixels as the screen has, then, while zoomed in, a small one of the whole for the next move.

import type { About, Edit, Part, PictureId, Progress, Side } from '../../shared/messages';
import type { Bridge } from '../bridge';
import { overview, sized, type Size } from './viewport';

/** A person feels that something follows the hand up to about this many milliseconds. */
const LIVE = 70;
const DRAFT_PIXELS = 250_000;

export interface Wish {
  picture: PictureId;
  size: Size;
  edit: Edit;
  part: Part;
}

export interface Shown {
  bitmap: ImageBitmap;
  part: Part;
  /** What it shows; views of another edit are out of date. */
  edit: Edit;
  milliseconds: number;
  about: About | null;
  /** As fine as the screen is. */
  sharp: boolean;
}

export interface ViewEvents {
  onShown: (shown: Shown) => void;
  onProgress: (progress: Progress) => void;
  onProblem: (error: unknown) => void;
}

type Step = 'draft' | 'sharp' | 'overview';

export class Views {
  #wish: Wish | undefined;
  #left: Step[] = [];
  #running: { step: Step; abort: AbortController } | undefined;
  #perPixel = Infinity; // milliseconds; the first view is a draft

  constructor(
    readonly side: Side,
    private bridge: Bridge,
    private events: ViewEvents,
  ) {}

  want(wish: Wish): void {
    const whole = wish.part.width === wish.size.width && wish.part.height === wish.size.height;
    const { columns, rows } = wish.part;
    const slow = columns * rows > DRAFT_PIXELS && columns * rows * this.#perPixel > LIVE;
    this.#wish = wish;
    this.#left = [...(slow ? (['draft'] as const) : []), 'sharp', ...(whole ? [] : (['overview'] as const))];
    // A draft is let go to its end: else nothing would be seen for as long as a slider moves.
    if (this.#running && this.#running.step !== 'draft') this.#running.abort.abort();
    if (!this.#running) void this.#run();
  }

  /** Ends what is under way; nothing more is shown until something is wanted again. */
  stop(): void {
    this.#left = [];
    this.#wish = undefined;
    this.#running?.abort.abort();
  }

  async #run(): Promise<void> {
    for (let step = this.#left.shift(); step && this.#wish; step = this.#left.shift()) {
      const wish = this.#wish;
      const abort = new AbortController();
      this.#running = { step, abort };
      try {
        await this.#show(wish, step, abort.signal);
      } catch (error) {
        if (abort.signal.aborted || (error instanceof DOMException && error.name === 'AbortError')) continue;
        this.#left = [];
        this.events.onProblem(error);
      }
    }
    this.#running = undefined;
  }

  async #show({ picture, edit, part: wanted, size }: Wish, step: Step, signal: AbortSignal): Promise<void> {
    const part = step === 'overview' ? overview(size, DRAFT_PIXELS) : step === 'draft' ? draftOf(wanted) : wanted;
    const start = performance.now();
    const input = { picture, side: this.side, edit, part };
    const { bitmap, milliseconds, about } = await this.bridge.call('view', input, {
      signal,
      onProgress: this.events.onProgress,
    });
    if (step === 'sharp') this.#perPixel = (performance.now() - start) / (part.columns * part.rows);
    if (this.#wish?.picture !== picture) return bitmap.close(); // another picture has been opened meanwhile
    this.events.onShown({ bitmap, part, edit, milliseconds, about, sharp: step === 'sharp' });
  }
}

function draftOf(part: Part): Part {
  const share = Math.sqrt(DRAFT_PIXELS / (part.columns * part.rows));
  return sized(part, Math.min(1, share) * (part.columns / part.width));
}
