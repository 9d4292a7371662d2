import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';

import { problemOf } from '../../src/shared/problem';
import { checkFile, parseManifest, totalBytes } from '../../src/worker/model/manifest';

const bytes = Uint8Array.of(1, 2, 3);
const sha256 = createHash('sha256').update(bytes).digest('hex');
const file = { path: 'see.bin', bytes: 3, sha256 };
const manifest = {
  format: 'handtint-tfjs-2',
  task: 'photo',
  version: 1,
  size: 256,
  signature: 'chroma',
  centres: [[40, 20], [-30, 10]],
  probe: [[0.5, 1, 2, 3]],
  files: ['see.json', 'see.bin', 'guide.json', 'guide.bin'].map((path) => ({ ...file, path })),
};

async function problem(run: () => unknown) {
  try {
    await run();
  } catch (error) {
    return problemOf(error);
  }
  return undefined;
}

test('a good manifest', () => {
  expect(parseManifest(manifest)).toEqual(manifest);
  expect(totalBytes(parseManifest(manifest))).toBe(12);
});

test.each([
  [{ format: 'handtint-tfjs-1' }, 'format: "handtint-tfjs-2"', '"handtint-tfjs-1"'],
  [{ task: 'portrait' }, 'task: photo or sketch', '"portrait"'],
  [{ signature: 'guided' }, 'signature: "chroma"', '"guided"'],
  [{ size: '256' }, 'size: a whole number over 0', '"256"'],
  [{ version: 0 }, 'version: a whole number over 0', '0'],
  [{ centres: undefined }, 'centres: a list of lists of numbers', 'nothing'],
  [{ probe: [['1']] }, 'probe: a list of lists of numbers', '[["1"]]'],
  [{ files: [file] }, 'files: see.json among them', '["see.bin"]'],
  [{ files: [] }, 'files: a list of files', '[]'],
  [{ files: [{ ...file, path: '../secret' }] }, 'path: a plain file name', '"../secret"'],
  [{ files: [{ ...file, path: 'https://else.where/x' }] }, 'path: a plain file name', '"https://else.where/x"'],
  [{ files: [{ ...file, bytes: -1 }] }, 'bytes of see.bin: a whole number over 0', '-1'],
  [{ files: [{ ...file, sha256: 'abc' }] }, 'sha256 of see.bin: 64 hexadecimal digits', '"abc"'],
])('%j is refused', async (change, expected, received) => {
  expect(await problem(() => parseManifest({ ...manifest, ...change }))).toEqual({ code: 'model-manifest', expected, received });
});

test('a model of another task than the wanted one is refused', async () => {
  const sketch = { ...manifest, task: 'sketch', signature: 'flats' };
  expect(parseManifest(sketch, 'sketch')).toEqual(sketch);
  const expected = { code: 'model-manifest', expected: 'task: photo', received: '"sketch"' };
  expect(await problem(() => parseManifest(sketch, 'photo'))).toEqual(expected);
});

test('a manifest that is no object is refused', async () => {
  expect(await problem(() => parseManifest([]))).toEqual({ code: 'model-manifest', expected: 'a JSON object', received: '[]' });
});

test('a file is checked by size, then by hash', async () => {
  expect(await problem(() => checkFile(file, bytes))).toBeUndefined();
  expect(await problem(() => checkFile(file, Uint8Array.of(1, 2)))).toEqual({
    code: 'model-damaged', path: file.path, expected: '3 bytes', received: '2 bytes',
  });
  expect(await problem(() => checkFile(file, Uint8Array.of(1, 2, 4)))).toEqual({
    code: 'model-damaged',
    path: file.path,
    expected: `SHA-256 ${sha256}`,
    received: `SHA-256 ${createHash('sha256').update(Uint8Array.of(1, 2, 4)).digest('hex')}`,
  });
});
