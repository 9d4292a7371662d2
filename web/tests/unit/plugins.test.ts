import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

import { listModels } from '../../tools/models_plugin';
import { listSamples } from '../../tools/samples_plugin';

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
