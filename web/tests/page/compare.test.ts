// Before and after, zoom and pan: what stands where on the screen.

import { lightness, luminance } from '../../src/shared/colour';
import { photograph, png } from '../pictures';
import { expect, test, upload } from './fixtures';

const grey = ([r, g, b]: number[]) => Math.max(r, g, b) - Math.min(r, g, b) <= 2;
// A hard edge halfway, so that places can be told apart.
const halves = photograph(900, 600);
for (let at = 0; at < halves.data.length; at += 4) {
  const left = (at / 4) % 900 < 450;
  halves.data.fill(left ? 120 : 200, at, at + 3);
}

test.beforeEach(async ({ handtint, page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await handtint.visit();
  await handtint.choose(upload('halves.png', png(halves)));
  await handtint.coloured();
  await handtint.take('photo');
  // One colour all over, so that grey is only what was so before.
  await handtint.page.locator('#warmth').fill('1');
  await handtint.coloured();
});

test('the handle parts before from after, by mouse and by keys', async ({ handtint, page }) => {
  await expect.poll(async () => grey(await handtint.shown(0.45, 0.3))).toBe(true);
  expect(grey(await handtint.shown(0.55, 0.3))).toBe(false);

  const split = page.locator('#split');
  const from = await handtint.place(0.5, 0.5);
  const to = await handtint.place(0.2, 0.5);
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move(to.x, to.y, { steps: 4 });
  await page.mouse.up();
  await expect.poll(async () => Math.round(Number(await split.inputValue()))).toBe(20);
  await expect.poll(async () => grey(await handtint.shown(0.25, 0.3))).toBe(false);
  expect(grey(await handtint.shown(0.15, 0.3))).toBe(true);
  await expect(split).toHaveAttribute('aria-valuetext', '20% before');
  await expect(page.locator('.mark, #palette:visible')).toHaveCount(0); // the handle is no spot

  await split.focus();
  await page.keyboard.press('End');
  await expect.poll(async () => grey(await handtint.shown(0.9, 0.3))).toBe(true);
  await page.keyboard.press('Home');
  await expect.poll(async () => grey(await handtint.shown(0.1, 0.3))).toBe(false);
});

test('1 shows before, 2 after, 3 both; the buttons too', async ({ handtint, page }) => {
  await page.locator('#stage').focus();
  const sides = async () => [grey(await handtint.shown(0.1, 0.3)), grey(await handtint.shown(0.9, 0.3))];
  const pressed = page.locator('#compare [aria-pressed="true"]');
  for (const [key, button, seen] of [
    ['1', 'Before', [true, true]],
    ['2', 'After', [false, false]],
    ['3', 'Both', [true, false]],
  ] as const) {
    await page.keyboard.press(key);
    await expect.poll(sides).toEqual(seen);
    await expect(pressed).toHaveText(button);
  }
  await page.getByRole('button', { name: 'After' }).click();
  await expect.poll(sides).toEqual([false, false]);
});

test('zoom keeps what is under the pointer, a drag moves it, 0 shows the whole', async ({ handtint, page }) => {
  await page.keyboard.press('2');
  const light = async (x: number, y: number) => lightness(luminance(...(await handtint.shown(x, y)))) > 65;
  const edge = await handtint.place(0.5, 0.3);
  const zoom = page.locator('#zoom-value');
  const fitted = await zoom.textContent();

  await page.mouse.move(edge.x, edge.y);
  await page.mouse.wheel(0, -700);
  await expect(zoom).not.toHaveText(fitted!);
  await handtint.coloured();
  // places of the fitted picture, as places of the screen
  await expect.poll(() => Promise.all([light(0.49, 0.3), light(0.51, 0.3)])).toEqual([false, true]);

  await page.mouse.down();
  await page.mouse.move(edge.x + 150, edge.y, { steps: 5 });
  await page.mouse.up();
  await expect.poll(() => light(0.55, 0.3)).toBe(false);
  await expect(page.locator('#palette')).toBeHidden(); // a drag is no click

  await page.locator('#stage').focus();
  await page.keyboard.press('0');
  await expect(zoom).toHaveText(fitted!);
  await expect.poll(() => Promise.all([light(0.1, 0.3), light(0.9, 0.3)])).toEqual([false, true]);
  await page.keyboard.press('+');
  await expect(zoom).not.toHaveText(fitted!);
  await page.getByRole('button', { name: /Show the whole/ }).click();
  await expect(zoom).toHaveText(fitted!);
});

test('zoomed in, the screen shows the picture’s own pixels', async ({ handtint, page }) => {
  const fine = photograph(2400, 1600);
  // Stripes a pixel wide: grey when shown small, black and white when shown pixel by pixel.
  for (let at = 0; at < fine.data.length; at += 4) fine.data.fill((at / 4) % 2 === 0 ? 30 : 220, at, at + 3);
  await handtint.choose(upload('stripes.png', png(fine)));
  await handtint.coloured();
  await page.locator('#stage').focus();
  await page.keyboard.press('1');
  for (let i = 0; i < 12; i++) await page.keyboard.press('+');
  await expect
    .poll(async () => {
      const levels = await page.locator('#canvas').evaluate((canvas: HTMLCanvasElement) => {
        const context = new OffscreenCanvas(64, 1).getContext('2d')!;
        context.drawImage(canvas, -canvas.width / 2, -canvas.height / 2);
        return [...context.getImageData(0, 0, 64, 1).data].filter((_, i) => i % 4 === 0);
      });
      return [Math.min(...levels) < 60, Math.max(...levels) > 190];
    })
    .toEqual([true, true]);
});
