// A static host as plain as they come, under a sub-path, with no special headers. It can be cut off, and can be told to answer
// one file wrongly.

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const SUB_PATH = '/some/where/';
const DIST = fileURLToPath(new URL('../dist/', import.meta.url));
const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
  '.svg': 'image/svg+xml',
  '.jpg': 'image/jpeg',
};

export class StaticServer {
  /** Path inside the build -> what to answer instead; undefined: 404. */
  readonly answers = new Map<string, Buffer | undefined>();
  readonly #server: Server;
  url = '';

  constructor(folder = DIST) {
    this.#server = createServer(async (request, response) => {
      const path = decodeURIComponent(new URL(request.url!, 'http://host').pathname);
      const inside = path.startsWith(SUB_PATH) ? path.slice(SUB_PATH.length) || 'index.html' : '';
      const file = join(folder, normalize(`/${inside}`));
      const replaced = this.answers.has(inside);
      if (!inside || (replaced && !this.answers.get(inside)) || (!replaced && !(await isFile(file)))) {
        response.writeHead(404).end('not here');
        return;
      }
      response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' });
      if (replaced) response.end(this.answers.get(inside));
      else createReadStream(file).pipe(response);
    });
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${SUB_PATH}`;
    return this;
  }

  /** Ends open connections too; closing twice is fine. */
  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
