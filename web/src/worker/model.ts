// The network as a function: a small copy of the picture and hints in, small maps out. Knows TF.js, not where files come from,
// so that the page's worker and tools/run_model.mjs run the very same code.

import { loadGraphModelSync } from '@tensorflow/tfjs-converter';
import { dispose, tensor4d, type Tensor } from '@tensorflow/tfjs-core';

import { checkFile, type Manifest } from './manifest';
import { TASKS } from './task';

export type ReadFile = (path: string) => Promise<Uint8Array<ArrayBuffer>>;

export interface Model {
  /** S: the side of the square that the network sees. */
  readonly size: number;
  /**
   * @param seen S*S values of the task's `seen` (src/worker/task.ts), rows from the top.
   * @param hints S*S*`hintChannels` values; all zeros for automatic colour.
   * @returns S*S*`depth` values of its `answer`.
   */
  predict(seen: Float32Array, hints: Float32Array): Promise<Float32Array>;
  dispose(): void;
}

/** All files of the model, read and checked against the manifest. */
export async function readFiles(manifest: Manifest, read: ReadFile): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const file of manifest.files) {
    const bytes = await read(file.path);
    await checkFile(file, bytes);
    files.set(file.path, bytes);
  }
  return files;
}

/** Builds the model on the TF.js backend that is set at this moment. Throws what TF.js throws on a malformed graph. */
export function buildModel(manifest: Manifest, files: Map<string, Uint8Array<ArrayBuffer>>): Model {
  const topology = JSON.parse(new TextDecoder().decode(files.get('model.json'))) as ModelJson;
  const shards = topology.weightsManifest.flatMap((group) => group.paths).map((path) => {
    const bytes = files.get(path);
    if (!bytes) throw new Error(`model.json names ${path}, the manifest does not`);
    return bytes;
  });
  const graph = loadGraphModelSync([topology, concatenate(shards)]);
  const { size } = manifest;
  const { seen: seenName, hintChannels, answer } = TASKS[manifest.task];

  return {
    size,
    async predict(seen, hints) {
      const inputs = {
        [seenName]: tensor4d(seen, [1, size, size, 1]),
        hints: tensor4d(hints, [1, size, size, hintChannels]),
      };
      let result: Tensor | undefined;
      try {
        result = graph.execute(inputs, answer) as Tensor;
        return (await result.data()) as Float32Array;
      } finally {
        dispose([...Object.values(inputs), ...(result ? [result] : [])]);
      }
    },
    dispose: () => graph.dispose(),
  };
}

type ModelJson = Exclude<Extract<Parameters<typeof loadGraphModelSync>[0], unknown[]>[0], ArrayBuffer>;

function concatenate(parts: Uint8Array[]): ArrayBuffer {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.byteLength;
  }
  return whole.buffer;
}
