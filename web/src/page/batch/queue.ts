// Files that wait for their turn. One at a time: the worker has one model, and a picture takes all of it.

import { problemOf, type Problem } from '../../shared/problem';

export type State = 'waiting' | 'working' | 'done' | 'failed' | 'cancelled';

export interface Job<Result> {
  readonly file: File;
  state: State;
  /** 0..1, of a job at work. */
  share: number;
  /** Of a job that is done. */
  result?: Result | undefined;
  /** Of a job that has failed. */
  problem?: Problem | undefined;
}

export interface WorkOptions {
  signal: AbortSignal;
  onShare: (share: number) => void;
}

export interface QueueEvents<Result> {
  work: (file: File, options: WorkOptions) => Promise<Result>;
  /** A job has changed in any way. */
  onJob: (job: Job<Result>) => void;
  /** Jobs came, went, or changed their state. */
  onQueue: () => void;
}

export class Queue<Result> {
  readonly #events: QueueEvents<Result>;
  #jobs: Job<Result>[] = [];
  #stop: AbortController | undefined;
  /** Of the jobs that were done since the queue last stood still. */
  #milliseconds: number[] = [];
  #began = 0;

  constructor(events: QueueEvents<Result>) {
    this.#events = events;
  }

  get jobs(): readonly Job<Result>[] {
    return this.#jobs;
  }

  get running(): boolean {
    return this.#stop !== undefined;
  }

  count(...states: State[]): number {
    return this.#jobs.filter(({ state }) => states.includes(state)).length;
  }

  /** 0..1 of all jobs that are not cancelled. */
  get share(): number {
    const counted = this.#jobs.filter(({ state }) => state !== 'cancelled');
    const shareOf = ({ state, share }: Job<Result>) => (state === 'working' ? share : state === 'waiting' ? 0 : 1);
    return counted.length > 0 ? counted.reduce((sum, job) => sum + shareOf(job), 0) / counted.length : 0;
  }

  /** How long it will take, by the jobs done so far; undefined before the first. */
  get millisecondsLeft(): number | undefined {
    if (!this.running || this.#milliseconds.length === 0) return undefined;
    const each = this.#milliseconds.reduce((sum, time) => sum + time, 0) / this.#milliseconds.length;
    const current = Math.max(0, each - (performance.now() - this.#began));
    return current + each * this.count('waiting');
  }

  add(files: readonly File[]): void {
    this.#jobs.push(...files.map((file): Job<Result> => ({ file, state: 'waiting', share: 0 })));
    this.#events.onQueue();
    void this.#run();
  }

  /** The job at work ends at once; it and those that wait become cancelled. */
  cancel(): void {
    for (const job of this.#jobs) if (job.state === 'waiting') this.#change(job, 'cancelled');
    this.#stop?.abort();
    this.#events.onQueue();
  }

  /** Those of the states wait again. */
  again(...states: State[]): void {
    for (const job of this.#jobs) {
      if (!states.includes(job.state)) continue;
      job.result = job.problem = undefined;
      this.#change(job, 'waiting');
    }
    this.#events.onQueue();
    void this.#run();
  }

  clear(): void {
    this.cancel();
    this.#jobs = [];
    this.#events.onQueue();
  }

  async #run(): Promise<void> {
    if (this.running) return;
    this.#milliseconds = [];
    for (let job; (job = this.#jobs.find(({ state }) => state === 'waiting')); ) {
      const { signal } = (this.#stop = new AbortController());
      this.#began = performance.now();
      await this.#do(job, signal);
      if (job.state === 'done') this.#milliseconds.push(performance.now() - this.#began);
    }
    this.#stop = undefined;
    this.#events.onQueue();
  }

  async #do(job: Job<Result>, signal: AbortSignal): Promise<void> {
    job.share = 0;
    this.#change(job, 'working');
    this.#events.onQueue();
    const onShare = (share: number) => {
      if (job.state !== 'working') return;
      job.share = share;
      this.#events.onJob(job);
    };
    try {
      job.result = await this.#events.work(job.file, { signal, onShare });
      this.#change(job, 'done');
    } catch (error) {
      if (!signal.aborted) job.problem = problemOf(error);
      this.#change(job, signal.aborted ? 'cancelled' : 'failed');
    }
    this.#events.onQueue();
  }

  #change(job: Job<Result>, state: State): void {
    job.state = state;
    this.#events.onJob(job);
  }
}
