// A static host as plain as they come, under a sub-path, with no special headers. It can be cut off, can be told to answer
// one file wrongly or to break off, and, for once, to send headers.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
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
  '.webmanifest': 'application/manifest+json',
  '.wasm': 'application/wasm',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
};

export interface Served {
  path: string;
  range: string | undefined;
  status: number;
}

export class StaticServer {
  /** Path inside the build -> what to answer instead; undefined: 404. */
  readonly answers = new Map<string, Buffer | undefined>();
  /** Path inside the build -> bytes of its next answer after which the connection breaks, for once. */
  readonly breaks = new Map<string, number>();
  /** The same for an answer that stops, and never ends. */
  readonly stalls = new Map<string, number>();
  /** Called when a connection breaks. */
  onBreak: () => void = () => undefined;
  /** Sent with every file. */
  headers: Record<string, string> = {};
  readonly served: Served[] = [];
  readonly #folder: string;
  readonly #server: Server;
  url = '';

  constructor(folder = DIST) {
    this.#folder = folder;
    this.#server = createServer((request, response) => void this.#answer(request, response));
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

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = decodeURIComponent(new URL(request.url!, 'http://host').pathname);
    const path = url.startsWith(SUB_PATH) ? url.slice(SUB_PATH.length) || 'index.html' : '';
    const content = await this.#content(path);
    const { range } = request.headers;
    if (!content) {
      this.served.push({ path, range, status: 404 });
      response.writeHead(404).end('not here');
      return;
    }
    const etag = `"${createHash('sha256').update(content).digest('hex').slice(0, 16)}"`;
    const start = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
    const isRest = start > 0 && (request.headers['if-range'] ?? etag) === etag;
    const body = isRest ? content.subarray(start) : content;
    const status = isRest ? 206 : 200;
    this.served.push({ path, range, status });
    response.writeHead(status, {
      'content-type': TYPES[extname(path)] ?? 'application/octet-stream',
      'content-length': body.length,
      etag,
      ...(isRest ? { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` } : {}),
      ...this.headers,
    });
    const breakAfter = this.breaks.get(path);
    const stallAfter = this.stalls.get(path);
    this.breaks.delete(path);
    this.stalls.delete(path);
    if (stallAfter !== undefined) response.write(body.subarray(0, stallAfter));
    else if (breakAfter === undefined) response.end(body);
    else {
      response.write(body.subarray(0, breakAfter), () => {
        setTimeout(() => response.destroy(), 200); // what was written arrives first
        this.onBreak();
      });
    }
  }

  async #content(path: string): Promise<Buffer | undefined> {
    if (this.answers.has(path)) return this.answers.get(path);
    if (!path) return undefined;
    return readFile(join(this.#folder, normalize(`/${path}`))).catch(() => undefined);
  }
}
