import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

import { bytes, explain } from '../../src/page/texts';
import { listModels } from '../../tools/models_plugin';
import { listSamples } from '../../tools/samples_plugin';

test.each([
  [64_104, '65 KB'],
  [999, '1 KB'],
  [11_234_567, '11.2 MB'],
])('%i bytes are shown as %s', (count, expected) => expect(bytes(count)).toBe(expected));

test('a problem says what, expected, received and fix', () => {
  expect(explain({ code: 'too-large', name: 'big.png', width: 20_000, height: 20_000 })).toEqual({
    what: 'big.png is too large.',
    why: 'Expected at most 100 megapixels and no side over 32,767; received 20000 × 20000 pixels (400 megapixels).',
    fix: 'Make it smaller in another program, or cut it into parts.',
  });
});

test('samples are what lies in the folder', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'handtint-'));
  await writeFile(join(folder, 'old_harbour-1890.jpg'), Buffer.alloc(1234));
  await writeFile(join(folder, 'SOURCES.md'), 'none');
  expect(listSamples(folder)).toEqual([{ file: 'old_harbour-1890.jpg', bytes: 1234, caption: 'Old harbour 1890' }]);
  await rm(folder, { recursive: true });
  expect(listSamples(folder)).toEqual([]);
});

test('models are the folders that hold a manifest', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'handtint-'));
  for (const name of ['sketch', 'photo', 'half']) await mkdir(join(folder, name));
  for (const name of ['sketch', 'photo']) await writeFile(join(folder, name, 'manifest.json'), '{}');
  expect(listModels(folder)).toEqual(['photo', 'sketch']);
  await rm(folder, { recursive: true });
  expect(listModels(folder)).toEqual([]);
});
