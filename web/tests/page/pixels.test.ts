// The page's pixels are the command's, but for a level here and there: the same pictures through both.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from '@playwright/test';

import type { Hint } from '../../src/shared/messages';
import { decodePng, type Pixels } from '../pictures';
import { hinted, PLAIN, test } from './worker';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const PYTHON = process.env['PYTHON'] ?? join(ROOT, '.venv/bin/python'); // as `make setup` makes it
const SAMPLES = join(ROOT, 'web/public/samples');

const folder = mkdtempSync(join(tmpdir(), 'handtint-'));
test.afterAll(() => rmSync(folder, { recursive: true }));

function command(name: string, ...options: string[]): Pixels {
  const coloured = join(folder, 'coloured.png');
  const picture = join(SAMPLES, name);
  execFileSync(PYTHON, ['-m', 'serving.cli', 'colourise', picture, '-o', coloured, '--force', ...options], {
    cwd: ROOT,
    stdio: 'pipe',
  });
  return decodePng(readFileSync(coloured));
}

/** Mean absolute difference of the levels, 0..255. */
function difference(one: Pixels, other: Pixels): number {
  expect([one.width, one.height]).toEqual([other.width, other.height]);
  let sum = 0;
  for (let at = 0; at < one.data.length; at++) if (at % 4 < 3) sum += Math.abs(one.data[at] - other.data[at]);
  return sum / (one.width * one.height * 3);
}

const HINTS: Hint[] = [
  { x: 0.5, y: 0.8, colour: '#7a2e3a' },
  { x: 0.1, y: 0.1, colour: '#3a5f9e' },
];

for (const { name, task, hints } of [
  { name: 'cliff-palace-mesa-verde.jpg', task: 'photo', hints: [] },
  { name: 'two-girls-in-a-mill.jpg', task: 'photo', hints: HINTS },
  { name: 'omelette-sandwich.png', task: 'sketch', hints: [] },
]) {
  test(`${name}, a ${task} with ${hints.length} hints`, async ({ worker }) => {
    const list = join(folder, 'hints.json');
    writeFileSync(list, JSON.stringify({ hints }));
    const expected = command(name, ...(hints.length > 0 ? ['--hints', list] : []));
    await worker.prepare();
    const opened = await worker.open(readFileSync(join(SAMPLES, name)));
    expect(opened.task).toBe(task);
    expect(difference(await worker.save(opened.picture, hints.length > 0 ? hinted(...hints) : PLAIN), expected)).toBeLessThan(0.5);
  });
}

test('saturation is the command\'s', async ({ worker }) => {
  const name = 'commodore-grace-hopper.jpg';
  const expected = command(name, '--saturation', '1.6');
  await worker.prepare();
  const { picture } = await worker.open(readFileSync(join(SAMPLES, name)));
  const edit = { ...PLAIN, look: { strength: 1, saturation: 1.6, warmth: 0 } };
  expect(difference(await worker.save(picture, edit), expected)).toBeLessThan(0.5);
});
