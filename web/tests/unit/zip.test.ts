import { afterEach, expect, test, vi } from 'vitest';

import { saveZip, ZIP_NAME } from '../../src/page/batch/zip';
import { unzip } from '../zip';

afterEach(() => vi.unstubAllGlobals());

const entries = ['a.png', 'A.png', 'Füße.png'].map((name) => ({ name, file: new Blob([`content of ${name}`]) }));

test('a large zip goes straight into the file that the person names', async () => {
  const pieces: Uint8Array[] = [];
  const file = { createWritable: async () => new WritableStream<Uint8Array>({ write: (piece) => void pieces.push(piece) }) };
  const showSaveFilePicker = vi.fn(async () => file);
  vi.stubGlobal('window', { showSaveFilePicker });
  await saveZip(entries, 10);
  expect(showSaveFilePicker).toHaveBeenCalledWith(expect.objectContaining({ suggestedName: ZIP_NAME }));
  const content = unzip(Buffer.concat(pieces));
  expect([...content].map(([name, bytes]) => [name, bytes.toString()])).toEqual([
    ['a.png', 'content of a.png'],
    ['A-2.png', 'content of A.png'],
    ['Füße.png', 'content of Füße.png'],
  ]);
});

test('no file named: nothing is written, and the caller hears of it', async () => {
  const refused = new DOMException('The user aborted a request.', 'AbortError');
  vi.stubGlobal('window', { showSaveFilePicker: () => Promise.reject(refused) });
  await expect(saveZip(entries, 10)).rejects.toBe(refused);
});
