// WebGPU as the processor computes it: very slow, but the real shaders.

import { expect } from '@playwright/test';

import { launchOptions } from '../chromium';
import { BuiltWorker } from './engine';
import { expectSame } from './same';
import { test } from './worker';

test.use({ launchOptions: launchOptions('webgpu') });

test('webgpu and wasm agree within one step on a photo', async ({ worker }) => {
  test.setTimeout(600_000);
  await expectSame(worker, 'photo', ['wasm', 'webgpu']);
});

test('WebGPU in software is left to those who ask for it by name', async ({ page, server }) => {
  const worker = await BuiltWorker.start(page, server);
  expect((await worker.prepare(server)).output).toMatchObject({ backend: 'wasm' });
});
