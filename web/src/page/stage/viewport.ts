// Which part of a picture is seen, and how large. `scale` is screen pixels (CSS) a picture pixel; x and y are the picture's
// pixel in the middle of the stage. Functions of values: nothing here knows an element.

import type { Part } from '../../shared/messages';

export interface Size {
  width: number;
  height: number;
}

export interface Viewport {
  scale: number;
  x: number;
  y: number;
}

export interface Point {
  x: number;
  y: number;
}

const LARGEST = 16;
/** Small pictures are shown larger than they are, but not as a few huge squares. */
const LARGEST_FIT = 3;

/** The whole picture in the middle of the stage. */
export function fit(picture: Size, stage: Size): Viewport {
  const scale = Math.min(stage.width / picture.width, stage.height / picture.height, LARGEST_FIT);
  return { scale, x: picture.width / 2, y: picture.height / 2 };
}

export function isFit(view: Viewport, picture: Size, stage: Size): boolean {
  return view.scale <= fit(picture, stage).scale * 1.001;
}

/** No smaller than the whole, and no emptier than need be. */
export function clamp(view: Viewport, picture: Size, stage: Size): Viewport {
  const smallest = fit(picture, stage).scale;
  const scale = Math.min(Math.max(view.scale, smallest), Math.max(LARGEST, smallest));
  const along = (at: number, length: number, seen: number) =>
    length <= seen ? length / 2 : Math.min(Math.max(at, seen / 2), length - seen / 2);
  return {
    scale,
    x: along(view.x, picture.width, stage.width / scale),
    y: along(view.y, picture.height, stage.height / scale),
  };
}

/** Screen position on the stage -> pixel of the picture. */
export function toPicture(point: Point, view: Viewport, stage: Size): Point {
  return { x: view.x + (point.x - stage.width / 2) / view.scale, y: view.y + (point.y - stage.height / 2) / view.scale };
}

/** Pixel of the picture -> screen position on the stage. */
export function toStage(point: Point, view: Viewport, stage: Size): Point {
  return { x: (point.x - view.x) * view.scale + stage.width / 2, y: (point.y - view.y) * view.scale + stage.height / 2 };
}

/** Zooms so that what is under `point` of the stage stays there. */
export function zoomAt(point: Point, factor: number, view: Viewport, picture: Size, stage: Size): Viewport {
  const under = toPicture(point, view, stage);
  const { scale } = clamp({ ...view, scale: view.scale * factor }, picture, stage);
  const x = under.x - (point.x - stage.width / 2) / scale;
  const y = under.y - (point.y - stage.height / 2) / scale;
  return clamp({ scale, x, y }, picture, stage);
}

/**
 * What is seen of the picture, as the worker is asked for it: as many pixels as the screen has for it, but no more than the
 * picture has.
 * @param density screen pixels of the device a CSS pixel.
 */
export function visiblePart(view: Viewport, picture: Size, stage: Size, density: number): Part {
  const from = toPicture({ x: 0, y: 0 }, view, stage);
  const to = toPicture({ x: stage.width, y: stage.height }, view, stage);
  const left = Math.max(0, Math.floor(from.x));
  const top = Math.max(0, Math.floor(from.y));
  const width = Math.min(picture.width, Math.ceil(to.x)) - left;
  const height = Math.min(picture.height, Math.ceil(to.y)) - top;
  return sized({ left, top, width, height }, view.scale * density);
}

/** A part with `scale` pixels a picture pixel, at most one. */
export function sized(part: Pick<Part, 'left' | 'top' | 'width' | 'height'>, scale: number): Part {
  const share = Math.min(1, scale);
  return { ...part, columns: Math.max(1, Math.round(part.width * share)), rows: Math.max(1, Math.round(part.height * share)) };
}

/** The whole picture in at most `pixels` pixels. */
export function overview(picture: Size, pixels: number): Part {
  return sized({ left: 0, top: 0, ...picture }, Math.sqrt(pixels / (picture.width * picture.height)));
}
