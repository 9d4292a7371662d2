// What can be undone. Values are never changed, only replaced.

const KEPT = 200;

export class History<Value> {
  #past: Value[] = [];
  #future: Value[] = [];
  #gesture: string | undefined;

  constructor(private value: Value) {}

  get now(): Value {
    return this.value;
  }

  get canUndo(): boolean {
    return this.#past.length > 0;
  }

  get canRedo(): boolean {
    return this.#future.length > 0;
  }

  /** @param gesture steps of one gesture, such as a slider's, are undone together; `endGesture` ends it. */
  push(next: Value, gesture?: string): void {
    if (gesture === undefined || gesture !== this.#gesture) {
      this.#past.push(this.value);
      if (this.#past.length > KEPT) this.#past.shift();
    }
    this.#gesture = gesture;
    this.#future = [];
    this.value = next;
  }

  /** Another value for now, with the same past and future. */
  replace(value: Value): void {
    this.value = value;
  }

  endGesture(): void {
    this.#gesture = undefined;
  }

  undo(): void {
    this.#move(this.#past, this.#future);
  }

  redo(): void {
    this.#move(this.#future, this.#past);
  }

  #move(from: Value[], to: Value[]): void {
    this.#gesture = undefined;
    if (from.length === 0) return;
    to.push(this.value);
    this.value = from.pop()!;
  }
}
