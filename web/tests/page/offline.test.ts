// One visit, then no network: the page opens, colours a photograph at full size and saves it.

import { photograph, png } from '../pictures';
import { expect, test, upload } from './fixtures';
import { lightnessDifference, meanChroma } from './measure';

test('colours a photograph of 1200x800 with the network cut after the first visit', async ({ handtint, server, complaints }) => {
  const { page } = handtint;
  const context = page.context();
  await handtint.visit();
  await expect(page.locator('#offline')).toBeVisible();
  await context.setOffline(true);
  await server.stop();
  complaints.expected = /ERR_INTERNET_DISCONNECTED/; // the question for a newer model

  await page.reload();
  const original = photograph(1200, 800);
  const { name, pixels } = await handtint.colour(upload('old.harbour.png', png(original)));
  expect(name).toBe('old.harbour-colour.png');
  expect([pixels.width, pixels.height]).toEqual([1200, 800]);
  expect(lightnessDifference(original, pixels)).toBeLessThanOrEqual(1);
  expect(meanChroma(pixels)).toBeGreaterThan(4);

  // The samples are part of the page.
  await page.locator('#samples button').first().click();
  await expect(handtint.status).toContainText('Done');
});

test('a new build is fetched in the background and used from the visit after', async ({ handtint, page, server }) => {
  await handtint.visit();
  await expect(page.locator('#offline')).toBeVisible();
  const script = await (await page.request.get(`${server.url}service_worker.js`)).text();
  const html = await (await page.request.get(server.url)).text();
  server.answers.set('service_worker.js', Buffer.from(script.replace(/"[0-9a-f]{16}"/, '"0123456789abcdef"')));
  server.answers.set('index.html', Buffer.from(html.replace('<title>Handtint', '<title>Newer Handtint')));

  await page.reload();
  await expect(page).toHaveTitle('Handtint'); // the kept page, not a mixture
  await page.evaluate(async () => {
    const registration = await navigator.serviceWorker.ready;
    await registration.update();
    while (!registration.waiting) await new Promise((resolve) => setTimeout(resolve, 50));
  });
  await page.goto('about:blank');
  await handtint.visit();
  await expect(page).toHaveTitle('Newer Handtint');
});
