// The network as a function: a small copy of the picture and hints in, small maps out. Knows TF.js, not where files come from,
// so that the page's worker and tools/run_model.mjs run the very same code.

import { loadGraphModelSync } from '@tensorflow/tfjs-converter';
import { dispose, tensor4d, type Tensor } from '@tensorflow/tfjs-core';

import { checkFile, type Manifest } from './manifest';
import { TASKS } from '../paint/task';

export type ReadFile = (path: string) => Promise<Uint8Array<ArrayBuffer>>;

/** Side of the grid on which `probabilities` says how likely each colour is. */
export const CELLS = 32;

export interface Model {
  /** S: the side of the square that the network sees. */
  readonly size: number;
  /**
   * What the picture is, for any number of `guide`; the caller disposes of it.
   * @param seen S*S values of the task's `seen` (luminance, or tone), rows from the top.
   */
  see(seen: Float32Array): Promise<Seen>;
  /** @param hints S*S*`hintChannels` values; all zeros for automatic colour. */
  guide(seen: Seen, hints: Float32Array): Promise<Answer>;
  dispose(): void;
}

/** What a model found in a picture; its tensors stay on the backend. */
export interface Seen {
  dispose(): void;
}

export interface Answer {
  /** S*S*`depth` values of the task's `answer`. */
  maps: Float32Array;
  /** CELLS*CELLS*Q values: how likely each of Q colours is at each cell; Q is half of `centres`' length, 0 if it can't say. */
  probabilities: Float32Array;
  /** Q*2 values: a* and b* of each colour, in Lab units. */
  centres: Float32Array;
  cells: typeof CELLS;
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
    async see(seen) {
      return new WholeGraph(tensor4d(seen, [1, size, size, 1]));
    },
    async guide(seen, hints) {
      const hintMap = tensor4d(hints, [1, size, size, hintChannels]);
      let result: Tensor | undefined;
      try {
        result = graph.execute({ [seenName]: (seen as WholeGraph).tensor, hints: hintMap }, answer) as Tensor;
        const maps = (await result.data()) as Float32Array;
        return { maps, probabilities: new Float32Array(), centres: new Float32Array(), cells: CELLS };
      } finally {
        dispose([hintMap, ...(result ? [result] : [])]);
      }
    },
    dispose: () => graph.dispose(),
  };
}

/** Of a model in one piece nothing can be computed before the hints are there. */
class WholeGraph implements Seen {
  constructor(readonly tensor: Tensor) {}
  dispose(): void {
    this.tensor.dispose();
  }
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
