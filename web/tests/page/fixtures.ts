// What every test of the page gets: the built page on a server of its own, and at its end the two promises that hold
// for all of them: no request went to another origin, and the browser had nothing to complain about.

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test as base, type Locator, type Page } from '@playwright/test';

import { explain } from '../../src/page/texts';
import { en } from '../../src/page/texts/en';
import type { TaskName } from '../../src/shared/messages';
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
    this.status = page.locator('#status');
    this.problem = page.getByRole('alert');
    this.notes = page.locator('#notes li');
  }

  async visit(backend: string | null = 'wasm'): Promise<void> {
    await this.page.goto(this.server.url + (backend === null ? '' : `?backend=${backend}`));
  }

  /** Chooses files with the picker. */
  async choose(...files: Upload[]): Promise<void> {
    await this.page.locator('#file').setInputFiles(files);
  }

  /** Waits until what is open is coloured as sharply as the screen is. */
  async coloured(): Promise<void> {
    const stage = this.page.locator('#stage');
    await expect(stage.or(this.problem).first()).toBeVisible();
    await expect(stage).toHaveAttribute('aria-busy', 'false');
    expect(await this.problem.allInnerTexts()).toEqual([]);
  }

  /** Says what the open picture is, if it was taken for something else. */
  async take(task: TaskName): Promise<void> {
    const other = this.page.locator('#choice-switch');
    if (!(await other.isVisible()) || (await other.textContent()) !== en.takeFor[task]) return;
    await other.click();
    await this.coloured();
  }

  /** Saves the open picture as PNG. */
  async saved(): Promise<{ name: string; pixels: Pixels; bytes: Buffer }> {
    await this.coloured();
    await this.page.locator('#save-type').selectOption('image/png');
    const downloading = this.page.waitForEvent('download');
    await this.page.locator('#save').click();
    const download = await downloading;
    const bytes = await readFile(await download.path());
    return { name: download.suggestedFilename(), pixels: decodePng(bytes), bytes };
  }

  /** Chooses a picture, says what it is, and saves the result. */
  async colour(file: Upload, task?: TaskName) {
    await this.choose(file);
    if (task) {
      await this.coloured();
      await this.take(task);
    }
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
