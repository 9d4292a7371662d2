// The pictures of a batch as one zip. It is stored, not packed: pictures are packed already.

import { downloadZip, makeZip } from 'client-zip';

import { download } from '../output/download';
import { unique } from '../output/names';

export const ZIP_NAME = 'handtint.zip';
/** Above, a zip goes straight into a file where the browser can do that, and needs no room of its own. */
const LARGE = 256_000_000;

export interface Entry {
  name: string;
  file: Blob;
}

/** Throws AbortError when the person names no file for a large one. */
export async function saveZip(entries: readonly Entry[], large = LARGE): Promise<void> {
  const names = unique(entries.map(({ name }) => name));
  const inputs = entries.map(({ file }, i) => ({ name: names[i], input: file, lastModified: new Date() }));
  const bytes = entries.reduce((sum, { file }) => sum + file.size, 0);
  if (bytes > large && window.showSaveFilePicker) {
    const types = [{ accept: { 'application/zip': ['.zip'] } }];
    const handle = await window.showSaveFilePicker({ suggestedName: ZIP_NAME, types });
    await makeZip(inputs).pipeTo(await handle.createWritable());
  } else {
    download(await downloadZip(inputs).blob(), ZIP_NAME);
  }
}

declare global {
  interface Window {
    /** Only some browsers have it. */
    showSaveFilePicker?: (options: {
      suggestedName: string;
      types: { accept: Record<string, string[]> }[];
    }) => Promise<FileSystemFileHandle>;
  }
}
