// Calls into the worker as promises with progress and abort.

import type { CallName, Calls, FromWorker, Progress, ToWorker } from '../shared/messages';
import { ProblemError } from '../shared/problem';

interface Call {
  resolve: (output: never) => void;
  reject: (error: unknown) => void;
  onProgress: (progress: Progress) => void;
}

export interface CallOptions {
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
}

export class Bridge {
  #worker = new Worker(new URL('../worker/main.ts', import.meta.url), { type: 'module' });
  #calls = new Map<number, Call>();
  #nextId = 1;

  constructor() {
    this.#worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.#receive(data);
    // The script itself did not load or threw at its top: no call will ever be answered.
    this.#worker.onerror = (event) => {
      const error = new Error(event.message || 'the worker did not start');
      for (const id of [...this.#calls.keys()]) this.#take(id)?.reject(error);
    };
  }

  /** Rejects with ProblemError, or with the signal's reason as soon as it is aborted. */
  call<Name extends CallName>(
    name: Name,
    input: Calls[Name]['input'],
    options: CallOptions = {},
  ): Promise<Calls[Name]['output']> {
    const { signal, onProgress = () => undefined } = options;
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      this.#calls.set(id, { resolve, reject, onProgress });
      signal?.addEventListener('abort', () => {
        const aborted = this.#take(id);
        if (!aborted) return; // it has ended by itself
        aborted.reject(signal.reason);
        this.#send({ kind: 'abort', id });
      });
      this.#send({ kind: 'call', id, name, input } as ToWorker);
    });
  }

  #send(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  #receive(message: FromWorker): void {
    if (message.kind === 'progress') this.#calls.get(message.id)?.onProgress(message.progress);
    else if (message.kind === 'done') this.#done(message.id, message.output);
    else if (message.kind === 'aborted') this.#take(message.id)?.reject(new DOMException('the worker gave it up', 'AbortError'));
    else this.#take(message.id)?.reject(new ProblemError(message.problem));
  }

  #done(id: number, output: Calls[CallName]['output']): void {
    const call = this.#take(id);
    if (call) return call.resolve(output as never);
    // Given up while the answer was on its way: nobody else will free what it holds.
    if (typeof output !== 'object' || output === null) return;
    if ('bitmap' in output) output.bitmap.close();
    if ('picture' in output) void this.call('close', { picture: output.picture });
  }

  #take(id: number): Call | undefined {
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    return call;
  }
}
