// One half of a network as a function of named tensors. Which it takes and gives, its graph says.

import { loadGraphModelSync } from '@tensorflow/tfjs-converter';
import { type NamedTensorMap, type Tensor } from '@tensorflow/tfjs-core';

export interface Half {
  readonly inputs: string[];
  readonly outputs: string[];
  /** The outputs by name; of `given` it takes what it needs, and leaves it as it is. */
  run(given: NamedTensorMap): Promise<NamedTensorMap>;
  dispose(): void;
}

type ModelJson = Exclude<Extract<Parameters<typeof loadGraphModelSync>[0], unknown[]>[0], ArrayBuffer> & {
  modelTopology: { node: { op: string }[] };
  signature: Record<'inputs' | 'outputs', object>;
};

/** Built on the TF.js backend that is set at this moment. Throws what TF.js throws on a malformed graph. */
export function buildHalf(json: Uint8Array, weights: Uint8Array<ArrayBuffer>): Half {
  const topology = JSON.parse(new TextDecoder().decode(json)) as ModelJson;
  const inputs = Object.keys(topology.signature.inputs);
  const outputs = Object.keys(topology.signature.outputs);
  // Of a network that takes hints at once, or not at all, all is in one half.
  if (outputs.length === 0) return { inputs, outputs, run: async () => ({}), dispose: () => undefined };
  const graph = loadGraphModelSync([topology, weights.slice().buffer]);
  // The list of the cells that have hints is as long as there are such cells; TF.js counts them in a way of their own.
  const counts = topology.modelTopology.node.some(({ op }) => op === 'Where');
  return {
    inputs,
    outputs,
    async run(given) {
      const taken = Object.fromEntries(inputs.map((name) => [name, given[name]]));
      const results = counts ? await graph.executeAsync(taken, outputs) : graph.execute(taken, outputs);
      return Object.fromEntries([results].flat().map((tensor: Tensor, i) => [outputs[i], tensor]));
    },
    dispose: () => graph.dispose(),
  };
}
