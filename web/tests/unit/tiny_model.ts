// A real, minimal TF.js model of either task, in two halves with float16 weights, and the names of the shipped models. It lets
// the loader, the engine and the page be tested without trained weights.

import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { TaskName } from '../../src/shared/messages';
import { CELLS } from '../../src/worker/model/manifest';
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

/** Of two colours, how likely each is everywhere. */
export const TINY_LIKELY = [0.75, 0.25];
/** Their a* and b*. */
export const TINY_CENTRES = [
  [40, 20],
  [-30, 10],
];

/** Writes the files of `tinyModel` into a folder. */
export async function writeTinyModel(folder: string, task: TaskName = 'photo'): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [path, bytes] of tinyModel(task)) await writeFile(join(folder, path), bytes);
}

/** The files of a model folder: what it sees and the hints are each multiplied by their weights, and added. */
export function tinyModel(task: TaskName): Map<string, Buffer> {
  const { signature, seen, hintChannels, answer, depth } = TASKS[task];
  const [seenWeights, ...hintWeights] = TINY_WEIGHTS[task];
  const likely = Array.from({ length: CELLS ** 2 }, () => TINY_LIKELY).flat();
  const files = new Map([
    ...half('see', {
      inputs: { [seen]: tensor('model_seen', 1) },
      outputs: { probabilities: tensor('Identity_1', TINY_LIKELY.length, CELLS), from_seen: { name: 'from_seen:0' } },
      nodes: [
        placeholder('model_seen', 1),
        ...convolution('from_seen', 'model_seen'),
        constant('likely'),
        identity('Identity_1', 'likely'),
      ],
      weights: [
        ['from_seen/kernel', [1, 1, 1, depth], seenWeights],
        ['likely', [1, CELLS, CELLS, TINY_LIKELY.length], likely],
      ],
    }),
    ...half('guide', {
      inputs: { hints: tensor('model_hints', hintChannels), from_seen: { name: 'from_seen:0' } },
      outputs: { [answer]: tensor('Identity', depth) },
      nodes: [
        { name: 'from_seen', op: 'Placeholder', attr: {} },
        placeholder('model_hints', hintChannels),
        ...convolution('from_hints', 'model_hints'),
        { name: 'add', op: 'AddV2', input: ['from_seen', 'from_hints'], attr: FLOAT },
        identity('Identity', 'add'),
      ],
      weights: [['from_hints/kernel', [1, 1, hintChannels, depth], hintWeights.flat()]],
    }),
  ]);
  const manifest = {
    format: 'handtint-tfjs-2',
    task,
    version: 1,
    size: TINY_SIZE,
    signature,
    centres: TINY_CENTRES,
    files: [...files].map(([path, bytes]) => ({
      path,
      bytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    })),
  };
  return files.set('manifest.json', Buffer.from(JSON.stringify(manifest)));
}

interface HalfParts {
  inputs: object;
  outputs: object;
  nodes: object[];
  weights: [name: string, shape: number[], values: number[]][];
}

/** The two files of a half. */
function half(name: string, { inputs, outputs, nodes, weights }: HalfParts): [string, Buffer][] {
  const graph = {
    format: 'graph-model',
    generatedBy: 'test',
    convertedBy: 'test',
    signature: { inputs, outputs },
    modelTopology: { node: nodes, versions: { producer: 1882 } },
    weightsManifest: [
      {
        paths: [`${name}.bin`],
        weights: weights.map(([weight, size]) => ({
          name: weight,
          shape: size,
          dtype: 'float32',
          quantization: { dtype: 'float16', original_dtype: 'float32' },
        })),
      },
    ],
  };
  const bytes = Uint16Array.from(weights.flatMap(([, , values]) => values), float16);
  return [
    [`${name}.json`, Buffer.from(JSON.stringify(graph))],
    [`${name}.bin`, Buffer.from(bytes.buffer)],
  ];
}

const FLOAT = { T: { type: 'DT_FLOAT' } };

const tensor = (node: string, channels: number, side = TINY_SIZE) => ({
  name: `${node}:0`,
  dtype: 'DT_FLOAT',
  tensorShape: shape(channels, side),
});

const placeholder = (name: string, channels: number) => ({
  name,
  op: 'Placeholder',
  attr: { dtype: { type: 'DT_FLOAT' }, shape: { shape: shape(channels, TINY_SIZE) } },
});

const constant = (name: string) => ({
  name,
  op: 'Const',
  attr: { value: { tensor: { dtype: 'DT_FLOAT', tensorShape: {} } }, dtype: { type: 'DT_FLOAT' } },
});

const identity = (name: string, input: string) => ({ name, op: 'Identity', input: [input], attr: FLOAT });

/** 1x1. */
const convolution = (name: string, input: string) => [
  constant(`${name}/kernel`),
  {
    name,
    op: 'Conv2D',
    input: [input, `${name}/kernel`],
    attr: {
      ...FLOAT,
      strides: { list: { i: ['1', '1', '1', '1'] } },
      padding: { s: Buffer.from('SAME').toString('base64') },
      data_format: { s: Buffer.from('NHWC').toString('base64') },
      dilations: { list: { i: ['1', '1', '1', '1'] } },
      explicit_paddings: { list: {} },
      use_cudnn_on_gpu: { b: true },
    },
  },
];

function shape(channels: number, side: number) {
  return { dim: [1, side, side, channels].map((size) => ({ size: String(size) })) };
}

/** IEEE half precision of a value that it holds exactly. */
function float16(value: number): number {
  if (value === 0) return 0;
  const exponent = Math.floor(Math.log2(Math.abs(value)));
  const fraction = (Math.abs(value) / 2 ** exponent - 1) * 1024;
  return (value < 0 ? 0x8000 : 0) | ((exponent + 15) << 10) | fraction;
}
