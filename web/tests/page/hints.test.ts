// Colour hints in the page: placed, moved, changed, removed, undone, picked from the picture, saved and loaded.
// What they do to the pixels: hints_effect.test.ts.

import { readFile } from 'node:fs/promises';

import { photograph, png } from '../pictures';
import { expect, test, upload, type Handtint } from './fixtures';

interface Hint {
  x: number;
  y: number;
  colour: string;
}

test.beforeEach(async ({ handtint, page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await handtint.visit();
  await handtint.choose(upload('land.png', png(photograph(600, 400))));
  await handtint.coloured();
  await handtint.take('photo');
  await page.keyboard.press('2');
});

async function savedHints({ page }: Handtint): Promise<Hint[]> {
  const downloading = page.waitForEvent('download');
  await page.locator('#save-hints').click();
  return (JSON.parse(await readFile(await (await downloading).path(), 'utf8')) as { hints: Hint[] }).hints;
}

/** Says a colour in the browser's own chooser, which tests can't open. */
async function chooseColour({ page }: Handtint, colour: string): Promise<void> {
  await page.locator('#palette-colour').fill(colour);
}

test('a click offers natural colours for the spot; the chosen one changes the picture there', async ({ handtint, page }) => {
  const before = await handtint.shown(0.3, 0.2);
  const place = await handtint.place(0.3, 0.2);
  await page.mouse.click(place.x, place.y);
  const swatches = page.locator('#palette-suggested button');
  await expect(swatches.first()).toBeFocused();
  expect(await swatches.count()).toBeGreaterThanOrEqual(2);
  await chooseColour(handtint, '#c04020');
  await handtint.coloured();
  await expect(page.locator('.mark')).toHaveCount(1);
  await expect(page.locator('#hint-list li')).toHaveCount(1);
  await page.locator('#palette-close').click();
  await page.locator('#stage').focus();

  const [red, , blue] = await handtint.shown(0.3, 0.26); // beside the mark
  expect(red - blue).toBeGreaterThan(before[0] - before[2] + 20);
  expect(await savedHints(handtint)).toEqual([{ x: expect.closeTo(0.3, 2), y: expect.closeTo(0.2, 2), colour: '#c04020' }]);
});

test('the palette stands beside its spot and inside the stage', async ({ handtint, page }) => {
  const stage = (await page.locator('#stage').boundingBox())!;
  for (const [x, y] of [
    [0.05, 0.05],
    [0.95, 0.5],
    [0.5, 0.95],
  ]) {
    const place = await handtint.place(x, y);
    await page.mouse.click(place.x, place.y);
    await expect(page.locator('#palette-suggested button').first()).toBeVisible();
    const box = (await page.locator('#palette').boundingBox())!;
    const over = (px: number, py: number) => px > box.x && px < box.x + box.width && py > box.y && py < box.y + box.height;
    expect(over(place.x, place.y)).toBe(false);
    expect(box.x).toBeGreaterThanOrEqual(stage.x);
    expect(box.x + box.width).toBeLessThanOrEqual(stage.x + stage.width);
    expect(box.y + box.height).toBeLessThanOrEqual(stage.y + stage.height);
  }
  await page.keyboard.press('Escape');
  await expect(page.locator('#palette')).toBeHidden();
  await expect(page.locator('.mark')).toHaveCount(0); // no colour was chosen
});

test('dragged, moved by keys, changed and removed; each can be undone', async ({ handtint, page }) => {
  await handtint.hint(0.3, 0.3);
  await page.locator('#palette-close').click();
  const mark = page.locator('.mark');
  const [from, to] = [await handtint.place(0.3, 0.3), await handtint.place(0.6, 0.7)];
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move(to.x, to.y, { steps: 5 });
  await page.mouse.up();
  await expect(page.locator('#palette')).toBeHidden(); // a drag is no click
  const [dragged] = await savedHints(handtint);
  expect(dragged).toMatchObject({ x: expect.closeTo(0.6, 2), y: expect.closeTo(0.7, 2) });

  await mark.focus();
  for (let i = 0; i < 10; i++) await page.keyboard.press('Shift+ArrowLeft');
  expect((await savedHints(handtint))[0].x).toBeLessThan(dragged.x - 0.05);

  await mark.click();
  await chooseColour(handtint, '#2050c0');
  await expect(mark).toHaveCSS('background-color', 'rgb(32, 80, 192)');
  await mark.press('Delete');
  await expect(mark).toHaveCount(0);

  await page.keyboard.press('ControlOrMeta+z');
  expect((await savedHints(handtint))[0].colour).toBe('#2050c0');
  await page.keyboard.press('ControlOrMeta+z');
  expect((await savedHints(handtint))[0].colour).toBe(dragged.colour);
  for (let i = 0; i < 10; i++) await page.keyboard.press('ControlOrMeta+z'); // a key's steps, one by one
  expect((await savedHints(handtint))[0]).toEqual(dragged);
  await page.locator('#undo').click(); // the drag is one step
  expect((await savedHints(handtint))[0]).toMatchObject({ x: expect.closeTo(0.3, 2), y: expect.closeTo(0.3, 2) });
  await page.locator('#undo').click();
  await expect(mark).toHaveCount(0);
  await expect(page.locator('#undo')).toBeDisabled();
  await page.keyboard.press('ControlOrMeta+y');
  await expect(mark).toHaveCount(1);
});

test('the eyedropper takes a colour from elsewhere in the picture', async ({ handtint, page }) => {
  await handtint.hint(0.3, 0.2);
  await chooseColour(handtint, '#b02020');
  await page.locator('#palette-close').click();
  await handtint.coloured();
  const there = await handtint.place(0.3, 0.24);
  const seen = await handtint.shown(0.3, 0.24);

  const place = await handtint.place(0.8, 0.85);
  await page.mouse.click(place.x, place.y);
  await expect(page.locator('#palette-suggested button').first()).toBeFocused();
  await page.locator('#palette-pick').click();
  await expect(page.locator('#pick-help')).toBeVisible();
  await page.mouse.click(there.x, there.y);
  await expect(page.locator('.mark')).toHaveCount(2);
  const [, taken] = await savedHints(handtint);
  expect([taken.x, taken.y]).toEqual([expect.closeTo(0.8, 2), expect.closeTo(0.85, 2)]);
  const rgb = taken.colour.match(/[0-9a-f]{2}/g)!.map((channel) => parseInt(channel, 16));
  rgb.forEach((level, i) => expect(Math.abs(level - seen[i])).toBeLessThan(16));
});

test('hints go to a file and come from one, also dropped on the page', async ({ handtint, page }) => {
  const file = { hints: [{ x: 0.25, y: 0.5, colour: '#b03a2e' }, { x: 0.75, y: 0.1, colour: '#3060c0' }] };
  const json = { name: 'land.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(file)) };
  await page.locator('#load-hints').setInputFiles(json);
  await expect(page.locator('.mark')).toHaveCount(2);
  expect(await savedHints(handtint)).toEqual(file.hints);
  await page.locator('#hints-clear').click();
  await expect(page.locator('.mark')).toHaveCount(0);
  const data = await page.evaluateHandle((text) => {
    const dropped = new DataTransfer();
    dropped.items.add(new File([text], 'land.json', { type: 'application/json' }));
    return dropped;
  }, JSON.stringify(file));
  await page.dispatchEvent('#canvas', 'drop', { dataTransfer: data });
  await expect(page.locator('.mark')).toHaveCount(2);
});
