// A model's files: from the browser's cache, or over the network, counted byte by byte and checked against the manifest.

import type { TaskName } from '../../shared/messages';
import { ProblemError } from '../../shared/problem';
import { checkFile, MANIFEST_NAME, parseManifest, totalBytes, type Manifest, type ManifestFile } from '../model/manifest';
import { Folder } from './kept';
import { fetchResuming } from './resume';

export interface Download {
  manifest: Manifest;
  files: Map<string, Uint8Array<ArrayBuffer>>;
}

interface Options {
  signal: AbortSignal;
  /** Called with the bytes so far and in all. */
  onBytes: (received: number, total: number) => void;
}

/**
 * The server's model, or the kept one if the server's can't be had.
 * @param url of the model folder, with a slash at its end.
 */
export async function downloadModel(task: TaskName, url: string, options: Options): Promise<Download> {
  const folder = await Folder.open(url);
  try {
    return await download(task, folder, await askManifest(task, folder.manifestUrl, options.signal), options);
  } catch (error) {
    const kept = await folder.get(folder.manifestUrl);
    if (!kept || options.signal.aborted) throw error;
    return download(task, folder, parseManifest(await kept.json(), task), options).catch(() => {
      throw error; // the newer one is what should be mended
    });
  }
}

async function download(task: TaskName, folder: Folder, manifest: Manifest, { signal, onBytes }: Options): Promise<Download> {
  const total = totalBytes(manifest);
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  let before = 0;
  for (const file of manifest.files) {
    const onFileBytes = (bytes: number) => onBytes(before + bytes, total);
    files.set(file.path, await readFile(task, folder, file, { signal, onBytes: onFileBytes }));
    onBytes((before += file.bytes), total);
  }
  await folder.finish(manifest);
  return { manifest, files };
}

/** Throws ProblemError `model-damaged` for a file that is not as the manifest has it; it is not kept. */
async function readFile(
  task: TaskName,
  folder: Folder,
  file: ManifestFile,
  { signal, onBytes }: { signal: AbortSignal; onBytes: (bytes: number) => void },
): Promise<Uint8Array<ArrayBuffer>> {
  const kept = await folder.get(folder.fileUrl(file));
  const bytes = kept ? new Uint8Array(await kept.arrayBuffer()) : await fetchResuming(folder, file, { task, signal, onBytes });
  try {
    await checkFile(file, bytes);
  } catch (error) {
    await folder.drop(file);
    throw error;
  }
  if (!kept) {
    await folder.put(folder.fileUrl(file), bytes);
    await folder.dropParts(file);
  }
  return bytes;
}

/** The server's manifest, so that a new model is noticed. */
async function askManifest(task: TaskName, url: string, signal: AbortSignal): Promise<Manifest> {
  const unreachable = (received: string) =>
    new ProblemError({ code: 'model-unreachable', task, path: MANIFEST_NAME, received });
  const response = await fetch(url, { cache: 'no-cache', signal }).catch((error: unknown) => {
    throw signal.aborted ? error : unreachable('no answer');
  });
  if (!response.ok) throw unreachable(`status ${response.status}`);
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
