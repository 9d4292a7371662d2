// The paper of a drawing, in its small copy: which way round it is, how light its paper is at each place, how dirty.
// A ball rolled over the tones, as Sternberg's "Biomedical image processing" (1983) removes backgrounds. The numbers and their
// reasons are trainer/line_art.py's, whose results these must equal.

/** Cells a side on which paper is looked for. */
export const GRID = 64;
const NEAR = 0.12;
const FAR = 0.35;
const DEEPEST = 0.6;
const BLACKEST = 0.02;
const DIRT = 0.1;

export interface Page {
  /** Light of the paper on GRID x GRID cells, > 0..1. */
  light: Float32Array;
  /** Darkness as a share of it, of every pixel. */
  darkness: Float32Array;
  /** Darkness of the paper itself, 0..0.1. */
  dirt: number;
}

/** A small copy's tone, S*S values 0..1 with S a multiple of 2 * GRID -> its page, turned to dark on light if it was not. */
export function findPage(tone: Float32Array, size: number): Page {
  const upright = isInverted(tone, size) ? tone.map((value) => 1 - value) : tone;
  const light = paperLight(upright, size);
  const raised = raise(light, size);
  const darkness = upright.map((value, i) => 1 - value / raised[i]);
  // A quarter of a drawing's cells is bare paper; the dirtiest of it is that much dirtier than those.
  const dirt = 1.6 * quantile(cells(darkness, size, GRID, 'max'), 0.25);
  return { light, darkness, dirt: Math.min(Math.max(dirt, 0), DIRT) };
}

/** Is it light on dark? Paper is most of a drawing: the tones lie nearer to the ball rolled on its side of them. */
export function isInverted(tone: Float32Array, size: number): boolean {
  const above = roll(lightest(tone, size), FAR);
  const below = roll(lightest(tone.map((value) => 1 - value), size), FAR);
  const mean = cells(tone, size, GRID, 'mean');
  const fromAbove = average(mean.map((value, i) => above[i] - value));
  const fromBelow = average(mean.map((value, i) => value - (1 - below[i])));
  return fromAbove > 1.2 * fromBelow + 0.02;
}

/** S*S values -> each cell's maximum or mean, side*side values; S is a multiple of `side`. */
export function cells(values: Float32Array, size: number, side: number, kind: 'max' | 'mean'): Float32Array {
  const step = size / side;
  return Float32Array.from({ length: side * side }, (_, cell) => {
    const first = Math.floor(cell / side) * step * size + (cell % side) * step;
    let most = -Infinity;
    let sum = 0;
    for (let y = 0; y < step; y++) {
      for (let x = 0; x < step; x++) {
        const value = values[first + y * size + x];
        most = Math.max(most, value);
        sum += value;
      }
    }
    return kind === 'max' ? most : sum / (step * step);
  });
}

export function average(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Tone dark on light -> how light its paper is on GRID x GRID cells, > 0..1. */
export function paperLight(tone: Float32Array, size: number): Float32Array {
  const cell = lightest(tone, size);
  const far = roll(cell, FAR);
  return roll(cell, NEAR).map((near, i) => Math.max(near, DEEPEST * far[i]));
}

/** Each cell's lightest place; shrunk first, or noise would make paper lighter. */
function lightest(tone: Float32Array, size: number): Float32Array {
  const means = cells(tone, size, 2 * GRID, 'mean');
  return cells(means, 2 * GRID, GRID, 'max').map((value) => Math.max(value, BLACKEST));
}

/** The light where a ball of this radius can touch it, else the ball: closing with a paraboloid, one axis after the other. */
function roll(light: Float32Array, radius: number): Float32Array {
  const ball = Float32Array.from({ length: GRID }, (_, distance) => Math.max(2 ** -((distance / GRID / radius) ** 2), 1e-4));
  const closest = (of: Float32Array, choose: (one: number, other: number) => number, start: number, power: 1 | -1) => {
    const factors = ball.map((value) => value ** power);
    // Transposed, so that two of these see both axes and leave the picture upright.
    return Float32Array.from({ length: GRID * GRID }, (_, cell) => {
      const from = (cell % GRID) * GRID;
      const place = Math.floor(cell / GRID);
      let best = start;
      for (let k = 0; k < GRID; k++) best = choose(best, of[from + k] * factors[Math.abs(k - place)]);
      return best;
    });
  };
  let rolled = light;
  for (let axis = 0; axis < 2; axis++) rolled = closest(rolled, Math.max, -Infinity, 1);
  for (let axis = 0; axis < 2; axis++) rolled = closest(rolled, Math.min, Infinity, -1);
  return rolled;
}

/** GRID*GRID values -> S*S values, smoothly: a quadratic kernel's neighbours, weighed by their distance. */
export function raise(light: Float32Array, size: number): Float32Array {
  const weights = Array.from({ length: size }, (_, i) => {
    const place = (i + 0.5) * (GRID / size) - 0.5;
    const row = Float32Array.from({ length: GRID }, (_, cell) => Math.max(1.5 - Math.abs(place - cell), 0));
    const sum = row.reduce((total, weight) => total + weight, 0);
    return row.map((weight) => weight / sum);
  });
  const wide = new Float32Array(GRID * size);
  for (let y = 0; y < GRID; y++) {
    const row = light.subarray(y * GRID, (y + 1) * GRID);
    for (let x = 0; x < size; x++) wide[y * size + x] = weights[x].reduce((sum, weight, cell) => sum + weight * row[cell], 0);
  }
  const raised = new Float32Array(size * size);
  for (let y = 0; y < size; y++) {
    for (let cell = 0; cell < GRID; cell++) {
      const weight = weights[y][cell];
      if (weight === 0) continue;
      for (let x = 0; x < size; x++) raised[y * size + x] += weight * wide[cell * size + x];
    }
  }
  return raised;
}

function quantile(values: Float32Array, share: number): number {
  return values.slice().sort()[Math.floor(share * (values.length - 1))];
}
