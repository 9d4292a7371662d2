// The picture on the screen: before and after in one canvas, zoomed and moved. It knows nothing of hints and settings.

import type { Edit, PictureId, Progress } from '../../shared/messages';
import type { Bridge } from '../bridge';
import { byId } from '../dom';
import { write } from '../texts';
import { Compare } from './compare';
import { Layer } from './layer';
import { Views, type Shown } from './views';
import { clamp, fit, isFit, toPicture, toStage, visiblePart, zoomAt, type Point, type Size, type Viewport } from './viewport';

/** Pictures that are shown larger than this many screen pixels a pixel are drawn as squares. */
const SQUARES = 4;
const SETTLED = 60; // milliseconds without a move, after which sharper views are asked for

export interface StagePicture {
  picture: PictureId;
  size: Size;
  name: string;
}

export interface StageEvents {
  /** A view of the result has come. */
  onColoured: (shown: Shown) => void;
  onProgress: (progress: Progress) => void;
  onProblem: (error: unknown) => void;
  /** The picture lies elsewhere on the stage: whatever is laid over it moves along. */
  onMoved: () => void;
}

export class Stage {
  readonly element = byId('stage');
  readonly compare: Compare;
  #canvas = byId('canvas', HTMLCanvasElement);
  #zoomValue = byId('zoom-value');
  #before = new Layer();
  #after = new Layer();
  #views: { coloured: Views; own: Views };
  #open: (StagePicture & { edit: Edit; plain: Edit }) | undefined;
  #view: Viewport = { scale: 1, x: 0, y: 0 };
  #size: Size = { width: 1, height: 1 };
  #frame = 0;
  #settle = 0;

  constructor(
    bridge: Bridge,
    private events: StageEvents,
  ) {
    this.compare = new Compare(() => this.#repaint());
    const { onProgress, onProblem } = events;
    this.#views = {
      coloured: new Views('coloured', bridge, { onShown: (shown) => this.#showColoured(shown), onProgress, onProblem }),
      own: new Views('own', bridge, { onShown: (shown) => this.#show(this.#before, shown), onProgress: () => undefined, onProblem }),
    };
    new ResizeObserver(() => this.#resize()).observe(this.element);
    byId('zoom-in').addEventListener('click', () => this.zoomBy(1.5));
    byId('zoom-out').addEventListener('click', () => this.zoomBy(1 / 1.5));
    byId('zoom-fit').addEventListener('click', () => this.fit());
  }

  open(picture: StagePicture, edit: Edit): void {
    this.close();
    // Of the original nothing depends on the edit; one edit for all its views keeps them up to date.
    this.#open = { ...picture, edit, plain: edit };
    this.#resize();
    this.fit();
    this.compare.hide();
    this.#describe();
    this.#ask();
  }

  close(): void {
    for (const views of Object.values(this.#views)) views.stop();
    this.#before.clear();
    this.#after.clear();
    this.#open = undefined;
    this.#repaint();
  }

  /** Shows another edit of the same picture as soon as it is there. */
  edit(edit: Edit): void {
    if (!this.#open) return;
    this.#open.edit = edit;
    this.#askColoured();
  }

  /** Colours no further; `edit` begins anew. */
  stopColouring(): void {
    this.#views.coloured.stop();
  }

  // ---- Places ----

  /** Position on the stage -> x and y as shares of the picture; undefined beside it. */
  spotAt(point: Point): Point | undefined {
    if (!this.#open) return undefined;
    const { width, height } = this.#open.size;
    const { x, y } = toPicture(point, this.#view, this.#size);
    return x >= 0 && y >= 0 && x < width && y < height ? { x: x / width, y: y / height } : undefined;
  }

  placeOf(spot: Point): Point {
    const { width, height } = this.#open?.size ?? { width: 1, height: 1 };
    return toStage({ x: spot.x * width, y: spot.y * height }, this.#view, this.#size);
  }

  /** Shares of the picture that so many screen pixels are. */
  shareOf(pixels: Point): Point {
    const { width, height } = this.#open?.size ?? { width: 1, height: 1 };
    return { x: pixels.x / this.#view.scale / width, y: pixels.y / this.#view.scale / height };
  }

  get size(): Size {
    return this.#size;
  }

  // ---- Moves ----

  fit(): void {
    if (this.#open) this.#move(fit(this.#open.size, this.#size));
  }

  zoomBy(factor: number, at: Point = { x: this.#size.width / 2, y: this.#size.height / 2 }): void {
    if (this.#open) this.#move(zoomAt(at, factor, this.#view, this.#open.size, this.#size));
  }

  /** Moves what is seen by screen pixels. */
  panBy({ x, y }: Point): void {
    this.#move({ ...this.#view, x: this.#view.x - x / this.#view.scale, y: this.#view.y - y / this.#view.scale });
  }

  #move(view: Viewport): void {
    if (!this.#open) return;
    this.#view = clamp(view, this.#open.size, this.#size);
    this.#moved();
    clearTimeout(this.#settle);
    this.#settle = window.setTimeout(() => this.#ask(), SETTLED);
  }

  #moved(): void {
    const { scale } = this.#view;
    write(this.#zoomValue, ({ format }) => format.percent(scale * devicePixelRatio));
    this.#repaint();
    this.events.onMoved();
  }

  #resize(): void {
    const wasFit = this.#open && isFit(this.#view, this.#open.size, this.#size);
    this.#size = { width: this.element.clientWidth || 1, height: this.element.clientHeight || 1 };
    this.#canvas.width = Math.round(this.#size.width * devicePixelRatio);
    this.#canvas.height = Math.round(this.#size.height * devicePixelRatio);
    this.#paint(); // at once: a canvas of another size is empty
    if (!this.#open) return;
    if (wasFit) this.fit();
    else this.#move(this.#view);
  }

  // ---- Views ----

  #ask(): void {
    if (!this.#open) return;
    this.#views.own.want({ ...this.#wish(), edit: this.#open.plain });
    this.#askColoured();
  }

  #askColoured(): void {
    this.#views.coloured.want(this.#wish());
  }

  #wish() {
    const { picture, size, edit } = this.#open!;
    return { picture, size, edit, part: visiblePart(this.#view, size, this.#size, devicePixelRatio) };
  }

  #showColoured(shown: Shown): void {
    const first = this.#after.empty;
    this.#show(this.#after, shown);
    if (first) {
      this.compare.reveal();
      this.#describe();
    }
    this.events.onColoured(shown);
  }

  #show(layer: Layer, shown: Shown): void {
    layer.add(shown, this.#open!.size);
    this.#repaint();
  }

  #describe(): void {
    const name = this.#open?.name ?? '';
    const state = this.#after.empty ? 'grey' : 'coloured';
    write(this.#canvas, ({ canvas }) => canvas(name, state), 'aria-label');
  }

  #repaint(): void {
    if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.#paint());
  }

  #paint(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const context = this.#canvas.getContext('2d')!;
    const { width, height } = this.#size;
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    context.clearRect(0, 0, width, height);
    if (!this.#open) return;
    context.imageSmoothingEnabled = this.#view.scale * devicePixelRatio < SQUARES;
    const from = this.placeOf({ x: 0, y: 0 });
    const to = this.placeOf({ x: 1, y: 1 });
    const edge = this.compare.place(Math.max(0, from.x), Math.min(width, to.x), this.#after.empty);
    paintPart(context, edge, width, height, () => this.#after.paint(context, this.#view, this.#size));
    paintPart(context, 0, edge, height, () => this.#before.paint(context, this.#view, this.#size));
  }
}

/** Paints from one column up to another only. */
function paintPart(context: CanvasRenderingContext2D, from: number, to: number, height: number, paint: () => void): void {
  if (to <= from) return;
  context.save();
  context.beginPath();
  context.rect(from, 0, to - from, height);
  context.clip();
  paint();
  context.restore();
}
