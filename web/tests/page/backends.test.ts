// Backends in a real browser: the same picture on each, the choice among them, and what is not taken at its word. WebGL is
// computed by the processor here: slow, but the real shaders.

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from '@playwright/test';

import type { BackendName } from '../../src/shared/messages';
import { launchOptions } from '../chromium';
import { photograph, png } from '../pictures';
import type { StaticServer } from '../server';
import { BuiltWorker } from './engine';
import { expectSame } from './same';
import { fit, test } from './worker';

test.use({ launchOptions: launchOptions('webgl') });

const ASSETS = fileURLToPath(new URL('../../dist/assets/', import.meta.url));

/** Something that runs in the worker before its script: a browser with a driver of our making. */
function pretend(server: StaticServer, script: string): void {
  const name = readdirSync(ASSETS).find((each) => /^main-.*\.js$/.test(each))!;
  server.answers.set(`assets/${name}`, Buffer.concat([Buffer.from(`${script};\n`), readFileSync(ASSETS + name)]));
}

const CARD = `
  const getParameter = WebGL2RenderingContext.prototype.getParameter;
  WebGL2RenderingContext.prototype.getParameter = function (name) {
    return name === 0x9246 ? 'A graphics card' : getParameter.call(this, name);
  }`;

/** Numbers come back a hundredth too large. */
const WRONG = `
  for (const name of ['readPixels', 'getBufferSubData']) {
    const read = WebGL2RenderingContext.prototype[name];
    WebGL2RenderingContext.prototype[name] = function (...input) {
      read.apply(this, input);
      const floats = input.find((value) => value instanceof Float32Array);
      floats?.forEach((value, i) => (floats[i] = value * 1.01));
    };
  }`;

for (const task of ['photo', 'sketch'] as const)
  test(`webgl, wasm and cpu agree within one step on a ${task}`, async ({ worker }) => {
    test.setTimeout(300_000);
    await expectSame(worker, task, ['wasm', 'webgl', 'cpu', 'wasm']);
  });

test('WebGL in software is left to those who ask for it by name', async ({ page, server }) => {
  const worker = await BuiltWorker.start(page, server);
  expect((await worker.prepare(server)).output).toMatchObject({ backend: 'wasm' });
  expect((await worker.prepare(server, 'webgl')).output).toMatchObject({ backend: 'webgl', threads: 1 });
  expect((await worker.prepare(server)).output).toMatchObject({ backend: 'wasm' });
});

test('a graphics card comes before the processor', async ({ page, server }) => {
  pretend(server, CARD);
  const worker = await BuiltWorker.start(page, server);
  expect((await worker.prepare(server)).output).toMatchObject({ backend: 'webgl' });
});

test('a driver that miscomputes is found, and wasm taken in its place', async ({ page, server }) => {
  pretend(server, `${CARD};${WRONG}`);
  const worker = await BuiltWorker.start(page, server);
  expect((await worker.prepare(server)).output).toMatchObject({ backend: 'wasm' });
  const { problem } = await worker.prepare(server, 'webgl');
  expect(problem).toMatchObject({ code: 'no-backend' });
  expect(JSON.stringify(problem)).toContain('webgl (it miscomputes');
});

test('a graphics card that is taken away is started anew, and gives the same colours', async ({ worker, page, server }) => {
  test.setTimeout(300_000);
  const thread = page.workers()[0] ?? (await page.waitForEvent('worker'));
  await thread.evaluate(() => {
    const contexts: (WebGL2RenderingContext | null)[] = [];
    const { getContext } = OffscreenCanvas.prototype;
    OffscreenCanvas.prototype.getContext = function (this: OffscreenCanvas, ...input: unknown[]) {
      const context = Reflect.apply(getContext, this, input) as WebGL2RenderingContext | null;
      if (input[0] === 'webgl2') contexts.push(context);
      return context;
    } as typeof getContext;
    Object.assign(self, { contexts });
  });
  await worker.call('prepare', { modelsUrl: `${server.url}models/`, offered: ['photo'], backend: 'webgl' });
  const opened = await worker.open(png(photograph(300, 200)));
  const before = await worker.view(opened.picture, fit(opened));
  const { tensors } = await worker.call('memory', null);
  const lost = await thread.evaluate(() => {
    const contexts = Reflect.get(self, 'contexts') as (WebGL2RenderingContext | null)[];
    contexts.forEach((context) => context?.getExtension('WEBGL_lose_context')?.loseContext());
    return contexts.length;
  });
  expect(lost).toBeGreaterThan(0);
  const after = await worker.view(opened.picture, fit(opened));
  expect(Buffer.from(after.data).equals(Buffer.from(before.data))).toBe(true);
  expect((await worker.call('memory', null)).tensors).toBe(tensors);
});

test('WebGPU without an adapter is passed over, and says so to who insists', async ({ page, server }) => {
  pretend(server, `Object.defineProperty(navigator, 'gpu', { value: { requestAdapter: async () => null } })`);
  const worker = await BuiltWorker.start(page, server);
  const { problem } = await worker.prepare(server, 'webgpu');
  expect(problem).toEqual({ code: 'no-backend', tried: 'webgpu (not in this browser)' });
  expect((await worker.prepare(server)).output).toMatchObject({ backend: 'wasm' });
});

test('a backend that does not exist is refused', async ({ page, server }) => {
  const worker = await BuiltWorker.start(page, server);
  const { problem } = await worker.prepare(server, 'abacus' as BackendName);
  expect(problem).toEqual({ code: 'unknown-backend', received: 'abacus', known: 'webgpu, webgl, wasm, cpu' });
});
