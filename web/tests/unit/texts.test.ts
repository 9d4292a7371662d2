// The words of the page: every language has them all, and index.html names none that is not there.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

import { explain, languages, type Texts } from '../../src/page/texts';
import { formatOf } from '../../src/page/texts/format';

const html = readFileSync(new URL('../../index.html', import.meta.url), 'utf8');
const named = [...html.matchAll(/data-(?:text|label|title)="(\w+)"/g)].map(([, word]) => word);
const all = Object.entries(languages) as [string, Texts][];

/** Every string and function of a language, by its path. */
function leaves(value: unknown, path = ''): [string, unknown][] {
  if (typeof value !== 'object' || value === null) return [[path, value]];
  return Object.entries(value).flatMap(([name, inner]) => leaves(inner, `${path}.${name}`));
}

test.each(all)('%s has the words that index.html names', (_, { words }) => {
  expect(named.length).toBeGreaterThan(50);
  expect(named.filter((word) => !(word in words))).toEqual([]);
});

test.each(all)('%s says the same things as English, and none of them with nothing', (_, texts) => {
  const paths = (of: Texts) => leaves(of).map(([path, value]) => `${path}: ${typeof value}`);
  expect(paths(texts)).toEqual(paths(languages.en));
  expect(leaves(texts).filter(([, value]) => value === '')).toEqual([]);
});

test('nothing is left in English', () => {
  const english = new Map(leaves(languages.en));
  const same = leaves(languages.de).filter(([path, text]) => typeof text === 'string' && english.get(path) === text);
  expect(same.map(([path]) => path)).toEqual([]);
});

test('a problem says what, expected, received and fix', () => {
  const problem = { code: 'too-large', name: 'big.png', width: 20_000, height: 20_000 } as const;
  expect(explain(problem)).toEqual({
    what: 'big.png is too large.',
    why: 'Expected at most 100 megapixels and no side over 32,767; received 20000 × 20000 pixels (400 megapixels).',
    fix: 'Make it smaller in another program, or cut it into parts.',
  });
  expect(explain(problem, languages.de).what).toBe('big.png ist zu groß.');
});

test.each([
  [64_104, '65 KB', '65 KB'],
  [999, '1 KB', '1 KB'],
  [11_234_567, '11.2 MB', '11,2 MB'],
])('%i bytes are %s, in German %s', (count, english, german) => {
  expect(formatOf('en-GB').bytes(count)).toBe(english);
  expect(formatOf('de-DE').bytes(count)).toBe(german);
});

test('shares and signs', () => {
  const { percent, signed } = formatOf('en-GB');
  expect([percent(0.416), signed(20), signed(0), signed(-0.001 * 100)]).toEqual(['42%', '+20', '0', '0']);
});
