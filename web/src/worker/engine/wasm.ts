// The wasm backend, with threads where the page is cross-origin isolated. TF.js starts its threads from blob: addresses, which
// the page's Content-Security-Policy refuses; here they start from a file of the build (./wasm_thread.ts).

import { env } from '@tensorflow/tfjs-core';
import simdUrl from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import threadedUrl from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url';
import plainUrl from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';

import threadUrl from './wasm_thread.ts?worker&url';

/** TF.js starts eight and can use no more. */
const MOST_THREADS = 8;

let located = false;

/** Loads the code, for the next start of the backend. Throws where threads are wanted and can't be had. */
export async function prepareWasm({ threads }: { threads: boolean }): Promise<void> {
  if (threads) await checkThreads();
  const { setThreadsCount, setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
  env().set('WASM_HAS_MULTITHREAD_SUPPORT', threads);
  setThreadsCount(wantedThreads());
  if (located) return; // after a start that failed it may not be said again
  setWasmPaths({
    'tfjs-backend-wasm.wasm': plainUrl,
    'tfjs-backend-wasm-simd.wasm': simdUrl,
    'tfjs-backend-wasm-threaded-simd.wasm': threadedUrl,
  });
  located = true;
}

/** How many threads the backend that runs computes with. */
export async function wasmThreads(): Promise<number> {
  if (!env().getBool('WASM_HAS_MULTITHREAD_SUPPORT')) return 1;
  return (await import('@tensorflow/tfjs-backend-wasm')).getThreadsCount();
}

/**
 * Runs `start`. The workers that TF.js starts meanwhile are its threads, and come from our file; it finds as many cores as
 * it needs to start as many threads as it was told.
 */
export async function withOwnThreads<T>(start: () => Promise<T>): Promise<T> {
  const { Worker } = self;
  self.Worker = class extends Worker {
    constructor() {
      super(threadUrl, { type: 'module' });
    }
  };
  Object.defineProperty(navigator, 'hardwareConcurrency', { value: 2 * wantedThreads(), configurable: true });
  try {
    return await start();
  } finally {
    self.Worker = Worker;
    Reflect.deleteProperty(navigator, 'hardwareConcurrency'); // the browser's own shows again
  }
}

/** Half of the logical cores, as the other half often are not real ones; but two cores have two threads. */
function wantedThreads(): number {
  return Math.min(MOST_THREADS, Math.max(2, Math.floor(navigator.hardwareConcurrency / 2)));
}

/** Throws unless a thread really starts: TF.js would wait without end for one that does not. */
async function checkThreads(): Promise<void> {
  if (!self.crossOriginIsolated) throw new Error('no threads: the page is not isolated');
  if (navigator.hardwareConcurrency < 2) throw new Error('no threads: one core');
  const thread = new Worker(threadUrl, { type: 'module', name: 'trial' });
  try {
    await new Promise<void>((resolve, reject) => {
      thread.onmessage = () => resolve();
      thread.onerror = () => reject(new Error('no threads: none starts'));
    });
  } finally {
    thread.terminate();
  }
}
