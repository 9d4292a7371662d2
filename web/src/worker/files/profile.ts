// Colour profiles (ICC.1:2022). A browser turns the pixels of any profile into sRGB, so sRGB's is what a written file gets.

import { big16, big32, join, nameAt, text, viewOf, type Bytes } from './bytes';

/** Whether pixels of colour had another space than sRGB. Greys become sRGB in any case: they get colours. */
export function isForeign(profile: Bytes): boolean {
  if (profile.length < 132 || nameAt(viewOf(profile), 16) !== 'RGB ') return false;
  // Names are Latin-1 or two bytes a character.
  return !text(profile).replaceAll('\0', '').includes('sRGB');
}

/** The bytes of sRGB's own profile: IEC 61966-2-1's primaries, moved to D50 after Bradford, and its curve as a formula. */
export function srgbProfile(): Bytes {
  const tags: [string, Bytes][] = [
    ['desc', words('sRGB')],
    ['cprt', words('No copyright, use freely')],
    ['wtpt', xyz(0.9642, 1, 0.8249)],
    ['rXYZ', xyz(0.4360747, 0.2225045, 0.0139322)],
    ['gXYZ', xyz(0.3850649, 0.7168786, 0.0971045)],
    ['bXYZ', xyz(0.1430804, 0.0606169, 0.7141733)],
    ['rTRC', join('para', big32(0), big16(3), [0, 0], ...[2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045].map(fixed))],
  ];
  const table: Bytes[] = [];
  let at = 128 + 4 + 12 * (tags.length + 2);
  for (const [name, content] of tags) {
    // One curve is enough for all three channels.
    const names = name === 'rTRC' ? ['rTRC', 'gTRC', 'bTRC'] : [name];
    table.push(...names.map((each) => join(each, big32(at), big32(content.length))));
    at += content.length;
  }
  const header = new Uint8Array(128);
  header.set(join(big32(at), big32(0), big32(0x04300000), 'mntrRGB XYZ ', big16(2026), big16(1), big16(1)));
  header.set(join('acsp'), 36);
  header.set(join(...[0.9642, 1, 0.8249].map(fixed)), 68);
  return join(header, big32(table.length), ...table, ...tags.map(([, content]) => content));
}

function fixed(value: number): number[] {
  return big32(Math.round(value * 65_536));
}

function xyz(...values: number[]): Bytes {
  return join('XYZ ', big32(0), ...values.map(fixed));
}

function words(value: string): Bytes {
  const wide = [...value].flatMap((character) => [0, character.charCodeAt(0)]);
  const padding = Array<number>((4 - (wide.length % 4)) % 4).fill(0);
  return join('mluc', big32(0), big32(1), big32(12), 'enUS', big32(wide.length), big32(28), wide, padding);
}
