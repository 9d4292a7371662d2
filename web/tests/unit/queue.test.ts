import { describe, expect, test, vi } from 'vitest';

import { Queue, type WorkOptions } from '../../src/page/batch/queue';
import { ProblemError } from '../../src/shared/problem';

interface Turn extends WorkOptions {
  file: File;
  done: (result: string) => void;
  fail: (error: unknown) => void;
}

/** A queue whose work ends when the test says so, or when it is aborted. */
function queueOf(...names: string[]) {
  const turns: Turn[] = [];
  const onJob = vi.fn();
  const queue = new Queue<string>({
    work: (file, options) =>
      new Promise((done, fail) => {
        options.signal.addEventListener('abort', () => fail(options.signal.reason));
        turns.push({ file, done, fail, ...options });
      }),
    onJob,
    onQueue: () => undefined,
  });
  queue.add(names.map((name) => new File([], name)));
  return { queue, turns, onJob, states: () => queue.jobs.map(({ state }) => state).join() };
}
/** Lets what was promised happen. */
const settle = () => new Promise((resolve) => setTimeout(resolve));

describe('a queue', () => {
  test('does one after the other, in order', async () => {
    const { queue, turns, states } = queueOf('a', 'b');
    expect(states()).toBe('working,waiting');
    turns[0].onShare(0.5);
    expect(queue.share).toBe(0.25);
    turns[0].done('A');
    await settle();
    expect(states()).toBe('done,working');
    turns[1].done('B');
    await settle();
    expect(queue.jobs.map(({ result }) => result)).toEqual(['A', 'B']);
    expect(turns.map(({ file }) => file.name)).toEqual(['a', 'b']);
    expect([queue.running, queue.share]).toEqual([false, 1]);
  });

  test('a failure stops nothing, is told, and can be tried again', async () => {
    const { queue, turns, states } = queueOf('broken', 'good');
    turns[0].fail(new ProblemError({ code: 'empty-file', name: 'broken' }));
    await settle();
    turns[1].done('GOOD');
    await settle();
    expect(states()).toBe('failed,done');
    expect(queue.jobs[0].problem).toEqual({ code: 'empty-file', name: 'broken' });
    queue.again('failed', 'cancelled');
    expect(states()).toBe('working,done');
    expect(queue.jobs[0].problem).toBeUndefined();
    turns[2].done('MENDED');
    await settle();
    expect(queue.jobs.map(({ result }) => result)).toEqual(['MENDED', 'GOOD']);
  });

  test('cancelled it ends the one at work at once, keeps what is done, and goes on when asked', async () => {
    const { queue, turns, states } = queueOf('a', 'b', 'c');
    turns[0].done('A');
    await settle();
    queue.cancel();
    await settle();
    expect(turns[1].signal.aborted).toBe(true);
    expect(states()).toBe('done,cancelled,cancelled');
    expect(queue.running).toBe(false);
    expect(queue.share).toBe(1);
    queue.again('cancelled');
    expect(states()).toBe('done,working,waiting');
  });

  test('takes more while it works, also after it was cleared', async () => {
    const { queue, turns, states } = queueOf('a');
    queue.add([new File([], 'b')]);
    expect(states()).toBe('working,waiting');
    queue.clear();
    queue.add([new File([], 'c')]);
    await settle();
    expect(states()).toBe('working');
    expect(turns.at(-1)!.file.name).toBe('c');
    turns.at(-1)!.done('C');
    await settle();
    expect(states()).toBe('done');
  });

  test('says how long it will take, by how long it took', async () => {
    vi.useFakeTimers();
    try {
      const { queue, turns } = queueOf('a', 'b', 'c', 'd');
      expect(queue.millisecondsLeft).toBeUndefined();
      await vi.advanceTimersByTimeAsync(1000);
      turns[0].done('A');
      await vi.advanceTimersByTimeAsync(250);
      expect(queue.millisecondsLeft).toBeCloseTo(750 + 2000, -2);
      await vi.advanceTimersByTimeAsync(5000); // this one takes longer than expected
      expect(queue.millisecondsLeft).toBeCloseTo(2000, -2);
    } finally {
      vi.useRealTimers();
    }
  });
});
