// «On the server»: offered only by a page that a gateway gave, asked with picture, hints and key, its colours shown under the
// page's own look. The server here is the test's; what the real one answers is tested in tests/serving/gateway.

import type { Route } from '@playwright/test';

import { explain } from '../../src/page/texts';
import { en } from '../../src/page/texts/en';
import { bmp, decodePng, drawing, photograph, png, type Pixels } from '../pictures';
import { expect, test, upload, type Handtint } from './fixtures';

const small = photograph(300, 200);
const smallPng = png(small);
/** The same lightness, but green. */
const green: Pixels = { ...small, data: small.data.map((level, i) => (i % 4 === 1 ? Math.min(255, level * 1.15) : i % 4 === 3 ? 255 : level * 0.8)) };

interface Asked {
  key: string | undefined;
  form: string;
}

/** Makes the page one that a gateway gave. */
async function gateway({ page, server }: Handtint, answer: (route: Route, asked: Asked) => Promise<void>, key = false): Promise<Asked[]> {
  server.answers.set('server.json', Buffer.from(JSON.stringify({ colourise: 'v1/colourise', key, formats: ['jpeg', 'png'] })));
  const all: Asked[] = [];
  await page.route(`${server.url}v1/colourise`, async (route) => {
    const request = route.request();
    const asked = { key: request.headers()['x-api-key'], form: request.postDataBuffer()!.toString('latin1') };
    all.push(asked);
    await answer(route, asked);
  });
  return all;
}

const field = (form: string, name: string) => new RegExp(`name="${name}"\r\n\r\n([^\r]*)`).exec(form)?.[1];
const colourGreen = (route: Route) => route.fulfill({ contentType: 'image/png', body: png(green) });

test('a page on a host of files does not speak of servers', async ({ handtint, page }) => {
  await handtint.visit();
  await handtint.choose(upload('small.png', smallPng));
  await handtint.coloured();
  await expect(page.getByText(en.words.fromServer)).toBeHidden();
  await expect(page.locator('#privacy')).toHaveText(en.privacy);
});

test('switched on, the server colours: the picture, then again with the hints', async ({ handtint, page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  const asked = await gateway(handtint, colourGreen);
  await handtint.visit();
  await handtint.choose(upload('small.png', smallPng));
  await handtint.coloured();
  await page.keyboard.press('2');
  expect(asked).toEqual([]); // nothing is sent unasked
  await page.getByText(en.words.fromServer).click();
  await handtint.coloured();
  await expect(page.locator('#privacy')).toHaveText(en.privacyServer);
  await expect(page.getByText(en.words.serverPrivacy)).toBeVisible();
  const [red, level, blue] = await handtint.shown(0.3, 0.2);
  expect(level - Math.max(red, blue)).toBeGreaterThan(20);
  expect(asked).toHaveLength(1);
  expect(asked[0].form).toContain(smallPng.toString('latin1'));
  expect([field(asked[0].form, 'task'), field(asked[0].form, 'hints')]).toEqual(['photo', undefined]);

  // The look is the page's own
  await page.locator('#strength').fill('0');
  await handtint.coloured();
  const grey = await handtint.shown(0.3, 0.2);
  expect(Math.max(...grey) - Math.min(...grey)).toBeLessThanOrEqual(1);
  expect(asked).toHaveLength(1);

  await handtint.hint(0.3, 0.3);
  expect(asked).toHaveLength(2);
  const { hints } = JSON.parse(field(asked[1].form, 'hints')!) as { hints: { x: number; y: number; colour: string }[] };
  expect(hints).toEqual([{ x: expect.closeTo(0.3, 2), y: expect.closeTo(0.3, 2), colour: expect.stringMatching(/^#[0-9a-f]{6}$/) }]);

  await page.getByText(en.words.fromModel).click();
  await handtint.coloured();
  await expect(page.locator('#privacy')).toHaveText(en.privacy);
});

test('what the server does not read is sent as a PNG of the same pixels', async ({ handtint, page }) => {
  const asked = await gateway(handtint, colourGreen);
  await handtint.visit();
  await handtint.choose(upload('small.bmp', bmp(small)));
  await handtint.coloured();
  await page.getByText(en.words.fromServer).click();
  await handtint.coloured();
  const form = Buffer.from(asked[0].form, 'latin1');
  const sent = decodePng(form.subarray(form.indexOf('\x89PNG', 0, 'latin1'), form.indexOf('IEND', 0, 'latin1') + 8));
  expect([sent.width, sent.height]).toEqual([small.width, small.height]);
  for (const at of [0, 4 * 300 * 100 + 4 * 90, small.data.length - 4]) {
    expect([...sent.data.slice(at, at + 3)]).toEqual([...small.data.slice(at, at + 3)]);
  }
});

test('a server that wants a key is given it', async ({ handtint, page, complaints }) => {
  complaints.expected = /401/;
  const problem = { title: 'No key', status: 401, detail: 'The request has no key.', fix: 'Ask the operator for one.' };
  const asked = await gateway(
    handtint,
    async (route, { key }) => {
      if (key === 'ht_me_secret') await colourGreen(route);
      else await route.fulfill({ status: 401, contentType: 'application/problem+json', body: JSON.stringify(problem) });
    },
    true,
  );
  await handtint.visit();
  await handtint.choose(upload('small.png', smallPng));
  await handtint.coloured();
  await page.getByText(en.words.fromServer).click();
  await handtint.expectProblem({ code: 'server-refused', ...problem });
  await expect(page.locator('#server-key')).toBeFocused();
  await page.keyboard.type('ht_me_secret');
  await page.keyboard.press('Enter');
  await expect(page.locator('#problem')).toBeHidden();
  await handtint.coloured();
  expect(asked.map(({ key }) => key)).toEqual([undefined, 'ht_me_secret']);
});

test('a server that does not answer: the page still colours', async ({ handtint, page, complaints }) => {
  complaints.expected = /ERR_FAILED/;
  await gateway(handtint, (route) => route.abort());
  await handtint.visit();
  await handtint.choose(upload('small.png', smallPng));
  await handtint.coloured();
  await page.getByText(en.words.fromServer).click();
  await handtint.expectProblem({ code: 'server-unreachable' });
  expect(explain({ code: 'server-unreachable' }).fix).toContain('this page');
  await page.getByText(en.words.fromModel).click();
  await expect(page.locator('#problem')).toBeHidden();
  await handtint.coloured();
});

test('a drawing is told from a photograph, the reason given, and the person has the last word', async ({ handtint, page }) => {
  const asked = await gateway(handtint, colourGreen);
  await handtint.visit();
  await handtint.choose(upload('lines.png', png(drawing(300, 200))));
  await handtint.coloured();
  await expect(page.locator('#choice-reason')).toHaveText(en.reason.sketch.guessed);
  await handtint.take('photo');
  await expect(page.locator('#choice-reason')).toHaveText(en.reason.photo.said);
  await page.getByText(en.words.fromServer).click();
  await handtint.coloured();
  expect(field(asked[0].form, 'task')).toBe('photo');
});
