// Backends in a real browser: the same picture on each, the choice among them, and what is not taken at its word. WebGL is
// computed by the processor here: slow, but the real shaders.

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from '@playwright/test';

import type { BackendName } from '../../src/shared/messages';
import { launchOptions } from '../chromium';
import type { StaticServer } from '../server';
import { BuiltWorker } from './engine';
import { expectSame } from './same';
import { test } from './worker';

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
