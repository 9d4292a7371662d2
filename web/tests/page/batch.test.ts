// Many pictures: a broken one stops nothing, all can be had as one zip, and who cancels can go on.

import { readFile } from 'node:fs/promises';
import { decode as decodeJpeg } from 'jpeg-js';

import { explain } from '../../src/page/texts';
import { en } from '../../src/page/texts/en';
import { decodePng, jpeg, photograph, png } from '../pictures';
import { unzip } from '../zip';
import { expect, test, upload, type Handtint } from './fixtures';
import { lightnessDifference } from './measure';

const rows = ({ page }: Handtint) => page.locator('#batch-list > li');
const inState = (handtint: Handtint, state: string) => handtint.page.locator(`#batch-list > li[data-state="${state}"]`);
const said = (count: number, done: number, failed = 0, cancelled = 0) =>
  en.batch.say({ count, done, failed, cancelled, millisecondsLeft: undefined });

async function zipped({ page }: Handtint): Promise<Map<string, Buffer>> {
  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: en.words.batchZip }).click();
  const download = await downloading;
  expect(download.suggestedFilename()).toBe('handtint.zip');
  return unzip(await readFile(await download.path()));
}

test('twenty pictures, one of them broken', async ({ handtint, page }) => {
  await handtint.visit();
  const pictures = Array.from({ length: 19 }, (_, i) => photograph(60 + 4 * i, 40 + 3 * i));
  const files = pictures.map((picture, i) => upload(`picture ${i}.png`, png(picture)));
  files[18].name = 'picture 0.png'; // as from another folder
  const broken = '<img src=x>.jpg'; // shown as text, never as markup
  files.splice(7, 0, upload(broken, jpeg(photograph(300, 200)).subarray(0, -3000)));
  await handtint.choose(...files);
  await expect(rows(handtint)).toHaveCount(20);
  await expect(page.locator('#batch-title')).toHaveText(en.batch.title(20));
  await expect(page.locator('#batch-say')).toHaveText(said(20, 19, 1));

  const { what, why, fix } = explain({ code: 'truncated', name: broken, format: 'JPEG' });
  await expect(inState(handtint, 'failed').locator('.state')).toHaveText(what);
  await expect(inState(handtint, 'failed').locator('.notes')).toHaveText(`${why} ${fix}`);
  await expect(page.locator('#batch-list img')).toHaveCount(0);
  await expect(handtint.problem).toBeHidden(); // its place is in the list

  const coloured = await page.locator('#batch-list canvas').first().evaluate((canvas: HTMLCanvasElement) => {
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d')!;
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
    return [canvas.width, canvas.height, data.some((level, i) => i % 4 === 0 && level !== data[i + 2])];
  });
  expect(coloured).toEqual([60, 40, true]);

  const entries = await zipped(handtint);
  const names = pictures.map((_, i) => (i === 18 ? 'picture 0-colour-2.png' : `picture ${i}-colour.png`));
  expect([...entries.keys()]).toEqual(names);
  pictures.forEach((picture, i) => {
    expect(lightnessDifference(picture, decodePng(entries.get(names[i])!))).toBeLessThanOrEqual(1);
  });
});

test('cancelled: the rest waits for whoever goes on; what is there can be had', async ({ handtint, page }) => {
  await handtint.visit();
  const files = Array.from({ length: 4 }, (_, i) => upload(`${i}.png`, png(photograph(1500, 1000))));
  await handtint.choose(...files);
  await expect(inState(handtint, 'done')).not.toHaveCount(0);
  await page.locator('#batch-cancel').click();
  await expect(page.locator('#batch-cancel')).toBeHidden();
  await expect(inState(handtint, 'working').or(inState(handtint, 'waiting'))).toHaveCount(0);
  const done = await inState(handtint, 'done').count();
  expect(done).toBeGreaterThan(0);
  expect(done).toBeLessThan(4);
  await expect(page.locator('#batch-say')).toHaveText(said(4, done, 0, 4 - done));
  expect((await zipped(handtint)).size).toBe(done);

  await page.locator('#batch-retry').click();
  await expect(page.locator('#batch-say')).toHaveText(said(4, 4));
  expect([...(await zipped(handtint)).keys()]).toEqual([0, 1, 2, 3].map((i) => `${i}-colour.png`));
});

test('another type: all are written anew', async ({ handtint, page }) => {
  await handtint.visit();
  const picture = photograph(90, 60);
  await handtint.choose(upload('a.png', png(picture)), upload('b.png', png(picture)));
  await expect(page.locator('#batch-say')).toHaveText(said(2, 2));
  await page.locator('#batch-type').selectOption('image/jpeg');
  await expect(page.locator('#batch-zip')).toBeEnabled();
  await expect(page.locator('#batch-say')).toHaveText(said(2, 2));
  const entries = await zipped(handtint);
  expect([...entries.keys()]).toEqual(['a-colour.jpg', 'b-colour.jpg']);
  expect(decodeJpeg(entries.get('a-colour.jpg')!)).toMatchObject({ width: 90, height: 60 });
});

test('one of them is saved by itself, or goes to the editor and back; the list is cleared', async ({ handtint, page }) => {
  await handtint.visit();
  await handtint.choose(upload('a.png', png(photograph(90, 60))), upload('b.png', png(photograph(120, 80))));
  await expect(page.locator('#batch-say')).toHaveText(said(2, 2));
  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: en.batch.save('b.png') }).click();
  expect((await downloading).suggestedFilename()).toBe('b-colour.png');

  await page.getByRole('button', { name: en.batch.edit('b.png') }).click();
  const { name, pixels } = await handtint.saved();
  expect([name, pixels.width]).toEqual(['b-colour.png', 120]);
  await page.getByRole('button', { name: en.words.toBatch }).click();
  await expect(rows(handtint)).toHaveCount(2);
  await page.getByRole('button', { name: en.words.batchClear }).click();
  await expect(page.locator('#editor')).toBeVisible();
  await expect(rows(handtint)).toHaveCount(0);
});
