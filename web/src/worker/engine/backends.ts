// TF.js backends, best first. Each is a chunk of its own, so that a browser loads the code of the one it uses.

import { env, findBackendFactory, registerBackend, removeBackend, setBackend } from '@tensorflow/tfjs-core';

import type { BackendName } from '../../shared/messages';
import { ProblemError } from '../../shared/problem';
import { checkWebgl, checkWebgpu } from './graphics';
import { watchLoss, type IsLost } from './loss';
import { prepareWasm, wasmThreads, withOwnThreads } from './wasm';

interface Attempt {
  backend: BackendName;
  /** Loads the code, or throws why this browser can't use it. `asked`: the person wants this one, slow or not. */
  prepare(asked: boolean): Promise<unknown>;
}

const ATTEMPTS: readonly Attempt[] = [
  {
    backend: 'webgpu',
    async prepare(asked) {
      await checkWebgpu(asked);
      await import('@tensorflow/tfjs-backend-webgpu');
    },
  },
  {
    backend: 'webgl',
    async prepare(asked) {
      checkWebgl(asked);
      await import('@tensorflow/tfjs-backend-webgl'); // registers the flags below
      env().set('SOFTWARE_WEBGL_ENABLED', asked);
      // Phones that compute in 16 bits would miss the other doors' colours by more than a step.
      if (!env().getBool('WEBGL_RENDER_FLOAT32_ENABLED')) throw new Error('no 32-bit floats');
    },
  },
  { backend: 'wasm', prepare: () => prepareWasm({ threads: true }) },
  { backend: 'wasm', prepare: () => prepareWasm({ threads: false }) },
  { backend: 'cpu', prepare: () => import('@tensorflow/tfjs-backend-cpu') },
];

/** What runs, and may hold models: it is not started in another way, nor freed. */
const running = new Map<BackendName, { attempt: Attempt; isLost: IsLost }>();

const KNOWN = [...new Set(ATTEMPTS.map(({ backend }) => backend))];

export interface Started<T> {
  backend: BackendName;
  threads: number;
  isLost: IsLost;
  value: T;
}

/**
 * The first backend on which `start` succeeds, and what it gave.
 * @param only the one backend to try, null for all in order.
 * @param start is given a backend that is set; it throws if that does not really work, and leaves no tensor then.
 */
export async function firstWorking<T>(only: BackendName | null, start: () => Promise<T>): Promise<Started<T>> {
  // It comes from the page's address, where anything may stand.
  if (only !== null && !KNOWN.includes(only)) {
    throw new ProblemError({ code: 'unknown-backend', received: only, known: KNOWN.join(', ') });
  }
  const tried: string[] = [];
  for (const attempt of ATTEMPTS) {
    const { backend } = attempt;
    if (only !== null && backend !== only) continue;
    if (running.get(backend)?.isLost()) {
      running.delete(backend);
      forget(backend);
    }
    if ((running.get(backend)?.attempt ?? attempt) !== attempt) continue;
    try {
      await attempt.prepare(only !== null);
      // The boolean counts: getBackend() may name a backend that failed to start.
      if (!(await withOwnThreads(() => setBackend(backend)))) throw new Error('refused');
      const value = await start();
      const isLost = running.get(backend)?.isLost ?? watchLoss(backend);
      running.set(backend, { attempt, isLost });
      return { backend, threads: backend === 'wasm' ? await wasmThreads() : 1, isLost, value };
    } catch (error) {
      tried.push(`${backend} (${error instanceof Error ? error.message : String(error)})`);
      if (!running.has(backend)) forget(backend);
    }
  }
  throw new ProblemError({ code: 'no-backend', tried: tried.join('; ') });
}

/** Frees what a backend holds that is of no use; it can be started again. */
function forget(backend: BackendName): void {
  const factory = findBackendFactory(backend);
  if (!factory) return; // its code was never loaded
  removeBackend(backend);
  registerBackend(backend, factory);
}
