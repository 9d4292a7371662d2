// Draws the icons of the installed page from public/icon.svg into public/icons; run after the drawing changed:
//
//   node tools/draw_icons.mjs

import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { chromium } from '@playwright/test';
import { runnerImport } from 'vite';

const folder = fileURLToPath(new URL('../public/', import.meta.url));
const { launchOptions } = (await runnerImport(join(dirname(fileURLToPath(import.meta.url)), '../tests/chromium.ts'))).module;

const svg = await readFile(join(folder, 'icon.svg'), 'utf8');
// Systems cut a maskable icon into their own shape: no corners of our own, and all that matters within four fifths.
const maskable = svg.replace(/ rx="[^"]*"/, '');

await mkdir(join(folder, 'icons'), { recursive: true });
const browser = await chromium.launch(launchOptions());
for (const [name, size, drawing] of [
  ['192', 192, svg],
  ['512', 512, svg],
  ['maskable', 512, maskable],
]) {
  const page = await browser.newPage({ viewport: { width: size, height: size } });
  await page.setContent(`<style>body { margin: 0 } svg { display: block; width: ${size}px }</style>${drawing}`);
  await page.screenshot({ path: join(folder, 'icons', `${name}.png`), omitBackground: true });
}
await browser.close();
