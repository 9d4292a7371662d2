// The EXIF that a coloured picture gets: the original's, but upright, without the grey thumbnail, and of sRGB. GPS and makers'
// notes stay. As serving/pictures/metadata.py.

import type { Bytes } from './bytes';
import { entry, numbers, POINTER, readDirectories, TYPE, writeDirectories, type Directories, type Entry } from './directories';

/** What fits into a JPEG, so that every format keeps the same. */
export const MAX_EXIF = 65_527;
export const ORIENTATION = 274;

const [ACROSS, DOWN, UNIT] = [282, 283, 296];
const [COLOUR_SPACE, WIDTH, HEIGHT] = [40961, 40962, 40963];
const INCHES = 2;
/** Tags below 700 say how a TIFF's pixels lie, but for name, description, camera, page, program, time, artist and host. */
const DESCRIBING: readonly number[] = [269, 270, 271, 272, 285, 305, 306, 315, 316];
/** XMP, Photoshop's blocks (with a thumbnail), IPTC, ICC, Windows' padding. The pointers are made anew. */
const LEFT_OUT: readonly number[] = [700, 33723, 34377, 34675, 59932, ...Object.values(POINTER)];

/** Whether an entry of a TIFF's directory is EXIF's matter, and not of how its pixels lie. */
export function saysSomething({ tag }: Entry): boolean {
  return isKept(tag) || [ORIENTATION, ACROSS, DOWN, UNIT].includes(tag) || Object.values(POINTER).includes(tag);
}

function isKept(tag: number): boolean {
  return DESCRIBING.includes(tag) || (tag > 700 && !LEFT_OUT.includes(tag));
}

export interface Shape {
  /** Of the upright picture. */
  width: number;
  height: number;
  dpi?: readonly [number, number] | undefined;
}

/** @param structure as it begins with II or MM. */
export function cleanExif(structure: Bytes, { width, height, dpi }: Shape): Bytes {
  const found = readDirectories(structure);
  const { littleEndian } = found;
  const main = found.main.filter(({ tag }) => isKept(tag));
  const said: Record<number, Entry> = {
    [COLOUR_SPACE]: entry(COLOUR_SPACE, TYPE.short, [1], littleEndian), // sRGB
    [WIDTH]: entry(WIDTH, TYPE.long, [width], littleEndian),
    [HEIGHT]: entry(HEIGHT, TYPE.long, [height], littleEndian),
  };
  const details = found.details.map((each) => said[each.tag] ?? each);
  if (main.length + details.length + found.gps.length === 0) return new Uint8Array();
  return writeDirectories({ ...found, main: [...main, ...upright(littleEndian, dpi)], details });
}

/** EXIF that says the resolution and nothing else. */
export function bareExif(dpi: readonly [number, number]): Bytes {
  const none = { details: [], gps: [], interoperability: [], several: false };
  return writeDirectories({ ...none, littleEndian: true, main: upright(true, dpi) });
}

/** 1 to 8; 1, upright, if it does not say. */
export function orientationOf({ main, littleEndian }: Directories): number {
  const [found = 1] = numbers(main, ORIENTATION, littleEndian);
  return found >= 1 && found <= 8 ? found : 1;
}

/** Pixels per inch, across and down, as they are stored. */
export function resolutionOf({ main, littleEndian }: Directories): [number, number] | undefined {
  const [across] = numbers(main, ACROSS, littleEndian);
  const [down] = numbers(main, DOWN, littleEndian);
  const [unit = INCHES] = numbers(main, UNIT, littleEndian);
  const perUnit = { [INCHES]: 1, 3: 2.54 }[unit];
  return perUnit && across && down ? [across * perUnit, down * perUnit] : undefined;
}

function upright(littleEndian: boolean, dpi?: readonly [number, number]): Entry[] {
  const entries = [entry(ORIENTATION, TYPE.short, [1], littleEndian)];
  if (dpi) {
    entries.push(entry(ACROSS, TYPE.rational, [dpi[0]], littleEndian), entry(DOWN, TYPE.rational, [dpi[1]], littleEndian));
    entries.push(entry(UNIT, TYPE.short, [INCHES], littleEndian));
  }
  return entries;
}
