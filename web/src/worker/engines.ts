// The models that run, each on a backend that was seen to work; fetched when they are first asked for.

import { setBackend } from '@tensorflow/tfjs-core';

import type { About, Calls, Progress, TaskName } from '../shared/messages';
import { firstWorking } from './backends';
import { downloadModel, isKept } from './download';
import { buildModel, type Model } from './model/model';
import { TASKS } from './paint/task';

export interface Engine {
  model: Model;
  about: About;
}

type OnProgress = (progress: Progress) => void;

export class Engines {
  #started = new Map<TaskName, Promise<Engine>>();
  #listeners = new Map<TaskName, OnProgress>();
  #lastTurn: Promise<unknown> = Promise.resolve();

  constructor(readonly input: Calls['prepare']['input']) {}

  /** Whether there is a model for the task. */
  offers(task: TaskName): boolean {
    return this.input.offered.includes(task);
  }

  /**
   * The task's model. Who asks while it is being fetched waits for the same, and hears of the progress instead of the one
   * before; after a failure the next one tries again.
   */
  engine(task: TaskName, onProgress: OnProgress): Promise<Engine> {
    this.#listeners.set(task, onProgress);
    let engine = this.#started.get(task);
    if (!engine) {
      engine = this.#start(task, (progress) => this.#listeners.get(task)?.(progress));
      this.#started.set(task, engine);
      engine.catch(() => this.#started.delete(task));
    }
    return engine;
  }

  /** The tasks whose models will be there with the network off. */
  async kept(): Promise<TaskName[]> {
    const kept = await Promise.all(this.input.offered.map((task) => isKept(this.#folder(task))));
    return this.input.offered.filter((_, i) => kept[i]);
  }

  #folder(task: TaskName): string {
    return new URL(`${task}/`, this.input.modelsUrl).href;
  }

  async #start(task: TaskName, onProgress: OnProgress): Promise<Engine> {
    const { manifest, files } = await downloadModel(task, this.#folder(task), (received, total) =>
      onProgress({ step: 'download', task, received, total }),
    );
    onProgress({ step: 'start' });
    const build = async () => {
      const candidate = buildModel(manifest, files);
      try {
        await tryOut(candidate, task);
        return candidate;
      } catch (error) {
        candidate.dispose();
        throw error;
      }
    };
    const { backend, value: model } = await this.#inTurn(() => firstWorking(this.input.backend, build));
    const onBackend = <T>(work: () => Promise<T>) =>
      this.#inTurn(async () => {
        await setBackend(backend);
        return work();
      });
    const see: Model['see'] = (seen) => onBackend(() => model.see(seen));
    const guide: Model['guide'] = (...input) => onBackend(() => model.guide(...input));
    return { model: { ...model, see, guide }, about: { task, backend, version: manifest.version } };
  }

  /** TF.js has one backend set for all, and gives up starting one when asked for another: models take turns. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#lastTurn.then(work);
    this.#lastTurn = turn.catch(() => undefined);
    return turn;
  }
}

/** One run on a picture of one tone: finds drivers that fail or miscompute, and compiles what the first picture needs. */
async function tryOut(model: Model, task: TaskName): Promise<void> {
  const { hintChannels, depth } = TASKS[task];
  const area = model.size ** 2;
  const seen = await model.see(new Float32Array(area));
  const { maps } = await model.guide(seen, new Float32Array(area * hintChannels)).finally(() => seen.dispose());
  if (maps.length !== area * depth || !maps.every(Number.isFinite)) throw new Error('the network gave no usable numbers');
}
