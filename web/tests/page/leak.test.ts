// Whatever is done with pictures, what TF.js holds afterwards is what it held before.

import { expect } from '@playwright/test';

import { drawing, photograph, png } from '../pictures';
import { fit, hinted, PLAIN, test, type BareWorker } from './worker';

const photo = png(photograph(400, 300));
const lines = png(drawing(500, 400));

/** All that a person may do with a picture. */
async function work(worker: BareWorker, bytes: Buffer): Promise<void> {
  const opened = await worker.open(bytes);
  const { picture } = opened;
  await worker.view(picture, fit(opened, 200));
  const edit = hinted({ x: 0.3, y: 0.3, colour: '#b03a2e' });
  await worker.view(picture, fit(opened, 200), edit);
  await worker.call('suggest', { picture, edit, x: 0.6, y: 0.2 });
  await worker.call('pick', { picture, edit, side: 'coloured', x: 0.6, y: 0.2 });
  await worker.call('alternatives', { picture, edit, count: 4, columns: 80, rows: 60 });
  await worker.save(picture, { ...PLAIN, variant: 1 });
  await worker.call('retake', { picture, choice: 'photo' });
  await worker.view(picture, fit(opened, 200));
  await worker.call('close', { picture });
}

test('ten pictures leave no tensors behind', async ({ worker }) => {
  await worker.prepare();
  await work(worker, photo);
  await work(worker, lines); // now both models are there
  const before = await worker.call('memory', null);
  for (let run = 0; run < 10; run++) await work(worker, run % 2 === 0 ? photo : lines);
  expect(await worker.call('memory', null)).toEqual(before);
  expect(before.pictures).toBe(0);
});

test('another start leaves no tensors of the one before', async ({ worker }) => {
  await worker.prepare();
  const before = await worker.call('memory', null);
  const opened = await worker.open(photo);
  await worker.view(opened.picture, fit(opened, 200));
  await worker.prepare();
  expect(await worker.call('memory', null)).toEqual({ ...before, pictures: 1 });
  const again = await worker.view(opened.picture, fit(opened, 200));
  expect(again.data.length).toBeGreaterThan(0);
});
