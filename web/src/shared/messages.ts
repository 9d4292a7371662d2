// What the page and its worker say to each other. A call has an input, progress on the way, and an output. The worker keeps
// the opened pictures; the page holds edits, and asks for views of the part that it shows.

import type { Problem } from './problem';

/** What a model does: colour a grey photograph, or a line drawing. */
export type TaskName = 'photo' | 'sketch';

/** What a picture is, as its owner says; `auto`: what it looks like. */
export type Choice = 'auto' | TaskName;

/** Things worth telling about a picture or a file, in words by src/page/texts. */
export type Note =
  | 'first-frame' // of an animation, or the first page of a TIFF
  | 'eight-bits'
  | 'already-colour'
  | 'transparency'
  | 'white-paper'
  | 'profile-dropped'
  | 'metadata-dropped';

/** A model that runs. */
export interface About {
  task: TaskName;
  version: number;
  backend: BackendName;
  /** Threads that compute; 1 but for wasm on an isolated page. */
  threads: number;
}

export type BackendName = 'webgpu' | 'webgl' | 'wasm' | 'cpu';

/** x and y are shares of width and height from the top left; `colour` is like #b03a2e. As in hint files. */
export interface Hint {
  x: number;
  y: number;
  colour: string;
}

/** All are cheap: they are applied while a view is painted, after the model. */
export interface Look {
  /** 0..1: how much of the colour is laid over the uncoloured picture. */
  strength: number;
  /** 0..2: what chroma is multiplied by; `--saturation` of the command. */
  saturation: number;
  /** -1..1: from cold to warm; 0 as predicted. */
  warmth: number;
}

/** What the person wants of one picture. Whoever changes one makes a new one: undo keeps the old ones. */
export interface Edit {
  look: Look;
  hints: readonly Hint[];
  /** 0: the likeliest colours; 1 and up: an alternative, the same ones for the same picture and hints. */
  variant: number;
  /** Whose colours: the model's, the picture's own, or those of the picture given by `adopt`. */
  from: 'model' | 'own' | 'server';
}

export type PictureId = number;

export interface Opened {
  picture: PictureId;
  /** Upright. */
  width: number;
  height: number;
  format: string;
  task: TaskName;
  /** Whether the task was chosen by the picture's looks, and not by its owner. */
  guessed: boolean;
  /** Whether the picture has colours of its own (a photograph's are made grey for the model). */
  inColour: boolean;
  notes: Note[];
}

/** A rectangle of the picture in its own pixels (may be fractional), drawn `columns` by `rows` large. */
export interface Part {
  left: number;
  top: number;
  width: number;
  height: number;
  columns: number;
  rows: number;
}

/** `grey`: what the model is shown, in full size. `own`: as it was opened. `coloured`: the result of the edit. */
export type Side = 'coloured' | 'grey' | 'own';

export type SaveType = 'image/png' | 'image/jpeg' | 'image/webp';

export interface Calls {
  /** Says where the models are; fetches the photo model and starts it. Again with another backend starts anew on that one. */
  prepare: {
    input: {
      /** The folder that holds a folder for each model, with a slash at its end. */
      modelsUrl: string;
      /** The tasks that there are models for. */
      offered: TaskName[];
      /** One backend to use; null: the best that works. */
      backend: BackendName | null;
    };
    output: About;
  };
  /** Decodes and keeps a picture; needs no model. */
  open: { input: { file: Blob; name: string; choice: Choice }; output: Opened };
  /** Another word on what the picture is. */
  retake: { input: { picture: PictureId; choice: Choice }; output: Opened };
  /**
   * A part of the picture as pixels to show. What the model says of the picture is computed once and kept, what the hints
   * change once for each list of hints. A newer view of the same picture and side makes an older one that has not begun end as
   * aborted.
   */
  view: {
    input: { picture: PictureId; side: Side; edit: Edit; part: Part };
    output: { bitmap: ImageBitmap; milliseconds: number; about: About | null };
  };
  /** Natural colours for a spot, the likeliest first, at the spot's own lightness. */
  suggest: { input: { picture: PictureId; edit: Edit; x: number; y: number }; output: { colours: string[] } };
  /** The colour that a side has at a spot: the eyedropper. */
  pick: { input: { picture: PictureId; side: Side; edit: Edit; x: number; y: number }; output: { colour: string } };
  /** Small views of variants 0 to count - 1, fewer where the model is sure of everything. */
  alternatives: {
    input: { picture: PictureId; edit: Edit; count: number; columns: number; rows: number };
    output: { variants: { variant: number; bitmap: ImageBitmap }[] };
  };
  /** The full-size file, with the original's EXIF, colour profile and XMP where the type can hold them. */
  save: {
    input: { picture: PictureId; edit: Edit; type: SaveType; /** 0..1, of jpeg and webp */ quality: number };
    output: { file: Blob; notes: Note[]; milliseconds: number; about: About | null };
  };
  /** A picture of the same proportions that a server coloured: its chroma is what `from: 'server'` shows. */
  adopt: { input: { picture: PictureId; coloured: Blob }; output: null };
  /** Forgets a picture; its calls under way end. */
  close: { input: { picture: PictureId }; output: null };
  /** The tasks whose models will be there with the network off. */
  kept: { input: null; output: TaskName[] };
  /** For tests and the bench: what TF.js holds now, and how many pictures are open. */
  memory: { input: null; output: { tensors: number; bytes: number; pictures: number } };
}

export type CallName = keyof Calls;

export type Progress =
  | { step: 'download'; task: TaskName; received: number; total: number }
  | { step: 'start' }
  | { step: 'predict' }
  /** `done` of `total` rows of a full-size picture. */
  | { step: 'colour'; done: number; total: number }
  | { step: 'save' };

export type ToWorker =
  | { [Name in CallName]: { kind: 'call'; id: number; name: Name; input: Calls[Name]['input'] } }[CallName]
  | { kind: 'abort'; id: number };

export type FromWorker =
  | { kind: 'progress'; id: number; progress: Progress }
  | { kind: 'done'; id: number; output: Calls[CallName]['output'] }
  | { kind: 'failed'; id: number; problem: Problem }
  /** Ended, though not by the page's own abort: a newer view took its place, or its picture was closed. */
  | { kind: 'aborted'; id: number };
