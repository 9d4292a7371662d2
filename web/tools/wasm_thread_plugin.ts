// Vite plugin: the module `virtual:wasm-thread` is what runs in a thread of TF.js's wasm backend. The package has its two
// scripts in forms for blob: addresses only: one as a string, which loads the other by importScripts.

import { createRequire } from 'node:module';
import type { Plugin } from 'vite';

const NAME = 'virtual:wasm-thread';
const BACKEND = '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-threaded-simd';

export function wasmThread(): Plugin {
  return {
    name: 'handtint-wasm-thread',
    resolveId: (id) => (id === NAME ? `\0${NAME}` : undefined),
    load(id) {
      if (id !== `\0${NAME}`) return undefined;
      const { wasmWorkerContents } = createRequire(import.meta.url)(`${BACKEND}.worker.js`) as { wasmWorkerContents: string };
      return [
        `import WasmBackendModuleThreadedSimd from '${BACKEND}.js';`,
        'const importScripts = () => undefined;', // what it would load is here already
        wasmWorkerContents.replaceAll('\n', '\\n'), // its line ends all stand in its strings, unescaped
      ].join('\n');
    },
  };
}
