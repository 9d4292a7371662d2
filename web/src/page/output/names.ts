// What files are called that leave the page.

import type { SaveType } from '../../shared/messages';

const EXTENSIONS: Record<SaveType, string> = { 'image/png': 'png', 'image/jpeg': 'jpg', 'image/webp': 'webp' };

/** NAME.ext -> NAME-colour.png */
export function outputName(name: string, type: SaveType): string {
  return `${stem(name)}-colour.${EXTENSIONS[type]}`;
}

/** NAME.ext -> NAME-hints.json */
export function hintsName(name: string): string {
  return `${stem(name)}-hints.json`;
}

/** The same names, but no two that a file system takes for one: the later one gets a number. */
export function unique(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let found = name;
    for (let number = 2; taken.has(found.toLowerCase()); number++) found = name.replace(/(?=(\.[^.]*)?$)/, `-${number}`);
    taken.add(found.toLowerCase());
    return found;
  });
}

function stem(name: string): string {
  return name.replace(/\.[^.]*$/, '');
}
