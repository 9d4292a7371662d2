// Model files over the network, counted byte by byte, and kept in the browser's cache under their hash, so that files of a
// new model are never mixed with those of an old one.

import type { TaskName } from '../shared/messages';
import { problemOf, ProblemError } from '../shared/problem';
import { MANIFEST_NAME, parseManifest, totalBytes, type Manifest } from './model/manifest';
import { readFiles } from './model/model';

const CACHE_NAME = 'handtint-models';

export interface Download {
  manifest: Manifest;
  files: Map<string, Uint8Array<ArrayBuffer>>;
}

/** Whether the folder's model will be there with the network off. */
export async function isKept(folder: string): Promise<boolean> {
  return (await (await openCache())?.match(new URL(MANIFEST_NAME, folder))) !== undefined;
}

/**
 * @param folder URL of the model folder, with a slash at its end.
 * @param onBytes called with the bytes so far and in all.
 */
export async function downloadModel(
  task: TaskName,
  folder: string,
  onBytes: (received: number, total: number) => void,
): Promise<Download> {
  const cache = await openCache();
  const manifestUrl = new URL(MANIFEST_NAME, folder).href;
  const manifest = await fetchManifest(task, manifestUrl, cache);
  const urls = new Map(manifest.files.map((file) => [file.path, new URL(`${file.path}?sha256=${file.sha256}`, folder).href]));
  const total = totalBytes(manifest);
  let received = 0;
  const count = (bytes: number) => onBytes((received += bytes), total);

  try {
    const files = await readFiles(manifest, async (path) => {
      const url = urls.get(path)!;
      return readBody(task, (await cache?.match(url)) ?? (await fetchFile(task, url, path)), path, count);
    });
    // Kept only now that all of them are known to be whole, and the manifest last: until then an older model stays usable.
    const contents = new Map<string, BodyInit>([...files].map(([path, bytes]) => [urls.get(path)!, bytes]));
    contents.set(manifestUrl, JSON.stringify(manifest));
    if (cache) await keep(cache, folder, contents);
    return { manifest, files };
  } catch (error) {
    // A damaged copy must not be found again at the next try.
    for (const url of problemOf(error).code === 'model-damaged' ? urls.values() : []) await cache?.delete(url);
    throw error;
  }
}

/** The browser's cache; undefined where it is refused: outside https and localhost, or in some private windows. */
async function openCache(): Promise<Cache | undefined> {
  try {
    return await caches.open(CACHE_NAME);
  } catch {
    return undefined;
  }
}

/** The server's manifest, so that a new model is noticed; the kept one with the network off. */
async function fetchManifest(task: TaskName, url: string, cache: Cache | undefined): Promise<Manifest> {
  let response: Response;
  try {
    response = await fetchFile(task, url, MANIFEST_NAME, { cache: 'no-cache' });
  } catch (error) {
    const kept = await cache?.match(url);
    if (!kept) throw error;
    response = kept;
  }
  let json: unknown;
  try {
    json = await response.json();
  } catch {
    // Static hosts like to answer a missing file with a page of HTML and status 200.
    const received = response.headers.get('content-type') ?? 'no type';
    throw new ProblemError({ code: 'model-manifest', expected: 'JSON', received });
  }
  return parseManifest(json, task);
}

async function fetchFile(task: TaskName, url: string, path: string, init?: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, init);
  } catch {
    throw new ProblemError({ code: 'model-unreachable', task, path, received: 'no answer' });
  }
  if (!response.ok) throw new ProblemError({ code: 'model-unreachable', task, path, received: `status ${response.status}` });
  return response;
}

async function readBody(
  task: TaskName,
  response: Response,
  path: string,
  onBytes: (bytes: number) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const counted = response.body!.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        onBytes(chunk.byteLength);
        controller.enqueue(chunk);
      },
    }),
  );
  try {
    return new Uint8Array(await new Response(counted).arrayBuffer());
  } catch {
    throw new ProblemError({ code: 'model-unreachable', task, path, received: 'a connection that broke' });
  }
}

/** Puts what is new, drops what belongs to older models of the folder. Where the browser has no room, the model is not kept. */
async function keep(cache: Cache, folder: string, contents: Map<string, BodyInit>): Promise<void> {
  try {
    for (const [url, content] of contents) {
      const isNamedByHash = url.includes('?');
      if (!isNamedByHash || !(await cache.match(url))) await cache.put(url, new Response(content));
    }
    for (const { url } of await cache.keys()) {
      if (url.startsWith(folder) && !contents.has(url)) await cache.delete(url);
    }
  } catch {
    // Then the next visit fetches it again.
  }
}
