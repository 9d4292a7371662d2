// What a model says of one picture, computed once and kept: what it sees, and its answer to each list of hints.

import { hintMap, placeOf } from '../../shared/hints';
import type { Hint } from '../../shared/messages';
import type { Engine } from '../engine/engines';
import type { Answer, Seen } from '../model/model';
import { TASKS, type Task } from '../paint/task';
import { drawAlternatives, findSpots, type Spot } from './alternatives';

/** Answers kept, some 2 MB each: enough to go back and forth between a few alternatives, and to undo a hint at once. */
const KEPT = 12;
/** Lab units by which a person's hints must have changed a place's colour for it to be theirs. */
const MOVED = 5;

export class Predictions {
  readonly #task: Task;
  readonly #answers = new Map<string, Promise<Answer>>();
  #seen: Promise<Seen> | undefined;
  #spots: Spot[] | undefined;
  #disposed = false;

  /** @param small what the engine's model sees of the picture. */
  constructor(
    readonly engine: Engine,
    readonly small: Float32Array,
  ) {
    this.#task = TASKS[engine.about.task];
  }

  /** @param variant 0: the likeliest colours, else an alternative; one that does not exist is the likeliest, too. */
  async answer(hints: readonly Hint[], variant = 0): Promise<Answer> {
    return this.#answer(variant === 0 ? hints : [...hints, ...(await this.#alternative(hints, variant))]);
  }

  /** Of 1 to count - 1, the variants that differ from the likeliest colours. */
  async variants(hints: readonly Hint[], count: number): Promise<number[]> {
    const numbers = Array.from({ length: count - 1 }, (_, i) => i + 1);
    const added = await Promise.all(numbers.map((variant) => this.#alternative(hints, variant)));
    return numbers.filter((_, i) => added[i].length > 0);
  }

  /** L, 0..100, of the result at the model's size. */
  lightness(answer: Answer): Float32Array {
    return this.small.map((_, index) => this.#task.labAt(this.small, answer.maps, index)[0]);
  }

  dispose(): void {
    this.#disposed = true;
    void this.#seen?.then(
      (seen) => seen.dispose(),
      () => undefined,
    );
  }

  /** What an alternative adds to a person's hints: nothing where these have changed the colour already. */
  async #alternative(hints: readonly Hint[], variant: number): Promise<Hint[]> {
    const plain = await this.#answer([]);
    this.#spots ??= findSpots(plain, this.lightness(plain));
    const alternative = drawAlternatives(this.#spots, variant)[variant - 1] ?? [];
    const answer = await this.#answer(hints);
    return alternative.filter((hint) => this.#distance(plain, answer, hint) < MOVED);
  }

  /** Of two answers' chroma at a spot, in Lab units. */
  #distance(one: Answer, other: Answer, { x, y }: Hint): number {
    const side = Math.sqrt(this.small.length);
    const index = placeOf(y, side) * side + placeOf(x, side);
    const [[, a, b], [, otherA, otherB]] = [one, other].map(({ maps }) =>
      this.#task.labAt(this.small, maps, index),
    );
    return Math.hypot(a - otherA, b - otherB);
  }

  #answer(hints: readonly Hint[]): Promise<Answer> {
    const key = JSON.stringify(hints.map(({ x, y, colour }) => [x, y, colour]));
    const answer = this.#answers.get(key) ?? this.#guide(hints);
    // The newest last: the first is what nobody asked for the longest.
    this.#answers.delete(key);
    this.#answers.set(key, answer);
    answer.catch(() => this.#answers.delete(key));
    if (this.#answers.size > KEPT) this.#answers.delete(this.#answers.keys().next().value!);
    return answer;
  }

  async #guide(hints: readonly Hint[]): Promise<Answer> {
    const { model } = this.engine;
    try {
      if (this.#disposed) throw new Error('disposed');
      this.#seen ??= model.see(this.small);
      this.#seen.catch(() => (this.#seen = undefined));
      return await model.guide(await this.#seen, hintMap(hints, this.#task.hintChannels, model.size));
    } catch (error) {
      // Whatever failed for it: nobody waits for this any more.
      throw this.#disposed ? new DOMException('What was seen of the picture is gone.', 'AbortError') : error;
    }
  }
}
