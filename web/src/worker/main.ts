// The worker's entry: takes the page's calls, and answers them. All that takes time happens on this side.

import type { Calls, FromWorker, ToWorker } from '../shared/messages';
import { problemOf } from '../shared/problem';
import { Session, type Context } from './session/session';

type Output = Calls[keyof Calls]['output'];
/** Any of the handlers, its call no longer known to the compiler. */
type Handler = (input: Calls[keyof Calls]['input'], context: Context) => Promise<Output>;

const session = new Session();
const running = new Map<number, AbortController>();
const post = (message: FromWorker, transfer: Transferable[] = []) => self.postMessage(message, { transfer });

self.onmessage = async ({ data }: MessageEvent<ToWorker>) => {
  const { id } = data;
  if (data.kind === 'abort') {
    running.get(id)?.abort();
    return;
  }
  const controller = new AbortController();
  running.set(id, controller);
  const { signal } = controller;
  try {
    const handler = session[data.name].bind(session) as Handler;
    const output = await handler(data.input, { signal, onProgress: (progress) => post({ kind: 'progress', id, progress }) });
    post({ kind: 'done', id, output }, bitmapsOf(output));
  } catch (error) {
    // The page has already given up what it aborted itself.
    if (signal.aborted) return;
    if (error instanceof DOMException && error.name === 'AbortError') post({ kind: 'aborted', id });
    else post({ kind: 'failed', id, problem: problemOf(error) });
  } finally {
    running.delete(id);
  }
};

/** Handed over, not copied. */
function bitmapsOf(output: Output): ImageBitmap[] {
  if (output === null) return [];
  if ('bitmap' in output) return [output.bitmap];
  if ('variants' in output) return output.variants.map(({ bitmap }) => bitmap);
  return [];
}
