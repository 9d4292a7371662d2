// Whether backends give the same pixels.

import { expect } from '@playwright/test';

import type { BackendName, Calls, TaskName } from '../../src/shared/messages';
import { drawing, photograph, png, type Pixels } from '../pictures';
import { fit, type BareWorker } from './worker';

const pictures = { photo: photograph(300, 200), sketch: drawing(300, 200) };

/** Colours the same picture on each, one after the other in one worker, and wants no pixel to differ by more than a step. */
export async function expectSame(worker: BareWorker, task: TaskName, backends: readonly BackendName[]): Promise<void> {
  const results = new Map<BackendName, Pixels>();
  const tensors: number[] = [];
  let opened: Calls['open']['output'] | undefined;
  for (const backend of backends) {
    const input = { modelsUrl: `${worker.server.url}models/`, offered: ['photo', 'sketch'] as TaskName[], backend };
    expect(await worker.call('prepare', input)).toMatchObject({ backend, threads: 1 });
    opened ??= await worker.open(png(pictures[task]), task);
    results.set(backend, await worker.view(opened.picture, fit(opened)));
    tensors.push((await worker.call('memory', null)).tensors);
  }
  expect(new Set(tensors).size, `tensors: ${tensors.join(', ')}`).toBe(1); // a backend leaves none behind
  const [first, ...others] = results.values();
  for (const { data } of others) {
    const worst = data.reduce((most, level, i) => Math.max(most, Math.abs(level - first.data[i])), 0);
    expect(worst).toBeLessThanOrEqual(1);
  }
}
