// Drawings: what is taken for one, which model is fetched when, and what it makes of them. The model is a tiny one of the
// tests' own: bare paper becomes (0.75, 0.5, 0.25), and ink is the drawing's tone.

import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { explain, texts } from '../../src/page/texts';
import { drawing, photograph, png, type Pixels } from '../pictures';
import type { StaticServer } from '../server';
import { tinyModel } from '../unit/tiny_model';
import { expect, test, upload, type Handtint } from './fixtures';
import { lightnessDifference } from './measure';

const lines = drawing(500, 400);
const linesPng = upload('lines.png', png(lines));
const photoPng = upload('small.png', png(photograph(300, 200)));
const PAPER = [191, 128, 64, 255];

/** The page as it is built with these models. */
async function offer(server: StaticServer, tasks: string): Promise<void> {
  const page = await readFile(fileURLToPath(new URL('../../dist/index.html', import.meta.url)), 'utf8');
  server.answers.set('index.html', Buffer.from(page.replace(/(name="handtint-models" content=")[^"]*/, `$1${tasks}`)));
  if (!tasks.includes('sketch')) return;
  for (const [path, bytes] of tinyModel('sketch')) server.answers.set(`models/sketch/${path}`, bytes);
}

/** Paths of the sketch model that were asked for. */
function sketchRequests({ page }: Handtint): string[] {
  const seen: string[] = [];
  page.context().on('request', (request) => {
    if (request.url().includes('models/sketch/')) seen.push(request.url().replace(/.*sketch\/|\?.*/g, ''));
  });
  return seen;
}

const pixel = ({ width, data }: Pixels, x: number, y: number) => [...data.slice(4 * (y * width + x), 4 * (y * width + x) + 4)];

function expectFlats(pixels: Pixels) {
  expect([pixels.width, pixels.height]).toEqual([500, 400]);
  expect(pixel(pixels, 3, 3)).toEqual(PAPER);
  expect(pixel(pixels, 300, 240)).toEqual([0, 0, 0, 255]); // in the square
}

test('a page without a model for drawings has nothing to choose: all are photographs', async ({ handtint, server, page }) => {
  await offer(server, 'photo');
  await handtint.visit();
  await expect(page.getByText(texts.tagline(['photo']))).toBeVisible();
  await expect(page.locator('#choice')).toBeHidden();
  const { pixels } = await handtint.colour(linesPng);
  expect(lightnessDifference(lines, pixels)).toBeLessThanOrEqual(1);
  await expect(handtint.notes).toHaveCount(0);
  await expect(page.locator('#offline')).toHaveText(texts.offline(true));
});

test('automatic: a drawing fetches its model and gets flat colours, which is said', async ({ handtint, server, page }) => {
  await offer(server, 'photo sketch');
  const requests = sketchRequests(handtint);
  await handtint.visit();
  await expect(page.getByText(texts.tagline(['photo', 'sketch']))).toBeVisible();
  await expect(page.getByRole('radio', { name: 'Automatic' })).toBeChecked();
  await handtint.colour(photoPng);
  expect(requests).toEqual([]);
  await expect(page.locator('#engine')).toHaveText(/^Model for photographs, version \d+, running on wasm\.$/);

  expectFlats((await handtint.colour(linesPng)).pixels);
  await expect(handtint.notes).toHaveText([texts.notes['taken-for-drawing']]);
  await expect(page.locator('#engine')).toHaveText('Model for drawings, version 1, running on wasm.');
  expect(requests).toEqual(['manifest.json', 'see.json', 'see.bin', 'guide.json', 'guide.bin']);

  await handtint.colour(photoPng);
  expectFlats((await handtint.colour(linesPng)).pixels);
  expect(requests).toHaveLength(5);
});

test('by name: another choice colours the open picture anew', async ({ handtint, server }) => {
  await offer(server, 'photo sketch');
  await handtint.visit();
  await handtint.take('photo');
  const { pixels } = await handtint.colour(linesPng);
  expect(lightnessDifference(lines, pixels)).toBeLessThanOrEqual(1);
  await expect(handtint.notes).toHaveCount(0);

  await handtint.take('sketch');
  await expect(handtint.page.locator('#engine')).toContainText('Model for drawings');
  expectFlats((await handtint.saved()).pixels);
  await expect(handtint.notes).toHaveCount(0);
});

test('transparent parts of a drawing are paper, whatever they hide', async ({ handtint, server }) => {
  await offer(server, 'photo sketch');
  await handtint.visit();
  const { pixels } = await handtint.colour(upload('glass.png', png(drawing(500, 400, true), 6)));
  expectFlats(pixels);
  await expect(handtint.notes).toHaveText([texts.notes['taken-for-drawing'], texts.notes['white-paper']]);
});

test('once a drawing was coloured, the next one needs no network', async ({ handtint, server, page, complaints }) => {
  await offer(server, 'photo sketch');
  await handtint.visit();
  await expect(page.locator('#offline')).toHaveText(texts.offline(false));
  await handtint.colour(linesPng);
  await expect(page.locator('#offline')).toHaveText(texts.offline(true));
  await page.context().setOffline(true);
  await server.stop();
  complaints.expected = /ERR_INTERNET_DISCONNECTED/; // the question for newer models

  await page.reload();
  await expect(page.locator('#offline')).toHaveText(texts.offline(true));
  expectFlats((await handtint.colour(linesPng)).pixels);
});

test('a model for drawings that does not arrive is named, and photographs go on', async ({ handtint, server, complaints }) => {
  complaints.expected = /404/;
  await offer(server, 'photo sketch');
  server.answers.set('models/sketch/manifest.json', undefined);
  await handtint.visit();
  await handtint.choose(linesPng);
  await handtint.expectProblem({ code: 'model-unreachable', task: 'sketch', path: 'manifest.json', received: 'status 404' });
  expect(explain({ code: 'model-unreachable', task: 'sketch', path: '', received: '' }).what).toContain('drawings');
  await handtint.colour(photoPng);
});
