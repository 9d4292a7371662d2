// What is done with a file of a batch: opened, coloured as it comes, written, and forgotten.

import { UNEDITED } from '../../shared/edit';
import type { Note, Progress } from '../../shared/messages';
import type { Bridge } from '../bridge';
import type { Saving } from '../output/save_as';
import type { WorkOptions } from './queue';

/** Side of the square that a small picture fits into; twice what is shown, for fine screens. */
const SMALL = 144;
/** Shares of the way that are behind once it is opened, and once the model has answered. */
const [OPENED, PREDICTED] = [0.1, 0.4];

export interface Coloured extends Saving {
  file: Blob;
  width: number;
  height: number;
  small: ImageBitmap;
  notes: Note[];
  /** All in all. */
  milliseconds: number;
}

/** @param savingNow as what it is to be written; asked again when that may have changed. */
export async function colourFile(
  bridge: Bridge,
  source: File,
  savingNow: () => Saving,
  { signal, onShare }: WorkOptions,
): Promise<Coloured> {
  const start = performance.now();
  const opened = await bridge.call('open', { file: source, name: source.name, choice: 'auto' }, { signal });
  const { picture, width, height } = opened;
  try {
    onShare(OPENED);
    const scale = Math.min(1, SMALL / Math.max(width, height));
    const [columns, rows] = [width, height].map((side) => Math.max(1, Math.round(side * scale)));
    const part = { left: 0, top: 0, width, height, columns, rows };
    const { bitmap: small } = await bridge.call('view', { picture, side: 'coloured', edit: UNEDITED, part }, { signal });
    onShare(PREDICTED);
    const onProgress = (progress: Progress) => {
      if (progress.step === 'colour') onShare(PREDICTED + ((1 - PREDICTED) * progress.done) / progress.total);
    };
    const write = (saving: Saving) =>
      bridge.call('save', { picture, edit: UNEDITED, ...saving }, { signal, onProgress });
    let saving = savingNow();
    let written = await write(saving);
    while (!isSame(saving, savingNow())) {
      saving = savingNow();
      written = await write(saving);
    }
    const { file, notes } = written;
    const milliseconds = performance.now() - start;
    return { ...saving, file, width, height, small, notes: [...new Set([...opened.notes, ...notes])], milliseconds };
  } finally {
    void bridge.call('close', { picture }).catch(() => undefined); // there is nothing that could be done
  }
}

function isSame(one: Saving, other: Saving): boolean {
  return one.type === other.type && one.quality === other.quality;
}
