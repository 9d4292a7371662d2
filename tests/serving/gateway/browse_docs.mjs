// Opens the gateway's /docs/ as a person would, sends a picture from there, and says what was seen.
//
//     node browse_docs.mjs WEB_FOLDER CHROMIUM_FOLDER URL PICTURE

import { launch } from './browser.mjs';

const [web, folder, url, picture] = process.argv.slice(2);
const browser = await launch(web, folder);
const page = await browser.newPage();
const complaints = [];
page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
page.on('pageerror', (error) => complaints.push(error.message));
page.on('requestfailed', (request) => complaints.push(request.url()));
await page.goto(url);
const first = page.locator('.opblock').first();
await first.click();
const operations = await page.locator('.opblock-summary-path').allTextContents();
await first.getByText('Try it out').click();
await first.locator('.opblock-section-request-body select').first().selectOption('multipart/form-data');
await first.getByText('Send empty value').first().waitFor(); // the form; before it there is a field for a bare picture
await first.locator('input[type=file]').setInputFiles(picture);
await first.getByText('Execute').click();
const answer = first.locator('.live-responses-table');
const came = await answer.waitFor({ timeout: 60_000 }).then(() => true, () => false);
const status = came && (await answer.locator('.response-col_status').last().textContent());
const shown = answer.locator('img');
const width = status === '200' ? await shown.evaluate((image) => image.decode().then(() => image.naturalWidth)) : 0;
await browser.close();
console.log(JSON.stringify({ operations: operations.map((each) => each.replace(/\u200b/g, '')), status, width, complaints }));
