// The model folder's manifest: which files make the model, and how to tell that they arrived whole.
// Written by `python -m export tfjs`.

import type { TaskName } from '../../shared/messages';
import { ProblemError } from '../../shared/problem';
import { TASKS } from '../paint/task';

export const MANIFEST_NAME = 'manifest.json';
export const MANIFEST_FORMAT = 'handtint-tfjs-2';

/** Side of the grid on which a model says how likely each colour is. */
export const CELLS = 32;

/**
 * The halves of the network, each with its graph in NAME.json and its weights in NAME.bin: `see` finds what needs no hints, once
 * a picture, and `guide` does the rest, once a list of hints.
 */
export const HALVES = ['see', 'guide'] as const;

export interface ManifestFile {
  /** Relative to the manifest's folder. */
  path: string;
  bytes: number;
  /** Lower-case hexadecimal. */
  sha256: string;
}

export interface Manifest {
  format: string;
  task: TaskName;
  version: number;
  /** Side of the square that the network sees, in pixels (S in the artifact's contract). */
  size: number;
  /** What the model was made from: its task's, see src/worker/paint/task.ts. */
  signature: string;
  /** a* and b* of each colour whose probability it gives, in Lab units; none if it gives none. */
  centres: [number, number][];
  /** What the answer is at a few pixels of a made picture; see src/worker/engine/probe.ts. */
  probe?: number[][];
  files: ManifestFile[];
}

/**
 * Checks a parsed manifest.json. Throws ProblemError `model-manifest` that names the first field that differs.
 * @param expected the task that the model must be of; any, if left out.
 */
export function parseManifest(json: unknown, expected?: TaskName): Manifest {
  const manifest = asRecord(json, 'a JSON object');
  expectEqual('format', manifest['format'], MANIFEST_FORMAT);
  const task = Object.values(TASKS).find(({ name }) => name === manifest['task'] && name === (expected ?? name));
  if (!task) wrong(`task: ${expected ?? Object.keys(TASKS).join(' or ')}`, manifest['task']);
  expectEqual('signature', manifest['signature'], task.signature);
  for (const field of ['version', 'size']) {
    if (!isCount(manifest[field])) wrong(`${field}: a whole number over 0`, manifest[field]);
  }
  if (!isTable(manifest['centres'])) wrong('centres: a list of lists of numbers', manifest['centres']);
  if (!isTable(manifest['probe'] ?? [])) wrong('probe: a list of lists of numbers', manifest['probe']);
  const files = manifest['files'];
  if (!Array.isArray(files) || files.length === 0) wrong('files: a list of files', files);
  for (const entry of files as unknown[]) {
    const file = asRecord(entry, 'files: objects with path, bytes and sha256');
    // A path may not leave the model folder, nor name another origin.
    if (typeof file['path'] !== 'string' || !/^[\w][\w.-]*$/.test(file['path'])) wrong('path: a plain file name', file['path']);
    if (!isCount(file['bytes'])) wrong(`bytes of ${file['path']}: a whole number over 0`, file['bytes']);
    if (typeof file['sha256'] !== 'string' || !/^[0-9a-f]{64}$/.test(file['sha256'])) {
      wrong(`sha256 of ${file['path']}: 64 hexadecimal digits`, file['sha256']);
    }
  }
  const paths = (files as ManifestFile[]).map(({ path }) => path);
  for (const path of HALVES.flatMap((half) => [`${half}.json`, `${half}.bin`])) {
    if (!paths.includes(path)) wrong(`files: ${path} among them`, paths);
  }
  return manifest as unknown as Manifest;
}

/** Throws ProblemError `model-damaged` unless the bytes are exactly the file that the manifest describes. */
export async function checkFile(file: ManifestFile, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  if (bytes.byteLength !== file.bytes) {
    throw damaged(file, `${file.bytes} bytes`, `${bytes.byteLength} bytes`);
  }
  // Outside https and localhost browsers hide crypto.subtle; the byte count alone must do there.
  if (!globalThis.crypto?.subtle) return;
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  const received = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  if (received !== file.sha256) {
    throw damaged(file, `SHA-256 ${file.sha256}`, `SHA-256 ${received}`);
  }
}

export function totalBytes(manifest: Manifest): number {
  return manifest.files.reduce((sum, file) => sum + file.bytes, 0);
}

function damaged(file: ManifestFile, expected: string, received: string): ProblemError {
  return new ProblemError({ code: 'model-damaged', path: file.path, expected, received });
}

function wrong(expected: string, received: unknown): never {
  throw new ProblemError({ code: 'model-manifest', expected, received: JSON.stringify(received) ?? 'nothing' });
}

function expectEqual(field: string, received: unknown, expected: string): void {
  if (received !== expected) wrong(`${field}: ${JSON.stringify(expected)}`, received);
}

function asRecord(value: unknown, expected: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) wrong(expected, value);
  return value as Record<string, unknown>;
}

function isCount(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) > 0;
}

function isTable(value: unknown): boolean {
  return Array.isArray(value) && value.every((row) => Array.isArray(row) && row.every(Number.isFinite));
}
