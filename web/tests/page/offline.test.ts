// One visit, then no network: the page opens, colours a photograph at full size and saves it. And what a new build does to it.

import { photograph, png } from '../pictures';
import type { StaticServer } from '../server';
import { expect, test, upload, type Handtint } from './fixtures';
import { lightnessDifference, meanChroma } from './measure';

/** The next build, as far as a browser can tell. */
async function publish(server: StaticServer, { page }: Handtint): Promise<void> {
  const script = await (await page.request.get(`${server.url}service_worker.js`)).text();
  const html = await (await page.request.get(server.url)).text();
  expect(script).toMatch(/[`"'][0-9a-f]{16}[`"']/);
  server.answers.set('service_worker.js', Buffer.from(script.replace(/([`"'])[0-9a-f]{16}\1/, '"0123456789abcdef"')));
  server.answers.set('index.html', Buffer.from(html.replace('<title>Handtint', '<title>Newer Handtint')));
}

/** Visits, and waits until all is there that a second visit without a network needs. */
async function firstVisit(handtint: Handtint): Promise<void> {
  await handtint.visit();
  await expect(handtint.page.locator('#offline')).toBeVisible();
}

test('colours a photograph of 1200x800 with the network cut after the first visit', async ({ handtint, server, complaints }) => {
  const { page } = handtint;
  await firstVisit(handtint);
  await page.context().setOffline(true);
  await server.stop();
  complaints.expected = /ERR_INTERNET_DISCONNECTED/; // the questions for a newer model, and for a server

  await page.reload();
  const original = photograph(1200, 800);
  const { name, pixels } = await handtint.colour(upload('old.harbour.png', png(original)));
  expect(name).toBe('old.harbour-colour.png');
  expect([pixels.width, pixels.height]).toEqual([1200, 800]);
  expect(lightnessDifference(original, pixels)).toBeLessThanOrEqual(1);
  expect(meanChroma(pixels)).toBeGreaterThan(4);

  // The samples are part of the page.
  await page.reload();
  await page.locator('#samples button').first().click();
  await handtint.coloured();
});

test('from the second visit on the page is isolated, on a host that sends no headers', async ({ handtint, page }) => {
  await firstVisit(handtint);
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(false);
  await page.reload();
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
  const { pixels } = await handtint.colour(upload('small.png', png(photograph(300, 200)))); // with threads
  expect(meanChroma(pixels)).toBeGreaterThan(4);
});

test('a new build is offered, and shown when the person says so', async ({ handtint, page, server }) => {
  await firstVisit(handtint);
  const update = page.locator('#update');
  await expect(update).toBeHidden();
  await publish(server, handtint);
  await page.reload();
  await expect(page).toHaveTitle('Handtint'); // the kept page, not a mixture
  await expect(update).toBeVisible();
  await expect(page).toHaveTitle('Handtint'); // nothing is forced
  await update.click();
  await expect(page).toHaveTitle('Newer Handtint');
  await expect(update).toBeHidden();
});

test('a new build that nobody asked for is used when the page is opened anew', async ({ handtint, page, server }) => {
  await firstVisit(handtint);
  await publish(server, handtint);
  await page.reload();
  await expect(page.locator('#update')).toBeVisible();
  await page.goto('about:blank');
  // The browser lets the old build go a moment after its last tab is gone: who is back sooner still gets that.
  await expect(async () => {
    await handtint.visit();
    const title = await page.title();
    if (title !== 'Newer Handtint') await page.goto('about:blank');
    expect(title).toBe('Newer Handtint');
  }).toPass({ intervals: [1000, 2000, 5000] });
});

test('an update shown in one tab leaves the work of another as it is', async ({ handtint, page, server, context }) => {
  await firstVisit(handtint);
  await page.reload();
  await handtint.choose(upload('small.png', png(photograph(300, 200))));
  await handtint.coloured();
  await publish(server, handtint);
  const other = await context.newPage();
  await other.goto(server.url);
  await other.locator('#update').click();
  await expect(other).toHaveTitle('Newer Handtint');
  await expect(page).toHaveTitle('Handtint');
  const { name } = await handtint.saved();
  expect(name).toBe('small-colour.png');
});
