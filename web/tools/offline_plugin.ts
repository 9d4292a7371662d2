// Vite plugin: tells the service worker which files make the page. That is everything the build wrote but the models.

import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Plugin } from 'vite';

const WORKER = 'service_worker.js';

export function offline(): Plugin {
  let folder = '';
  let written = false;
  return {
    name: 'handtint-offline',
    apply: 'build',
    configResolved: (config) => {
      folder = config.build.outDir;
    },
    writeBundle: () => {
      written = true;
    },
    // After everything else, so that the files of public/ are there, too.
    closeBundle: {
      order: 'post',
      async handler() {
        if (!written) return; // the build failed, and its own error is the one to tell
        const files = (await readdir(folder, { recursive: true, withFileTypes: true }))
          .filter((entry) => entry.isFile())
          .map((entry) => join(entry.parentPath, entry.name).slice(join(folder, '/').length))
          .filter((path) => path !== WORKER && !path.startsWith('models/') && !path.endsWith('.md'))
          .sort();
        const hash = createHash('sha256');
        for (const path of files) hash.update(path).update(await readFile(join(folder, path)));
        const script = await readFile(join(folder, WORKER), 'utf8');
        // The page is known by its folder, which is what people open.
        const urls = files.map((path) => (path === 'index.html' ? './' : encodeURI(path)));
        const values: Record<string, unknown> = { __SHELL_FILES__: urls, __SHELL_HASH__: hash.digest('hex').slice(0, 16) };
        await writeFile(join(folder, WORKER), script.replace(/__SHELL_\w+__/g, (name) => JSON.stringify(values[name])));
      },
    },
  };
}
