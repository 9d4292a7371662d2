// Every way in.

import { en } from '../../src/page/texts/en';
import { jpeg, photograph, png, withOrientation, type Pixels } from '../pictures';
import { expect, test, upload, type Handtint } from './fixtures';
import { lightnessDifference } from './measure';

const small = photograph(300, 200);
const smallPng = png(small);

/** A DataTransfer in the page that holds files of these names. */
function transfer({ page }: Handtint, bytes: Buffer, ...names: string[]) {
  return page.evaluateHandle(
    ([base64, fileNames]) => {
      const content = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      const data = new DataTransfer();
      for (const name of fileNames) data.items.add(new File([content], name, { type: 'image/png' }));
      return data;
    },
    [bytes.toString('base64'), names] as const,
  );
}

test('picker: a picture opens, tells what it is, and is saved at its own size', async ({ handtint, page }) => {
  await handtint.visit();
  const { name, pixels } = await handtint.colour(upload('small.png', smallPng));
  expect([name, pixels.width, pixels.height]).toEqual(['small-colour.png', 300, 200]);
  expect(lightnessDifference(small, pixels)).toBeLessThanOrEqual(1);
  await expect(page.locator('#picture-name')).toHaveText('small.png');
  await expect(page.locator('#picture-facts')).toHaveText(en.facts(300, 200, 'PNG'));
});

test('picker: several become a list, and each can be opened from it', async ({ handtint, page }) => {
  await handtint.visit();
  await handtint.choose(upload('one.png', smallPng), upload('two.png', smallPng));
  const rows = page.locator('#batch-list li');
  await expect(rows.locator('h3')).toHaveText(['one.png', 'two.png']);
  await rows.nth(1).getByRole('button', { name: en.batch.edit('two.png') }).click();
  await handtint.coloured();
  await expect(page.locator('#picture-name')).toHaveText('two.png');
  await page.getByRole('button', { name: en.words.toBatch }).click();
  await expect(rows.first()).toBeVisible();
  await expect(page.locator('#editor')).toBeHidden();
});

test('camera: offered where it can be touched', async ({ handtint, page, browser, server }) => {
  await handtint.visit();
  await expect(page.locator('#camera-label')).toBeHidden();
  const phone = await browser.newPage({ hasTouch: true, isMobile: true });
  await phone.goto(`${server.url}?backend=wasm`);
  await expect(phone.locator('#camera-label')).toBeVisible();
  await expect(phone.locator('#camera')).toHaveAttribute('capture', 'environment');
  await phone.locator('#camera').setInputFiles(upload('shot.jpg', jpeg(small)));
  await expect(phone.locator('#picture-name')).toHaveText('shot.jpg');
  await phone.close();
});

test('drop: anywhere, also onto a picture that is open', async ({ handtint, page }) => {
  await handtint.visit();
  await page.dispatchEvent('footer', 'dragover', { dataTransfer: await transfer(handtint, smallPng, 'one.png') });
  await expect(page.locator('html')).toHaveClass('dragging');
  await page.dispatchEvent('footer', 'drop', { dataTransfer: await transfer(handtint, smallPng, 'one.png') });
  await expect(page.locator('html')).not.toHaveClass('dragging');
  expect((await handtint.saved()).name).toBe('one-colour.png');

  await page.dispatchEvent('#canvas', 'drop', { dataTransfer: await transfer(handtint, png(photograph(120, 90)), 'other.png') });
  await expect(page.locator('#picture-name')).toHaveText('other.png');
  const { name, pixels } = await handtint.saved();
  expect([name, pixels.width, pixels.height]).toEqual(['other-colour.png', 120, 90]);
});

test('drop of text: what is expected', async ({ handtint, page }) => {
  await handtint.visit();
  const data = await page.evaluateHandle(() => {
    const text = new DataTransfer();
    text.setData('text/plain', 'hello');
    return text;
  });
  await page.dispatchEvent('main', 'drop', { dataTransfer: data });
  await handtint.expectProblem({ code: 'no-file' });
});

test('paste from the clipboard', async ({ handtint, page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await handtint.visit();
  await page.evaluate(async (base64) => {
    const content = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    await navigator.clipboard.write([new ClipboardItem({ 'image/png': new Blob([content], { type: 'image/png' }) })]);
  }, smallPng.toString('base64'));
  await page.keyboard.press('ControlOrMeta+v');
  const { name, pixels } = await handtint.saved();
  expect(name).toBe('image-colour.png');
  expect(lightnessDifference(small, pixels)).toBeLessThanOrEqual(1);
});

test('samples: all of the folder, with their sizes', async ({ handtint, page }) => {
  await handtint.visit();
  const buttons = page.locator('#samples button');
  expect(await buttons.count()).toBeGreaterThanOrEqual(3);
  for (const size of await buttons.locator('small').allTextContents()) expect(size).toMatch(/^[\d.]+ [KM]B$/);
  const file = await buttons.nth(1).locator('img').getAttribute('src');
  await buttons.nth(1).click();
  await handtint.coloured();
  await expect(page.locator('#picture-name')).toHaveText(file!.replace('./samples/', ''));
});

for (const [width, height] of [
  [1, 1],
  [3, 5000],
  [5000, 3],
]) {
  test(`${width} x ${height}: shown and saved`, async ({ handtint }) => {
    await handtint.visit();
    const odd: Pixels = photograph(width, height);
    const { pixels } = await handtint.colour(upload('odd.png', png(odd)), 'photo');
    expect([pixels.width, pixels.height]).toEqual([width, height]);
    expect(lightnessDifference(odd, pixels)).toBeLessThanOrEqual(1);
  });
}

test('EXIF orientation is obeyed on the screen and in the file', async ({ handtint }) => {
  await handtint.visit();
  const { pixels } = await handtint.colour(upload('turned.jpg', withOrientation(jpeg(small), 6)));
  expect([pixels.width, pixels.height]).toEqual([200, 300]);
  // Orientation 6: the stored top (bright sky) is the right side.
  const [[, bright], [, dark]] = [await handtint.shown(0.9, 0.1), await handtint.shown(0.1, 0.1)];
  expect(bright).toBeGreaterThan(dark + 30);
});

test('a picture in colour is made grey first, which is said, and can keep its own colours', async ({ handtint, page }) => {
  await handtint.visit();
  await handtint.choose(upload('grey.png', smallPng));
  await handtint.coloured();
  await expect(page.getByLabel(en.words.fromOwn)).toBeHidden(); // it has none

  const pink: Pixels = { ...small, data: small.data.map((level, i) => (i % 4 === 1 ? Math.round(level * 0.4) : level)) };
  const { pixels } = await handtint.colour(upload('pink.png', png(pink)));
  await expect(handtint.notes).toHaveText([en.notes['already-colour']]);
  expect(lightnessDifference(pink, pixels)).toBeLessThanOrEqual(1);
  const far = [...pixels.data.keys()].filter((i) => Math.abs(pixels.data[i] - pink.data[i]) > 8);
  expect(far.length).toBeGreaterThan(pixels.data.length / 4);

  await page.getByLabel(en.words.fromOwn).check({ force: true }); // its label is what is seen
  await handtint.coloured();
  const own = (await handtint.saved()).pixels;
  const off = [...own.data.keys()].filter((i) => Math.abs(own.data[i] - pink.data[i]) > 2);
  expect(off.length).toBe(0);
});
