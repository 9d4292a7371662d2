// The Content-Security-Policy of the built page, seen to bite.

import { expect, test } from './fixtures';

test('no inline code, no other origin', async ({ handtint, page, complaints }) => {
  complaints.expected = /Content Security Policy/;
  await handtint.visit();
  const policy = await page.locator('meta[http-equiv="Content-Security-Policy"]').getAttribute('content');
  expect(policy).not.toContain('unsafe-inline');
  expect(policy).not.toContain("'unsafe-eval'");
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
