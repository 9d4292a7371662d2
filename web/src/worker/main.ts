// The worker's entry: answers the page's calls. All that takes time happens on this side.

import type { Calls, FromWorker, Progress, ToWorker } from '../shared/messages';
import { problemOf, ProblemError } from '../shared/problem';
import { colourise } from './colourise';
import { Engines } from './engine/engines';
import { openPicture } from './picture';

type Handlers = {
  [Name in keyof Calls]: (input: Calls[Name]['input'], context: Context) => Promise<Calls[Name]['output']>;
};

/** Any of the handlers, its call no longer known to the compiler. */
type Handler = (input: Calls[keyof Calls]['input'], context: Context) => Promise<Calls[keyof Calls]['output']>;

interface Context {
  signal: AbortSignal;
  onProgress: (progress: Progress) => void;
}

let engines: Engines | undefined;

const handlers: Handlers = {
  async prepare(input, { onProgress }) {
    engines ??= new Engines(input);
    return (await engines.engine('photo', onProgress)).about;
  },

  async kept() {
    return (await engines?.kept()) ?? [];
  },

  async colourise({ file, name, choice }, context) {
    const start = performance.now();
    // The picture first: a complaint about it need not wait for the model.
    const { bitmap, notes } = await openPicture(file, name);
    const { width, height } = bitmap;
    try {
      context.onProgress({ step: 'opened' });
      if (!engines) throw new Error('colourise was called before prepare');
      const result = await colourise(bitmap, choice, engines, context);
      const milliseconds = performance.now() - start;
      return { ...result, width, height, notes: [...notes, ...result.notes], milliseconds };
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
    const handler = handlers[data.name] as Handler;
    post({ kind: 'done', id, output: await handler(data.input, context) });
  } catch (error) {
    // The page has already given up an aborted call.
    if (!controller.signal.aborted) post({ kind: 'failed', id, problem: problemOf(error) });
  } finally {
    running.delete(id);
  }
};
