// As much of a canvas as src/worker/bands.ts uses, for Node, which has none.

export interface FakeCanvas {
  context: OffscreenCanvasRenderingContext2D;
  /** RGBA, read and written. */
  rgba: Uint8ClampedArray;
}

export function fakeCanvas(width: number, height: number): FakeCanvas {
  const rgba = new Uint8ClampedArray(width * height * 4);
  const context = {
    canvas: { width, height },
    getImageData: (_x: number, top: number, _width: number, rows: number) => ({
      data: rgba.slice(4 * width * top, 4 * width * (top + rows)),
    }),
    putImageData: ({ data }: ImageData, _x: number, top: number) => rgba.set(data, 4 * width * top),
  };
  return { context: context as unknown as OffscreenCanvasRenderingContext2D, rgba };
}
