// What the page may do and does: its Content-Security-Policy, seen to bite; its size; that it works under the policy as a
// header, which is what binds the worker, too.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

import { photograph, png } from '../pictures';
import { expect, test, upload } from './fixtures';
import { POLICY } from './engine';

test('no inline code, no other origin', async ({ handtint, page, complaints }) => {
  complaints.expected = /Content Security Policy/;
  await handtint.visit();
  expect(POLICY).not.toContain('unsafe-inline');
  expect(POLICY).not.toContain("'unsafe-eval'");
  const outcome = await page.evaluate(async () => {
    const script = document.createElement('script');
    script.textContent = 'window.ran = true';
    document.body.append(script);
    document.body.setAttribute('style', 'opacity: 0.5');
    const other = await fetch('http://127.0.0.1:9/').then(
      () => 'answered',
      () => 'refused',
    );
    return { ran: 'ran' in window, opacity: getComputedStyle(document.body).opacity, other };
  });
  expect(outcome).toEqual({ ran: false, opacity: '1', other: 'refused' });
});

test('the policy as a header, with isolation: colours, saves, and has nothing to complain about', async ({ handtint, server }) => {
  server.headers = {
    'content-security-policy': POLICY,
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-embedder-policy': 'require-corp',
  };
  await handtint.visit();
  const { pixels } = await handtint.colour(upload('small.png', png(photograph(300, 200))));
  expect([pixels.width, pixels.height]).toEqual([300, 200]);
});

test('before the engine the page is at most 200 KB, gzipped', async () => {
  const dist = fileURLToPath(new URL('../../dist/', import.meta.url));
  const html = readFileSync(`${dist}index.html`, 'utf8');
  // What the document names; the worker and the samples come after it is shown.
  const named = [...html.matchAll(/(?:src|href)="\.\/([^"]+\.(?:js|css|svg|webmanifest))"/g)].map(([, path]) => path);
  expect(named.some((path) => path.endsWith('.js')) && named.some((path) => path.endsWith('.css'))).toBe(true);
  const sizes = ['index.html', ...named].map((path) => gzipSync(readFileSync(dist + path)).length);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(200 * 1024);
});
