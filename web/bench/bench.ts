// In the tab: what the bench asks of the page's worker, and of a worker that runs other networks.

import { Bridge } from '../src/page/bridge';
import { UNEDITED } from '../src/shared/edit';
import type { About, Edit, Part } from '../src/shared/messages';
import type { Coloured, Loaded, Timed, ToNetwork } from './messages';

/** Milliseconds from the file in hand; `again`: what one more look, and one more hint, take after that. */
export interface Times {
  first: number;
  full: number;
  look: number[];
  hint: number[];
}

/** As wide as a picture is shown. */
const SHOWN = 1280;

export class Bench {
  #page = new Bridge();
  #networks: Worker | undefined;

  /** The engine's start, with the download, or from the browser's cache. */
  async start(modelsUrl: string): Promise<{ about: About; milliseconds: number }> {
    const begin = performance.now();
    const about = await this.#page.call('prepare', { modelsUrl, offered: ['photo'], backend: 'wasm' });
    return { about, milliseconds: performance.now() - begin };
  }

  /** A picture from the file to the first view and the full-size JPEG; then `again` times another look and another hint. */
  async colour(url: string, again: number): Promise<Times> {
    const file = await (await fetch(url)).blob();
    const begin = performance.now();
    const { picture, width, height } = await this.#page.call('open', { file, name: 'picture.jpg', choice: 'photo' });
    const columns = Math.min(width, SHOWN);
    const part: Part = { left: 0, top: 0, width, height, columns, rows: Math.round((height * columns) / width) };
    const view = async (edit: Edit) => {
      const asked = performance.now();
      (await this.#page.call('view', { picture, side: 'coloured', edit, part })).bitmap.close();
      return performance.now() - asked;
    };
    await view(UNEDITED);
    const first = performance.now() - begin;
    await this.#page.call('save', { picture, edit: UNEDITED, type: 'image/jpeg', quality: 0.9 });
    const full = performance.now() - begin;

    const times: Times = { first, full, look: [], hint: [] };
    for (let i = 0; i < again; i++) {
      times.look.push(await view({ ...UNEDITED, look: { ...UNEDITED.look, saturation: 1.1 + i / 100 } }));
      times.hint.push(await view({ ...UNEDITED, hints: [{ x: 0.2 + i / 50, y: 0.6, colour: '#b03a2e' }] }));
    }
    await this.#page.call('close', { picture });
    return times;
  }

  loadNetwork(folder: string): Promise<Loaded> {
    return this.#ask({ kind: 'load', folder });
  }

  timeNetwork(rounds: number): Promise<Timed> {
    return this.#ask({ kind: 'time', rounds });
  }

  async colourByNetwork(url: string): Promise<Coloured> {
    return this.#ask({ kind: 'colour', file: await (await fetch(url)).blob(), shown: SHOWN });
  }

  #ask<Answer>(message: ToNetwork): Promise<Answer> {
    const worker = (this.#networks ??= new Worker(new URL('./network_worker.ts', import.meta.url), { type: 'module' }));
    return new Promise((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<Answer | { error: string }>) => {
        if (typeof data === 'object' && data && 'error' in data) reject(new Error(data.error));
        else resolve(data as Answer);
      };
      worker.onerror = (event) => reject(new Error(event.message));
      worker.postMessage(message);
    });
  }
}

declare global {
  interface Window {
    bench: Bench;
  }
}
window.bench = new Bench();
