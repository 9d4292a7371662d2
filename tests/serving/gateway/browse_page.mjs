// Opens the page that a gateway gives out as a person would, has a picture coloured there, then by the gateway, and says what
// was seen.
//
//     node browse_page.mjs WEB_FOLDER CHROMIUM_FOLDER URL PICTURE

import { launch } from './browser.mjs';

const [web, folder, url, picture] = process.argv.slice(2);
const browser = await launch(web, folder);
const page = await browser.newPage();
page.setDefaultTimeout(120_000);
const complaints = [];
const posted = [];
const types = {};
page.on('console', (message) => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()));
page.on('pageerror', (error) => complaints.push(error.message));
page.on('response', (response) => {
  const path = new URL(response.url()).pathname;
  if (response.request().method() === 'POST') posted.push([path, response.status()]);
  types[path.replace(/^.*(?=\.)/, '')] = response.headers()['content-type'];
});

await page.goto(url);
const isolated = await page.evaluate(() => crossOriginIsolated);
await page.locator('#file').setInputFiles(picture);
const coloured = page.locator('#stage[aria-busy="false"]');
await page.locator('#about:not(:empty)').waitFor();
await coloured.waitFor();
const about = await page.locator('#about').textContent();
const postedBefore = posted.length;
const answer = page.waitForResponse((response) => response.request().method() === 'POST');
await page.locator('#from-server').click();
await answer;
await coloured.waitFor();
const problems = await page.getByRole('alert').allInnerTexts();
await browser.close();
console.log(JSON.stringify({ isolated, about, postedBefore, posted, types, problems: problems.filter(Boolean), complaints }));
