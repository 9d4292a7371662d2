// Vite plugin: the module `virtual:samples` lists the pictures of public/samples with their sizes. Adding a sample is adding
// a file.

import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';

const NAME = 'virtual:samples';

export interface Sample {
  file: string;
  bytes: number;
  caption: string;
}

/** The samples of a folder, in the order of their names; none if it is not there. */
export function listSamples(folder: string): Sample[] {
  let names: string[];
  try {
    names = readdirSync(folder).sort();
  } catch {
    return [];
  }
  return names
    .filter((file) => /\.(jpe?g|png|webp|gif)$/i.test(file))
    .map((file) => ({ file, bytes: statSync(join(folder, file)).size, caption: captionOf(file) }));
}

/** windswept-totara-tree.jpg -> Windswept totara tree */
function captionOf(file: string): string {
  const words = file.replace(/\.[^.]*$/, '').replace(/[-_]+/g, ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function samples(): Plugin {
  let folder = '';
  return {
    name: 'handtint-samples',
    configResolved: (config) => {
      folder = join(config.publicDir, 'samples');
    },
    resolveId: (id) => (id === NAME ? `\0${NAME}` : undefined),
    load: (id) => (id === `\0${NAME}` ? `export default ${JSON.stringify(listSamples(folder))}` : undefined),
  };
}
