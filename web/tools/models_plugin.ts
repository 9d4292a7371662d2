// Vite plugin: writes into the page which models lie in public/models when it is built, so that it need not ask for one that
// is not there.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';

/** The folders of `folder` that hold a model, by name; none if it is not there. */
export function listModels(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).sort().filter((name) => existsSync(join(folder, name, 'manifest.json')));
}

export function models(): Plugin {
  let folder = '';
  return {
    name: 'handtint-models',
    configResolved: (config) => {
      folder = join(config.publicDir, 'models');
    },
    transformIndexHtml: () => [
      { tag: 'meta', attrs: { name: 'handtint-models', content: listModels(folder).join(' ') }, injectTo: 'head' },
    ],
  };
}
