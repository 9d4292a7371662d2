// Different believable colourings of one picture, as hints for the model to follow: serving/colouring/alternatives.py.
// A few spots where the model is unsure get a colour each, drawn from those that it finds likely there; the network spreads them,
// so that what belongs together gets one colour.

import type { Hint } from '../../shared/messages';
import type { Answer } from '../model/model';
import { colourOf, findModes, NEAR, probabilitiesAt, visible, type Mode } from './modes';

/** At most so many spots get a colour. */
const SPOTS = 6;
/** Share of the cells, the least sure ones, that spots are taken from. */
const UNSURE = 0.25;
/** Cells between spots, at least. */
const APART = 4;
/** Share of the probability below which a colour is not drawn. */
const BELIEVABLE = 0.05;
/** To choose each alternative from. */
const DRAWS = 64;

export interface Spot {
  /** Shares of the width and height. */
  x: number;
  y: number;
  lightness: number;
  /** The model's own colour there, a and b in Lab units. */
  mean: Chroma;
  modes: Mode[];
}

interface Chroma {
  a: number;
  b: number;
}

/**
 * The least sure cell, then, again and again, the unsure one that is furthest from all spots so far.
 * @param lightness the result's L, 0..100, S*S values with S a multiple of the cells a side.
 * @returns at most 6 spots, each with two or more believable colours; none where the model is sure of everything.
 */
export function findSpots(answer: Answer, lightness: Float32Array): Spot[] {
  const side = answer.cells;
  const light = means(lightness, side);
  const sure = Array.from(light, (_, cell) => confidence(answer, cell));
  const order = sure.map((_, cell) => cell).sort((one, other) => sure[one] - sure[other]);
  const unsure = order.slice(0, Math.floor(UNSURE * order.length)).flatMap((cell) => {
    const modes = findModes(probabilitiesAt(answer, cell), visible(answer.centres, light[cell]), BELIEVABLE);
    return modes.length > 1 ? [{ cell, modes, row: Math.floor(cell / side), column: cell % side }] : [];
  });

  const chosen = unsure.slice(0, 1);
  while (chosen.length > 0 && chosen.length < SPOTS) {
    const distances = unsure.map(({ row, column }) =>
      Math.min(...chosen.map((spot) => Math.hypot(row - spot.row, column - spot.column))),
    );
    const furthest = largest(distances);
    if (distances[furthest] < APART) break;
    chosen.push(unsure[furthest]);
  }
  return chosen.map(({ cell, modes, row, column }) => ({
    x: (column + 0.5) / side,
    y: (row + 0.5) / side,
    lightness: light[cell],
    mean: meanOf(answer, cell),
    modes,
  }));
}

/**
 * Up to `count` colourings, each as hints: the same at each call, and the first of them whatever the count is. Each is the one of
 * 64 draws that is furthest, on the mean over the spots, from the model's own colours and all colourings before it.
 */
export function drawAlternatives(spots: Spot[], count: number): Hint[][] {
  const random = randomNumbers();
  const chosen: Chroma[][] = [spots.map(({ mean }) => mean)];
  while (spots.length > 0 && chosen.length <= count) {
    const drawn = Array.from({ length: DRAWS }, () => spots.map(({ modes }) => draw(modes, random())));
    const distances = drawn.map((colours) => Math.min(...chosen.map((others) => distance(colours, others))));
    const best = largest(distances);
    if (distances[best] === 0) break;
    chosen.push(drawn[best]);
  }
  return chosen.slice(1).map((colours) =>
    colours.map((colour, i) => ({ x: spots[i].x, y: spots[i].y, colour: colourOf(spots[i].lightness, colour) })),
  );
}

/** How sure the model is of a cell, 0..1: the probability of the colours that go by one name with the one that it draws. */
function confidence(answer: Answer, cell: number): number {
  const { centres } = answer;
  const { a, b } = meanOf(answer, cell);
  return probabilitiesAt(answer, cell).reduce(
    (sum, share, i) => (Math.hypot(centres[2 * i] - a, centres[2 * i + 1] - b) <= NEAR ? sum + share : sum),
    0,
  );
}

function meanOf(answer: Answer, cell: number): Chroma {
  const mean = { a: 0, b: 0 };
  probabilitiesAt(answer, cell).forEach((share, i) => {
    mean.a += share * answer.centres[2 * i];
    mean.b += share * answer.centres[2 * i + 1];
  });
  return mean;
}

/** S*S values -> the mean of each of side*side cells. */
function means(values: Float32Array, side: number): Float32Array {
  const size = Math.sqrt(values.length);
  const step = size / side;
  const sums = new Float32Array(side * side);
  values.forEach((value, i) => {
    sums[Math.floor(i / size / step) * side + Math.floor((i % size) / step)] += value / (step * step);
  });
  return sums;
}

function draw(modes: Mode[], random: number): Chroma {
  let left = random * modes.reduce((sum, { share }) => sum + share, 0);
  return modes.find(({ share }) => (left -= share) < 0) ?? modes[0];
}

function distance(colours: Chroma[], others: Chroma[]): number {
  const sum = colours.reduce((total, { a, b }, i) => total + Math.hypot(a - others[i].a, b - others[i].b), 0);
  return sum / colours.length;
}

function largest(values: number[]): number {
  return values.indexOf(Math.max(...values));
}

/** Numbers 0..1, the same ones each time: mulberry32 by T. Ettinger. */
function randomNumbers(seed = 0): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), seed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
