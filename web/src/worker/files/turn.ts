// Pictures that a decoder leaves as they are stored, turned upright: EXIF orientation, CIPA DC-008 4.6.5.

const MATRICES: Record<number, (width: number, height: number) => DOMMatrix2DInit> = {
  2: (width) => ({ a: -1, d: 1, e: width }),
  3: (width, height) => ({ a: -1, d: -1, e: width, f: height }),
  4: (_, height) => ({ a: 1, d: -1, f: height }),
  5: () => ({ a: 0, b: 1, c: 1, d: 0 }),
  6: (_, height) => ({ a: 0, b: 1, c: -1, d: 0, e: height }),
  7: (width, height) => ({ a: 0, b: -1, c: -1, d: 0, e: height, f: width }),
  8: (width) => ({ a: 0, b: -1, c: 1, d: 0, f: width }),
};

/** Closes the bitmap that it is given, unless that is upright and given back. */
export function turn(bitmap: ImageBitmap, orientation: number): ImageBitmap {
  const matrix = MATRICES[orientation];
  if (!matrix) return bitmap;
  const { width, height } = bitmap;
  const canvas = orientation > 4 ? new OffscreenCanvas(height, width) : new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  if (!context) throw new RangeError('no canvas');
  context.setTransform(matrix(width, height));
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return canvas.transferToImageBitmap();
}
