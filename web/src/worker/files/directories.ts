// TIFF directories, of a TIFF file and of EXIF: lists of tags with values. Values stay the bytes they are, in their own byte
// order, so that what nobody knows (makers' notes, tags of tomorrow) is copied, too. TIFF 6.0; EXIF is CIPA DC-008.

import { viewOf, type Bytes } from './bytes';

export interface Entry {
  tag: number;
  type: number;
  count: number;
  value: Uint8Array;
}

export interface Directories {
  littleEndian: boolean;
  main: Entry[];
  /** What EXIF calls its own. */
  details: Entry[];
  gps: Entry[];
  interoperability: Entry[];
  /** There is a directory behind the first: a second page, or a thumbnail. */
  several: boolean;
}

export const POINTER = { details: 34665, gps: 34853, interoperability: 40965 };
export const TYPE = { ascii: 2, short: 3, long: 4, rational: 5 };

/** Bytes of a value, by its type from 1 on. */
const SIZES = [1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4];
/** Cameras do let small entries overlap; more is an attempt to grow in memory, since an entry names its bytes by place. */
const ALLOWANCE = 1 << 20;

/** Throws RangeError where the structure is damaged. Entries whose bytes lie outside are left out. */
export function readDirectories(bytes: Bytes): Directories {
  const view = viewOf(bytes);
  const mark = view.getUint32(0);
  if (mark !== 0x49492a00 && mark !== 0x4d4d002a) throw new RangeError('no TIFF structure');
  const littleEndian = mark === 0x49492a00;
  let claimed = 0;

  const read = (start: number): Entry[] => {
    const entries: Entry[] = [];
    for (let left = view.getUint16(start, littleEndian), at = start + 2; left > 0; left--, at += 12) {
      const [tag, type] = [view.getUint16(at, littleEndian), view.getUint16(at + 2, littleEndian)];
      const count = view.getUint32(at + 4, littleEndian);
      const length = count * (SIZES[type - 1] ?? Infinity);
      const place = length <= 4 ? at + 8 : view.getUint32(at + 8, littleEndian);
      if (!(place + length <= bytes.length)) continue; // nor is the length of an unknown type a number
      claimed += length;
      if (claimed > bytes.length + ALLOWANCE) throw new RangeError('entries share their bytes');
      entries.push({ tag, type, count, value: bytes.subarray(place, place + length) });
    }
    return entries;
  };
  const child = (parent: Entry[], pointer: number): Entry[] => {
    const start = numbers(parent, pointer, littleEndian)[0];
    return start === undefined ? [] : read(start);
  };

  const start = view.getUint32(4, littleEndian);
  const main = read(start);
  const next = start + 2 + 12 * view.getUint16(start, littleEndian);
  const details = child(main, POINTER.details);
  return {
    littleEndian,
    main,
    details,
    gps: child(main, POINTER.gps),
    interoperability: child(details, POINTER.interoperability),
    several: next + 4 <= bytes.length && view.getUint32(next, littleEndian) !== 0,
  };
}

/** Values of a tag: whole numbers, and rationals as quotients. Empty if it is not there. */
export function numbers(entries: Entry[], tag: number, littleEndian: boolean): number[] {
  const entry = entries.find((each) => each.tag === tag);
  if (!entry) return [];
  const view = viewOf(entry.value);
  return Array.from({ length: entry.count }, (_, i) => {
    if (entry.type === TYPE.rational) return view.getUint32(8 * i, littleEndian) / view.getUint32(8 * i + 4, littleEndian);
    if (entry.type === TYPE.short) return view.getUint16(2 * i, littleEndian);
    if (entry.type === TYPE.long || entry.type === 13) return view.getUint32(4 * i, littleEndian);
    return entry.value[i];
  });
}

/** An entry of whole numbers, or, of type rational, of hundredths. */
export function entry(tag: number, type: number, values: number[], littleEndian: boolean): Entry {
  const value = new Uint8Array(values.length * SIZES[type - 1]);
  const view = viewOf(value);
  values.forEach((each, i) => {
    if (type === TYPE.short) view.setUint16(2 * i, each, littleEndian);
    else if (type === TYPE.long) view.setUint32(4 * i, each, littleEndian);
    else {
      view.setUint32(8 * i, Math.round(100 * each), littleEndian);
      view.setUint32(8 * i + 4, 100, littleEndian);
    }
  });
  return { tag, type, count: values.length, value };
}

/** A TIFF structure without pixels: what EXIF is. */
export function writeDirectories({ littleEndian, main, details, gps, interoperability }: Directories): Bytes {
  const link = (entries: Entry[], tag: number, child: Entry[]): Entry[] => {
    const others = entries.filter((each) => each.tag !== tag);
    return child.length > 0 ? [...others, entry(tag, TYPE.long, [0], littleEndian)] : others;
  };
  const linkedDetails = link(details, POINTER.interoperability, interoperability);
  const linkedMain = link(link(main, POINTER.details, linkedDetails), POINTER.gps, gps);
  const lists = [linkedMain, linkedDetails, interoperability, gps];
  const starts = [8];
  for (const list of lists) starts.push(starts[starts.length - 1] + lengthOf(list));
  const [, detailsAt, interoperabilityAt, gpsAt, length] = starts;
  const pointers: Record<number, number> = {
    [POINTER.details]: detailsAt,
    [POINTER.interoperability]: interoperabilityAt,
    [POINTER.gps]: gpsAt,
  };

  const bytes = new Uint8Array(length);
  const view = viewOf(bytes);
  view.setUint32(0, littleEndian ? 0x49492a00 : 0x4d4d002a);
  view.setUint32(4, 8, littleEndian);
  lists.forEach((list, index) => {
    if (list.length === 0) return;
    let at = starts[index];
    let valueAt = at + 6 + 12 * list.length;
    view.setUint16(at, list.length, littleEndian);
    at += 2;
    for (const { tag, type, count, value } of [...list].sort((a, b) => a.tag - b.tag)) {
      view.setUint16(at, tag, littleEndian);
      view.setUint16(at + 2, type, littleEndian);
      view.setUint32(at + 4, count, littleEndian);
      if (pointers[tag]) {
        view.setUint32(at + 8, pointers[tag], littleEndian);
      } else if (value.length <= 4) {
        bytes.set(value, at + 8);
      } else {
        view.setUint32(at + 8, valueAt, littleEndian);
        bytes.set(value, valueAt);
        valueAt += even(value.length);
      }
      at += 12;
    }
  });
  return bytes;
}

function lengthOf(entries: Entry[]): number {
  if (entries.length === 0) return 0;
  return entries.reduce((sum, { value }) => sum + 12 + (value.length > 4 ? even(value.length) : 0), 6);
}

function even(length: number): number {
  return length + (length & 1);
}
