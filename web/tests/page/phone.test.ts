// A phone, held upright, touched; and a large screen.

import { photograph, png } from '../pictures';
import { expect, test, upload } from './fixtures';

// Names can be long.
const land = upload('a-landscape-with-hills-that-somebody-gave-a-very-long-name.png', png(photograph(900, 1200)));

test.describe('phone', () => {
  test.use({ viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true, deviceScaleFactor: 3 });

  test('nothing is wider than the screen, and picture and saving stay in sight', async ({ handtint, page }) => {
    await handtint.visit();
    const width = () => page.evaluate(() => document.documentElement.scrollWidth);
    expect(await width()).toBe(360);
    await handtint.choose(land);
    await handtint.coloured();
    await page.locator('#save-type').selectOption('image/jpeg'); // has a quality, too
    expect(await width()).toBe(360);
    for (const id of ['save', 'copy', 'quality']) await expect(page.locator(`#${id}`)).toBeInViewport({ ratio: 0.99 });
    await page.locator('#hint-add').scrollIntoViewIfNeeded();
    await expect(page.locator('#stage')).toBeInViewport({ ratio: 0.9 });
    await expect(page.locator('#save')).toBeInViewport();
  });

  test('a tap chooses a spot, its palette fits, the handle follows a finger', async ({ handtint, page }) => {
    await handtint.visit();
    await handtint.choose(land);
    await handtint.coloured();
    const spot = await handtint.place(0.4, 0.3);
    await page.touchscreen.tap(spot.x, spot.y);
    const swatch = page.locator('#palette-suggested button').first();
    await swatch.waitFor();
    const box = (await page.locator('#palette').boundingBox())!;
    expect(box.x).toBeGreaterThanOrEqual(0);
    expect(box.x + box.width).toBeLessThanOrEqual(360);
    expect(spot.y < box.y || spot.y > box.y + box.height).toBe(true);
    await swatch.tap();
    await expect(page.locator('.mark')).toHaveCount(1);
  });

  test('two fingers zoom, one moves', async ({ handtint, page, context }) => {
    await handtint.visit();
    await handtint.choose(land);
    await handtint.coloured();
    const scale = async () => Number.parseInt((await page.locator('#zoom-value').textContent())!);
    const fitted = await scale();
    const middle = await handtint.place(0.5, 0.25);
    const devtools = await context.newCDPSession(page);
    const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', ...xs: number[]) =>
      devtools.send('Input.dispatchTouchEvent', { type, touchPoints: xs.map((x, id) => ({ x, y: middle.y, id })) });
    await touch('touchStart', middle.x - 20, middle.x + 20);
    for (const apart of [30, 40, 60, 80]) await touch('touchMove', middle.x - apart, middle.x + apart);
    await touch('touchEnd');
    await expect.poll(scale).toBeGreaterThan(3 * fitted);
    await expect(page.locator('#palette')).toBeHidden();
  });
});

test('a narrow window of a computer: nothing is cut off, whatever the file is called', async ({ handtint, page }) => {
  await page.setViewportSize({ width: 1024, height: 700 });
  await handtint.visit();
  await handtint.choose(land);
  await handtint.coloured();
  const cut = await page.locator('#panel, #settings, #output, footer, #tools').evaluateAll((elements) =>
    elements.filter((element) => element.scrollWidth > element.clientWidth).map(({ id, tagName }) => id || tagName),
  );
  expect(cut).toEqual([]);
  await expect(page.locator('#copy')).toBeInViewport({ ratio: 0.99 });
});

test('4K: the picture gets the room, and the words grow', async ({ handtint, page }) => {
  await page.setViewportSize({ width: 3840, height: 2160 });
  await handtint.visit();
  await handtint.choose(land);
  await handtint.coloured();
  const stage = (await page.locator('#stage').boundingBox())!;
  expect(stage.width * stage.height).toBeGreaterThan(0.75 * 3840 * 2160);
  const size = await page.locator('#picture-facts').evaluate((element) => parseFloat(getComputedStyle(element).fontSize));
  expect(size).toBeGreaterThan(17);
});
