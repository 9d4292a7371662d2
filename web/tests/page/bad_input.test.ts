// Broken and odd files: the right picture of the same size, or a message that says what, expected, received and fix.

import { explain } from '../../src/page/texts';
import { cmykJpeg, gif, jpeg, photograph, png, pngHeader, type Pixels } from '../pictures';
import { expect, test, upload } from './fixtures';
import { lightnessDifference } from './measure';

const small = photograph(300, 200);

test('each bad file gets its message, and the page goes on working', async ({ handtint }) => {
  await handtint.visit();
  const truncated = jpeg(small).subarray(0, -3000);
  // A sound frame around data that is none: only the decoder can find out.
  const scrambled = png(small);
  scrambled.fill(0x55, 60, scrambled.length - 20);

  await handtint.choose(upload('empty.jpg', Buffer.alloc(0)));
  await handtint.expectProblem({ code: 'empty-file', name: 'empty.jpg' });
  await handtint.choose(upload('half.jpg', truncated));
  await handtint.expectProblem({ code: 'truncated', name: 'half.jpg', format: 'JPEG' });
  await handtint.choose(upload('page.jpg', Buffer.from('<!DOCTYPE html><html><body>404</body></html>')));
  await handtint.expectProblem({ code: 'not-a-picture', name: 'page.jpg', received: 'HTML' });
  await handtint.choose(upload('letter.png', Buffer.from('Dear all')));
  await handtint.expectProblem({ code: 'not-a-picture', name: 'letter.png', received: 'text' });
  await handtint.choose(upload('noise.png', Buffer.from([0, 1, 2, 3, 4, 5, 6, 7])));
  await handtint.expectProblem({ code: 'not-a-picture', name: 'noise.png', received: 'unknown' });
  await handtint.choose(upload('scan.png', Buffer.from('II*\0\x08\0\0\0', 'latin1')));
  await handtint.expectProblem({ code: 'unsupported-format', name: 'scan.png', received: 'TIFF' });
  await handtint.choose(upload('scrambled.png', scrambled));
  await handtint.expectProblem({ code: 'undecodable', name: 'scrambled.png', format: 'PNG' });

  const { pixels } = await handtint.colour(upload('good.png', png(small)));
  await expect(handtint.problem).toBeHidden();
  expect(lightnessDifference(small, pixels)).toBeLessThanOrEqual(1);

  // The good result stays while another file fails.
  await handtint.choose(upload('empty.jpg', Buffer.alloc(0)));
  await handtint.expectProblem({ code: 'empty-file', name: 'empty.jpg' });
  await expect(handtint.page.locator('#coloured')).toBeVisible();
});

test('a header of 20000x20000 is refused before anything is decoded', async ({ handtint }) => {
  await handtint.visit();
  await expect(handtint.status).toHaveText('Ready.');
  const start = Date.now();
  await handtint.choose(upload('bomb.png', pngHeader(20_000, 20_000)));
  await handtint.expectProblem({ code: 'too-large', name: 'bomb.png', width: 20_000, height: 20_000 });
  expect(Date.now() - start).toBeLessThan(2000);
  await handtint.choose(upload('stripe.png', pngHeader(40_000, 10)));
  await handtint.expectProblem({ code: 'too-large', name: 'stripe.png', width: 40_000, height: 10 });
});

test('CMYK JPEG: the lightness of its ink', async ({ handtint }) => {
  await handtint.visit();
  await handtint.take('photo'); // one grey all over could be an empty sheet
  const { pixels } = await handtint.colour(upload('ink.jpg', cmykJpeg([0, 0, 0, 155])));
  expect([pixels.width, pixels.height]).toEqual([8, 8]);
  const grey: Pixels = { width: 8, height: 8, data: Uint8Array.from(pixels.data, (_, i) => (i % 4 === 3 ? 255 : 100)) };
  expect(lightnessDifference(grey, pixels)).toBeLessThanOrEqual(2);
});

test('16-bit PNG: eight of its bits, said', async ({ handtint }) => {
  await handtint.visit();
  const { pixels } = await handtint.colour(upload('deep.png', png(small, 2, 16)));
  expect(lightnessDifference(small, pixels)).toBeLessThanOrEqual(1);
  await expect(handtint.notes).toHaveText([ 'The picture has more than 8 bits a channel; the result has 8.']);
});

test('greyscale PNG', async ({ handtint }) => {
  await handtint.visit();
  const { pixels } = await handtint.colour(upload('grey.png', png(small, 0)));
  expect(lightnessDifference(small, pixels)).toBeLessThanOrEqual(1);
  await expect(handtint.notes).toHaveCount(0);
});

test('animated GIF: its first frame, said', async ({ handtint }) => {
  await handtint.visit();
  await handtint.take('photo'); // one grey all over could be an empty sheet
  const { pixels } = await handtint.colour(upload('film.gif', gif(6, 4, [200, 30])));
  const first: Pixels = { width: 6, height: 4, data: Uint8Array.from({ length: 96 }, (_, i) => (i % 4 === 3 ? 255 : 200)) };
  expect([pixels.width, pixels.height]).toEqual([6, 4]);
  expect(lightnessDifference(first, pixels)).toBeLessThanOrEqual(1);
  await expect(handtint.notes).toHaveText(['The picture is animated: its first frame is coloured.']);
});

test('names are shown as text, never as markup', async ({ handtint, page }) => {
  await handtint.visit();
  const name = '<img src=x onerror=alert(1)>.jpg';
  await handtint.choose(upload(name, Buffer.alloc(0)));
  await expect(handtint.problem.getByRole('heading')).toHaveText(explain({ code: 'empty-file', name }).what);
  expect(await page.locator('#problem img').count()).toBe(0);
});
