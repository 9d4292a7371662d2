// The model on a backend that was seen to work.

import type { Progress, Tasks } from '../shared/messages';
import { firstWorking } from './backends';
import { downloadModel } from './download';
import { buildModel, type Model } from './model';

export interface Engine {
  model: Model;
  about: Tasks['prepare']['output'];
}

export async function startEngine(input: Tasks['prepare']['input'], onProgress: (progress: Progress) => void): Promise<Engine> {
  const { manifest, files, cached } = await downloadModel(input.modelUrl, (received, total) =>
    onProgress({ step: 'download', received, total }),
  );
  onProgress({ step: 'start' });
  const { backend, value: model } = await firstWorking(input.backend, async () => {
    const candidate = buildModel(manifest, files);
    try {
      await tryOut(candidate);
      return candidate;
    } catch (error) {
      candidate.dispose();
      throw error;
    }
  });
  return { model, about: { backend, version: manifest.version, cached } };
}

/** One run on plain grey: finds drivers that fail or miscompute, and compiles what the first picture needs. */
async function tryOut(model: Model): Promise<void> {
  const area = model.size ** 2;
  const coefficients = await model.predict(new Float32Array(area), new Float32Array(area * 3));
  if (coefficients.length !== area * 4 || !coefficients.every(Number.isFinite)) {
    throw new Error('the network gave no usable numbers');
  }
}
