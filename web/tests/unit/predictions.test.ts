// What a model says of a picture is computed once, kept, and freed.

import { expect, test } from 'vitest';

import type { Hint } from '../../src/shared/messages';
import type { Engine } from '../../src/worker/engine/engines';
import type { Answer } from '../../src/worker/model/model';
import { Predictions } from '../../src/worker/session/predictions';

const SIZE = 64;
const CELLS = 32;
const RED: Hint = { x: 0.1, y: 0.1, colour: '#c02020' };
const BLUE: Hint = { x: 0.9, y: 0.9, colour: '#2020c0' };

/** Two colours are as likely as each other everywhere; a hint colours the half of the picture that it lies in. */
class FakeModel {
  readonly size = SIZE;
  sees = 0;
  guides = 0;
  disposed = 0;
  broken = false;

  async see() {
    this.sees++;
    return { dispose: () => void this.disposed++ };
  }

  async guide(_: unknown, hints: Float32Array): Promise<Answer> {
    this.guides++;
    if (this.broken) throw new Error('no memory');
    const maps = new Float32Array(SIZE * SIZE * 4);
    for (let pixel = 0; pixel < SIZE * SIZE; pixel++) {
      if (hints[3 * pixel + 2] === 0) continue;
      const left = pixel % SIZE < SIZE / 2;
      for (let other = 0; other < SIZE * SIZE; other++) {
        if (other % SIZE < SIZE / 2 === left) maps.set([hints[3 * pixel] * 110, hints[3 * pixel + 1] * 110], 4 * other + 2);
      }
    }
    const probabilities = new Float32Array(CELLS * CELLS * 2).fill(0.5);
    return { maps, probabilities, centres: Float32Array.of(40, 30, -30, -40), cells: CELLS };
  }

  dispose() {}
}

function predictions() {
  const model = new FakeModel();
  const engine: Engine = { model, about: { task: 'photo', version: 1, backend: 'cpu', threads: 1 } };
  return { model, predictions: new Predictions(engine, new Float32Array(SIZE * SIZE)) };
}

test('a picture is seen once, a list of hints guided once', async () => {
  const { model, predictions: of } = predictions();
  const [plain, again] = await Promise.all([of.answer([]), of.answer([])]);
  expect(again).toBe(plain);
  const hinted = await of.answer([RED]);
  expect(hinted).not.toBe(plain);
  expect(await of.answer([{ ...RED }])).toBe(hinted);
  expect({ sees: model.sees, guides: model.guides }).toEqual({ sees: 1, guides: 2 });
});

test('the answers that were asked for last are kept', async () => {
  const { model, predictions: of } = predictions();
  const first = await of.answer([]);
  for (let i = 0; i < 30; i++) {
    await of.answer([{ ...RED, y: i / 30 }]);
    expect(await of.answer([])).toBe(first);
  }
  expect(model.guides).toBe(31);
  await of.answer([{ ...RED, y: 0 }]);
  expect(model.guides).toBe(32);
});

test('a failure is not kept', async () => {
  const { model, predictions: of } = predictions();
  model.broken = true;
  await expect(of.answer([])).rejects.toThrow('no memory');
  model.broken = false;
  expect((await of.answer([])).cells).toBe(CELLS);
});

test('what was seen is freed, and whoever still asks is told that it ended', async () => {
  const { model, predictions: of } = predictions();
  await of.answer([]);
  of.dispose();
  await Promise.resolve();
  expect(model.disposed).toBe(1);
  await expect(of.answer([RED])).rejects.toMatchObject({ name: 'AbortError' });
  expect(model.sees).toBe(1);
});

test('a variant is the same each time, and another picture than the likeliest', async () => {
  const one = await predictions().predictions.answer([], 1);
  const again = await predictions().predictions.answer([], 1);
  const plain = await predictions().predictions.answer([]);
  expect(again.maps).toEqual(one.maps);
  expect(one.maps).not.toEqual(plain.maps);
});

test('an alternative leaves to hints what they coloured, and keeps the rest', async () => {
  const { predictions: of } = predictions();
  const variant = await of.answer([], 1);
  const hinted = await of.answer([RED]);
  const both = await of.answer([RED], 1);
  const [left, right] = [4 * 5 + 2, 4 * (SIZE - 5) + 2];
  expect(both.maps[left]).toBe(hinted.maps[left]);
  expect(both.maps[right]).toBe(variant.maps[right]);
});

test('where hints colour everything there are no alternatives', async () => {
  const { predictions: of } = predictions();
  expect(await of.variants([], 3)).toEqual([1, 2]);
  expect(await of.variants([RED, BLUE], 3)).toEqual([]);
  expect(await of.answer([RED, BLUE], 1)).toBe(await of.answer([RED, BLUE]));
});
