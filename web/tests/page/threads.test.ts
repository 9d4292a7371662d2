// The wasm backend's threads: where the host isolates the page, under the strict policy as a header, and nowhere else.

import { BuiltWorker, POLICY } from './engine';
import { expect, test } from './fixtures';

const ISOLATED = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'content-security-policy': POLICY,
};

test('an isolated page computes with threads', async ({ page, server }) => {
  server.headers = ISOLATED;
  const worker = await BuiltWorker.start(page, server);
  const { output, problem } = await worker.prepare(server, 'wasm');
  expect(problem).toBeUndefined();
  expect(output).toMatchObject({ backend: 'wasm', threads: 2 });
});

test('a plain host has one thread', async ({ page, server }) => {
  const worker = await BuiltWorker.start(page, server);
  const { output } = await worker.prepare(server, 'wasm');
  expect(output).toMatchObject({ backend: 'wasm', threads: 1 });
});
