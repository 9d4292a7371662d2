// A real, minimal TF.js graph model written to a folder: one 1x1 convolution over (luminance, hints), float16 weights,
// the same signature names as the shipped model. It lets the loader and the engine be tested without the trained weights.

import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export const TINY_SIZE = 8;
/** weights[input channel][output channel]; all exact in float16. */
export const TINY_WEIGHTS = [
  [0.5, -0.25, 10, 20],
  [1, 0, 2, 0],
  [0, 1, 0, 2],
  [0, 0, -4, 4],
];

export async function writeTinyModel(folder: string): Promise<void> {
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
        luminance: { name: 'chroma_luminance:0', dtype: 'DT_FLOAT', tensorShape: shape(1) },
        hints: { name: 'chroma_hints:0', dtype: 'DT_FLOAT', tensorShape: shape(3) },
      },
      outputs: { coefficients: { name: 'Identity:0', dtype: 'DT_FLOAT', tensorShape: shape(4) } },
    },
    modelTopology: {
      node: [
        placeholder('chroma_luminance', 1),
        placeholder('chroma_hints', 3),
        { name: 'axis', op: 'Const', attr: { value: { tensor: { dtype: 'DT_INT32', tensorShape: {} } }, dtype: { type: 'DT_INT32' } } },
        { name: 'kernel', op: 'Const', attr: { value: { tensor: { dtype: 'DT_FLOAT', tensorShape: {} } }, ...type } },
        {
          name: 'concat',
          op: 'ConcatV2',
          input: ['chroma_luminance', 'chroma_hints', 'axis'],
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
          { name: 'kernel', shape: [1, 1, 4, 4], dtype: 'float32', quantization: { dtype: 'float16', original_dtype: 'float32' } },
        ],
      },
    ],
  };
  const weights = Buffer.alloc(4 + 32);
  weights.writeInt32LE(3, 0);
  TINY_WEIGHTS.flat().forEach((value, index) => weights.writeUInt16LE(float16(value), 4 + index * 2));

  const files = {
    'model.json': Buffer.from(JSON.stringify(model)),
    // Cut in the middle of a weight, since a real shard's end falls anywhere.
    'group1-shard1of2.bin': weights.subarray(0, 11),
    'group1-shard2of2.bin': weights.subarray(11),
  };
  await mkdir(folder, { recursive: true });
  for (const [path, bytes] of Object.entries(files)) await writeFile(join(folder, path), bytes);
  const manifest = {
    format: 'handtint-tfjs-1',
    task: 'photo',
    version: 1,
    size: TINY_SIZE,
    signature: 'chroma',
    files: Object.entries(files).map(([path, bytes]) => ({
      path,
      bytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    })),
  };
  await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifest));
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
