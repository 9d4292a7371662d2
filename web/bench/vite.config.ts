// The page's own worker, and one that runs any network, in an empty page: bench/dist.

import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

import { wasmThread } from '../tools/wasm_thread_plugin.ts';

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './',
  publicDir: false,
  worker: { format: 'es', plugins: () => [wasmThread()] },
  build: { target: 'es2022', assetsInlineLimit: 0, emptyOutDir: true },
});
