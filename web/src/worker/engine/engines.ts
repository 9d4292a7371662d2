// The models that run, each on a backend that was seen to work; fetched when they are first asked for.

import { setBackend } from '@tensorflow/tfjs-core';

import type { About, Calls, Progress, TaskName } from '../../shared/messages';
import { ProblemError } from '../../shared/problem';
import { buildModel, type Model } from '../model/model';
import { firstWorking } from './backends';
import { downloadModel } from './download';
import { isKept } from './kept';
import type { IsLost } from './loss';
import { probe } from './probe';

export interface Engine {
  model: Model;
  about: About;
}

interface Started extends Engine {
  isLost: IsLost;
}

type OnProgress = (progress: Progress) => void;

/** TF.js has one backend set for all, and gives up starting one when asked for another: models take turns. */
let lastTurn: Promise<unknown> = Promise.resolve();

function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const turn = lastTurn.then(work);
  lastTurn = turn.catch(() => undefined);
  return turn;
}

export class Engines {
  #started = new Map<TaskName, Promise<Started>>();
  #listeners = new Map<TaskName, OnProgress>();
  #disposed = new AbortController();

  constructor(readonly input: Calls['prepare']['input']) {}

  /** Whether there is a model for the task. */
  offers(task: TaskName): boolean {
    return this.input.offered.includes(task);
  }

  /**
   * The task's model. Who asks while it is being fetched waits for the same, and hears of the progress instead of the one
   * before; after a failure the next one tries again. It is another engine once the one before has lost its graphics card.
   */
  async engine(task: TaskName, onProgress: OnProgress): Promise<Engine> {
    this.#listeners.set(task, onProgress);
    const started = this.#started.get(task) ?? this.#restart(task);
    const engine = await started;
    if (!engine.isLost()) return engine;
    if (this.#started.get(task) === started) {
      this.#restart(task);
      engine.model.dispose();
    }
    return this.engine(task, onProgress);
  }

  #restart(task: TaskName): Promise<Started> {
    const started = this.#start(task, (progress) => this.#listeners.get(task)?.(progress));
    this.#started.set(task, started);
    started.catch(() => this.#started.delete(task));
    return started;
  }

  /** The tasks whose models will be there with the network off. */
  async kept(): Promise<TaskName[]> {
    const kept = await Promise.all(this.input.offered.map((task) => isKept(this.#folder(task))));
    return this.input.offered.filter((_, i) => kept[i]);
  }

  /** Ends downloads, and frees the models once what they compute is done; who still asks one gets an AbortError. */
  async dispose(): Promise<void> {
    this.#disposed.abort();
    const started = await Promise.allSettled(this.#started.values());
    for (const engine of started) if (engine.status === 'fulfilled') engine.value.model.dispose();
    await inTurn(async () => undefined);
  }

  #folder(task: TaskName): string {
    return new URL(`${task}/`, this.input.modelsUrl).href;
  }

  async #start(task: TaskName, onProgress: OnProgress): Promise<Started> {
    const { signal } = this.#disposed;
    const { manifest, files } = await downloadModel(task, this.#folder(task), {
      signal,
      onBytes: (received, total) => onProgress({ step: 'download', task, received, total }),
    });
    const build = async () => {
      const candidate = buildModel(manifest, files);
      try {
        await probe(candidate, manifest);
        return candidate;
      } catch (error) {
        candidate.dispose();
        throw error;
      }
    };
    const { backend, threads, isLost, value: model } = await inTurn(() => {
      signal.throwIfAborted();
      onProgress({ step: 'start' });
      return firstWorking(this.input.backend, build);
    });
    const onBackend = <T>(work: () => Promise<T>) =>
      inTurn(async () => {
        signal.throwIfAborted();
        await setBackend(backend);
        const result = await work();
        // What is read back then is nothing, without a word.
        if (isLost()) throw new ProblemError({ code: 'backend-lost', backend });
        return result;
      });
    return {
      isLost,
      about: { task, backend, threads, version: manifest.version },
      model: {
        size: model.size,
        see: (seen) => onBackend(() => model.see(seen)),
        guide: (...input) => onBackend(() => model.guide(...input)),
        dispose: () => void inTurn(async () => model.dispose()),
      },
    };
  }
}
