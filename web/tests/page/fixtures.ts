// What every test of the page gets: the built page on a server of its own, and at its end the two promises that hold
// for all of them: no request went to another origin, and the browser had nothing to complain about.

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test as base, type Locator, type Page } from '@playwright/test';

import { explain, texts } from '../../src/page/texts';
import type { Choice } from '../../src/shared/messages';
import type { Problem } from '../../src/shared/problem';
import { StaticServer } from '../server';
import { decodePng, type Pixels } from '../pictures';

export { expect };
export type Upload = { name: string; mimeType: string; buffer: Buffer };

const BUILT_MODEL = fileURLToPath(new URL('../../dist/models/photo/manifest.json', import.meta.url));

export const test = base.extend<{ server: StaticServer; complaints: { expected: RegExp | undefined }; handtint: Handtint }>({
  server: async ({}, use) => {
    if (!existsSync(BUILT_MODEL)) throw new Error('dist/ has no model: run `python -m export tfjs`, then `npm run build`.');
    const server = await new StaticServer().start();
    await use(server);
    await server.stop();
  },

  /** Lets a test say which complaint of the browser belongs to it. */
  complaints: async ({}, use) => use({ expected: undefined }),

  handtint: async ({ page, context, server, complaints }, use) => {
    const requests: string[] = [];
    const console: string[] = [];
    context.on('request', (request) => requests.push(request.url()));
    context.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) console.push(message.text());
    });
    page.on('pageerror', (error) => console.push(String(error)));
    await use(new Handtint(page, server));
    const { origin } = new URL(server.url);
    expect(requests.filter((url) => !url.startsWith(`${origin}/`) && !url.startsWith(`blob:${origin}/`))).toEqual([]);
    expect(console.filter((text) => !complaints.expected?.test(text))).toEqual([]);
  },
});

/** The page as a person uses it. */
export class Handtint {
  readonly status: Locator;
  readonly problem: Locator;
  readonly notes: Locator;

  constructor(
    readonly page: Page,
    readonly server: StaticServer,
  ) {
    this.status = page.getByRole('status');
    this.problem = page.getByRole('alert');
    this.notes = page.locator('#notes li');
  }

  async visit(backend: string | null = 'wasm'): Promise<void> {
    await this.page.goto(this.server.url + (backend === null ? '' : `?backend=${backend}`));
  }

  /** Says what the pictures are, where there is anything to say. */
  async take(choice: Choice): Promise<void> {
    const option = this.page.getByRole('radio', { name: texts[choice] });
    if (await option.isVisible()) await option.check();
  }

  async choose(...files: Upload[]): Promise<void> {
    await this.page.locator('#file').setInputFiles(files.length === 1 ? files[0] : files);
  }

  async saved(): Promise<{ name: string; pixels: Pixels; bytes: Buffer }> {
    await expect(this.status).toHaveText(/^Done|^That did not work/);
    expect(await this.problem.allTextContents()).toEqual([]);
    const downloading = this.page.waitForEvent('download');
    await this.page.locator('#save').click();
    const download = await downloading;
    const bytes = await readFile(await download.path());
    return { name: download.suggestedFilename(), pixels: decodePng(bytes), bytes };
  }

  /** Chooses a picture and saves the result. */
  async colour(file: Upload) {
    await this.choose(file);
    return this.saved();
  }

  async expectProblem(problem: Problem): Promise<void> {
    const { what, why, fix } = explain(problem);
    await expect(this.problem.getByRole('heading')).toHaveText(what);
    await expect(this.problem.locator('p')).toHaveText([why, fix]);
  }
}

export function upload(name: string, buffer: Buffer): Upload {
  return { name, buffer, mimeType: name.endsWith('.png') ? 'image/png' : 'image/jpeg' };
}
