// The model folder's manifest: which files make the model, and how to tell that they arrived whole.
// Written by `python -m export tfjs`.

import type { TaskName } from '../../shared/messages';
import { ProblemError } from '../../shared/problem';
import { TASKS } from '../paint/task';

export const MANIFEST_NAME = 'manifest.json';
export const MANIFEST_FORMAT = 'handtint-tfjs-1';

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
  files: ManifestFile[];
  /** What the answer is at a few pixels of a made picture; see src/worker/engine/probe.ts. */
  probe?: number[][];
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
