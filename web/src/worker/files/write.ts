// A canvas -> a file.

import type { Note, SaveType } from '../../shared/messages';
import type { Metadata } from './open';

export interface Writing {
  type: SaveType;
  /** 0..1, of JPEG and WebP. */
  quality: number;
  metadata: Metadata;
  /** Whether the colours are computed. */
  synthetic: boolean;
  /** Whether some of the pixels are. */
  transparent: boolean;
}

export async function writeFile(
  canvas: OffscreenCanvas,
  { type, quality }: Writing,
): Promise<{ file: Blob; notes: Note[] }> {
  return { file: await canvas.convertToBlob({ type, quality }), notes: [] };
}
