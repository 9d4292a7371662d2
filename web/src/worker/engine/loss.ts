// A graphics card can be taken from a page at any time: by a phone from tabs that are not seen, or by an update of its driver.

import type { MathBackendWebGL } from '@tensorflow/tfjs-backend-webgl';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { findBackend } from '@tensorflow/tfjs-core';

import type { BackendName } from '../../shared/messages';

export type IsLost = () => boolean;

/** Tells from now on whether the running backend lost what it computes on. */
export function watchLoss(backend: BackendName): IsLost {
  if (backend === 'webgl') {
    const { gl } = (findBackend(backend) as MathBackendWebGL).gpgpu;
    return () => gl.isContextLost();
  }
  let lost = false;
  if (backend === 'webgpu') {
    void (findBackend(backend) as WebGPUBackend).device.lost.then(() => {
      lost = true;
    });
  }
  return () => lost;
}
