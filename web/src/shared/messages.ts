// What the page and its worker say to each other. A call has an input, progress on the way, and an output.

import type { Problem } from './problem';

/** What a model does: colour a grey photograph, or a line drawing. */
export type TaskName = 'photo' | 'sketch';

/** What a picture is, as its owner says; `auto`: what it looks like. */
export type Choice = 'auto' | TaskName;

/** Things worth telling about a result, in words by src/page/texts.ts. */
export type Note = 'first-frame' | 'eight-bits' | 'already-colour' | 'transparency' | 'white-paper' | 'taken-for-drawing';

/** A model that runs. */
export interface About {
  task: TaskName;
  version: number;
  backend: string;
}

export interface Calls {
  /** Fetches the photo model and starts it; again is free. */
  prepare: {
    input: {
      /** The folder that holds a folder for each model, with a slash at its end. */
      modelsUrl: string;
      /** The tasks that there are models for. */
      offered: TaskName[];
      /** One backend to use; without it the best that works. */
      backend: string | null;
    };
    output: About;
  };
  /** Colours a picture; waits for `prepare`. A drawing's model is fetched at the first drawing. */
  colourise: {
    input: { file: Blob; name: string; choice: Choice };
    output: { picture: Blob; width: number; height: number; notes: Note[]; milliseconds: number; about: About };
  };
  /** The tasks that will work with the network off. */
  kept: { input: null; output: TaskName[] };
}

export type CallName = keyof Calls;

export type Progress =
  | { step: 'download'; task: TaskName; received: number; total: number }
  | { step: 'start' }
  /** The file is a picture that can be shown: from here on no complaint about it is to be expected. */
  | { step: 'opened' }
  | { step: 'predict' }
  /** `done` of `total` rows. */
  | { step: 'colour'; done: number; total: number }
  | { step: 'save' };

export type ToWorker =
  | { [Name in CallName]: { kind: 'call'; id: number; name: Name; input: Calls[Name]['input'] } }[CallName]
  | { kind: 'abort'; id: number };

export type FromWorker =
  | { kind: 'progress'; id: number; progress: Progress }
  | { kind: 'done'; id: number; output: Calls[CallName]['output'] }
  | { kind: 'failed'; id: number; problem: Problem };
