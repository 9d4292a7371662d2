// The worker's entry: answers the page's calls. All that takes time happens on this side.

import type { FromWorker, Progress, Tasks, ToWorker } from '../shared/messages';
import { problemOf, ProblemError } from '../shared/problem';
import { colourise } from './colourise';
import { startEngine, type Engine } from './engine';
import { openPicture } from './picture';

type Handlers = {
  [Name in keyof Tasks]: (input: Tasks[Name]['input'], context: Context) => Promise<Tasks[Name]['output']>;
};

/** Any of the handlers, its task no longer known to the compiler. */
type Handler = (input: Tasks[keyof Tasks]['input'], context: Context) => Promise<Tasks[keyof Tasks]['output']>;

interface Context {
  signal: AbortSignal;
  onProgress: (progress: Progress) => void;
}

let engine: Promise<Engine> | undefined;
let engineFailed = false;

const handlers: Handlers = {
  async prepare(input, { onProgress }) {
    if (!engine || engineFailed) {
      engineFailed = false;
      engine = startEngine(input, onProgress);
      // Kept until the next call tries again: a picture that waits for the engine is to hear why there is none.
      engine.catch(() => (engineFailed = true));
    }
    return (await engine).about;
  },

  async colourise({ file, name }, context) {
    const start = performance.now();
    // The picture first: a complaint about it need not wait for the model.
    const { bitmap, notes } = await openPicture(file, name);
    const { width, height } = bitmap;
    try {
      context.onProgress({ step: 'opened' });
      if (!engine) throw new Error('colourise was called before prepare');
      const { model } = await engine;
      context.signal.throwIfAborted();
      const result = await colourise(bitmap, model, context);
      const milliseconds = performance.now() - start;
      return { picture: result.picture, width, height, notes: [...notes, ...result.notes], milliseconds };
    } catch (error) {
      // How browsers say that a canvas of this size can't be had.
      const memory = error instanceof RangeError || (error instanceof DOMException && error.name !== 'AbortError');
      throw memory ? new ProblemError({ code: 'out-of-memory', name, width, height }) : error;
    } finally {
      bitmap.close(); // nothing happens if it already is
    }
  },
};

const running = new Map<number, AbortController>();
const post = (message: FromWorker) => self.postMessage(message);

self.onmessage = async ({ data }: MessageEvent<ToWorker>) => {
  const { id } = data;
  if (data.kind === 'abort') {
    running.get(id)?.abort();
    return;
  }
  const controller = new AbortController();
  running.set(id, controller);
  const context: Context = {
    signal: controller.signal,
    onProgress: (progress) => post({ kind: 'progress', id, progress }),
  };
  try {
    const handler = handlers[data.task] as Handler;
    post({ kind: 'done', id, output: await handler(data.input, context) });
  } catch (error) {
    // The page has already given up an aborted task.
    if (!controller.signal.aborted) post({ kind: 'failed', id, problem: problemOf(error) });
  } finally {
    running.delete(id);
  }
};
