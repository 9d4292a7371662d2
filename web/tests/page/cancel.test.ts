// Calls that are given up, by the page or by the worker itself.

import { expect } from '@playwright/test';

import type { Progress } from '../../src/shared/messages';
import { photograph, png } from '../pictures';
import { fit, PLAIN, test } from './worker';

const large = png(photograph(2500, 2000), 0); // ten bands

test('a save that is aborted ends at the next band, and the picture stays', async ({ worker, page }) => {
  await worker.prepare();
  const { picture } = await worker.open(large);
  const input = { picture, edit: PLAIN, type: 'image/jpeg' as const, quality: 0.8 };
  const steps = await page.evaluate(async (saving) => {
    const steps: Progress[] = [];
    let ended = false;
    const first = window.tab.call('save', saving, (progress, abort) => {
      steps.push(progress);
      if (progress.step === 'colour') abort();
    });
    void first.finally(() => (ended = true));
    // The same once more, to its end: by then the first would have ended long ago.
    await window.tab.call('save', saving);
    return ended ? [] : steps;
  }, input);
  const rows = steps.flatMap((progress) => (progress.step === 'colour' ? [progress.done / progress.total] : []));
  expect(rows.length).toBeGreaterThan(0);
  expect(rows.at(-1)).toBeLessThan(1);
  expect(steps.map(({ step }) => step)).not.toContain('save');
});

test('of many views only the first and the newest are drawn', async ({ worker, page }) => {
  await worker.prepare();
  const opened = await worker.open(png(photograph(900, 600)));
  await worker.view(opened.picture, fit(opened));
  const outcomes = await page.evaluate(
    ([picture, part, edit]) => {
      const views = [0.1, 0.2, 0.3, 0.4, 0.5].map((strength) =>
        window.tab.call('view', { picture, side: 'coloured', part, edit: { ...edit, look: { ...edit.look, strength } } }).then(
          () => 'drawn',
          (error: Error) => error.message,
        ),
      );
      return Promise.all(views);
    },
    [opened.picture, fit(opened), PLAIN] as const,
  );
  expect(outcomes.at(-1)).toBe('drawn');
  expect(outcomes.slice(1, -1)).toEqual(['aborted', 'aborted', 'aborted']);
});

test('closing a picture ends what is done with it, and frees it', async ({ worker, page }) => {
  await worker.prepare();
  const { picture } = await worker.open(large);
  const input = { picture, edit: PLAIN, type: 'image/png' as const, quality: 1 };
  const outcome = await page.evaluate(
    (saving) =>
      window.tab
        .call('save', saving, ({ step }) => {
          if (step === 'colour') void window.tab.call('close', { picture: saving.picture });
        })
        .then(
          () => 'saved',
          (error: Error) => error.message,
        ),
    input,
  );
  expect(outcome).toBe('aborted');
  expect((await worker.call('memory', null)).pictures).toBe(0);
  await expect(worker.call('pick', { picture, side: 'own', edit: PLAIN, x: 0, y: 0 })).rejects.toThrow('aborted');
});
