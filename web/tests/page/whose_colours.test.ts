// Whose colours a result has: the model's, the picture's own, or a server's.

import { expect } from '@playwright/test';

import type { Edit } from '../../src/shared/messages';
import { photograph, png, type Pixels } from '../pictures';
import { lightnessDifference, meanChroma } from './measure';
import { fit, PLAIN, test } from './worker';

/** A photograph whose house has a red front. */
function coloured(width: number, height: number): Pixels {
  const picture = photograph(width, height);
  for (let at = 0; at < picture.data.length; at += 4) {
    const x = (at / 4) % width;
    const y = Math.floor(at / 4 / width);
    if (Math.abs(x / width - 0.7) < 0.07 && y / height > 0.42 && y / height < 0.6) picture.data.set([150, 50, 40], at);
  }
  return picture;
}

const from = (whose: Edit['from'], saturation = 1): Edit => ({
  ...PLAIN,
  from: whose,
  look: { strength: 1, saturation, warmth: 0 },
});

test('a picture in colour says so, and is grey to the model', async ({ worker }) => {
  const original = coloured(600, 400);
  await worker.prepare();
  const opened = await worker.open(png(original));
  expect(opened).toMatchObject({ task: 'photo', inColour: true, notes: ['already-colour'] });
  const grey = await worker.view(opened.picture, fit(opened), PLAIN, 'grey');
  expect(meanChroma(grey)).toBe(0);
  expect(lightnessDifference(original, grey)).toBeLessThanOrEqual(1);
});

test('its own colours come out as they are, or under a look', async ({ worker }) => {
  const original = coloured(600, 400);
  await worker.prepare();
  const { picture } = await worker.open(png(original));
  const own = await worker.save(picture, from('own'));
  expect(Buffer.from(own.data).equals(Buffer.from(original.data))).toBe(true);
  expect(meanChroma(await worker.save(picture, from('own', 0)))).toBeLessThan(0.5);
  expect(meanChroma(await worker.save(picture, from('own', 0.5)))).toBeLessThan(0.7 * meanChroma(original));
});

test("a server's colours are laid on the picture's own lightness", async ({ worker, page }) => {
  const grey = photograph(600, 400);
  const theirs = coloured(300, 200);
  await worker.prepare();
  const opened = await worker.open(png(grey));
  const url = worker.offer(png(theirs));
  await page.evaluate(
    async ([picture, address]) => {
      await window.tab.call('adopt', { picture, coloured: await (await fetch(address)).blob() });
    },
    [opened.picture, url] as const,
  );
  const result = await worker.save(opened.picture, from('server'));
  expect(lightnessDifference(grey, result)).toBeLessThanOrEqual(1);
  const house = 4 * (200 * 600 + 420);
  expect(result.data[house]).toBeGreaterThan(result.data[house + 2] + 30);
  expect(result.data[4]).toBe(result.data[6]); // the sky has no colour with them
});

test('transparency stays in a photograph', async ({ worker }) => {
  const glass = photograph(300, 200);
  for (let at = 3; at < 4 * 300 * 100; at += 4) glass.data[at] = 0;
  await worker.prepare();
  const opened = await worker.open(png(glass, 6), 'photo');
  expect(opened.notes).toEqual(['transparency']);
  const saved = await worker.save(opened.picture);
  expect(saved.data[3]).toBe(0);
  expect(saved.data.at(-1)).toBe(255);
});
