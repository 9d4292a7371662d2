// The built worker without the page around it: its calls as promises, its pictures as pixels.

import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test as base, type Page } from '@playwright/test';

import type { CallName, Calls, Edit, FromWorker, Hint, Opened, Part, Progress, Side, TaskName } from '../../src/shared/messages';
import { decodePng, type Pixels } from '../pictures';
import { StaticServer } from '../server';

export const PLAIN: Edit = { look: { strength: 1, saturation: 1, warmth: 0 }, hints: [], variant: 0, from: 'model' };
export const hinted = (...hints: Hint[]): Edit => ({ ...PLAIN, hints });

const ASSETS = fileURLToPath(new URL('../../dist/assets', import.meta.url));

/** What is said to a worker, in the tab. */
interface Tab {
  /** Rejects with what the worker says of a failure; `aborted` if it was ended, but never if the tab aborted it itself. */
  call(name: CallName, input: unknown, onProgress?: (progress: Progress, abort: () => void) => void): Promise<unknown>;
  base64(bytes: Uint8Array | Uint8ClampedArray): string;
}
declare global {
  interface Window {
    tab: Tab;
  }
}

export const test = base.extend<{ server: StaticServer; worker: BareWorker }>({
  server: async ({}, use) => {
    const server = await new StaticServer().start();
    await use(server);
    await server.stop();
  },
  worker: async ({ page, server }, use) => {
    // A document of the page's origin in which nothing runs yet.
    await page.goto(`${server.url}icon.svg`);
    await page.evaluate(startWorker, `${server.url}assets/${readdirSync(ASSETS).find((name) => /^main-.*\.js$/.test(name))!}`);
    await use(new BareWorker(page, server));
  },
});

export class BareWorker {
  #files = 0;

  constructor(
    readonly page: Page,
    readonly server: StaticServer,
  ) {}

  async call<Name extends CallName>(name: Name, input: Calls[Name]['input']): Promise<Calls[Name]['output']> {
    return (await this.page.evaluate(([n, i]) => window.tab.call(n, i), [name, input] as const)) as Calls[Name]['output'];
  }

  async prepare(offered: TaskName[] = ['photo', 'sketch']): Promise<void> {
    await this.call('prepare', { modelsUrl: `${this.server.url}models/`, offered, backend: 'wasm' });
  }

  /** Puts bytes where the tab can fetch them. */
  offer(bytes: Buffer): string {
    const path = `offered/${this.#files++}`;
    this.server.answers.set(path, bytes);
    return this.server.url + path;
  }

  async open(bytes: Buffer, choice: Calls['open']['input']['choice'] = 'auto'): Promise<Opened> {
    return this.page.evaluate(
      async ([url, taken]) => {
        const file = await (await fetch(url)).blob();
        return (await window.tab.call('open', { file, name: 'picture', choice: taken })) as Opened;
      },
      [this.offer(bytes), choice] as const,
    );
  }

  async view(picture: number, part: Part, edit = PLAIN, side: Side = 'coloured'): Promise<Pixels & { milliseconds: number }> {
    const { data, milliseconds } = await this.page.evaluate(async (input) => {
      const { bitmap, milliseconds } = (await window.tab.call('view', input)) as Calls['view']['output'];
      const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d')!;
      context.drawImage(bitmap, 0, 0);
      return { data: window.tab.base64(context.getImageData(0, 0, bitmap.width, bitmap.height).data), milliseconds };
    }, { picture, side, edit, part });
    return { width: part.columns, height: part.rows, data: new Uint8Array(Buffer.from(data, 'base64')), milliseconds };
  }

  /** As PNG. */
  async save(picture: number, edit = PLAIN): Promise<Pixels & { milliseconds: number }> {
    const { text, milliseconds } = await this.page.evaluate(async (input) => {
      const { file, milliseconds } = (await window.tab.call('save', input)) as Calls['save']['output'];
      return { text: window.tab.base64(new Uint8Array(await file.arrayBuffer())), milliseconds };
    }, { picture, edit, type: 'image/png' as const, quality: 1 });
    return { ...decodePng(Buffer.from(text, 'base64')), milliseconds };
  }
}

/** All of a picture, drawn `columns` wide. */
export function fit({ width, height }: Opened, columns = width): Part {
  return { left: 0, top: 0, width, height, columns, rows: Math.round((height * columns) / width) };
}

/** Runs in the tab. */
function startWorker(url: string): void {
  const worker = new Worker(url, { type: 'module' });
  const calls = new Map<number, (message: FromWorker) => void>();
  let nextId = 1;
  worker.onmessage = ({ data }: MessageEvent<FromWorker>) => calls.get(data.id)?.(data);
  window.tab = {
    call(name, input, onProgress) {
      const id = nextId++;
      worker.postMessage({ kind: 'call', id, name, input });
      return new Promise((resolve, reject) => {
        calls.set(id, (message) => {
          if (message.kind === 'progress') onProgress?.(message.progress, () => worker.postMessage({ kind: 'abort', id }));
          else if (message.kind === 'done') resolve(message.output);
          else reject(new Error(message.kind === 'failed' ? JSON.stringify(message.problem) : message.kind));
        });
      });
    },
    base64(bytes) {
      let text = '';
      for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
      return btoa(text);
    },
  };
}
