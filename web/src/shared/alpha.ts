// Transparent pixels of RGBA rows.

export function isOpaque(rgba: Uint8ClampedArray): boolean {
  for (let at = 3; at < rgba.length; at += 4) if (rgba[at] !== 255) return false;
  return true;
}

/**
 * Puts white paper under the pixels, in place, as export/picture_files.py does.
 * @returns whether all of them were opaque.
 */
export function layOnWhite(rgba: Uint8ClampedArray): boolean {
  let opaque = true;
  for (let at = 0; at < rgba.length; at += 4) {
    const alpha = rgba[at + 3];
    if (alpha === 255) continue;
    opaque = false;
    for (let channel = at; channel < at + 3; channel++) {
      rgba[channel] = Math.floor((rgba[channel] * alpha + 255 * (255 - alpha) + 127) / 255);
    }
    rgba[at + 3] = 255;
  }
  return opaque;
}
