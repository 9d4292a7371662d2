import { expect, test } from 'vitest';

import { History } from '../../src/page/app/history';

test('undo and redo walk through the values', () => {
  const history = new History('a');
  expect([history.canUndo, history.canRedo]).toEqual([false, false]);
  history.push('b');
  history.push('c');
  history.undo();
  history.undo();
  history.undo(); // nothing before the first
  expect([history.now, history.canUndo, history.canRedo]).toEqual(['a', false, true]);
  history.redo();
  expect(history.now).toBe('b');
});

test('what comes after an undo takes the place of what was undone', () => {
  const history = new History('a');
  history.push('b');
  history.undo();
  history.push('c');
  expect(history.canRedo).toBe(false);
  history.undo();
  expect(history.now).toBe('a');
});

test('the steps of a gesture are undone together, two gestures one by one', () => {
  const history = new History(0);
  for (const value of [1, 2, 3]) history.push(value, 'strength');
  history.endGesture();
  for (const value of [4, 5]) history.push(value, 'strength');
  history.push(6, 'warmth');
  const seen = [];
  while (history.canUndo) {
    history.undo();
    seen.push(history.now);
  }
  expect(seen).toEqual([5, 3, 0]);
});

test('another value for now keeps the past', () => {
  const history = new History('a');
  history.push('b');
  history.replace('B');
  expect(history.now).toBe('B');
  history.undo();
  expect(history.now).toBe('a');
});
