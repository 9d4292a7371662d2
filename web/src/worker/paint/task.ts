// What is done with a picture, by the task: what of it the model sees, and how the answer becomes a picture. The page's
// half of serving/colouring/task.py.

import type { Triple } from '../../shared/colour';
import type { Look, TaskName } from '../../shared/messages';
import { PHOTO } from './photo';
import { SKETCH } from './sketch';

export interface Task {
  readonly name: TaskName;
  /** The model's signature that gives small maps of `depth` channels under the name `answer` for `seen` and a hint map. */
  readonly signature: string;
  readonly seen: string;
  readonly hintChannels: number;
  readonly answer: string;
  readonly depth: number;
  /** Whether a transparent picture is laid on white paper first; else it keeps its transparency. */
  readonly onWhite: boolean;

  /**
   * Writes what the model is given of `width` RGBA pixels that start at byte `offset` into `target`.
   * @returns whether all of them are grey.
   */
  seeRow(rgba: Uint8ClampedArray, offset: number, width: number, target: Float32Array): boolean;

  /** Makes `width` RGBA pixels that start at byte `offset` as grey as the model is shown them, in place. Alpha stays. */
  greyRow(rgba: Uint8ClampedArray, offset: number, width: number): void;

  /** The answer under a look: both tasks need it on the small maps only, so that a look costs the same at any size. */
  wear(maps: Float32Array, look: Look): Float32Array;

  /**
   * Colours `width` RGBA pixels that start at byte `offset`, in place. Alpha stays.
   * @param maps the answer raised to the picture's size, `width` times `depth` values.
   */
  paintRow(rgba: Uint8ClampedArray, offset: number, width: number, maps: Float32Array): void;

  /** The colour (Lab) of pixel number `index` of the result at the model's size. */
  labAt(seen: Float32Array, maps: Float32Array, index: number): Triple;
}

export const TASKS: Record<TaskName, Task> = { photo: PHOTO, sketch: SKETCH };
