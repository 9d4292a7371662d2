// The network as a function: a small copy of the picture and hints in, small maps out. Knows TF.js, not where files come from,
// so that the page's worker and tools/run_model.mjs run the very same code.

import { dispose, tensor4d, type NamedTensorMap } from '@tensorflow/tfjs-core';

import { TASKS } from '../paint/task';
import { buildHalf } from './half';
import { CELLS, checkFile, HALVES, type Manifest } from './manifest';

export type ReadFile = (path: string) => Promise<Uint8Array<ArrayBuffer>>;

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
  /**
   * CELLS*CELLS*Q values: how likely each of Q colours is at each cell; Q is half of `centres`' length, 0 if the model can't
   * say. Answers for one picture may share them: whoever changes them makes a copy.
   */
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
  const [see, guide] = HALVES.map((name) => buildHalf(files.get(`${name}.json`)!, files.get(`${name}.bin`)!));
  const { size } = manifest;
  const task = TASKS[manifest.task];
  const centres = Float32Array.from(manifest.centres.flat());

  return {
    size,
    async see(seen) {
      const picture = { [task.seen]: tensor4d(seen, [1, size, size, 1]) };
      try {
        return new SeenPicture({ ...picture, ...(await see.run(picture)) });
      } catch (error) {
        dispose(picture);
        throw error;
      }
    },
    async guide(seen, hints) {
      const { tensors, read } = seen as SeenPicture;
      const hintMap = tensor4d(hints, [1, size, size, task.hintChannels]);
      let guided: NamedTensorMap = {};
      try {
        guided = await guide.run({ ...tensors, hints: hintMap });
        // What does not depend on the hints was computed when the picture was seen.
        const values = async (name: string) => (guided[name] ? ((await guided[name].data()) as Float32Array) : read(name));
        const probabilities = centres.length > 0 ? await values('probabilities') : new Float32Array();
        return { maps: await values(task.answer), probabilities, centres, cells: CELLS };
      } finally {
        dispose({ ...guided, hintMap });
      }
    },
    dispose() {
      see.dispose();
      guide.dispose();
    },
  };
}

class SeenPicture implements Seen {
  #values = new Map<string, Promise<Float32Array>>();

  constructor(readonly tensors: NamedTensorMap) {}

  /** The numbers of one of the tensors, fetched from the backend once. */
  readonly read = (name: string): Promise<Float32Array> => {
    let values = this.#values.get(name);
    if (!values) this.#values.set(name, (values = this.tensors[name].data() as Promise<Float32Array>));
    return values;
  };

  dispose(): void {
    dispose(this.tensors);
  }
}
