// A real, minimal TF.js graph model of either task: one 1x1 convolution over what it sees and the hints, float16 weights, the
// same names as the shipped models. It lets the loader, the engine and the page be tested without trained weights.

import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { TaskName } from '../../src/shared/messages';
import { TASKS } from '../../src/worker/paint/task';

export const TINY_SIZE = 8;
/** weights[input channel][output channel]; all exact in float16. */
export const TINY_WEIGHTS: Record<TaskName, number[][]> = {
  photo: [
    [0.5, -0.25, 10, 20],
    [1, 0, 2, 0],
    [0, 1, 0, 2],
    [0, 0, -4, 4],
  ],
  // Paper becomes this colour; ink is the tone itself there.
  sketch: [
    [0.75, 0.5, 0.25, 1, 0],
    [1, 0, 0, 0, 0],
    [0, 1, 0, 0, 0],
    [0, 0, 1, 0, 0],
    [0, 0, 0, 2, -1],
  ],
};

/** Writes the files of `tinyModel` into a folder. */
export async function writeTinyModel(folder: string, task: TaskName = 'photo'): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [path, bytes] of tinyModel(task)) await writeFile(join(folder, path), bytes);
}

/** The files of a model folder. */
export function tinyModel(task: TaskName): Map<string, Buffer> {
  const { signature, seen, hintChannels, answer, depth } = TASKS[task];
  const type = { dtype: { type: 'DT_FLOAT' } };
  const placeholder = (name: string, channels: number) => ({
    name,
    op: 'Placeholder',
    attr: { dtype: { type: 'DT_FLOAT' }, shape: { shape: shape(channels) } },
  });
  const model = {
    format: 'graph-model',
    generatedBy: 'test',
    convertedBy: 'test',
    signature: {
      inputs: {
        [seen]: { name: 'model_seen:0', dtype: 'DT_FLOAT', tensorShape: shape(1) },
        hints: { name: 'model_hints:0', dtype: 'DT_FLOAT', tensorShape: shape(hintChannels) },
      },
      outputs: { [answer]: { name: 'Identity:0', dtype: 'DT_FLOAT', tensorShape: shape(depth) } },
    },
    modelTopology: {
      node: [
        placeholder('model_seen', 1),
        placeholder('model_hints', hintChannels),
        { name: 'axis', op: 'Const', attr: { value: { tensor: { dtype: 'DT_INT32', tensorShape: {} } }, dtype: { type: 'DT_INT32' } } },
        { name: 'kernel', op: 'Const', attr: { value: { tensor: { dtype: 'DT_FLOAT', tensorShape: {} } }, ...type } },
        {
          name: 'concat',
          op: 'ConcatV2',
          input: ['model_seen', 'model_hints', 'axis'],
          attr: { T: { type: 'DT_FLOAT' }, N: { i: '2' }, Tidx: { type: 'DT_INT32' } },
        },
        {
          name: 'conv',
          op: 'Conv2D',
          input: ['concat', 'kernel'],
          attr: {
            T: { type: 'DT_FLOAT' },
            strides: { list: { i: ['1', '1', '1', '1'] } },
            padding: { s: Buffer.from('SAME').toString('base64') },
            data_format: { s: Buffer.from('NHWC').toString('base64') },
            dilations: { list: { i: ['1', '1', '1', '1'] } },
            explicit_paddings: { list: {} },
            use_cudnn_on_gpu: { b: true },
          },
        },
        { name: 'Identity', op: 'Identity', input: ['conv'], attr: { T: { type: 'DT_FLOAT' } } },
      ],
      versions: { producer: 1882 },
    },
    weightsManifest: [
      {
        paths: ['group1-shard1of2.bin', 'group1-shard2of2.bin'],
        weights: [
          { name: 'axis', shape: [], dtype: 'int32' },
          {
            name: 'kernel',
            shape: [1, 1, 1 + hintChannels, depth],
            dtype: 'float32',
            quantization: { dtype: 'float16', original_dtype: 'float32' },
          },
        ],
      },
    ],
  };
  const values = TINY_WEIGHTS[task].flat();
  const weights = Buffer.alloc(4 + 2 * values.length);
  weights.writeInt32LE(3, 0);
  values.forEach((value, index) => weights.writeUInt16LE(float16(value), 4 + index * 2));

  const files = new Map<string, Buffer>([
    ['model.json', Buffer.from(JSON.stringify(model))],
    // Cut in the middle of a weight, since a real shard's end falls anywhere.
    ['group1-shard1of2.bin', weights.subarray(0, 11)],
    ['group1-shard2of2.bin', weights.subarray(11)],
  ]);
  const manifest = {
    format: 'handtint-tfjs-1',
    task,
    version: 1,
    size: TINY_SIZE,
    signature,
    files: [...files].map(([path, bytes]) => ({
      path,
      bytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    })),
  };
  return files.set('manifest.json', Buffer.from(JSON.stringify(manifest)));
}

function shape(channels: number) {
  return { dim: [1, TINY_SIZE, TINY_SIZE, channels].map((size) => ({ size: String(size) })) };
}

/** IEEE half precision of a value that it holds exactly. */
function float16(value: number): number {
  if (value === 0) return 0;
  const exponent = Math.floor(Math.log2(Math.abs(value)));
  const fraction = (Math.abs(value) / 2 ** exponent - 1) * 1024;
  return (value < 0 ? 0x8000 : 0) | ((exponent + 15) << 10) | fraction;
}
