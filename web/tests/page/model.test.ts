// The model on its way to the engine: progress in true bytes, damage, absence, backends.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import type { Manifest } from '../../src/worker/model/manifest';
import { photograph, png } from '../pictures';
import { expect, test, upload } from './fixtures';
import { lightnessDifference } from './measure';

const small = photograph(300, 200);
const model = (path: string) => readFile(fileURLToPath(new URL(`../../dist/models/photo/${path}`, import.meta.url)));
const readManifest = async () => JSON.parse((await model('manifest.json')).toString()) as Manifest;
const weights = (manifest: Manifest) => manifest.files.find(({ path }) => path.endsWith('.bin'))!;

test('progress counts bytes up to the sum of the manifest', async ({ handtint, page }) => {
  await page.addInitScript(() => {
    const seen: number[] = [];
    Object.assign(window, { seen });
    document.addEventListener('DOMContentLoaded', () => {
      const bar = document.querySelector<HTMLProgressElement>('#bar')!;
      new MutationObserver(() => bar.hasAttribute('value') && seen.push(bar.value, bar.max)).observe(bar, { attributes: true });
    });
  });
  await handtint.visit();
  await expect(handtint.status).toHaveText('Ready.');
  const seen = await page.evaluate(() => (window as unknown as { seen: number[] }).seen);
  const total = (await readManifest()).files.reduce((sum, file) => sum + file.bytes, 0);
  const values = seen.filter((_, i) => i % 2 === 0);
  expect(Math.max(...values)).toBe(total);
  expect(seen.at(-1)).toBe(total);
  expect(values).toEqual([...values].sort((a, b) => a - b));
  expect(new Set(values).size).toBeGreaterThan(3);
});

test('a damaged file is named with both hashes, and fetched anew at the next try', async ({ handtint, server }) => {
  const file = weights(await readManifest());
  const bytes = await model(file.path);
  bytes[100] ^= 1;
  server.answers.set(`models/photo/${file.path}`, bytes);
  await handtint.visit();
  const received = `SHA-256 ${createHash('sha256').update(bytes).digest('hex')}`;
  await handtint.expectProblem({ code: 'model-damaged', path: file.path, expected: `SHA-256 ${file.sha256}`, received });

  server.answers.clear();
  const { pixels } = await handtint.colour(upload('small.png', png(small)));
  expect(lightnessDifference(small, pixels)).toBeLessThanOrEqual(1);
});

test('a short file is named with both sizes', async ({ handtint, server }) => {
  const file = weights(await readManifest());
  server.answers.set(`models/photo/${file.path}`, (await model(file.path)).subarray(0, 1000));
  await handtint.visit();
  await handtint.expectProblem({ code: 'model-damaged', path: file.path, expected: `${file.bytes} bytes`, received: '1000 bytes' });
});

test('a model that is not there', async ({ handtint, server, complaints }) => {
  complaints.expected = /404/;
  server.answers.set('models/photo/manifest.json', undefined);
  await handtint.visit();
  await handtint.expectProblem({ code: 'model-unreachable', task: 'photo', path: 'manifest.json', received: 'status 404' });
  // Said again for a picture, whose place is not left half empty.
  await handtint.choose(upload('small.png', png(small)));
  await handtint.expectProblem({ code: 'model-unreachable', task: 'photo', path: 'manifest.json', received: 'status 404' });
  await expect(handtint.page.locator('#result')).toBeHidden();
});

test('a host that answers everything with a page', async ({ handtint, server }) => {
  server.answers.set('models/photo/manifest.json', Buffer.from('<!doctype html>'));
  await handtint.visit();
  await handtint.expectProblem({ code: 'model-manifest', expected: 'JSON', received: 'application/json' });
});

test('a second visit fetches no weights', async ({ handtint, page }) => {
  await handtint.visit();
  await expect(page.locator('#offline')).toBeVisible();
  const fetched: string[] = [];
  page.context().on('request', (request) => fetched.push(new URL(request.url()).pathname));
  await page.reload();
  await expect(handtint.status).toHaveText('Ready.');
  expect(fetched.filter((path) => path.endsWith('.bin'))).toEqual([]);
  expect(fetched.some((path) => path.endsWith('manifest.json'))).toBe(true);
});

test('an update that fails leaves the kept model usable without a network', async ({ handtint, server, page, complaints }) => {
  complaints.expected = /404|ERR_/;
  await handtint.visit();
  await expect(page.locator('#offline')).toBeVisible();
  const manifest = await readManifest();
  const file = weights(manifest);
  file.sha256 = '0'.repeat(64);
  server.answers.set('models/photo/manifest.json', Buffer.from(JSON.stringify({ ...manifest, version: 2 })));
  server.answers.set(`models/photo/${file.path}`, undefined);
  await page.reload();
  await handtint.expectProblem({ code: 'model-unreachable', task: 'photo', path: file.path, received: 'status 404' });

  await server.stop();
  await page.reload();
  await expect(page.locator('#engine')).toContainText('version 1,');
  await handtint.colour(upload('small.png', png(small)));
});

test('without a graphics card wasm is chosen', async ({ handtint, page }) => {
  await handtint.visit(null);
  await expect(page.locator('#engine')).toHaveText(/^Model for photographs, version \d+, running on wasm\.$/);
});

test('a backend that does not exist is refused', async ({ handtint }) => {
  await handtint.visit('abacus');
  await handtint.expectProblem({ code: 'unknown-backend', received: 'abacus', known: 'webgl, wasm, cpu' });
});

test('asking for WebGL where there is none says so', async ({ handtint, complaints }) => {
  complaints.expected = /WebGL/i;
  await handtint.visit('webgl');
  await expect(handtint.problem.getByRole('heading')).toHaveText('The model does not run in this browser.');
  await expect(handtint.problem).toContainText('tried webgl (');
});

test('a newer picture ends the work on the older', async ({ handtint, page }) => {
  await handtint.visit();
  await handtint.choose(upload('large.png', png(photograph(2500, 2000), 0)));
  await expect(page.locator('#original')).toHaveAttribute('alt', 'large.png, as it was opened');
  const { name, pixels } = await handtint.colour(upload('small.png', png(small)));
  expect(name).toBe('small-colour.png');
  expect([pixels.width, pixels.height]).toEqual([300, 200]);
});
