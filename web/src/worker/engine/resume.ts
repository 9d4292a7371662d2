// One file over the network that may break: what has arrived is kept in parts, and asked for no second time, neither in this
// visit nor in the next.

import type { TaskName } from '../../shared/messages';
import { ProblemError } from '../../shared/problem';
import type { ManifestFile } from '../model/manifest';
import type { Folder } from './kept';

/** Bytes of a part: what a closed tab loses at most. */
const PART = 2 ** 20;
/** How often an answer that breaks off is followed by a question for the rest. */
const MOST_BREAKS = 5;

interface Options {
  task: TaskName;
  signal: AbortSignal;
  /** Called with the bytes of the file so far. */
  onBytes: (received: number) => void;
}

/**
 * The file's bytes, unchecked. Throws ProblemError `model-unreachable`.
 */
export async function fetchResuming(
  folder: Folder,
  file: ManifestFile,
  { task, signal, onBytes }: Options,
): Promise<Uint8Array<ArrayBuffer>> {
  const unreachable = (received: string) => new ProblemError({ code: 'model-unreachable', task, path: file.path, received });
  const url = folder.fileUrl(file);
  const beginning = await Beginning.load(folder, file);
  for (let breaks = 0; beginning.length < file.bytes; breaks++) {
    onBytes(beginning.length);
    const response = await fetch(url, { signal, ...beginning.rest() }).catch((error: unknown) => {
      throw signal.aborted ? error : unreachable('no answer');
    });
    if (response.status === 416) {
      await folder.drop(file); // there is no such rest: the file is another by now
      return fetchResuming(folder, file, { task, signal, onBytes });
    }
    if (!response.ok || !response.body) throw unreachable(`status ${response.status}`);
    await beginning.take(response);
    const before = beginning.length;
    try {
      const reader = response.body.getReader();
      for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
        await beginning.add(chunk.value);
        onBytes(beginning.length);
      }
      break; // of another length than expected: for the check to say
    } catch (error) {
      if (signal.aborted) throw error;
      await beginning.keep();
      if (beginning.length === before || breaks === MOST_BREAKS) throw unreachable('a connection that broke');
    }
  }
  onBytes(beginning.length);
  return beginning.whole();
}

/** The beginning of a file. */
class Beginning {
  #chunks: Uint8Array<ArrayBuffer>[] = [];
  #kept = 0;
  /** What the server calls this state of the file, if it does. */
  #validator: string | null = null;
  length = 0;

  private constructor(
    readonly folder: Folder,
    readonly file: ManifestFile,
  ) {}

  static async load(folder: Folder, file: ManifestFile): Promise<Beginning> {
    const beginning = new Beginning(folder, file);
    for (;;) {
      const part = await folder.get(beginning.#nextUrl());
      if (!part) return beginning;
      beginning.#validator = part.headers.get('etag');
      beginning.#append(new Uint8Array(await part.arrayBuffer()));
      beginning.#kept = beginning.length;
    }
  }

  /** Asks for what is missing, of the same state of the file. */
  rest(): RequestInit {
    if (this.length === 0) return {};
    return { headers: { range: `bytes=${this.length}-`, ...(this.#validator ? { 'if-range': this.#validator } : {}) } };
  }

  /** An answer that is not the rest is the whole file, from its start. */
  async take({ status, headers }: Response): Promise<void> {
    const isRest = status === 206 && headers.get('content-range')?.startsWith(`bytes ${this.length}-`);
    if (!isRest) {
      await this.folder.dropParts(this.file);
      this.#chunks = [];
      this.#kept = this.length = 0;
    }
    const etag = headers.get('etag');
    this.#validator = etag?.startsWith('W/') ? null : etag; // a weak one does not say that the bytes are the same
  }

  async add(chunk: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#append(chunk);
    if (this.length - this.#kept >= PART) await this.keep();
  }

  /** Puts what is new into the cache. */
  async keep(): Promise<void> {
    if (this.length === this.#kept) return;
    const url = this.#nextUrl();
    const part = this.whole().subarray(this.#kept);
    this.#kept = this.length;
    await this.folder.put(url, part, this.#validator ? { etag: this.#validator } : {});
  }

  whole(): Uint8Array<ArrayBuffer> {
    const whole = new Uint8Array(this.length);
    let offset = 0;
    for (const chunk of this.#chunks) {
      whole.set(chunk, offset);
      offset += chunk.length;
    }
    return whole;
  }

  #append(chunk: Uint8Array<ArrayBuffer>): void {
    this.#chunks.push(chunk);
    this.length += chunk.length;
  }

  #nextUrl(): string {
    return `${this.folder.fileUrl(this.file)}&from=${this.#kept}`;
  }
}
