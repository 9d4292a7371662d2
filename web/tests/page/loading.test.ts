// The model on its way to the engine: progress in true bytes, damage, absence, connections that break, a model that is newer.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import type { Progress } from '../../src/shared/messages';
import type { Manifest } from '../../src/worker/model/manifest';
import type { StaticServer } from '../server';
import { expect, test } from './fixtures';
import { BuiltWorker } from './engine';

const model = (path: string) => readFile(fileURLToPath(new URL(`../../dist/models/photo/${path}`, import.meta.url)));
const readManifest = async () => JSON.parse((await model('manifest.json')).toString()) as Manifest;
const largest = ({ files }: Manifest) => files.reduce((most, file) => (file.bytes > most.bytes ? file : most));
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

const received = (progress: Progress[]) => progress.flatMap((step) => (step.step === 'download' ? [step.received] : []));
const asked = (server: StaticServer, path: string) => server.served.filter((each) => each.path === `models/photo/${path}`);

/** Tells the server to give out a newer model: its first file has a byte of space at its end. */
async function newer(server: StaticServer): Promise<Manifest> {
  const manifest = await readManifest();
  const [file] = manifest.files.filter(({ path }) => path.endsWith('.json'));
  const content = Buffer.concat([await model(file.path), Buffer.from(' ')]);
  Object.assign(file, { bytes: content.length, sha256: sha256(content) });
  manifest.version = 2;
  server.answers.set(`models/photo/${file.path}`, content);
  server.answers.set('models/photo/manifest.json', Buffer.from(JSON.stringify(manifest)));
  return manifest;
}

test('progress counts bytes from nothing up to the sum of the manifest', async ({ page, server }) => {
  const { output, progress } = await (await BuiltWorker.start(page, server)).prepare(server);
  expect(output).toMatchObject({ task: 'photo', version: 1, backend: 'wasm' });
  const total = (await readManifest()).files.reduce((sum, { bytes }) => sum + bytes, 0);
  const bytes = received(progress);
  expect([bytes[0], bytes.at(-1)]).toEqual([0, total]);
  expect(bytes).toEqual([...bytes].sort((a, b) => a - b));
  expect(new Set(bytes).size).toBeGreaterThan(10);
  expect(progress.filter((step) => step.step === 'download').every((step) => step.total === total)).toBe(true);
  expect(progress.at(-1)).toEqual({ step: 'start' });
});

test('a second visit fetches the manifest and nothing else', async ({ page, server }) => {
  await (await BuiltWorker.start(page, server)).prepare(server);
  server.served.length = 0;
  const worker = await BuiltWorker.start(page, server);
  expect((await worker.prepare(server)).output).toMatchObject({ version: 1 });
  const paths = server.served.map(({ path }) => path).filter((path) => path.startsWith('models/'));
  expect(paths).toEqual(['models/photo/manifest.json']);
  expect((await worker.call('kept', null)).output).toEqual(['photo']);
});

test('a connection that breaks is taken up where it broke', async ({ page, server }) => {
  const file = largest(await readManifest());
  server.breaks.set(`models/photo/${file.path}`, 2_500_000);
  const { output, progress } = await (await BuiltWorker.start(page, server)).prepare(server);
  expect(output).toMatchObject({ version: 1 });
  expect(asked(server, file.path)).toEqual([
    { path: `models/photo/${file.path}`, range: undefined, status: 200 },
    { path: `models/photo/${file.path}`, range: 'bytes=2500000-', status: 206 },
  ]);
  const bytes = received(progress);
  expect(bytes).toEqual([...bytes].sort((a, b) => a - b)); // nothing is counted twice
});

test('a tab that is closed half way leaves what came for the next visit', async ({ page, server }) => {
  const file = largest(await readManifest());
  const sent = 2_500_000;
  const most = sent - 2 ** 20; // what is lost is less than a part
  server.stalls.set(`models/photo/${file.path}`, sent);
  const worker = await BuiltWorker.start(page, server);
  void worker.prepare(server).catch(() => undefined); // the page goes away under it
  const parts = () =>
    page.evaluate(async () => {
      const cache = await caches.open('handtint-models');
      const requests = (await cache.keys()).filter(({ url }) => url.includes('&from='));
      return Promise.all(requests.map(async (request) => (await (await cache.match(request))!.arrayBuffer()).byteLength));
    });
  await expect.poll(async () => (await parts()).reduce((sum, bytes) => sum + bytes, 0)).toBeGreaterThan(most);

  const again = await BuiltWorker.start(page, server);
  expect((await again.prepare(server)).output).toMatchObject({ version: 1 });
  const { range, status } = asked(server, file.path).at(-1)!;
  expect(status).toBe(206);
  expect(Number(/^bytes=(\d+)-$/.exec(range!)![1])).toBeGreaterThan(most);
  expect(await parts()).toEqual([]);
});

test('a connection that breaks before a byte is said, and the next try goes on from what there is', async ({ page, server }) => {
  const file = largest(await readManifest());
  const path = `models/photo/${file.path}`;
  server.breaks.set(path, 2 ** 20); // where a part ends
  server.onBreak = () => server.breaks.set(path, 0);
  const worker = await BuiltWorker.start(page, server);
  const { problem } = await worker.prepare(server);
  expect(problem).toEqual({
    code: 'model-unreachable', task: 'photo', path: file.path, received: expect.stringMatching(/broke|no answer/),
  });
  server.onBreak = () => undefined;
  server.breaks.clear();
  expect((await worker.prepare(server)).output).toMatchObject({ version: 1 });
  expect(asked(server, file.path).at(-1)).toEqual({ path, range: `bytes=${2 ** 20}-`, status: 206 });
});

test('another backend chosen during a download takes up what has come', async ({ page, server }) => {
  const file = largest(await readManifest());
  server.stalls.set(`models/photo/${file.path}`, 2_500_000);
  const worker = await BuiltWorker.start(page, server);
  void worker.prepare(server).catch(() => undefined); // ends as aborted
  await expect.poll(() => asked(server, file.path).length).toBe(1);
  const { output } = await worker.prepare(server, 'wasm');
  expect(output).toMatchObject({ backend: 'wasm' });
  expect(asked(server, file.path).length).toBe(2);
});

test('a file that changed meanwhile is fetched from its start', async ({ page, server }) => {
  const file = largest(await readManifest());
  const path = `models/photo/${file.path}`;
  const other = Buffer.alloc(file.bytes);
  server.answers.set(path, other);
  server.breaks.set(path, 2_500_000);
  server.onBreak = () => server.answers.delete(path);
  expect((await (await BuiltWorker.start(page, server)).prepare(server)).output).toMatchObject({ version: 1 });
  expect(asked(server, file.path)).toEqual([
    { path, range: undefined, status: 200 },
    { path, range: 'bytes=2500000-', status: 200 }, // for If-Range names the state of before
  ]);
});

test('a damaged file is named with both hashes, is not kept, and is fetched anew at the next try', async ({ page, server }) => {
  const file = largest(await readManifest());
  const bytes = await model(file.path);
  bytes[100] ^= 1;
  server.answers.set(`models/photo/${file.path}`, bytes);
  const worker = await BuiltWorker.start(page, server);
  expect((await worker.prepare(server)).problem).toEqual({
    code: 'model-damaged', path: file.path, expected: `SHA-256 ${file.sha256}`, received: `SHA-256 ${sha256(bytes)}`,
  });
  expect((await worker.call('kept', null)).output).toEqual([]);
  server.answers.clear();
  expect((await worker.prepare(server)).output).toMatchObject({ version: 1 });
  expect(asked(server, file.path).map(({ status }) => status)).toEqual([200, 200]);
});

test('a short file is named with both sizes', async ({ page, server }) => {
  const file = largest(await readManifest());
  server.answers.set(`models/photo/${file.path}`, (await model(file.path)).subarray(0, 1000));
  const { problem } = await (await BuiltWorker.start(page, server)).prepare(server);
  expect(problem).toEqual({ code: 'model-damaged', path: file.path, expected: `${file.bytes} bytes`, received: '1000 bytes' });
});

test('a model that is not there', async ({ page, server }) => {
  server.answers.set('models/photo/manifest.json', undefined);
  const { problem } = await (await BuiltWorker.start(page, server)).prepare(server);
  expect(problem).toEqual({ code: 'model-unreachable', task: 'photo', path: 'manifest.json', received: 'status 404' });
});

test('a host that answers everything with a page', async ({ page, server }) => {
  server.answers.set('models/photo/manifest.json', Buffer.from('<!doctype html>'));
  const { problem } = await (await BuiltWorker.start(page, server)).prepare(server);
  expect(problem).toEqual({ code: 'model-manifest', expected: 'JSON', received: 'application/json' });
});

test('a newer model takes the place of the older, and shares the files that stayed the same', async ({ page, server }) => {
  await (await BuiltWorker.start(page, server)).prepare(server);
  const manifest = await newer(server);
  server.served.length = 0;
  const { output } = await (await BuiltWorker.start(page, server)).prepare(server);
  expect(output).toMatchObject({ version: 2 });
  expect(asked(server, largest(manifest).path)).toEqual([]);
  const kept = await page.evaluate(async () => (await (await caches.open('handtint-models')).keys()).map(({ url }) => url));
  const expected = manifest.files.map(({ path, sha256 }) => `${server.url}models/photo/${path}?sha256=${sha256}`);
  expect(kept.sort()).toEqual([...expected, `${server.url}models/photo/manifest.json`].sort());
});

test('a newer model that cannot be had leaves the older at work', async ({ page, server }) => {
  await (await BuiltWorker.start(page, server)).prepare(server);
  const manifest = await newer(server);
  server.answers.set(`models/photo/${manifest.files.find(({ path }) => path.endsWith('.json'))!.path}`, undefined);
  const { output } = await (await BuiltWorker.start(page, server)).prepare(server);
  expect(output).toMatchObject({ version: 1 });
});
