// Opens a page in the browser of web/tests, types each key, chooses the picture, and prints what the page says.
//
//   node browser.mjs WEB '{"url": ..., "picture": FILE, "keys": [...], "out": FILE}'

import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [, , web, task] = process.argv;
const { url, picture, keys, out } = JSON.parse(task);
const require = createRequire(join(web, 'package.json'));

// Node 20 reads no TypeScript; the file needs nothing but Node's own modules and its place
const file = join(web, 'tests', 'chromium.ts');
const source = readFileSync(file, 'utf8').replaceAll('import.meta.url', JSON.stringify(pathToFileURL(file).href));
const { transformWithOxc } = await import(pathToFileURL(require.resolve('vite')).href);
const { code } = await transformWithOxc(source, file);
const { launchOptions } = await import(`data:text/javascript,${encodeURIComponent(code)}`);

const browser = await require('@playwright/test').chromium.launch(launchOptions());
try {
  const page = await browser.newPage();
  page.on('pageerror', (error) => {
    throw error;
  });
  await page.goto(url);
  for (const key of keys) {
    await page.fill('#key', key);
    await page.evaluate(() => {
      document.getElementById('said').textContent = '';
      document.getElementById('picture').value = '';
    });
    await page.setInputFiles('#picture', picture);
    await page.waitForFunction(() => document.getElementById('said').textContent, null, { timeout: 120_000 });
    console.log(await page.textContent('#said'));
  }
  // as the page has it: the bytes that came
  const bytes = await page.evaluate(async () => {
    const image = document.getElementById('coloured');
    await image.decode();
    const answer = await fetch(image.src);
    return [...new Uint8Array(await answer.arrayBuffer())];
  });
  writeFileSync(out, Buffer.from(bytes));
} finally {
  await browser.close();
}
