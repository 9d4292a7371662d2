// Strength, saturation, warmth, alternatives, undo, backend, language: each shows on the screen or in the file.

import { en } from '../../src/page/texts/en';
import { de } from '../../src/page/texts/de';
import { photograph, png } from '../pictures';
import { expect, test, upload, type Handtint } from './fixtures';
import { meanChroma } from './measure';

const land = upload('land.png', png(photograph(600, 400)));

async function open(handtint: Handtint): Promise<void> {
  await handtint.page.emulateMedia({ reducedMotion: 'reduce' });
  await handtint.visit();
  await handtint.choose(land);
  await handtint.coloured();
  await handtint.take('photo');
  await handtint.page.keyboard.press('2');
}

test('strength and saturation change how much colour there is, warmth which', async ({ handtint, page }) => {
  await open(handtint);
  const set = async (name: string, value: string) => {
    await page.locator(`#${name}`).fill(value);
    await handtint.coloured();
    return (await handtint.saved()).pixels;
  };
  const plain = (await handtint.saved()).pixels;
  const mean = (data: Uint8Array, channel: number) =>
    data.reduce((sum, level, i) => sum + (i % 4 === channel ? level : 0), 0) / (data.length / 4);
  const warm = await set('warmth', '1');
  expect(mean(warm.data, 0) - mean(warm.data, 2)).toBeGreaterThan(mean(plain.data, 0) - mean(plain.data, 2) + 5);
  await expect(page.locator('#warmth-value')).toHaveText('+100');
  await set('warmth', '0');
  expect(meanChroma(await set('saturation', '1.8'))).toBeGreaterThan(1.3 * meanChroma(plain));
  expect(meanChroma(await set('strength', '0'))).toBeLessThan(0.5);

  await page.getByRole('button', { name: en.words.lookReset }).click();
  await handtint.coloured();
  expect(Buffer.compare((await handtint.saved()).pixels.data, plain.data)).toBe(0);
  await expect(page.getByRole('button', { name: en.words.lookReset })).toBeDisabled();
});

test('a slider’s whole move is one step of undo', async ({ handtint, page }) => {
  await open(handtint);
  const slider = (await page.locator('#strength').boundingBox())!;
  await page.mouse.move(slider.x + slider.width - 8, slider.y + slider.height / 2);
  await page.mouse.down();
  await page.mouse.move(slider.x + slider.width * 0.3, slider.y + slider.height / 2, { steps: 12 });
  await page.mouse.up();
  await expect(page.locator('#strength-value')).not.toHaveText('100%');
  await page.locator('#undo').click();
  await expect(page.locator('#strength-value')).toHaveText('100%');
  await expect(page.locator('#undo')).toBeDisabled();
  await page.locator('#redo').click();
  await expect(page.locator('#strength-value')).not.toHaveText('100%');
});

test('alternatives stand side by side; the chosen one becomes the picture', async ({ handtint, page }) => {
  await open(handtint);
  const choices = page.locator('#alternatives-list input');
  await expect(choices.first()).toBeChecked();
  expect(await choices.count()).toBeGreaterThanOrEqual(2);
  const likeliest = (await handtint.saved()).pixels.data;
  await page.locator('#alternatives-list label').nth(1).click();
  await expect(choices.nth(1)).toBeChecked();
  await handtint.coloured();
  const other = (await handtint.saved()).pixels.data;
  const different = likeliest.filter((level, i) => Math.abs(level - other[i]) > 8).length;
  expect(different).toBeGreaterThan(likeliest.length / 100);
  await page.keyboard.press('ControlOrMeta+z');
  await expect(choices.first()).toBeChecked();
});

test('another backend colours the open picture anew', async ({ handtint, page }) => {
  await open(handtint);
  const wasm = await handtint.shown(0.3, 0.2);
  await page.locator('#backend').selectOption('cpu');
  await expect(page.locator('#stage')).toHaveAttribute('aria-busy', 'true');
  await handtint.coloured();
  const cpu = await handtint.shown(0.3, 0.2);
  cpu.forEach((level, i) => expect(Math.abs(level - wasm[i])).toBeLessThanOrEqual(3));
});

test('the language is the browser’s, can be switched at any time, and is kept', async ({ handtint, page, browser, server }) => {
  await open(handtint);
  await expect(page.locator('html')).toHaveAttribute('lang', 'en');
  await page.locator('#language').selectOption('de');
  await expect(page.locator('html')).toHaveAttribute('lang', 'de');
  await expect(page.locator('#show-before')).toHaveText(de.words.before);
  await expect(page.locator('#choice-reason')).toHaveText(de.reason.photo.guessed);
  await expect(page.locator('#save-name')).toHaveText(de.save('land-colour.png'));
  await expect(page.getByRole('slider', { name: de.words.saturation })).toBeVisible();
  await page.reload();
  await expect(page.locator('#tagline')).toHaveText(de.tagline(['photo', 'sketch']));

  const german = await browser.newPage({ locale: 'de-AT' });
  await german.goto(server.url);
  await expect(german.locator('#privacy')).toHaveText(de.privacy);
  await german.close();
});
