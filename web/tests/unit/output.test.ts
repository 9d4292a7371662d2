import { describe, expect, test } from 'vitest';

import { hintFile, MAX_HINTS, parseHints } from '../../src/page/output/hint_file';
import { hintsName, outputName, unique } from '../../src/page/output/names';
import { problemOf } from '../../src/shared/problem';

describe('names', () => {
  test.each([
    ['photo.jpg', 'image/png', 'photo-colour.png'],
    ['my.old.photo.jpeg', 'image/jpeg', 'my.old.photo-colour.jpg'],
    ['no extension', 'image/webp', 'no extension-colour.webp'],
  ] as const)('%s as %s is saved as %s', (name, type, expected) => expect(outputName(name, type)).toBe(expected));

  test('of hints', () => expect(hintsName('photo.jpg')).toBe('photo-hints.json'));

  test('no two are one to a file system', () => {
    expect(unique(['a.png', 'A.png', 'a-2.png', 'a.png', 'b', 'b'])).toEqual(['a.png', 'A-2.png', 'a-2-2.png', 'a-3.png', 'b', 'b-2']);
  });
});

describe('hint files', () => {
  const hints = [
    { x: 0.41, y: 0.63, colour: '#b03a2e' },
    { x: 0, y: 1, colour: '#000000' },
  ];
  const problem = (document: string) => {
    try {
      parseHints(document, 'hints.json');
    } catch (error) {
      return problemOf(error);
    }
    return 'none';
  };
  const of = (...entries: unknown[]) => JSON.stringify({ hints: entries });
  const [good] = hints;

  test('what is saved is what is loaded, in the form that the command takes', async () => {
    const document = await hintFile(hints).text();
    expect(JSON.parse(document)).toEqual({ hints });
    expect(parseHints(document, 'hints.json')).toEqual(hints);
    expect(parseHints(await hintFile([]).text(), 'hints.json')).toEqual([]);
  });

  test('a colour may be in capitals', () => expect(parseHints(of({ ...good, colour: '#B03A2E' }), '')).toEqual([good]));

  test.each([
    ['{"hints": [', { code: 'hints-not-json' }],
    ['[]', { code: 'hints-form', received: '[]' }],
    ['null', { code: 'hints-form', received: 'null' }],
    ['{"hints": {}}', { code: 'hints-form' }],
    ['{"hints": [], "more": 1}', { code: 'hints-form' }],
    [of(good, 7), { code: 'hints-entry', number: 2, field: 'fields', received: '7' }],
    [of({ x: 0, y: 0 }), { code: 'hints-entry', number: 1, field: 'fields' }],
    [of({ ...good, z: 1 }), { code: 'hints-entry', field: 'fields' }],
    [of({ ...good, x: 1.01 }), { code: 'hints-entry', field: 'x', received: '1.01' }],
    [of({ ...good, x: true }), { code: 'hints-entry', field: 'x', received: 'true' }],
    [of({ ...good, y: '0.5' }), { code: 'hints-entry', field: 'y', received: '"0.5"' }],
    [of({ ...good, y: null }), { code: 'hints-entry', field: 'y' }],
    [of({ ...good, colour: 'red' }), { code: 'hints-entry', field: 'colour', received: '"red"' }],
    [of({ ...good, colour: '#b03a2e00' }), { code: 'hints-entry', field: 'colour' }],
  ])('%s is refused', (document, expected) => expect(problem(document)).toMatchObject({ name: 'hints.json', ...expected }));

  test('at most a thousand', () => {
    expect(problem(of(...Array<typeof good>(MAX_HINTS).fill(good)))).toBe('none');
    const tooMany = problem(of(...Array<typeof good>(MAX_HINTS + 1).fill(good)));
    expect(tooMany).toMatchObject({ code: 'hints-too-many', count: MAX_HINTS + 1, most: MAX_HINTS });
  });

  test('of something long only its beginning is told', () => {
    expect(problem(JSON.stringify({ text: 'x'.repeat(999) }))).toMatchObject({ received: expect.stringMatching(/^.{60}…$/) });
  });
});
