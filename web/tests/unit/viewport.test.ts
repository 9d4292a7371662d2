import { expect, test } from 'vitest';

import { clamp, fit, isFit, overview, toPicture, toStage, visiblePart, zoomAt } from '../../src/page/stage/viewport';

const stage = { width: 800, height: 600 };
const picture = { width: 4000, height: 2000 };

test('a picture fits the stage and stands in its middle', () => {
  expect(fit(picture, stage)).toEqual({ scale: 0.2, x: 2000, y: 1000 });
  expect(fit({ width: 1, height: 1 }, stage).scale).toBe(3); // no huge squares
});

test('what is under the pointer stays under it while zooming', () => {
  const at = { x: 500, y: 310 };
  const before = toPicture(at, fit(picture, stage), stage);
  const view = zoomAt(at, 8, fit(picture, stage), picture, stage);
  expect(view.scale).toBeCloseTo(1.6);
  const after = toPicture(at, view, stage);
  expect([after.x, after.y]).toEqual([expect.closeTo(before.x), expect.closeTo(before.y)]);
});

test('zooming out ends with the whole picture, zooming in at 16 times', () => {
  const whole = fit(picture, stage);
  expect(zoomAt({ x: 0, y: 0 }, 0.01, { scale: 1, x: 900, y: 900 }, picture, stage)).toEqual(whole);
  expect(isFit(whole, picture, stage)).toBe(true);
  expect(zoomAt({ x: 400, y: 300 }, 1e6, whole, picture, stage).scale).toBe(16);
});

test('a picture larger than the stage leaves none of it empty', () => {
  expect(clamp({ scale: 1, x: -500, y: 99_999 }, picture, stage)).toEqual({ scale: 1, x: 400, y: 1700 });
});

test('places on the stage and in the picture are each other’s', () => {
  const view = { scale: 1.7, x: 1234, y: 777 };
  const spot = { x: 1100, y: 800 };
  const back = toPicture(toStage(spot, view, stage), view, stage);
  expect([back.x, back.y]).toEqual([expect.closeTo(spot.x), expect.closeTo(spot.y)]);
});

test('the worker is asked for what is seen, with as many pixels as the screen has for it', () => {
  const whole = { left: 0, top: 0, width: 4000, height: 2000 };
  expect(visiblePart(fit(picture, stage), picture, stage, 1)).toEqual({ ...whole, columns: 800, rows: 400 });
  expect(visiblePart(fit(picture, stage), picture, stage, 2)).toEqual({ ...whole, columns: 1600, rows: 800 });
});

test('but never for more pixels than the picture has', () => {
  const part = visiblePart({ scale: 4, x: 100, y: 75 }, picture, stage, 2);
  expect(part).toEqual({ left: 0, top: 0, width: 200, height: 150, columns: 200, rows: 150 });
  expect(overview({ width: 30, height: 20 }, 250_000)).toMatchObject({ columns: 30, rows: 20 });
  const { columns, rows } = overview(picture, 250_000);
  expect(columns * rows).toBeLessThan(260_000);
  expect(columns / rows).toBeCloseTo(2, 1);
});
