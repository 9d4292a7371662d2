// What goes wrong is told: what, expected, received, and what to do; and the page goes on working.

import { jpeg, photograph, png, pngHeader } from '../pictures';
import { expect, test, upload } from './fixtures';
import { lightnessDifference } from './measure';

const small = photograph(300, 200);
const smallPng = png(small);

test('each bad file gets its message, and what is open stays', async ({ handtint, page }) => {
  await handtint.visit();
  // A sound frame around data that is none: only the decoder can find out.
  const scrambled = png(small);
  scrambled.fill(0x55, 60, scrambled.length - 20);
  // A name is text, whatever it looks like.
  await handtint.choose(upload('<b>empty</b>.jpg', Buffer.alloc(0)));
  await handtint.expectProblem({ code: 'empty-file', name: '<b>empty</b>.jpg' });
  await handtint.choose(upload('half.jpg', jpeg(small).subarray(0, -3000)));
  await handtint.expectProblem({ code: 'truncated', name: 'half.jpg', format: 'JPEG' });
  await handtint.choose(upload('page.jpg', Buffer.from('<!DOCTYPE html><html><body>404</body></html>')));
  await handtint.expectProblem({ code: 'not-a-picture', name: 'page.jpg', received: 'HTML' });
  await handtint.choose(upload('letter.png', Buffer.from('Dear all')));
  await handtint.expectProblem({ code: 'not-a-picture', name: 'letter.png', received: 'text' });
  await handtint.choose(upload('noise.png', Buffer.from([0, 1, 2, 3, 4, 5, 6, 7])));
  await handtint.expectProblem({ code: 'not-a-picture', name: 'noise.png', received: 'unknown' });
  await handtint.choose(upload('scrambled.png', scrambled));
  await handtint.expectProblem({ code: 'undecodable', name: 'scrambled.png', format: 'PNG' });
  await expect(page.locator('#welcome')).toBeVisible();

  const { pixels } = await handtint.colour(upload('good.png', smallPng));
  await expect(handtint.problem).toBeHidden();
  expect(lightnessDifference(small, pixels)).toBeLessThanOrEqual(1);

  await handtint.choose(upload('empty.jpg', Buffer.alloc(0)));
  await handtint.expectProblem({ code: 'empty-file', name: 'empty.jpg' });
  await expect(page.locator('#picture-name')).toHaveText('good.png');
  await page.locator('#problem-close').click();
  await expect(handtint.problem).toBeHidden();
  expect((await handtint.saved()).name).toBe('good-colour.png');
});

test('a header of 20000x20000 is refused before anything is decoded', async ({ handtint }) => {
  await handtint.visit();
  await expect(handtint.status).toHaveText('Ready');
  const start = Date.now();
  await handtint.choose(upload('bomb.png', pngHeader(20_000, 20_000)));
  await handtint.expectProblem({ code: 'too-large', name: 'bomb.png', width: 20_000, height: 20_000 });
  expect(Date.now() - start).toBeLessThan(2000);
  await handtint.choose(upload('stripe.png', pngHeader(40_000, 10)));
  await handtint.expectProblem({ code: 'too-large', name: 'stripe.png', width: 40_000, height: 10 });
});

test('a model that does not arrive: try again, once it does', async ({ handtint, server, page, complaints }) => {
  complaints.expected = /404/;
  server.answers.set('models/photo/manifest.json', undefined);
  await handtint.visit();
  await handtint.expectProblem({ code: 'model-unreachable', task: 'photo', path: 'manifest.json', received: 'status 404' });
  await handtint.choose(upload('small.png', smallPng));
  await handtint.expectProblem({ code: 'model-unreachable', task: 'photo', path: 'manifest.json', received: 'status 404' });
  server.answers.delete('models/photo/manifest.json');
  await page.locator('#problem-again').click();
  await handtint.coloured();
  expect((await handtint.saved()).pixels.width).toBe(300);
});

test('hints that are none', async ({ handtint, page }) => {
  await handtint.visit();
  await handtint.choose(upload('small.png', smallPng));
  await handtint.coloured();
  const file = { name: 'hints.json', mimeType: 'application/json', buffer: Buffer.from('{"hints": [{"x": 2}]}') };
  await page.locator('#load-hints').setInputFiles(file);
  await expect(handtint.problem).toContainText('hints.json');
  await expect(page.locator('.mark')).toHaveCount(0);
});

test('cancelled: nothing more is coloured until it is wanted', async ({ handtint, page }) => {
  await handtint.visit('cpu'); // slow enough to be stopped
  await handtint.choose(upload('small.png', smallPng));
  await page.locator('#cancel').click();
  await expect(handtint.status).toHaveText('Cancelled');
  await expect(page.locator('#canvas')).toHaveAttribute('aria-label', 'small.png, not coloured yet');
  await page.locator('#resume').click();
  await handtint.coloured();
  await expect(page.locator('#canvas')).toHaveAttribute('aria-label', 'small.png, coloured');
});
