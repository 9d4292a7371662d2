// Is a picture a drawing, rather than a photograph? trainer/line_art.py's is_drawing: a logistic regression of four numbers,
// rounded.

import { average, cells, findPage, GRID } from './paper';

/** Least darkness beyond dirt that counts as ink. */
const INKED = 0.03;

/** @param tone S*S values 0..1, see toneRow; S is a multiple of 128. @param chroma from `chromaSpread`. */
export function isDrawing(tone: Float32Array, size: number, chroma: number): boolean {
  return drawingScore(tone, size) + chroma < 0.25;
}

/** Share of inked pixels + 13 times how paper's light wavers - 6.5 times how abruptly ink starts. */
export function drawingScore(tone: Float32Array, size: number): number {
  const page = findPage(tone, size);
  const darkness = page.darkness.map((value) => Math.max(value - page.dirt, 0));
  const share = darkness.reduce((count, value) => count + (value > INKED ? 1 : 0), 0) / darkness.length;
  const wavering = change(page.light.map(Math.log), GRID);
  const side = Math.min(256, size);
  const crispness = change(cells(darkness, size, side, 'mean'), side);
  return share + 13 * wavering - 6.5 * crispness;
}

/** Mean distance of a picture's chroma from its median: coloured paper has none, coloured lines little, photographs more. */
export function chromaSpread(a: Float32Array, b: Float32Array): number {
  const [middleA, middleB] = [median(a), median(b)];
  return average(a.map((value, i) => Math.hypot(value - middleA, b[i] - middleB)));
}

/** Mean absolute difference of neighbours. */
function change(values: Float32Array, side: number): number {
  let across = 0;
  let down = 0;
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const value = values[y * side + x];
      if (x > 0) across += Math.abs(value - values[y * side + x - 1]);
      if (y > 0) down += Math.abs(value - values[(y - 1) * side + x]);
    }
  }
  return (across + down) / (2 * side * (side - 1));
}

function median(values: Float32Array): number {
  const sorted = values.slice().sort();
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}
