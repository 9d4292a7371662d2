// A thread of the wasm backend: TF.js's own two scripts for one, in one file of ours (tools/wasm_thread_plugin.ts).

import 'virtual:wasm-thread';

if (self.name === 'trial') self.postMessage('started'); // ./wasm.ts asks whether threads start at all
