// Any network as something that can be timed and counted: one of ours, in its two halves, or a graph that takes one picture.

import { loadGraphModelSync } from '@tensorflow/tfjs-converter';
import { profile, tensor4d, type Tensor } from '@tensorflow/tfjs-core';

import { MANIFEST_NAME, parseManifest, totalBytes, type Manifest } from '../src/worker/model/manifest';
import { buildModel } from '../src/worker/model/model';
import { TASKS } from '../src/worker/paint/task';

export interface Answer {
  /** size * size * `depth` values. */
  colours: Float32Array;
  milliseconds: number;
  /** Of these, what runs anew for another hint. */
  guide: number;
}

export interface Network {
  readonly size: number;
  readonly bytes: number;
  readonly parameters: number;
  /** @param rgb of a small picture, size * size * 3 values -1..1. */
  run(rgb: Float32Array): Promise<Answer>;
}

type ModelJson = Exclude<Extract<Parameters<typeof loadGraphModelSync>[0], unknown[]>[0], ArrayBuffer>;

/**
 * Built on the backend that is set.
 * @param folder with a slash at its end. With a manifest it is one of ours.
 */
export async function loadNetwork(folder: string): Promise<Network> {
  const manifest = await fetch(folder + MANIFEST_NAME);
  return manifest.ok ? ours(folder, parseManifest(await manifest.json())) : another(folder);
}

async function ours(folder: string, manifest: Manifest): Promise<Network> {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const { path } of manifest.files) files.set(path, await fetchBytes(folder + path));
  const model = buildModel(manifest, files);
  const { size, task } = manifest;
  const noHints = new Float32Array(size ** 2 * TASKS[task].hintChannels);
  const graphs = [...files].filter(([path]) => path.endsWith('.json')).map(([, bytes]) => parse(bytes));
  return {
    size,
    bytes: totalBytes(manifest),
    parameters: graphs.reduce((sum, graph) => sum + countParameters(graph), 0),
    async run(rgb) {
      const begin = performance.now();
      const seen = await model.see(Float32Array.from({ length: size ** 2 }, (_, i) => rgb[3 * i]));
      const between = performance.now(); // wasm computes before it answers
      const { maps } = await model.guide(seen, noHints).finally(() => seen.dispose());
      const end = performance.now();
      return { colours: maps, milliseconds: end - begin, guide: end - between };
    },
  };
}

async function another(folder: string): Promise<Network> {
  const json = await fetchBytes(`${folder}model.json`);
  const topology = parse(json);
  const shards: Uint8Array<ArrayBuffer>[] = [];
  for (const path of topology.weightsManifest.flatMap(({ paths }) => paths)) shards.push(await fetchBytes(folder + path));
  const weights = await new Blob(shards).arrayBuffer();
  const graph = loadGraphModelSync([topology, weights]);
  const [, size] = graph.inputs[0].shape!;
  return {
    size,
    bytes: json.byteLength + weights.byteLength,
    parameters: countParameters(topology),
    async run(rgb) {
      const begin = performance.now();
      const picture = tensor4d(rgb, [1, size, size, 3]);
      const result = graph.execute(picture) as Tensor;
      const colours = (await result.data()) as Float32Array;
      picture.dispose();
      result.dispose();
      const milliseconds = performance.now() - begin;
      return { colours, milliseconds, guide: milliseconds };
    },
  };
}

/** Multiplications and additions, in pairs, of the convolutions and matrix products that `work` runs. */
export async function countMultiplyAdds(work: () => Promise<unknown>): Promise<number> {
  const { kernels } = await profile(work as () => Promise<Tensor>);
  const count = (shape: number[]) => shape.reduce((product, side) => product * side, 1);
  return kernels.reduce((sum, { name, inputShapes, outputShapes }) => {
    const [a, b] = inputShapes as [number[], number[]];
    const [out] = outputShapes;
    if (/^(Fused)?(DepthwiseConv2[dD](Native)?|Conv2D)$/.test(name)) return sum + count(b) * out[1] * out[2];
    // Of A x K and K x B, any number of times over: the product of all three sizes is (A K B)^2 times that number cubed.
    if (/MatMul$/.test(name)) return sum + Math.sqrt((count(a) * count(b) * count(out)) / count(out.slice(0, -2)));
    return sum;
  }, 0);
}

function countParameters({ weightsManifest }: ModelJson): number {
  const weights = weightsManifest.flatMap((group) => group.weights).filter(({ dtype }) => dtype === 'float32');
  return weights.reduce((sum, { shape }) => sum + shape.reduce((product, side) => product * side, 1), 0);
}

const parse = (bytes: Uint8Array) => JSON.parse(new TextDecoder().decode(bytes)) as ModelJson;

async function fetchBytes(url: string): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: status ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}
