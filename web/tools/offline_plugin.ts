// Vite plugin: makes the service worker, once it is known which files make the page. That is everything the build wrote but
// the models.

import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build, type Plugin } from 'vite';

const SOURCE = 'src/offline/service_worker.ts';
const SCRIPT = 'service_worker.js'; // it is found again by its name, and controls the folder it lies in

export function offline(): Plugin {
  let folder = '';
  let root = '';
  let written = false;
  return {
    name: 'handtint-offline',
    apply: 'build',
    configResolved: (config) => {
      root = config.root;
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
          .filter((path) => path !== SCRIPT && !path.startsWith('models/') && !path.endsWith('.md'))
          .sort();
        const hash = createHash('sha256');
        for (const path of files) hash.update(path).update(await readFile(join(folder, path)));
        await build({
          configFile: false,
          logLevel: 'warn',
          root,
          define: {
            // The page is known by its folder, which is what people open.
            __SHELL_FILES__: JSON.stringify(files.map((path) => (path === 'index.html' ? './' : encodeURI(path)))),
            __SHELL_HASH__: JSON.stringify(hash.digest('hex').slice(0, 16)),
          },
          build: {
            target: 'es2022',
            outDir: folder,
            emptyOutDir: false,
            copyPublicDir: false,
            // One classic script: not every browser takes modules for a service worker.
            rolldownOptions: { input: join(root, SOURCE), output: { format: 'iife', entryFileNames: SCRIPT } },
          },
        });
      },
    },
  };
}
