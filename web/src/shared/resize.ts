// Bilinear resize with antialiasing: a triangle kernel as wide as max(1, input / output) pixels, half-pixel centres, weights
// normalised. The same numbers as Pillow's BILINEAR on 'F' images and tf.image.resize(antialias=True). It is separable, and
// offered as its two halves, so that a large picture passes through in bands of rows.

export interface Taps {
  readonly output: number;
  /** First input index of each output index. */
  readonly start: Int32Array;
  /** `length` weights for each output index; unused ones are 0. */
  readonly weights: Float64Array;
  readonly length: number;
}

/**
 * Which inputs make up each output when `input` samples become `output` samples.
 * @param from where the part of the input that is resized begins and ends (`to`), in samples; what lies around it is still seen,
 * so that parts join without a seam. All of it, if left out.
 */
export function taps(input: number, output: number, from = 0, to = input): Taps {
  const ratio = (to - from) / output;
  const support = Math.max(1, ratio);
  const length = Math.min(input, Math.ceil(2 * support));
  const start = new Int32Array(output);
  const weights = new Float64Array(output * length);
  for (let i = 0; i < output; i++) {
    const centre = from + (i + 0.5) * ratio;
    const first = Math.min(input - 1, Math.max(0, Math.floor(centre - support + 0.5)));
    const end = Math.max(first + 1, Math.min(input, Math.floor(centre + support + 0.5)));
    let sum = 0;
    for (let k = first; k < end; k++) {
      const weight = Math.max(0, 1 - Math.abs((k + 0.5 - centre) / support));
      weights[i * length + k - first] = weight;
      sum += weight;
    }
    for (let k = 0; k < length; k++) weights[i * length + k] /= sum;
    // Zero weights at the end must still point at samples that exist.
    const shift = Math.max(0, first + length - input);
    const own = weights.subarray(i * length, (i + 1) * length);
    own.copyWithin(shift, 0).fill(0, 0, shift);
    start[i] = first - shift;
  }
  return { output, start, weights, length };
}

/** Resizes one row of interleaved samples: `channels` values a pixel from `source` at `from` into `target` at `to`. */
export function resizeRow(
  source: Float32Array,
  from: number,
  across: Taps,
  channels: number,
  target: Float32Array,
  to: number,
): void {
  const { output, start, weights, length } = across;
  if (length === 2) {
    // Whatever is enlarged: most of what is painted, so worth a loop of its own.
    for (let x = 0, at = to; x < output; x++) {
      const near = weights[2 * x];
      const far = weights[2 * x + 1];
      for (let left = from + start[x] * channels, end = left + channels; left < end; left++, at++) {
        target[at] = near * source[left] + far * source[left + channels];
      }
    }
    return;
  }
  for (let x = 0; x < output; x++) {
    const first = from + start[x] * channels;
    for (let c = 0; c < channels; c++) {
      let sum = 0;
      for (let k = 0; k < length; k++) sum += weights[x * length + k] * source[first + k * channels + c];
      target[to + x * channels + c] = sum;
    }
  }
}

/** Row `y` of the vertically resized `source`, whose rows hold `rowLength` values, into `target` at `to`. */
export function blendRows(
  source: Float32Array,
  rowLength: number,
  down: Taps,
  y: number,
  target: Float32Array,
  to: number,
): void {
  const { start, weights, length } = down;
  target.fill(0, to, to + rowLength);
  for (let k = 0; k < length; k++) {
    const weight = weights[y * length + k];
    if (weight === 0) continue;
    const from = (start[y] + k) * rowLength;
    for (let i = 0; i < rowLength; i++) target[to + i] += weight * source[from + i];
  }
}
