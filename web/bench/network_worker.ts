// A worker that runs any network on wasm, on as many threads as the page's worker would.

import { firstWorking } from '../src/worker/engine/backends';
import type { Coloured, Loaded, Timed, ToNetwork } from './messages';
import { countMultiplyAdds, loadNetwork, type Network } from './network';

let network: Network;

async function load(folder: string): Promise<Loaded> {
  const begin = performance.now();
  const { backend, threads, value } = await firstWorking('wasm', () => loadNetwork(folder));
  network = value;
  const { bytes, parameters } = network;
  return { backend, threads, bytes, parameters, loading: performance.now() - begin };
}

async function time(rounds: number): Promise<Timed> {
  const picture = Float32Array.from({ length: network.size ** 2 * 3 }, (_, i) => ((Math.floor(i / 3) * 7) % 255) / 127.5 - 1);
  const multiplyAdds = await countMultiplyAdds(() => network.run(picture)); // and warms it up
  const timed: Timed = { multiplyAdds, milliseconds: [], guide: [] };
  for (let round = 0; round < rounds; round++) {
    const { milliseconds, guide } = await network.run(picture);
    timed.milliseconds.push(milliseconds);
    timed.guide.push(guide);
  }
  return timed;
}

async function colour(file: Blob, shown: number): Promise<Coloured> {
  const begin = performance.now();
  const bitmap = await createImageBitmap(file);
  const { size } = network;
  const small = canvas(size, size);
  small.drawImage(bitmap, 0, 0, size, size);
  const { data } = small.getImageData(0, 0, size, size);
  const rgb = Float32Array.from({ length: size ** 2 * 3 }, (_, i) => data[4 * Math.floor(i / 3) + (i % 3)] / 127.5 - 1);
  const { colours } = await network.run(rgb);
  // What is painted does not matter for the time, only how much: channels as bytes.
  const depth = colours.length / size ** 2;
  for (let i = 0; i < size ** 2; i++) for (let c = 0; c < depth && c < 3; c++) data[4 * i + c] = colours[depth * i + c] * 127.5 + 127.5;
  small.putImageData(new ImageData(data, size, size), 0, 0);

  const paint = (width: number, height: number) => {
    const context = canvas(width, height);
    context.drawImage(bitmap, 0, 0, width, height);
    context.globalCompositeOperation = 'color'; // the picture's own lightness stays
    context.drawImage(small.canvas, 0, 0, width, height);
    return context.canvas;
  };
  const columns = Math.min(shown, bitmap.width);
  paint(columns, Math.round((bitmap.height * columns) / bitmap.width)).transferToImageBitmap().close();
  const first = performance.now() - begin;
  await paint(bitmap.width, bitmap.height).convertToBlob({ type: 'image/jpeg', quality: 0.9 });
  bitmap.close();
  return { first, full: performance.now() - begin };
}

function canvas(width: number, height: number): OffscreenCanvasRenderingContext2D {
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  if (!context) throw new RangeError('no canvas');
  return context;
}

self.onmessage = async ({ data }: MessageEvent<ToNetwork>) => {
  try {
    if (data.kind === 'load') self.postMessage(await load(data.folder));
    else if (data.kind === 'time') self.postMessage(await time(data.rounds));
    else self.postMessage(await colour(data.file, data.shown));
  } catch (error) {
    self.postMessage({ error: String(error) });
  }
};
