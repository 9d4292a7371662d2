// An opened picture: its pixels, what it was taken for, and what a model says of it.

import { layOnWhite } from '../../shared/alpha';
import type { Choice, Edit, Note, Opened, Part, PictureId, Side, TaskName } from '../../shared/messages';
import type { Engine } from '../engine/engines';
import type { Metadata } from '../files/metadata';
import { inBandsOf, type Pixels } from '../paint/bands';
import { byItself, byMaps, byOther, inGrey, type Paint } from '../paint/paint';
import { TASKS, type Task } from '../paint/task';
import { Predictions } from './predictions';
import { Source } from './source';
import { see, SIZE, type Survey } from './survey';

/** What a side of a picture is painted with, and by which engine, if by one. */
export interface Painting {
  paint: Paint;
  /** Whether white paper is laid under transparent pixels first. */
  onWhite: boolean;
  engine: Engine | null;
}

export class Picture {
  #task: TaskName = 'photo';
  #guessed = false;
  #predictions: Predictions | undefined;
  #adopted: Source | undefined;
  readonly #closing = new AbortController();

  constructor(
    readonly id: PictureId,
    readonly name: string,
    readonly format: string,
    readonly metadata: Metadata,
    readonly source: Source,
    readonly looks: Survey,
    readonly fileNotes: readonly Note[],
  ) {}

  /** Aborted when the picture is closed. */
  get closed(): AbortSignal {
    return this.#closing.signal;
  }

  get task(): Task {
    return TASKS[this.#task];
  }

  /** @param sketches whether there is a model for them. */
  take(choice: Choice, sketches: boolean): Opened {
    this.#guessed = choice === 'auto';
    if (choice !== 'auto') this.#task = choice;
    else this.#task = sketches ? this.looks.looksLike : 'photo';
    return this.#describe();
  }

  /**
   * @param engineOf gives the engine of a task; asked only where a model is needed.
   * @param onPredict called before a model is asked.
   */
  async painting(
    side: Side,
    edit: Edit,
    engineOf: (task: TaskName) => Promise<Engine>,
    onPredict: () => void,
  ): Promise<Painting> {
    const { task } = this;
    const { onWhite } = task;
    if (side === 'own') return { paint: () => undefined, onWhite: false, engine: null };
    if (side === 'grey') return { paint: inGrey(task), onWhite, engine: null };
    if (edit.from === 'own') return { paint: byItself(edit.look), onWhite: false, engine: null };
    if (edit.from === 'server') {
      if (!this.#adopted) throw new Error('no picture of a server was adopted');
      return { paint: byOther(this.#adopted, task, edit.look, this.source), onWhite, engine: null };
    }
    const engine = await engineOf(task.name);
    const predictions = await this.predictions(engine);
    onPredict();
    const { maps } = await predictions.answer(edit.hints, edit.variant);
    return { paint: byMaps(task, task.wear(maps, edit.look), engine.model.size, this.source), onWhite, engine };
  }

  /** Part of the picture, painted. */
  read(part: Part, painting: Painting): ImageData {
    const pixels = this.source.read(part);
    this.#paint(pixels, part, painting);
    return pixels;
  }

  /** The same for a part that takes its time: throws the signal's reason before the next band. */
  async draw(part: Part, painting: Painting, signal: AbortSignal): Promise<ImageBitmap> {
    const pixels = this.source.read(part);
    await inBandsOf(pixels, part, signal, (rows, band) => this.#paint(rows, band, painting));
    return createImageBitmap(pixels);
  }

  #paint(pixels: Pixels, part: Part, { paint, onWhite }: Painting): void {
    if (onWhite && !this.looks.opaque) layOnWhite(pixels.data);
    paint(pixels, part);
  }

  /** What the engine's model says of the picture; what another one said is forgotten. */
  async predictions(engine: Engine): Promise<Predictions> {
    const { size } = engine.model;
    const task = TASKS[engine.about.task];
    if (this.#predictions?.engine === engine) return this.#predictions;
    const seen = size === SIZE ? this.looks.seen[task.name] : await see(this.source, task, size, this.closed);
    if (this.#predictions?.engine === engine) return this.#predictions; // made meanwhile
    this.forget();
    this.#predictions = new Predictions(engine, seen);
    return this.#predictions;
  }

  /** Frees what a model says. */
  forget(): void {
    this.#predictions?.dispose();
    this.#predictions = undefined;
  }

  /** Takes the bitmap over. */
  adopt(coloured: ImageBitmap): void {
    this.#adopted?.close();
    this.#adopted = new Source(coloured);
  }

  close(): void {
    this.#closing.abort(new DOMException('The picture was closed.', 'AbortError'));
    this.forget();
    this.#adopted?.close();
    this.source.close();
  }

  #describe(): Opened {
    const { width, height } = this.source;
    const { inColour, opaque } = this.looks;
    const notes = [...this.fileNotes];
    if (inColour && this.#task === 'photo') notes.push('already-colour');
    if (!opaque) notes.push(this.task.onWhite ? 'white-paper' : 'transparency');
    return { picture: this.id, width, height, format: this.format, task: this.#task, guessed: this.#guessed, inColour, notes };
  }
}
