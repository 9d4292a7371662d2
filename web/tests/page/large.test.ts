// Pictures as large as cameras make them: their own lightness to the last pixel, and a tab that lives.

import { expect } from '@playwright/test';

import type { Calls } from '../../src/shared/messages';
import { photograph, png } from '../pictures';
import { lightnessDifference, meanChroma } from './measure';
import { fit, PLAIN, test } from './worker';

test('6000 x 4000 comes out at its size, in colour, with its own lightness', async ({ worker }) => {
  const original = photograph(6000, 4000);
  await worker.prepare();
  const opened = await worker.open(png(original, 0));
  expect([opened.width, opened.height, opened.task]).toEqual([6000, 4000, 'photo']);
  const saved = await worker.save(opened.picture);
  expect([saved.width, saved.height]).toEqual([6000, 4000]);
  expect(lightnessDifference(original, saved)).toBeLessThanOrEqual(1);
  expect(meanChroma(saved)).toBeGreaterThan(5);

  // A part in its own pixels is the very part of the file.
  const part = { left: 2980, top: 1650, width: 300, height: 200, columns: 300, rows: 200 };
  const view = await worker.view(opened.picture, part);
  let largest = 0;
  for (let y = 0; y < 200; y++) {
    for (let i = 0; i < 4 * 300; i++) {
      largest = Math.max(largest, Math.abs(view.data[1200 * y + i] - saved.data[4 * (6000 * (1650 + y) + 2980) + i]));
    }
  }
  expect(largest).toBeLessThanOrEqual(1);
});

test('50 megapixels are opened, shown and saved', async ({ worker, page }) => {
  // Made in the tab: a file of this size is not sent through the test's own pipes.
  await worker.prepare();
  const { opened, saved } = await page.evaluate(async (edit) => {
    const [width, height] = [8700, 5800];
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext('2d')!;
    const sky = context.createLinearGradient(0, 0, width, height);
    ['#eee', '#888', '#ccc', '#222'].forEach((grey, i) => sky.addColorStop(i / 3, grey));
    context.fillStyle = sky;
    context.fillRect(0, 0, width, height);
    const file = await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.9 });
    canvas.width = canvas.height = 1;
    const opened = (await window.tab.call('open', { file, name: 'large.jpg', choice: 'photo' })) as Calls['open']['output'];
    const saving = { picture: opened.picture, edit, type: 'image/jpeg', quality: 0.9 };
    const { file: coloured } = (await window.tab.call('save', saving)) as Calls['save']['output'];
    const bitmap = await createImageBitmap(coloured);
    return { opened, saved: [bitmap.width, bitmap.height, coloured.type] };
  }, PLAIN);
  expect([opened.width, opened.height]).toEqual([8700, 5800]);
  expect(saved).toEqual([8700, 5800, 'image/jpeg']);
  const view = await worker.view(opened.picture, fit(opened, 900));
  expect(view.data[3]).toBe(255);
});
