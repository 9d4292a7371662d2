// Measures the page's worker, and other networks on the same backend, in one run. Started by `python -m export.page_bench`:
//
//   PAGE_BENCH='{"ours": ".../models/photo", "others": {"NAME": ".../model"}, "megapixels": [0.5], "rounds": 1, "out": "x.json"}'

import { readdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test, type Browser } from '@playwright/test';

import { jpeg, photograph } from '../tests/pictures';
import { StaticServer } from '../tests/server';
import type { Coloured, Loaded, Timed } from './messages';
import type { Times } from './bench';

interface Settings {
  /** Folders of models. */
  ours: string;
  others: Record<string, string>;
  megapixels: number[];
  /** Of each measurement; other networks colour each picture once. */
  rounds: number;
  out: string;
}

/** With so many threads as browsers give a page that is isolated, or is not. */
interface Results {
  isolated: boolean;
  start: { cold: number[]; kept: number[] };
  pictures: { megapixels: number; width: number; height: number; rounds: Times[] }[];
  networks: Record<string, Loaded & Timed & { pictures: Coloured[] }>;
}

const settings = JSON.parse(process.env['PAGE_BENCH'] ?? '{}') as Settings;
const DIST = fileURLToPath(new URL('dist/', import.meta.url));
const ISOLATED = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };

test('bench', async ({ browser }) => {
  const pictures = settings.megapixels.map((megapixels) => {
    const height = Math.round(Math.sqrt((megapixels * 1e6) / 1.5));
    const width = Math.round(1.5 * height);
    return { megapixels, width, height, bytes: jpeg(photograph(width, height)) };
  });
  const all: Results[] = [];
  for (const isolated of [false, true]) {
    const server = await new StaticServer(DIST).start();
    if (isolated) server.headers = ISOLATED;
    await offer(server, 'models/photo', settings.ours);
    for (const [name, folder] of Object.entries(settings.others)) await offer(server, `models/${name}`, folder);
    pictures.forEach(({ megapixels, bytes }) => server.answers.set(`${megapixels}.jpg`, bytes));
    all.push(await measure(browser, server, isolated, pictures));
    await server.stop();
    await writeFile(settings.out, JSON.stringify(all)); // what was measured is not lost if the rest fails
  }
});

async function measure(
  browser: Browser,
  server: StaticServer,
  isolated: boolean,
  pictures: { megapixels: number; width: number; height: number }[],
): Promise<Results> {
  const results: Results = { isolated, start: { cold: [], kept: [] }, pictures: [], networks: {} };
  const models = `${server.url}models/`;
  const say = (what: string) => console.log(`${isolated ? 'isolated' : 'plain'}: ${what}`);
  for (let round = 0; round < settings.rounds; round++) {
    const context = await browser.newContext();
    const page = await context.newPage();
    for (const times of [results.start.cold, results.start.kept]) {
      await page.goto(server.url);
      times.push((await page.evaluate((url) => window.bench.start(url), models)).milliseconds);
    }
    await context.close();
  }
  say(`starts ${JSON.stringify(results.start)}`);

  const page = await browser.newPage();
  await page.goto(server.url);
  await page.evaluate((url) => window.bench.start(url), models);
  const colour = (megapixels: number, again: number): Promise<Times> =>
    page.evaluate(([url, times]) => window.bench.colour(url, times), [`${server.url}${megapixels}.jpg`, again] as const);
  await colour(pictures[0].megapixels, 1); // warms up
  for (const picture of pictures) {
    const rounds: Times[] = [];
    for (let round = 0; round < settings.rounds; round++) rounds.push(await colour(picture.megapixels, 3));
    results.pictures.push({ ...picture, rounds });
    say(`${picture.megapixels} megapixels ${JSON.stringify(rounds[0])}`);
  }
  await page.close();

  for (const name of ['photo', ...Object.keys(settings.others)]) {
    const page = await browser.newPage(); // a backend of its own: what one needs of memory does not slow the next
    await page.goto(server.url);
    const loaded = await page.evaluate((folder) => window.bench.loadNetwork(folder), `${models}${name}/`);
    const timed = await page.evaluate((rounds) => window.bench.timeNetwork(rounds), settings.rounds);
    const coloured: Coloured[] = [];
    for (const { megapixels } of name === 'photo' ? [] : pictures) {
      coloured.push(await page.evaluate((url) => window.bench.colourByNetwork(url), `${server.url}${megapixels}.jpg`));
    }
    results.networks[name] = { ...loaded, ...timed, pictures: coloured };
    say(`${name} ${JSON.stringify(results.networks[name])}`);
    await page.close();
  }
  return results;
}

async function offer(server: StaticServer, path: string, folder: string): Promise<void> {
  for (const name of readdirSync(folder)) server.answers.set(`${path}/${name}`, await readFile(join(folder, name)));
}
