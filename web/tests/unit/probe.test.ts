import { expect, test, vi } from 'vitest';

import { probe } from '../../src/worker/engine/probe';
import { CELLS, type Manifest } from '../../src/worker/model/manifest';
import type { Answer, Model } from '../../src/worker/model/model';

const SIZE = 8;
/** Four numbers a pixel, all of them the pixel's place. */
const right = Float32Array.from({ length: SIZE * SIZE * 4 }, (_, i) => Math.floor(i / 4));
// 4x4 pixels, each in the middle of its share of 2x2.
const places = [1, 3, 5, 7].flatMap((y) => [1, 3, 5, 7].map((x) => y * SIZE + x));
const manifest = { task: 'photo', size: SIZE, probe: places.map((place) => [place, place, place, place]) } as unknown as Manifest;

function modelThat(guide: () => Float32Array) {
  const dispose = vi.fn();
  const model: Model = {
    size: SIZE,
    see: async () => ({ dispose }),
    guide: async (): Promise<Answer> => ({
      maps: guide(), probabilities: new Float32Array(), centres: new Float32Array(), cells: CELLS,
    }),
    dispose: () => undefined,
  };
  return { model, dispose };
}

test('a model that gives the known numbers, or nearly, passes', async () => {
  await expect(probe(modelThat(() => right).model, manifest)).resolves.toBeUndefined();
  await expect(probe(modelThat(() => right.map((value) => value + 0.1)).model, manifest)).resolves.toBeUndefined();
});

test('one wrong number is enough', async () => {
  const wrong = right.slice();
  wrong[places[5] * 4 + 2] += 1;
  await expect(probe(modelThat(() => wrong).model, manifest)).rejects.toThrow('it miscomputes: off by 1.00 of 63.0');
});

test.each([
  ['not a number', right.map((value, i) => (i === 0 ? NaN : value))],
  ['too few', right.subarray(4)],
  ['all of them nothing', new Float32Array(right.length)],
])('%s', async (_, maps) => {
  await expect(probe(modelThat(() => maps).model, manifest)).rejects.toThrow(/no usable numbers|miscomputes/);
});

test('without known numbers they need only be finite', async () => {
  const { probe: _, ...unknown } = manifest;
  await expect(probe(modelThat(() => new Float32Array(right.length)).model, unknown)).resolves.toBeUndefined();
});

test('what the model saw is freed, also when it fails', async () => {
  const { model, dispose } = modelThat(() => {
    throw new Error('lost');
  });
  await expect(probe(model, manifest)).rejects.toThrow('lost');
  expect(dispose).toHaveBeenCalledOnce();
});
