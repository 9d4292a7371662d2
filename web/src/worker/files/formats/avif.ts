// AVIF: ISO/IEC 14496-12 (boxes) and 23008-12 (items), https://aomediacodec.github.io/av1-avif/

import { nameAt, text, viewOf, type Bytes } from '../bytes';
import type { Found } from '../metadata';
import type { Header } from './formats';

export const signature = /^[^]{4}ftypavi[fs]/;

interface Box {
  type: string;
  /** Of its content. */
  start: number;
  end: number;
}

export function readHeader(view: DataView, header: Header): void {
  header.several = nameAt(view, 8) === 'avis'; // a sequence
  const meta = inside(view, find(view, 'meta'));
  for (const { type, start } of properties(view, meta)) {
    // Tiles, thumbnails and the alpha have sizes of their own: the whole picture has the largest.
    if (type === 'ispe' && view.getUint32(start + 4) * view.getUint32(start + 8) > header.width * header.height) {
      [header.width, header.height] = [view.getUint32(start + 4), view.getUint32(start + 8)];
    }
    if (type === 'pixi') header.depth = view.getUint8(start + 5);
  }
  const ends = [...boxes(view, 0, view.byteLength), ...meta].map(({ end }) => end);
  for (const [, end] of locations(view, meta.find(({ type }) => type === 'iloc')).values()) ends.push(end);
  header.truncated = header.width === 0 || Math.max(...ends) > view.byteLength;
}

export function readMetadata(bytes: Bytes): Found {
  const found: Found = {};
  const view = viewOf(bytes);
  const meta = inside(view, find(view, 'meta'));
  const places = locations(view, meta.find(({ type }) => type === 'iloc'));
  for (const { id, type, content } of items(view, meta.find(({ type }) => type === 'iinf'))) {
    const place = places.get(id);
    if (!place) continue;
    const item = bytes.subarray(...place);
    // Four bytes say how far behind them the TIFF structure begins.
    if (type === 'Exif') found.exif = item.subarray(4 + viewOf(item).getUint32(0));
    if (type === 'mime' && content === 'application/rdf+xml') found.xmp = new TextDecoder().decode(item);
  }
  for (const { type, start, end } of properties(view, meta)) {
    if (type === 'colr' && ['prof', 'rICC'].includes(nameAt(view, start))) found.profile = bytes.subarray(start + 4, end);
  }
  return found;
}

function* boxes(view: DataView, from: number, to: number): Generator<Box> {
  for (let at = from; at + 8 <= to; ) {
    let [length, head] = [view.getUint32(at), 8];
    if (length === 1) [length, head] = [view.getUint32(at + 8) * 2 ** 32 + view.getUint32(at + 12), 16];
    const end = length === 0 ? to : at + Math.max(length, head);
    yield { type: nameAt(view, at + 4), start: at + head, end };
    at = end;
  }
}

function find(view: DataView, type: string): Box {
  for (const box of boxes(view, 0, view.byteLength)) if (box.type === type) return box;
  throw new RangeError(`no ${type}`);
}

/** The boxes of a full box, which has a version and flags first. */
function inside(view: DataView, { start, end }: Box): Box[] {
  return [...boxes(view, start + 4, end)];
}

/** Of all items together. */
function properties(view: DataView, meta: Box[]): Box[] {
  const within = (list: Box[], type: string) => {
    const box = list.find((each) => each.type === type);
    return box ? [...boxes(view, box.start, box.end)] : [];
  };
  return within(within(meta, 'iprp'), 'ipco');
}

function* items(view: DataView, list?: Box): Generator<{ id: number; type: string; content: string }> {
  if (!list) return;
  const countBytes = view.getUint8(list.start) === 0 ? 2 : 4;
  for (const { start, end } of boxes(view, list.start + 4 + countBytes, list.end)) {
    const version = view.getUint8(start);
    if (version < 2) continue; // of QuickTime's days: has no types
    const wide = version === 2 ? 2 : 4;
    const id = wide === 2 ? view.getUint16(start + 4) : view.getUint32(start + 4);
    const typeAt = start + 4 + wide + 2;
    const words = text(new Uint8Array(view.buffer, view.byteOffset + typeAt + 4, end - typeAt - 4)).split('\0');
    yield { id, type: nameAt(view, typeAt), content: words[1] ?? '' }; // a name, then what it holds
  }
}

/** Item -> where in the file it begins and ends; only those that lie in one piece. */
function locations(view: DataView, list?: Box): Map<number, [number, number]> {
  const places = new Map<number, [number, number]>();
  if (!list) return places;
  let at = list.start + 4;
  const read = (bytes: number) => {
    let value = 0;
    for (let i = 0; i < bytes; i++) value = value * 256 + view.getUint8(at++);
    return value;
  };
  const version = view.getUint8(list.start);
  const [offsetBytes, lengthBytes] = halves(read(1));
  const [baseBytes, indexBytes] = halves(read(1));
  for (let left = read(version < 2 ? 2 : 4); left > 0; left--) {
    const id = read(version < 2 ? 2 : 4);
    const inFile = version === 0 || (read(2) & 15) === 0;
    read(2); // number of the file: this one
    const base = read(baseBytes);
    const pieces = Array.from({ length: read(2) }, () => {
      if (version > 0) read(indexBytes);
      const start = base + read(offsetBytes);
      return [start, start + read(lengthBytes)] as [number, number];
    });
    if (inFile && pieces.length === 1) places.set(id, pieces[0]);
  }
  return places;
}

function halves(byte: number): [number, number] {
  return [byte >> 4, byte & 15];
}
