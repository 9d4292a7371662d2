// A hint colours what it lies on, and stops at a strong edge.

import { expect } from '@playwright/test';

import { srgbToLab, type Triple } from '../../src/shared/colour';
import { photograph, png, type Pixels } from '../pictures';
import { fit, hinted, PLAIN, test } from './worker';

const [WIDTH, HEIGHT] = [900, 600];
const ORANGE = { x: 0.3, y: 0.2, colour: '#d08020' }; // in the sky

/** Mean colour of 9 x 9 pixels around a place. */
function labAt({ width, data }: Pixels, x: number, y: number): Triple {
  const sum: Triple = [0, 0, 0];
  for (let j = -4; j <= 4; j++) {
    for (let i = -4; i <= 4; i++) {
      const at = 4 * ((y + j) * width + x + i);
      srgbToLab(data[at] / 255, data[at + 1] / 255, data[at + 2] / 255).forEach((value, c) => (sum[c] += value / 81));
    }
  }
  return sum;
}

const chroma = ([, a, b]: Triple, [, otherA, otherB]: Triple) => Math.hypot(a - otherA, b - otherB);

/** Where the hill begins, as `photograph` draws it. */
const edge = (x: number) => Math.round(HEIGHT * (0.45 + 0.1 * Math.sin((7 * x) / WIDTH) + 0.03 * Math.sin((31 * x) / WIDTH)));

test('a hint changes the colour around it and not across a strong edge', async ({ worker }) => {
  await worker.prepare();
  const opened = await worker.open(png(photograph(WIDTH, HEIGHT)));
  const plain = await worker.view(opened.picture, fit(opened));
  const coloured = await worker.view(opened.picture, fit(opened), hinted(ORANGE));
  const moved = (x: number, y: number) => chroma(labAt(plain, x, y), labAt(coloured, x, y));

  const [x, y] = [ORANGE.x * WIDTH, ORANGE.y * HEIGHT];
  const wanted = srgbToLab(0xd0 / 255, 0x80 / 255, 0x20 / 255);
  expect(chroma(labAt(coloured, x, y), wanted)).toBeLessThan(20);
  // Some ten of the 256 pixels that the model sees: nearer by, its own colours run into one another.
  for (const column of [180, 270, 360, 700]) {
    const above = moved(column, edge(column) - 40);
    const below = moved(column, edge(column) + 40);
    expect(above, `sky at ${column}`).toBeGreaterThan(25);
    expect(below, `ground at ${column}`).toBeLessThan(above / 4);
  }
  for (const [i, lightness] of [100, 300, 500].map((row) => [row, labAt(plain, 450, row)[0]])) {
    expect(Math.abs(labAt(coloured, 450, i)[0] - lightness)).toBeLessThan(1);
  }
});

test('a hint that is taken away leaves the colours that were there before', async ({ worker }) => {
  await worker.prepare();
  const opened = await worker.open(png(photograph(WIDTH, HEIGHT)));
  const plain = await worker.view(opened.picture, fit(opened, 300));
  const coloured = await worker.view(opened.picture, fit(opened, 300), hinted(ORANGE));
  const again = await worker.view(opened.picture, fit(opened, 300));
  expect(coloured.data).not.toEqual(plain.data);
  expect(again.data).toEqual(plain.data);
});

test('the eyedropper reads what is shown, suggestions are natural and differ', async ({ worker }) => {
  await worker.prepare();
  const { picture } = await worker.open(png(photograph(WIDTH, HEIGHT)));
  const spot = { x: ORANGE.x, y: ORANGE.y };
  const { colour: grey } = await worker.call('pick', { picture, side: 'grey', edit: PLAIN, ...spot });
  expect(grey).toMatch(/^#(..)\1\1$/);
  const { colour } = await worker.call('pick', { picture, side: 'coloured', edit: hinted(ORANGE), ...spot });
  const [red, , blue] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  expect(red).toBeGreaterThan(blue + 60);

  const { colours } = await worker.call('suggest', { picture, edit: PLAIN, ...spot });
  expect(colours.length).toBeGreaterThan(0);
  expect(colours.length).toBeLessThanOrEqual(5);
  expect(new Set(colours).size).toBe(colours.length);
  // A sky is blue before it is anything else.
  expect(parseInt(colours[0].slice(5), 16)).toBeGreaterThan(parseInt(colours[0].slice(1, 3), 16));
});

test('alternatives are as many as asked for, start with the likeliest, and show what they are saved as', async ({ worker, page }) => {
  await worker.prepare();
  const opened = await worker.open(png(photograph(WIDTH, HEIGHT)));
  const input = { picture: opened.picture, edit: PLAIN, count: 4, columns: 90, rows: 60 };
  const shown = await page.evaluate(async (asked) => {
    const { variants } = (await window.tab.call('alternatives', asked)) as { variants: { variant: number; bitmap: ImageBitmap }[] };
    return variants.map(({ variant, bitmap }) => {
      const context = new OffscreenCanvas(90, 60).getContext('2d')!;
      context.drawImage(bitmap, 0, 0);
      return { variant, pixels: window.tab.base64(context.getImageData(0, 0, 90, 60).data) };
    });
  }, input);
  expect(shown.map(({ variant }) => variant)).toEqual([0, 1, 2, 3]);
  expect(new Set(shown.map(({ pixels }) => pixels)).size).toBe(4);
  for (const { variant, pixels } of shown) {
    const view = await worker.view(opened.picture, fit(opened, 90), { ...PLAIN, variant });
    expect(Buffer.from(view.data).equals(Buffer.from(pixels, 'base64'))).toBe(true);
  }
});
