// What a model says of one picture, computed once and kept: what it sees, and its answer to each list of hints.

import { hintMap } from '../../shared/hints';
import type { Hint, TaskName } from '../../shared/messages';
import type { Engine } from '../engine/engines';
import type { Answer, Seen } from '../model/model';
import { TASKS } from '../paint/task';
import { believable, drawAlternatives, findSpots, type Spot } from './alternatives';

/** Answers kept, some 2 MB each: enough to go back and forth between a few alternatives, and to undo a hint at once. */
const KEPT = 12;

export class Predictions {
  readonly #engine: Engine;
  readonly #task: TaskName;
  readonly #small: Float32Array;
  readonly #answers = new Map<string, Promise<Answer>>();
  #seen: Promise<Seen> | undefined;
  #spots: Promise<Spot[]> | undefined;
  #disposed = false;

  /** @param small what the model sees of the picture. */
  constructor(engine: Engine, task: TaskName, small: Float32Array) {
    this.#engine = engine;
    this.#task = task;
    this.#small = small;
  }

  /** Whether they are that engine's, for that task. */
  areOf(engine: Engine, task: TaskName): boolean {
    return engine === this.#engine && task === this.#task;
  }

  /** @param variant 0: the likeliest colours, else an alternative; one that does not exist is the likeliest, too. */
  async answer(hints: readonly Hint[], variant = 0): Promise<Answer> {
    const answer = await this.#answer(hints);
    if (variant === 0) return answer;
    const added = await this.#alternative(hints, variant, answer);
    return added.length === 0 ? answer : this.#answer([...hints, ...added]);
  }

  /** Of 1 to count - 1, the variants that differ from the likeliest colours. */
  async variants(hints: readonly Hint[], count: number): Promise<number[]> {
    const answer = await this.#answer(hints);
    const numbers = Array.from({ length: count - 1 }, (_, i) => i + 1);
    const added = await Promise.all(numbers.map((variant) => this.#alternative(hints, variant, answer)));
    return numbers.filter((_, i) => added[i].length > 0);
  }

  /** L, 0..100, of the result at the model's size. */
  lightness(answer: Answer): Float32Array {
    return TASKS[this.#task].lightness(this.#small, answer.maps);
  }

  dispose(): void {
    this.#disposed = true;
    void this.#seen?.then(
      (seen) => seen.dispose(),
      () => undefined,
    );
  }

  /** Drawn for the picture without hints, so that a hint changes what lies around it and not the whole alternative. */
  async #alternative(hints: readonly Hint[], variant: number, answer: Answer): Promise<Hint[]> {
    this.#spots ??= this.#answer([]).then((plain) => findSpots(plain, this.lightness(plain)));
    const alternative = drawAlternatives(await this.#spots, variant)[variant - 1] ?? [];
    return hints.length === 0 ? alternative : believable(alternative, answer);
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
    const { model } = this.#engine;
    if (this.#disposed) throw new DOMException('What was seen of the picture is gone.', 'AbortError');
    this.#seen ??= model.see(this.#small);
    this.#seen.catch(() => (this.#seen = undefined));
    return model.guide(await this.#seen, hintMap(hints, TASKS[this.#task].hintChannels, model.size));
  }
}
