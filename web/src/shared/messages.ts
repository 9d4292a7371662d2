// What the page and its worker say to each other. A task is a call with an input, progress on the way, and an output.

import type { Problem } from './problem';

/** Things worth telling about a result, in words by src/page/texts.ts. */
export type Note = 'first-frame' | 'eight-bits' | 'already-colour' | 'transparency';

export interface Tasks {
  /** Fetches the model and starts an engine; again is free. */
  prepare: {
    input: {
      /** The model folder, with a slash at its end. */
      modelUrl: string;
      /** One backend to use; without it the best that works. */
      backend: string | null;
    };
    output: { backend: string; version: number; cached: boolean };
  };
  /** Colours a picture; waits for `prepare`. */
  colourise: {
    input: { file: Blob; name: string };
    output: { picture: Blob; width: number; height: number; notes: Note[]; milliseconds: number };
  };
}

export type TaskName = keyof Tasks;

export type Progress =
  | { step: 'download'; received: number; total: number }
  | { step: 'start' }
  /** The file is a picture that can be shown: from here on no complaint about it is to be expected. */
  | { step: 'opened' }
  /** `done` of `total` rows. */
  | { step: 'colour'; done: number; total: number }
  | { step: 'save' };

export type ToWorker =
  | { [Name in TaskName]: { kind: 'call'; id: number; task: Name; input: Tasks[Name]['input'] } }[TaskName]
  | { kind: 'abort'; id: number };

export type FromWorker =
  | { kind: 'progress'; id: number; progress: Progress }
  | { kind: 'done'; id: number; output: Tasks[TaskName]['output'] }
  | { kind: 'failed'; id: number; problem: Problem };
