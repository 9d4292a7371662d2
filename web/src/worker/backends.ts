// TF.js backends, best first. Each is a chunk of its own, so that a browser loads the code of the one it uses.
// A later backend is one entry here.

import { env, setBackend } from '@tensorflow/tfjs-core';
import wasmSimdUrl from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import wasmUrl from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';

import { ProblemError } from '../shared/problem';

const BACKENDS: Record<string, (asked: boolean) => Promise<unknown>> = {
  webgl: async (asked) => {
    // Chromium offers WebGL without a graphics card, too, even where TF.js asks it not to: many times slower than wasm.
    const renderer = webglRenderer();
    if (!asked && SOFTWARE.test(renderer)) throw new Error(`computed in software by ${renderer}`);
    await import('@tensorflow/tfjs-backend-webgl'); // registers the flags below
    env().set('SOFTWARE_WEBGL_ENABLED', asked);
    // Phones that compute in 16 bits would miss the other doors' colours by more than a step.
    if (!env().getBool('WEBGL_RENDER_FLOAT32_ENABLED')) throw new Error('no 32-bit floats');
  },
  wasm: async () => {
    const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
    // Threads need headers that a plain static host doesn't send.
    env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
    setWasmPaths({
      'tfjs-backend-wasm.wasm': wasmUrl,
      'tfjs-backend-wasm-simd.wasm': wasmSimdUrl,
      'tfjs-backend-wasm-threaded-simd.wasm': wasmSimdUrl, // TF.js insists on a name, and never asks for it
    });
  },
  cpu: () => import('@tensorflow/tfjs-backend-cpu'),
};

const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;

/** Who computes WebGL here. Throws where there is none. */
function webglRenderer(): string {
  const gl = new OffscreenCanvas(1, 1).getContext('webgl2');
  if (!gl) throw new Error('not in this browser');
  const details = gl.getExtension('WEBGL_debug_renderer_info');
  return String(gl.getParameter(details ? details.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
}

/**
 * The first backend on which `start` succeeds, and what it gave.
 * @param only the one backend to try, null for all in order.
 * @param start is given a backend that is set; it throws if that does not really work.
 */
export async function firstWorking<T>(only: string | null, start: () => Promise<T>): Promise<{ backend: string; value: T }> {
  if (only !== null && !(only in BACKENDS)) {
    throw new ProblemError({ code: 'unknown-backend', received: only, known: Object.keys(BACKENDS).join(', ') });
  }
  const tried: string[] = [];
  for (const backend of only !== null ? [only] : Object.keys(BACKENDS)) {
    try {
      await BACKENDS[backend](only !== null);
      // The boolean counts: getBackend() may name a backend that failed to start.
      if (!(await setBackend(backend))) throw new Error('refused');
      return { backend, value: await start() };
    } catch (error) {
      tried.push(`${backend} (${error instanceof Error ? error.message : String(error)})`);
    }
  }
  throw new ProblemError({ code: 'no-backend', tried: tried.join('; ') });
}
