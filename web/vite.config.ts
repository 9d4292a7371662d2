import { defineConfig } from 'vite';

import { models } from './tools/models_plugin.ts';
import { offline } from './tools/offline_plugin.ts';
import { samples } from './tools/samples_plugin.ts';
import { wasmThread } from './tools/wasm_thread_plugin.ts';

export default defineConfig({
  base: './', // the same build works from any path of any host
  plugins: [samples(), models(), offline()],
  worker: { format: 'es', plugins: () => [wasmThread()] }, // ES: code of a backend is loaded when it is used
  build: {
    target: 'es2022',
    assetsInlineLimit: 0, // the Content-Security-Policy allows no data: addresses
    modulePreload: { polyfill: false },
  },
});
