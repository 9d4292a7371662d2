// tools/run_model.mjs as `python -m export verify` calls it: a process, a model folder, raw float32 files.

import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

import type { TaskName } from '../../src/shared/messages';
import { TASKS } from '../../src/worker/paint/task';
import { TINY_LIKELY, TINY_SIZE, TINY_WEIGHTS, writeTinyModel } from './tiny_model';

const run = promisify(execFile);
const tool = new URL('../../tools/run_model.mjs', import.meta.url).pathname;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'handtint-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function writeInput(task: TaskName, count: number, size = TINY_SIZE) {
  await writeTinyModel(join(folder, 'model'), task);
  const area = TINY_SIZE * TINY_SIZE;
  const seen = Float32Array.from({ length: count * area }, (_, i) => (i % 17) / 8 - 1);
  const hints = Float32Array.from({ length: count * area * TASKS[task].hintChannels }, (_, i) => (i % 5) / 4);
  await writeFile(join(folder, 'seen.f32'), new Uint8Array(seen.buffer));
  await writeFile(join(folder, 'hints.f32'), new Uint8Array(hints.buffer));
  await writeFile(join(folder, 'input.json'), JSON.stringify({ size, seen: 'seen.f32', hints: 'hints.f32' }));
  return { seen, hints };
}

const arguments_ = () => [tool, join(folder, 'model'), join(folder, 'input.json'), join(folder, 'output')];

test.each(['photo', 'sketch'] as const)('writes what each picture is answered as float32: %s', async (task) => {
  const { seen, hints } = await writeInput(task, 2);
  await run('node', arguments_());
  const read = async (name: string) => new Float32Array(new Uint8Array(await readFile(join(folder, 'output', name))).buffer);
  const output = await read('maps.f32');
  const { depth, hintChannels } = TASKS[task];
  expect(output.length).toBe(2 * TINY_SIZE * TINY_SIZE * depth);
  for (let pixel = 0; pixel < output.length / depth; pixel++) {
    const inputs = [seen[pixel], ...hints.subarray(pixel * hintChannels, (pixel + 1) * hintChannels)];
    for (let channel = 0; channel < depth; channel++) {
      const expected = inputs.reduce((sum, value, i) => sum + value * TINY_WEIGHTS[task][i][channel], 0);
      expect(output[pixel * depth + channel]).toBeCloseTo(expected, 4);
    }
  }
  expect(await read('probabilities.f32')).toEqual(Float32Array.from({ length: 2 * 32 * 32 * 2 }, (_, i) => TINY_LIKELY[i % 2]));
}, 60_000);

test('says what is wrong with the input', async () => {
  await writeInput('photo', 1, 256);
  await expect(run('node', arguments_())).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('has size 256, but the model expects 8'),
  });
}, 60_000);
