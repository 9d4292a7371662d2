// How the open picture leaves the page, and hints go out and come in.

import { readFile } from 'node:fs/promises';
import { decode as decodeJpeg } from 'jpeg-js';

import { en } from '../../src/page/texts/en';
import { photograph, png } from '../pictures';
import { expect, test, upload, type Handtint } from './fixtures';

const picture = upload('old.photo.png', png(photograph(300, 200)));

async function download({ page }: Handtint, button: string): Promise<{ name: string; bytes: Buffer }> {
  const downloading = page.waitForEvent('download');
  await page.locator(button).click();
  const file = await downloading;
  return { name: file.suggestedFilename(), bytes: await readFile(await file.path()) };
}

async function opened(handtint: Handtint): Promise<void> {
  await handtint.visit();
  await handtint.choose(picture);
  await handtint.coloured();
}

test('JPEG and WebP have a quality, and the button says the name', async ({ handtint, page }) => {
  await opened(handtint);
  await expect(page.locator('#save')).toHaveText('Save old.photo-colour.png');
  await expect(page.locator('#quality')).toBeHidden();
  const sizes: number[] = [];
  for (const quality of ['0.5', '0.95']) {
    await page.locator('#save-type').selectOption('image/jpeg');
    await page.locator('#quality').fill(quality);
    const { name, bytes } = await download(handtint, '#save');
    expect(name).toBe('old.photo-colour.jpg');
    expect(decodeJpeg(bytes)).toMatchObject({ width: 300, height: 200 });
    sizes.push(bytes.length);
    await expect(page.locator('#saved')).toHaveText(en.output.saved(name, bytes.length));
  }
  expect(sizes[1]).toBeGreaterThan(1.5 * sizes[0]);
  await page.locator('#save-type').selectOption('image/webp');
  const { name, bytes } = await download(handtint, '#save');
  expect([name, bytes.toString('latin1', 8, 12)]).toEqual(['old.photo-colour.webp', 'WEBP']);
});

test('copied it lies on the clipboard in its own size, in colour', async ({ handtint, page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await opened(handtint);
  await page.locator('#copy').click();
  await expect(page.locator('#saved')).toHaveText(en.output.copied);
  const found = await page.evaluate(async () => {
    const [item] = await navigator.clipboard.read();
    const bitmap = await createImageBitmap(await item.getType('image/png'));
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d')!;
    context.drawImage(bitmap, 0, 0);
    const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
    return { size: [bitmap.width, bitmap.height], coloured: data.some((level, i) => i % 4 === 0 && level !== data[i + 2]) };
  });
  expect(found).toEqual({ size: [300, 200], coloured: true });
});

test('no leave to write to the clipboard: what can be done', async ({ handtint, page }) => {
  await page.addInitScript(() => {
    navigator.clipboard.write = () => Promise.reject(new DOMException('Write permission denied.', 'NotAllowedError'));
  });
  await opened(handtint);
  await page.locator('#copy').click();
  await handtint.expectProblem({ code: 'not-copied' });
});

test('shared where the system can share; a click that has lasted too long is asked for again', async ({ handtint, page }) => {
  await page.addInitScript(() => {
    const shared: string[] = [];
    let tries = 0;
    Object.assign(navigator, {
      canShare: () => true,
      share: async ({ files }: { files: File[] }) => {
        if (++tries === 1) throw new DOMException('Must be handling a user gesture.', 'NotAllowedError');
        shared.push(...files.map(({ name, type }) => `${name} ${type}`));
      },
      shared,
    });
  });
  await opened(handtint);
  await page.locator('#share').click();
  await expect(page.locator('#saved')).toHaveText(en.output.shareAgain);
  await page.locator('#share').click();
  const shared = () => page.evaluate(() => (navigator as unknown as { shared: string[] }).shared);
  await expect.poll(shared).toEqual(['old.photo-colour.png image/png']);
});

test('without a system that shares there is no such button', async ({ handtint, page }) => {
  await page.addInitScript(() => Object.assign(navigator, { canShare: undefined }));
  await opened(handtint);
  await expect(page.locator('#share')).toBeHidden();
});

test('hints come from a file, by picker or by drop, and go into one', async ({ handtint, page }) => {
  await opened(handtint);
  const hints = [
    { x: 0.25, y: 0.2, colour: '#3a6ea5' },
    { x: 0.75, y: 0.9, colour: '#b03a2e' },
  ];
  const file = { name: 'hints.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify({ hints })) };
  await expect(page.locator('#save-hints')).toBeHidden();
  await page.locator('#load-hints').setInputFiles(file);
  await expect(page.locator('#hint-list > li')).toHaveCount(2);
  const { name, bytes } = await download(handtint, '#save-hints');
  expect(name).toBe('old.photo-hints.json');
  expect(JSON.parse(bytes.toString())).toEqual({ hints });

  const wrong = JSON.stringify({ hints: [{ ...hints[0], x: 7 }] });
  await page.locator('#load-hints').setInputFiles({ ...file, buffer: Buffer.from(wrong) });
  await handtint.expectProblem({ code: 'hints-entry', name: 'hints.json', number: 1, field: 'x', received: '7' });
  await expect(page.locator('#hint-list > li')).toHaveCount(2); // those stay

  await handtint.choose({ ...file, buffer: Buffer.from(JSON.stringify({ hints: hints.slice(1) })) });
  await expect(page.locator('#hint-list > li')).toHaveCount(1);
});
