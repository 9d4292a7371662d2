// The network in two halves, on TF.js's cpu backend.

import '@tensorflow/tfjs-backend-cpu';
import { memory, setBackend } from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';

import type { TaskName } from '../../src/shared/messages';
import { CELLS, parseManifest } from '../../src/worker/model/manifest';
import { buildModel, readFiles } from '../../src/worker/model/model';
import { TASKS } from '../../src/worker/paint/task';
import { TINY_CENTRES, TINY_LIKELY, TINY_SIZE, TINY_WEIGHTS, tinyModel } from './tiny_model';

beforeAll(() => setBackend('cpu'));

async function build(task: TaskName) {
  const files = tinyModel(task);
  const manifest = parseManifest(JSON.parse(files.get('manifest.json')!.toString()));
  return buildModel(manifest, await readFiles(manifest, async (path) => new Uint8Array(files.get(path)!)));
}

const picture = Float32Array.from({ length: TINY_SIZE ** 2 }, (_, i) => (i % 9) / 8);
const hintsOf = (task: TaskName, at: number) => {
  const { hintChannels } = TASKS[task];
  return new Float32Array(TINY_SIZE ** 2 * hintChannels).fill(0.5, at * hintChannels, (at + 1) * hintChannels);
};

test.each(['photo', 'sketch'] as const)('%s: one picture, any number of lists of hints', async (task) => {
  const model = await build(task);
  const { hintChannels, depth } = TASKS[task];
  const seen = await model.see(picture);
  for (const at of [3, 40]) {
    const hints = hintsOf(task, at);
    const { maps } = await model.guide(seen, hints);
    expect(maps.length).toBe(TINY_SIZE ** 2 * depth);
    maps.forEach((value, i) => {
      const pixel = Math.floor(i / depth);
      const inputs = [picture[pixel], ...hints.subarray(pixel * hintChannels, (pixel + 1) * hintChannels)];
      expect(value).toBeCloseTo(inputs.reduce((sum, input, c) => sum + input * TINY_WEIGHTS[task][c][i % depth], 0), 5);
    });
  }
});

test('says how likely each colour is in each cell', async () => {
  const model = await build('photo');
  const { probabilities, centres, cells } = await model.guide(await model.see(picture), hintsOf('photo', 0));
  expect(cells).toBe(CELLS);
  expect([...centres]).toEqual(TINY_CENTRES.flat());
  expect(probabilities).toEqual(Float32Array.from({ length: CELLS ** 2 * 2 }, (_, i) => TINY_LIKELY[i % 2]));
});

test('keeps nothing of a picture that is disposed of, and nothing at all in the end', async () => {
  const before = memory().numTensors;
  const model = await build('photo');
  const loaded = memory().numTensors;
  for (let run = 0; run < 3; run++) {
    const seen = await model.see(picture);
    await model.guide(seen, hintsOf('photo', run));
    await model.guide(seen, hintsOf('photo', run + 1));
    seen.dispose();
    expect(memory().numTensors).toBe(loaded);
  }
  model.dispose();
  expect(memory().numTensors).toBe(before);
});
