// What the bench counts of a network.

import '@tensorflow/tfjs-backend-cpu';
import { depthwiseConv2d, fused, matMul, ones, relu, setBackend, type Rank, type ShapeMap } from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';

import { countMultiplyAdds } from '../../bench/network';

beforeAll(() => setBackend('cpu'));

const four = (...shape: ShapeMap[Rank.R4]) => ones<Rank.R4>(shape);

test.each([
  ['a convolution', () => fused.conv2d({ x: four(1, 6, 6, 4), filter: four(3, 3, 4, 8), strides: 2, pad: 'same' }), 9 * 9 * 4 * 8],
  ['a depthwise one', () => depthwiseConv2d(four(1, 5, 5, 4), four(3, 3, 4, 1), 1, 'same'), 25 * 9 * 4],
  ['a matrix product', () => matMul(ones([2, 3]), ones([3, 7])), 2 * 3 * 7],
  ['several, one of them turned', () => matMul(ones([1, 4, 10, 5]), ones([1, 4, 6, 5]), false, true), 4 * 10 * 5 * 6],
  ['nothing else', () => relu(ones([9])), 0],
] as const)('%s', async (_, work, expected) => {
  expect(await countMultiplyAdds(async () => work())).toBeCloseTo(expected, 6);
});
