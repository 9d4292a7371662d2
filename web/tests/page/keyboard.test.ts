// The whole of it without a mouse.

import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';

import { decodePng } from '../pictures';
import { expect, test } from './fixtures';

/** Presses Tab until an element of the page has the focus. */
async function tabTo(page: Page, selector: string, key = 'Tab'): Promise<void> {
  for (let presses = 0; presses < 80; presses++) {
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, selector)) return;
    await page.keyboard.press(key);
  }
  throw new Error(`Tab never came to ${selector}`);
}

test('from a sample over a hint to the saved file', async ({ handtint, page }) => {
  await handtint.visit();
  await tabTo(page, '#file');
  await expect(page.locator('.drop')).toHaveCSS('outline-style', 'solid');
  await tabTo(page, '#samples li:nth-child(6) button');
  await page.keyboard.press('Enter');
  await handtint.coloured();
  await expect(page.locator('#stage')).toBeFocused();

  // Compare, zoom and move
  const pressed = page.locator('#compare [aria-pressed="true"]');
  await page.keyboard.press('1');
  await expect(pressed).toHaveText('Before');
  await page.keyboard.press('2');
  await expect(pressed).toHaveText('After');
  const fitted = await page.locator('#zoom-value').textContent();
  await page.keyboard.press('+');
  await page.keyboard.press('ArrowRight');
  await expect(page.locator('#zoom-value')).not.toHaveText(fitted!);
  await page.keyboard.press('0');
  await expect(page.locator('#zoom-value')).toHaveText(fitted!);
  await tabTo(page, '#split');
  await page.keyboard.press('ArrowRight');
  await expect(page.locator('#split')).toHaveValue('0.1');

  // A look
  await tabTo(page, '#saturation');
  for (let i = 0; i < 5; i++) await page.keyboard.press('ArrowRight');
  await expect(page.locator('#saturation-value')).toHaveText('105%');

  // A hint: the crosshair, the palette, moves, another colour
  await tabTo(page, '#hint-add');
  await page.keyboard.press('Enter');
  await expect(page.locator('#crosshair')).toBeFocused();
  for (let i = 0; i < 4; i++) await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  await expect(page.locator('#palette-suggested button').first()).toBeFocused();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(page.locator('.mark')).toHaveCount(1);
  await page.keyboard.press('Escape');
  await expect(page.locator('.mark')).toBeFocused();
  const label = await page.locator('.mark').getAttribute('aria-label');
  for (let i = 0; i < 20; i++) await page.keyboard.press('ArrowRight');
  expect(await page.locator('.mark').getAttribute('aria-label')).not.toBe(label);
  await page.keyboard.press('Enter');
  await expect(page.locator('#palette')).toBeVisible();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+z');
  await page.keyboard.press('Control+y');
  await tabTo(page, '#hint-list button');
  await page.keyboard.press('Enter');
  await expect(page.locator('#palette')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.locator('#palette')).toBeHidden();

  // Out
  await handtint.coloured();
  await tabTo(page, '#save');
  const downloading = page.waitForEvent('download');
  await page.keyboard.press('Enter');
  const pixels = decodePng(await readFile(await (await downloading).path()));
  expect(pixels.width).toBeGreaterThan(100);

  // Removed from the mark; the focus does not get lost
  await tabTo(page, '.mark', 'Shift+Tab');
  await page.keyboard.press('Delete');
  await expect(page.locator('.mark')).toHaveCount(0);
  await expect(page.locator('#hint-add')).toBeFocused();
});

test('the crosshair can be left, and keys of one character do nothing in a field', async ({ handtint, page }) => {
  await handtint.visit();
  await page.locator('#samples button').first().click();
  await handtint.coloured();
  await page.locator('#hint-add').focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Escape');
  await expect(page.locator('#crosshair')).toBeHidden();
  await expect(page.locator('#hint-add')).toBeFocused();

  const both = page.locator('#show-split');
  await page.locator('#language').focus();
  await page.keyboard.press('1'); // outside the editor
  await expect(both).toHaveAttribute('aria-pressed', 'true');
});

test('where the focus is can be seen, wherever it is', async ({ handtint, page }) => {
  await handtint.visit();
  await page.locator('#samples button').first().click();
  await handtint.coloured();
  await page.keyboard.press('Tab');
  const seen = new Set<string>();
  for (let presses = 0; presses < 60; presses++, await page.keyboard.press('Tab')) {
    const focus = await page.evaluate(() => {
      const element = document.activeElement!;
      // Hidden radios and pickers show their focus on their labels.
      const labels = element instanceof HTMLInputElement ? [...(element.labels ?? [])] : [];
      const shown = element.matches('.out-of-sight, .segments input') ? labels.find((label) => label.checkVisibility())! : element;
      const { outlineStyle, outlineWidth } = getComputedStyle(shown);
      return { name: element.id || element.outerHTML.slice(0, 60), ring: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2 };
    });
    if (focus.name.startsWith('<body') || seen.has(focus.name)) break;
    seen.add(focus.name);
    if (focus.name === 'split') continue; // see below
    expect(focus).toEqual({ name: focus.name, ring: true });
  }
  expect(seen.size).toBeGreaterThan(15);

  // No script can ask how the handle of a range looks.
  const split = page.locator('#split');
  await split.focus();
  const focused = await page.screenshot();
  await split.blur();
  expect(Buffer.compare(focused, await page.screenshot())).not.toBe(0);
});
