// axe finds nothing to complain about, in any state, in light and dark, wide and narrow.

import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';

import { photograph, png } from '../pictures';
import { expect, test, upload, type Handtint } from './fixtures';

const land = upload('land.png', png(photograph(600, 400)));

async function check(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const told = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target, failureSummary }) => `${target} ${failureSummary}`).join('\n')}`);
  expect(told).toEqual([]);
}

const states: Record<string, (handtint: Handtint) => Promise<void>> = {
  empty: async (handtint) => {
    await expect(handtint.status).toHaveText('Ready');
  },
  'a picture with hints and an open palette': async (handtint) => {
    await handtint.choose(land);
    await handtint.coloured();
    await handtint.take('photo');
    await expect(handtint.page.locator('#alternatives')).toBeVisible();
    await handtint.hint(0.3, 0.3);
    await handtint.hint(0.5, 0.6);
  },
  'a list with a broken file': async (handtint) => {
    await handtint.choose(land, upload('broken.png', Buffer.from('no')));
    await expect(handtint.page.locator('#batch-list [data-state="done"]')).toHaveCount(1);
    await expect(handtint.page.locator('#batch-list [data-state="failed"]')).toHaveCount(1);
  },
  'a problem': async (handtint) => {
    await handtint.choose(upload('empty.png', Buffer.alloc(0)));
    await expect(handtint.problem).toBeVisible();
  },
};

for (const [state, reach] of Object.entries(states)) {
  test(state, async ({ handtint, page }) => {
    await page.emulateMedia({ reducedMotion: 'reduce', colorScheme: 'light' });
    await handtint.visit();
    await reach(handtint);
    await check(page);
    await page.emulateMedia({ reducedMotion: 'reduce', colorScheme: 'dark' });
    await check(page);
    await page.setViewportSize({ width: 360, height: 740 });
    await check(page);
  });
}

test('nothing moves for those who want it so', async ({ handtint, page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await handtint.visit();
  await handtint.choose(land);
  await handtint.coloured();
  // The edge stands where it will rest as soon as there are colours.
  expect(await page.locator('#split').inputValue()).toBe('50');
  const moving = await page.evaluate(() =>
    document.getAnimations().filter((animation) => Number(animation.effect?.getComputedTiming().duration) > 0).length,
  );
  expect(moving).toBe(0);
});

test('targets are at least 24 pixels wide and high', async ({ handtint, page }) => {
  await handtint.visit();
  await handtint.choose(land);
  await handtint.coloured();
  await handtint.hint(0.3, 0.3);
  const small = await page.locator('button:visible, select:visible, .segments label:visible, input[type=range]:visible').evaluateAll(
    (elements) =>
      elements
        .map((element) => ({ name: element.id || element.className, box: element.getBoundingClientRect() }))
        .filter(({ box }) => box.width < 24 || box.height < 24)
        .map(({ name }) => name),
  );
  expect(small).toEqual([]);
});
