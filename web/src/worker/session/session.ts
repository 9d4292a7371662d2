// The answers to the page's calls: the pictures that are open, and the engines that colour them.

import { memory } from '@tensorflow/tfjs-core';

import { hexOf } from '../../shared/colour';
import type { Calls, Edit, Part, PictureId, Progress, Side, TaskName } from '../../shared/messages';
import { ProblemError } from '../../shared/problem';
import { Engines, type Engine } from '../engine/engines';
import { openFile } from '../files/open';
import { Newest } from './newest';
import { Picture, type Painting } from './picture';
import { save } from './save';
import { Source } from './source';
import { suggest } from './modes';
import { survey } from './survey';

export interface Context {
  signal: AbortSignal;
  onProgress: (progress: Progress) => void;
}

export type Handlers = {
  [Name in keyof Calls]: (input: Calls[Name]['input'], context: Context) => Promise<Calls[Name]['output']>;
};

export class Session implements Handlers {
  #engines: Engines | undefined;
  readonly #pictures = new Map<PictureId, Picture>();
  readonly #views = new Newest<string>();
  #nextId = 1;

  async prepare(input: Calls['prepare']['input'], { onProgress }: Context) {
    for (const picture of this.#pictures.values()) picture.forget();
    const before = this.#engines;
    const engines = (this.#engines = new Engines(input));
    await before?.dispose();
    return (await engines.engine('photo', onProgress)).about;
  }

  async kept() {
    return (await this.#engines?.kept()) ?? [];
  }

  async memory() {
    const { numTensors, numBytes } = memory();
    return { tensors: numTensors, bytes: numBytes, pictures: this.#pictures.size };
  }

  async open({ file, name, choice }: Calls['open']['input'], { signal }: Context) {
    const { bitmap, format, notes, metadata } = await openFile(file, name);
    const source = new Source(bitmap);
    try {
      const looks = await inMemory(name, source, () => survey(source, signal));
      const picture = new Picture(this.#nextId++, name, format, metadata, source, looks, notes);
      this.#pictures.set(picture.id, picture);
      return picture.take(choice, this.#sketches);
    } catch (error) {
      source.close();
      throw error;
    }
  }

  async retake({ picture: id, choice }: Calls['retake']['input']) {
    return this.#picture(id).take(choice, this.#sketches);
  }

  async view({ picture: id, side, edit, part }: Calls['view']['input'], context: Context) {
    const picture = this.#picture(id);
    return this.#views.run(`${id} ${side}`, async () => {
      const start = performance.now();
      const signal = ending(picture, context);
      signal.throwIfAborted();
      const painting = await this.#painting(picture, side, edit, { ...context, signal });
      signal.throwIfAborted();
      const bitmap = await draw(picture, part, painting, signal);
      return { bitmap, milliseconds: performance.now() - start, about: painting.engine?.about ?? null };
    });
  }

  async pick({ picture: id, side, edit, x, y }: Calls['pick']['input'], context: Context) {
    const picture = this.#picture(id);
    const { width, height } = picture.source;
    const left = Math.min(Math.floor(x * width), width - 1);
    const top = Math.min(Math.floor(y * height), height - 1);
    const painting = await this.#painting(picture, side, edit, context);
    ending(picture, context).throwIfAborted();
    const { data } = picture.read({ left, top, width: 1, height: 1, columns: 1, rows: 1 }, painting);
    return { colour: hexOf([data[0] / 255, data[1] / 255, data[2] / 255]) };
  }

  async suggest({ picture: id, edit, x, y }: Calls['suggest']['input'], context: Context) {
    const picture = this.#picture(id);
    const predictions = await picture.predictions(await this.#engine(picture.task.name, context));
    const answer = await predictions.answer(edit.hints, edit.variant);
    return { colours: suggest(answer, predictions.lightness(answer), x, y) };
  }

  async alternatives({ picture: id, edit, count, columns, rows }: Calls['alternatives']['input'], context: Context) {
    const picture = this.#picture(id);
    const signal = ending(picture, context);
    const predictions = await picture.predictions(await this.#engine(picture.task.name, context));
    const { width, height } = picture.source;
    const part = { left: 0, top: 0, width, height, columns, rows };
    const variants = [];
    for (const variant of [0, ...(await predictions.variants(edit.hints, count))]) {
      const painting = await this.#painting(picture, 'coloured', { ...edit, from: 'model', variant }, context);
      signal.throwIfAborted();
      variants.push({ variant, bitmap: await draw(picture, part, painting, signal) });
    }
    return { variants };
  }

  async save({ picture: id, edit, type, quality }: Calls['save']['input'], context: Context) {
    const start = performance.now();
    const picture = this.#picture(id);
    const signal = ending(picture, context);
    const painting = await this.#painting(picture, 'coloured', edit, { ...context, signal });
    const saving = { type, quality, synthetic: edit.from !== 'own' };
    const written = await inMemory(picture.name, picture.source, () =>
      save(picture, painting, saving, signal, context.onProgress),
    );
    return { ...written, milliseconds: performance.now() - start, about: painting.engine?.about ?? null };
  }

  async adopt({ picture: id, coloured }: Calls['adopt']['input']) {
    const picture = this.#picture(id);
    const { bitmap } = await openFile(coloured, picture.name);
    if (picture.closed.aborted) bitmap.close();
    picture.closed.throwIfAborted();
    picture.adopt(bitmap);
    return null;
  }

  async close({ picture: id }: Calls['close']['input']) {
    this.#pictures.get(id)?.close();
    this.#pictures.delete(id);
    return null;
  }

  get #sketches(): boolean {
    return this.#engines?.offers('sketch') ?? false;
  }

  #picture(id: PictureId): Picture {
    const picture = this.#pictures.get(id);
    if (!picture) throw new DOMException('The picture is closed.', 'AbortError');
    return picture;
  }

  async #engine(task: TaskName, { onProgress }: Context): Promise<Engine> {
    if (!this.#engines) throw new Error('a model was asked for before prepare');
    return this.#engines.engine(task, onProgress);
  }

  #painting(picture: Picture, side: Side, edit: Edit, context: Context): Promise<Painting> {
    return picture.painting(
      side,
      edit,
      (task) => this.#engine(task, context),
      () => {
        context.signal.throwIfAborted();
        context.onProgress({ step: 'predict' });
      },
    );
  }
}

/** Aborted with the call, and with its picture. */
function ending(picture: Picture, { signal }: Context): AbortSignal {
  return AbortSignal.any([signal, picture.closed]);
}

function draw(picture: Picture, part: Part, painting: Painting, signal: AbortSignal): Promise<ImageBitmap> {
  const { columns, rows } = part;
  return inMemory(picture.name, { width: columns, height: rows }, () => picture.draw(part, painting, signal));
}

/** Names what failed where a browser says that it can't have a canvas of this size. */
async function inMemory<Result>(
  name: string,
  { width, height }: { width: number; height: number },
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const memory = error instanceof RangeError || (error instanceof DOMException && error.name !== 'AbortError');
    throw memory ? new ProblemError({ code: 'out-of-memory', name, width, height }) : error;
  }
}
