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

  /** Where a spot of the open picture is on the screen, as long as the whole picture is shown. */
  async place(x: number, y: number): Promise<{ x: number; y: number }> {
    const box = (await this.page.locator('#canvas').boundingBox())!;
    const [width, height] = (await this.page.locator('#picture-facts').textContent())!.match(/\d+/g)!.map(Number);
    const scale = Math.min(box.width / width, box.height / height, 3);
    return {
      x: box.x + box.width / 2 + (x - 0.5) * width * scale,
      y: box.y + box.height / 2 + (y - 0.5) * height * scale,
    };
  }

  /** The colour that the screen shows at a spot of the picture, when it has been painted: a busy machine takes its time. */
  async shown(x: number, y: number): Promise<[number, number, number]> {
    const place = await this.place(x, y);
    return this.page.locator('#canvas').evaluate(async (canvas: HTMLCanvasElement, at) => {
      await new Promise(requestAnimationFrame); // ours comes after the page's own
      const box = canvas.getBoundingClientRect();
      const density = canvas.width / box.width;
      // Read from a copy of the one pixel: the browser complains about reading again and again from what is shown.
      const context = new OffscreenCanvas(1, 1).getContext('2d')!;
      context.drawImage(canvas, -Math.floor((at.x - box.x) * density), -Math.floor((at.y - box.y) * density));
      const [r, g, b] = context.getImageData(0, 0, 1, 1).data;
      return [r, g, b] as [number, number, number];
    }, place);
  }

  /** Puts a hint of the palette's nth colour on a spot. */
  async hint(x: number, y: number, nth = 0): Promise<void> {
    const place = await this.place(x, y);
    await this.page.mouse.click(place.x, place.y);
    await this.page.locator('#palette-suggested button').nth(nth).click();
    await this.coloured();
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
