// The server that gave the page may colour pictures, too: `server.json` beside the page says so. On a host that only gives out
// files it is an empty object; the gateway answers it with where it colours (serving/gateway/documents.py).

import type { Hint, TaskName } from '../../shared/messages';
import { ProblemError } from '../../shared/problem';

export interface Server {
  /** Address to post pictures to. */
  colourise: string;
  /** Whether it wants a key. */
  key: boolean;
  /** What it reads: jpeg, png, ... */
  formats: readonly string[];
}

export interface ServerRequest {
  file: Blob;
  task: TaskName;
  hints: readonly Hint[];
  key: string;
  signal: AbortSignal;
}

/** The server's offer; undefined where there is none. */
export async function findServer(): Promise<Server | undefined> {
  const response = await fetch('./server.json').catch(() => undefined);
  if (!response?.ok) return undefined;
  const { colourise, key, formats } = (await response.json().catch(() => ({}))) as Partial<Server>;
  return typeof colourise === 'string' ? { colourise, key: key === true, formats: Array.isArray(formats) ? formats : ['png'] } : undefined;
}

/** The picture in the server's colours, as PNG. The page applies the look itself. */
export async function colouriseThere(server: Server, { file, task, hints, key, signal }: ServerRequest): Promise<Blob> {
  const form = new FormData();
  form.set('image', file, 'picture');
  form.set('format', 'png');
  form.set('metadata', 'none');
  form.set('task', task);
  if (hints.length > 0) form.set('hints', JSON.stringify({ hints }));
  const headers = key ? { 'X-API-Key': key } : {};
  let response: Response;
  try {
    response = await fetch(server.colourise, { method: 'POST', body: form, headers, signal });
    if (response.ok) return await response.blob();
  } catch {
    signal.throwIfAborted();
    throw new ProblemError({ code: 'server-unreachable' });
  }
  const { detail, fix } = (await response.json().catch(() => ({}))) as { detail?: string; fix?: string };
  throw new ProblemError({
    code: 'server-refused',
    status: response.status,
    detail: detail ?? `${response.status} ${response.statusText}`,
    fix: fix ?? '',
  });
}
