// Of calls that replace one another only the newest counts: one runs, one waits, and those between never begin.

import { breathe } from '../paint/bands';

interface Line {
  /** Settled when the call that runs has ended. */
  last: Promise<unknown>;
  newest: symbol;
}

export class Newest<Key> {
  readonly #lines = new Map<Key, Line>();

  /** Rejects with an AbortError if a newer call of the same key comes before this one begins. */
  async run<Result>(key: Key, work: () => Promise<Result>): Promise<Result> {
    const own = Symbol();
    const line = this.#lines.get(key) ?? { last: Promise.resolve(), newest: own };
    this.#lines.set(key, line);
    line.newest = own;
    const turn = line.last.then(async () => {
      // Lets in the messages that came while the one before was at work.
      await breathe();
      if (line.newest !== own) throw new DOMException('A newer call took its place.', 'AbortError');
      return work();
    });
    line.last = turn.catch(() => undefined);
    try {
      return await turn;
    } finally {
      if (line.newest === own) this.#lines.delete(key);
    }
  }
}
