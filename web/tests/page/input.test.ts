// Every way in, and what comes out.

import { jpeg, photograph, png, withOrientation, type Pixels } from '../pictures';
import { expect, test, upload, type Handtint } from './fixtures';
import { lightnessDifference } from './measure';

const small = photograph(300, 200);
const smallPng = png(small);

/** A DataTransfer in the page that holds one file. */
function transfer(handtint: Handtint, name: string, bytes: Buffer) {
  return handtint.page.evaluateHandle(
    ([fileName, base64]) => {
      const content = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      const data = new DataTransfer();
      data.items.add(new File([content], fileName, { type: 'image/png' }));
      return data;
    },
    [name, bytes.toString('base64')] as const,
  );
}

test('picker: the original and the result stand side by side, at their own size', async ({ handtint, page }) => {
  await handtint.visit();
  const { pixels, bytes } = await handtint.colour(upload('small.png', smallPng));
  expect([pixels.width, pixels.height]).toEqual([300, 200]);
  expect(bytes.subarray(1, 4).toString()).toBe('PNG');
  for (const id of ['original', 'coloured']) {
    const sizes = await page.locator(`#${id}`).evaluate((image: HTMLImageElement) => [image.naturalWidth, image.naturalHeight]);
    expect(sizes).toEqual([300, 200]);
  }
  const boxes = await Promise.all(['#original', '#coloured'].map((id) => page.locator(id).boundingBox()));
  expect(boxes[0]!.y).toBe(boxes[1]!.y);
  expect(boxes[1]!.x).toBeGreaterThanOrEqual(boxes[0]!.x + boxes[0]!.width);
});

test('picker: of several files the first, and that is said', async ({ handtint }) => {
  await handtint.visit();
  // The picker takes one; several arrive by drop.
  const data = await transfer(handtint, 'one.png', smallPng);
  await data.evaluate((list) => list.items.add(new File(['x'], 'two.png')));
  await handtint.page.dispatchEvent('body', 'drop', { dataTransfer: data });
  expect((await handtint.saved()).name).toBe('one-colour.png');
  await expect(handtint.notes).toHaveText(['2 files were given; only the first, one.png, is coloured.']);
});

test('drop anywhere on the page', async ({ handtint, page }) => {
  await handtint.visit();
  const data = await transfer(handtint, 'dropped.png', smallPng);
  await page.dispatchEvent('footer', 'dragover', { dataTransfer: data });
  await expect(page.locator('html')).toHaveClass('dragging');
  await page.dispatchEvent('footer', 'drop', { dataTransfer: data });
  await expect(page.locator('html')).not.toHaveClass('dragging');
  const { name, pixels } = await handtint.saved();
  expect(name).toBe('dropped-colour.png');
  expect(lightnessDifference(small, pixels)).toBeLessThanOrEqual(1);
});

test('drop of text: what is expected', async ({ handtint, page }) => {
  await handtint.visit();
  const data = await page.evaluateHandle(() => {
    const transfer = new DataTransfer();
    transfer.setData('text/plain', 'hello');
    return transfer;
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

test('samples: all of the folder, with their sizes; by keyboard', async ({ handtint, page }) => {
  await handtint.visit();
  const buttons = page.locator('#samples button');
  expect(await buttons.count()).toBeGreaterThanOrEqual(3);
  for (const size of await buttons.locator('small').allTextContents()) expect(size).toMatch(/^[\d.]+ [KM]B$/);
  await buttons.nth(1).focus();
  await page.keyboard.press('Enter');
  const { name, pixels } = await handtint.saved();
  const natural = await page.locator('#original').evaluate((image: HTMLImageElement) => [image.naturalWidth, image.naturalHeight]);
  expect([pixels.width, pixels.height]).toEqual(natural);
  const file = await buttons.nth(1).locator('img').getAttribute('src');
  expect(name).toBe(file!.replace('./samples/', '').replace('.jpg', '-colour.png'));
});

test('1x1', async ({ handtint }) => {
  await handtint.visit();
  await handtint.take('photo');
  const one: Pixels = { width: 1, height: 1, data: Uint8Array.of(90, 90, 90, 255) };
  const { pixels } = await handtint.colour(upload('one.png', png(one)));
  expect([pixels.width, pixels.height]).toEqual([1, 1]);
  expect(lightnessDifference(one, pixels)).toBeLessThanOrEqual(1);
});

test('long and thin', async ({ handtint }) => {
  await handtint.visit();
  const thin = photograph(3, 5000);
  const { pixels } = await handtint.colour(upload('thin.png', png(thin)));
  expect([pixels.width, pixels.height]).toEqual([3, 5000]);
  expect(lightnessDifference(thin, pixels)).toBeLessThanOrEqual(1);
});

test('EXIF orientation is obeyed', async ({ handtint }) => {
  await handtint.visit();
  const { pixels } = await handtint.colour(upload('turned.jpg', withOrientation(jpeg(small), 6)));
  expect([pixels.width, pixels.height]).toEqual([200, 300]);
  // Orientation 6: the stored top (bright sky) is the right side.
  const at = (x: number, y: number) => pixels.data[4 * (y * pixels.width + x) + 1];
  expect(at(195, 10)).toBeGreaterThan(at(5, 10) + 30);
});

test('a picture in colour is coloured anew from its lightness', async ({ handtint }) => {
  await handtint.visit();
  const coloured: Pixels = { ...small, data: small.data.map((level, i) => (i % 4 === 0 ? 255 - level : level)) };
  const { pixels } = await handtint.colour(upload('colour.png', png(coloured)));
  expect(lightnessDifference(coloured, pixels)).toBeLessThanOrEqual(1);
  await expect(handtint.notes).toHaveText(['The picture has colours of its own; they were replaced.']);
});

test('transparency: alpha is kept to the bit, and over paper the lightness is the same', async ({ handtint }) => {
  await handtint.visit();
  const data = Uint8Array.from(small.data);
  for (let pixel = 0; pixel < data.length / 4; pixel++) data[4 * pixel + 3] = pixel % 256;
  const { pixels } = await handtint.colour(upload('glass.png', png({ ...small, data }, 6)));
  let different = 0;
  for (let at = 3; at < data.length; at += 4) if (pixels.data[at] !== data[at]) different++;
  expect(different).toBe(0);
  const overPaper = ({ data: rgba }: Pixels): Pixels => ({
    ...small,
    data: rgba.map((level, i) => (i % 4 === 3 ? 255 : Math.round(255 + (rgba[i - (i % 4) + 3] / 255) * (level - 255)))),
  });
  expect(lightnessDifference(overPaper({ ...small, data }), overPaper(pixels))).toBeLessThanOrEqual(1);
  await expect(handtint.notes).toHaveText(['The transparency is kept.']);
});

test('4000x3000 comes back as 4000x3000, in seconds', async ({ handtint }) => {
  await handtint.visit();
  await expect(handtint.status).toHaveText('Ready.');
  const large = photograph(4000, 3000);
  await handtint.choose(upload('large.png', png(large, 0)));
  const { pixels } = await handtint.saved();
  const [, seconds] = /in ([\d.]+) s/.exec((await handtint.status.textContent())!)!;
  test.info().annotations.push({ type: 'seconds', description: seconds });
  expect([pixels.width, pixels.height]).toEqual([4000, 3000]);
  expect(lightnessDifference(large, pixels)).toBeLessThanOrEqual(1);
  expect(Number(seconds)).toBeLessThan(30);
});
