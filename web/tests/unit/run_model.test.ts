// tools/run_model.mjs as `python -m export verify` calls it: a process, a model folder, raw float32 files.

import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { TINY_SIZE, TINY_WEIGHTS, writeTinyModel } from './tiny_model';

const run = promisify(execFile);
const tool = new URL('../../tools/run_model.mjs', import.meta.url).pathname;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'handtint-'));
  await writeTinyModel(join(folder, 'model'));
});
afterAll(() => rm(folder, { recursive: true }));

async function writeInput(count: number, size = TINY_SIZE) {
  const area = TINY_SIZE * TINY_SIZE;
  const luminance = Float32Array.from({ length: count * area }, (_, i) => (i % 17) / 8 - 1);
  const hints = Float32Array.from({ length: count * area * 3 }, (_, i) => (i % 5) / 4);
  await writeFile(join(folder, 'luminance.f32'), new Uint8Array(luminance.buffer));
  await writeFile(join(folder, 'hints.f32'), new Uint8Array(hints.buffer));
  await writeFile(join(folder, 'input.json'), JSON.stringify({ size, luminance: 'luminance.f32', hints: 'hints.f32' }));
  return { luminance, hints };
}

const arguments_ = () => [tool, join(folder, 'model'), join(folder, 'input.json'), join(folder, 'output.bin')];

test('writes the coefficients of every picture as float32', async () => {
  const { luminance, hints } = await writeInput(2);
  await run('node', arguments_());
  const bytes = await readFile(join(folder, 'output.bin'));
  const output = new Float32Array(new Uint8Array(bytes).buffer);
  expect(output.length).toBe(2 * TINY_SIZE * TINY_SIZE * 4);
  for (let pixel = 0; pixel < output.length / 4; pixel++) {
    const inputs = [luminance[pixel], ...hints.subarray(pixel * 3, pixel * 3 + 3)];
    for (let channel = 0; channel < 4; channel++) {
      const expected = inputs.reduce((sum, value, i) => sum + value * TINY_WEIGHTS[i][channel], 0);
      expect(output[pixel * 4 + channel]).toBeCloseTo(expected, 4);
    }
  }
}, 60_000);

test('says what is wrong with the input', async () => {
  await writeInput(1, 256);
  await expect(run('node', arguments_())).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('has size 256, but the model expects 8'),
  });
}, 60_000);
