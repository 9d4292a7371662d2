import { expect, test } from 'vitest';

import { Newest } from '../../src/worker/session/newest';

/** Work that ends when the test says so. */
function work(name: string, begun: string[]) {
  let end!: () => void;
  const ended = new Promise<void>((resolve) => (end = resolve));
  return {
    end,
    start: async () => {
      begun.push(name);
      await ended;
      return name;
    },
  };
}

const beginning = () => new Promise((resolve) => setTimeout(resolve, 20));

test('what runs ends, what waits gives way to the newest', async () => {
  const begun: string[] = [];
  const views = new Newest<string>();
  const [first, second, third] = ['first', 'second', 'third'].map((name) => work(name, begun));
  const running = views.run('a', first.start);
  await beginning();
  const replaced = views.run('a', second.start);
  const last = views.run('a', third.start);
  first.end();
  third.end();
  expect(await running).toBe('first');
  await expect(replaced).rejects.toMatchObject({ name: 'AbortError' });
  expect(await last).toBe('third');
  expect(begun).toEqual(['first', 'third']);
});

test('of calls that come together only the newest begins', async () => {
  const begun: string[] = [];
  const views = new Newest<string>();
  const calls = ['first', 'second', 'third'].map((name) => {
    const { start, end } = work(name, begun);
    end();
    return views.run('a', start);
  });
  const outcomes = await Promise.allSettled(calls);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
  expect(begun).toEqual(['third']);
});

test('other keys do not wait', async () => {
  const views = new Newest<string>();
  const slow = work('slow', []);
  const running = views.run('a', slow.start);
  expect(await views.run('b', async () => 'done')).toBe('done');
  slow.end();
  await running;
});

test('a failure does not stop what comes after it', async () => {
  const views = new Newest<string>();
  await expect(views.run('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await views.run('a', async () => 'yes')).toBe('yes');
});
