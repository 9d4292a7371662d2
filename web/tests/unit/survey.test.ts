import { expect, test } from 'vitest';

import { SKETCH } from '../../src/worker/paint/sketch';
import { see, survey } from '../../src/worker/session/survey';
import { drawing, photograph, type Pixels } from '../pictures';
import { FakePicture } from './fake_picture';

function pictureOf({ width, height, data }: Pixels): FakePicture {
  const picture = new FakePicture(width, height);
  picture.rgba.set(data);
  return picture;
}

const look = (pixels: Pixels) => survey(pictureOf(pixels), new AbortController().signal);

test('a grey photograph', async () => {
  const { seen, ...looks } = await look(photograph(400, 300));
  expect(looks).toEqual({ looksLike: 'photo', inColour: false, opaque: true });
  expect(seen.photo.length).toBe(256 * 256);
  expect(Math.min(...seen.photo)).toBeGreaterThan(-1);
  expect(Math.max(...seen.photo)).toBeLessThanOrEqual(1);
});

test('a scanner\'s noise is no colour, a red roof is', async () => {
  const noisy = photograph(400, 300);
  for (let at = 0; at < noisy.data.length; at += 4) noisy.data[at + (at % 3)] += at % 2;
  expect((await look(noisy)).inColour).toBe(false);
  const roof = photograph(400, 300);
  for (let y = 130; y < 180; y++) for (let x = 100; x < 200; x++) roof.data.set([180, 50, 40], 4 * (y * 400 + x));
  expect((await look(roof)).inColour).toBe(true);
});

test('transparent paper is white to a drawing, and what it is to a photograph', async () => {
  const glass = await look(drawing(400, 300, true));
  const paper = await look(drawing(400, 300));
  expect(glass.opaque).toBe(false);
  expect(glass.looksLike).toBe('sketch');
  expect(glass.seen.sketch).toEqual(paper.seen.sketch);
  expect(glass.seen.photo[0]).toBe(-1);
  expect(paper.seen.photo[0]).toBeCloseTo(1);
});

test('a model of another size sees the same, smaller', async () => {
  const glass = pictureOf(drawing(400, 300, true));
  const seen = await see(glass, SKETCH, 64, new AbortController().signal);
  const { seen: full } = await survey(glass, new AbortController().signal);
  const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
  expect(seen.length).toBe(64 * 64);
  expect(mean(seen)).toBeCloseTo(mean(full.sketch), 2);
});

test('ends at the next band when it is aborted', async () => {
  const controller = new AbortController();
  let bands = 0;
  const picture = pictureOf(photograph(1100, 1400)); // three bands
  const counted = { width: 1100, height: 1400, read: (part: Parameters<FakePicture['read']>[0]) => (bands++, picture.read(part)) };
  const looking = survey(counted, controller.signal);
  controller.abort(new Error('enough'));
  await expect(looking).rejects.toThrow('enough');
  expect(bands).toBe(1);
});
