// Many pictures: the list, its progress, and all of them as one zip.

import { problemOf } from '../../shared/problem';
import type { Status } from '../app/status';
import type { Bridge } from '../bridge';
import { byId } from '../dom';
import { download } from '../output/download';
import { outputName } from '../output/names';
import { SaveAs } from '../output/save_as';
import { write } from '../texts';
import { Queue, type Job } from './queue';
import { Row, showRows } from './row';
import { colourFile, type Coloured } from './work';
import { saveZip } from './zip';

interface Options {
  bridge: Bridge;
  status: Status;
  /** One of the files is wanted in the editor. */
  onEdit: (file: File) => void;
  /** The list was cleared. */
  onEmpty: () => void;
}

export class Batch {
  #options: Options;
  #saveAs = new SaveAs({ type: 'batch-type', quality: 'batch-quality' }, () => this.#queue.again('done'));
  #queue: Queue<Coloured>;
  #rows = new Map<Job<Coloured>, Row>();
  #bar = byId('batch-bar', HTMLProgressElement);
  #cancel = byId('batch-cancel', HTMLButtonElement);
  #retry = byId('batch-retry', HTMLButtonElement);
  #zip = byId('batch-zip', HTMLButtonElement);

  constructor(options: Options) {
    this.#options = options;
    this.#queue = new Queue({
      work: (file, workOptions) => colourFile(options.bridge, file, () => this.#saveAs.value, workOptions),
      onJob: (job) => {
        this.#rows.get(job)?.show();
        this.#bar.value = this.#queue.share;
      },
      onQueue: () => this.#show(),
    });
    this.#cancel.addEventListener('click', () => this.#queue.cancel());
    this.#retry.addEventListener('click', () => this.#queue.again('failed', 'cancelled'));
    this.#zip.addEventListener('click', () => void this.#saveAll());
    byId('batch-clear').addEventListener('click', () => {
      this.#queue.clear();
      options.onEmpty();
    });
  }

  get size(): number {
    return this.#queue.jobs.length;
  }

  add(files: readonly File[]): void {
    this.#queue.add(files);
  }

  #show(): void {
    const { jobs, running, millisecondsLeft } = this.#queue;
    if (jobs.length !== this.#rows.size || jobs.some((job) => !this.#rows.has(job))) this.#list(jobs);
    const [done, failed, cancelled] = (['done', 'failed', 'cancelled'] as const).map((state) => this.#queue.count(state));
    const counts = { count: jobs.length, done, failed, cancelled, millisecondsLeft };
    write(byId('batch-title'), ({ batch }) => batch.title(counts.count));
    write(byId('batch-say'), ({ batch }) => batch.say(counts));
    this.#bar.hidden = !running;
    this.#bar.value = this.#queue.share;
    this.#cancel.hidden = !running;
    this.#retry.hidden = running || failed + cancelled === 0;
    this.#zip.disabled = running || done === 0;
  }

  #list(jobs: readonly Job<Coloured>[]): void {
    const rowOf = (job: Job<Coloured>) =>
      this.#rows.get(job) ??
      new Row(job, {
        onSave: () => job.result && download(job.result.file, nameOf(job, job.result)),
        onEdit: () => this.#options.onEdit(job.file),
      });
    this.#rows = new Map(jobs.map((job) => [job, rowOf(job)]));
    showRows([...this.#rows.values()]);
  }

  async #saveAll(): Promise<void> {
    const entries = this.#queue.jobs.flatMap((job) => {
      const { result } = job;
      return result ? [{ name: nameOf(job, result), file: result.file }] : [];
    });
    try {
      await saveZip(entries);
    } catch (error) {
      if (!(error instanceof DOMException && error.name === 'AbortError')) this.#options.status.showProblem(problemOf(error));
    }
  }
}

function nameOf(job: Job<Coloured>, { type }: Coloured): string {
  return outputName(job.file.name, type);
}
