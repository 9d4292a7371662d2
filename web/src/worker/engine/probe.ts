// One run of a model on a made picture, before a person's: compiles what is needed, and finds backends that fail or miscompute.

import type { TaskName } from '../../shared/messages';
import type { Manifest } from '../model/manifest';
import type { Model } from '../model/model';
import { TASKS } from '../paint/task';

/** The answer is compared at a grid of GRID by GRID pixels, each in the middle of its share of the picture. */
const GRID = 4;
/** Of the largest expected number; wasm, webgl and cpu were seen to be off by 0.00004. It is less than a step of a pixel. */
const TOLERANCE = 0.002;

/**
 * Throws unless the model gives the numbers that it gave where it was exported (export/tfjs.py makes the same picture).
 * A model without known numbers need only give finite ones.
 */
export async function probe(model: Model, { task, size, probe: expected }: Manifest): Promise<void> {
  const { hintChannels, depth } = TASKS[task];
  const seen = await model.see(probePicture(task, size));
  const { maps } = await model.guide(seen, probeHints(size, hintChannels)).finally(() => seen.dispose());
  if (maps.length !== size ** 2 * depth || !maps.every(Number.isFinite)) throw new Error('the network gave no usable numbers');
  if (!expected) return;
  const received = probePixels(size).flatMap((pixel) => [...maps.subarray(pixel * depth, (pixel + 1) * depth)]);
  const largest = expected.flat().reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const worst = expected.flat().reduce((most, value, i) => Math.max(most, Math.abs(value - received[i])), 0);
  if (worst > TOLERANCE * largest) throw new Error(`it miscomputes: off by ${worst.toPrecision(3)} of ${largest.toPrecision(3)}`);
}

/** Slanted stripes that rise from dark to light, with sharp edges. */
export function probePicture(task: TaskName, size: number): Float32Array {
  const tone = (x: number, y: number) => ((3 * x + 5 * y) % size) / (size - 1);
  return Float32Array.from({ length: size ** 2 }, (_, i) => {
    const value = tone(i % size, Math.floor(i / size));
    return task === 'photo' ? 2 * value - 1 : value;
  });
}

/** One hint in the middle: a, b, for a drawing also lightness, then the mask. */
export function probeHints(size: number, hintChannels: number): Float32Array {
  const hints = new Float32Array(size ** 2 * hintChannels);
  hints.set(hintChannels === 3 ? [0.5, -0.25, 1] : [0.5, -0.25, 0.25, 1], (size / 2) * (size + 1) * hintChannels);
  return hints;
}

function probePixels(size: number): number[] {
  const at = (i: number) => size / GRID / 2 + (i * size) / GRID;
  return Array.from({ length: GRID ** 2 }, (_, i) => at(Math.floor(i / GRID)) * size + at(i % GRID));
}
