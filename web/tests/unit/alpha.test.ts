import { expect, test } from 'vitest';

import { isOpaque, layOnWhite } from '../../src/shared/alpha';

test('opaque pixels stay', () => {
  const rgba = Uint8ClampedArray.of(1, 2, 3, 255, 250, 0, 9, 255);
  expect(isOpaque(rgba)).toBe(true);
  expect(layOnWhite(rgba)).toBe(true);
  expect([...rgba]).toEqual([1, 2, 3, 255, 250, 0, 9, 255]);
});

test('transparent pixels become white paper, whatever they hid; translucent ones are mixed with it', () => {
  const rgba = Uint8ClampedArray.of(0, 0, 0, 0, 0, 100, 255, 128, 7, 8, 9, 255);
  expect(isOpaque(rgba)).toBe(false);
  expect(layOnWhite(rgba)).toBe(false);
  // 255 * 127 / 255 = 127; (100 * 128 + 255 * 127) / 255 = 177.2
  expect([...rgba]).toEqual([255, 255, 255, 255, 127, 177, 255, 255, 7, 8, 9, 255]);
});
