import { expect, test } from 'vitest';

import { besideSpot } from '../../src/page/hints/beside_spot';

const MARK = 17; // half a mark and its ring

/** Whether the box lies on the stage, and leaves the mark at the spot free. */
function check(spot: { x: number; y: number }, box: { width: number; height: number }, stage: { width: number; height: number }) {
  const { left, top } = besideSpot(spot, box, stage);
  const inside = left >= 0 && top >= 0 && left + box.width <= stage.width && top + box.height <= stage.height;
  const beside =
    left > spot.x + MARK || left + box.width < spot.x - MARK || top > spot.y + MARK || top + box.height < spot.y - MARK;
  return { inside, beside };
}

test.each([
  ['a screen', { width: 940, height: 700 }],
  ['a phone', { width: 390, height: 420 }],
  ['a phone, lying', { width: 700, height: 190 }],
])('on the stage of %s the box is inside and beside the mark, wherever that is', (_, stage) => {
  const box = { width: 280, height: 150 };
  for (let x = 0; x <= stage.width; x += 10) {
    for (let y = 0; y <= stage.height; y += 10) {
      expect({ x, y, ...check({ x, y }, box, stage) }).toEqual({ x, y, inside: true, beside: true });
    }
  }
});

test('to the right if there is room', () => {
  expect(besideSpot({ x: 100, y: 300 }, { width: 200, height: 100 }, { width: 800, height: 600 })).toEqual({ left: 126, top: 250 });
});
