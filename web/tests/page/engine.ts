// The built worker as the tests of its engine see it: what `prepare` says on its way, in full, and how it ends.

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';

import type { CallName, Calls, FromWorker, Progress, ToWorker } from '../../src/shared/messages';
import type { Problem } from '../../src/shared/problem';
import type { StaticServer } from '../server';

const DIST = fileURLToPath(new URL('../../dist/', import.meta.url));

/** The built page's Content-Security-Policy. */
export const POLICY = /http-equiv="Content-Security-Policy"\s+content="([^"]+)"/.exec(readFileSync(`${DIST}index.html`, 'utf8'))![1];

export interface Outcome<Name extends CallName> {
  output?: Calls[Name]['output'];
  problem?: Problem;
  progress: Progress[];
}

type InPage = { engine: Worker; nextId: number };

export class BuiltWorker {
  private constructor(readonly page: Page) {}

  /** On a page of the same origin that does nothing itself. */
  static async start(page: Page, server: StaticServer): Promise<BuiltWorker> {
    server.answers.set('blank.html', Buffer.from('<!doctype html><link rel="icon" href="./icon.svg">'));
    await page.goto(`${server.url}blank.html`);
    const script = readdirSync(`${DIST}assets`).find((name) => /^main-.*\.js$/.test(name))!;
    await page.evaluate((url) => {
      Object.assign(window, { engine: new Worker(url, { type: 'module' }), nextId: 1 });
    }, `./assets/${script}`);
    return new BuiltWorker(page);
  }

  /** Outputs that are pictures stay in the browser: ask for what can be copied. */
  async call<Name extends CallName>(name: Name, input: Calls[Name]['input']): Promise<Outcome<Name>> {
    const outcome = await this.page.evaluate(
      ([name, input]) =>
        new Promise<Outcome<CallName>>((resolve) => {
          const inPage = window as unknown as InPage;
          const id = inPage.nextId++;
          const progress: Progress[] = [];
          inPage.engine.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => {
            if (data.id !== id) return;
            if (data.kind === 'progress') progress.push(data.progress);
            else if (data.kind === 'done') resolve({ output: data.output, progress });
            else if (data.kind === 'failed') resolve({ problem: data.problem, progress });
          });
          inPage.engine.onerror = (event) => resolve({ problem: { code: 'unexpected', detail: event.message }, progress });
          inPage.engine.postMessage({ kind: 'call', id, name, input } as ToWorker);
        }),
      [name, input] as const,
    );
    return outcome as Outcome<Name>;
  }

  prepare(server: StaticServer, backend: Calls['prepare']['input']['backend'] = null): Promise<Outcome<'prepare'>> {
    return this.call('prepare', { modelsUrl: `${server.url}models/`, offered: ['photo'], backend });
  }
}
