// GIF: https://www.w3.org/Graphics/GIF/spec-gif89a.txt

import type { Found } from '../metadata';
import type { Header } from './formats';

export const signature = /^GIF8[79]a/;

export function readHeader(view: DataView, header: Header): void {
  header.width = view.getUint16(6, true);
  header.height = view.getUint16(8, true);
  const colourTable = (flags: number) => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);
  const skipBlocks = (at: number) => {
    while (view.getUint8(at) !== 0) at += 1 + view.getUint8(at);
    return at + 1;
  };
  let frames = 0;
  for (let at = 13 + colourTable(view.getUint8(10)); ; ) {
    const kind = view.getUint8(at);
    if (kind === 0x21) {
      at = skipBlocks(at + 2);
    } else if (kind === 0x2c) {
      at = skipBlocks(at + 11 + colourTable(view.getUint8(at + 9)));
      // One whole frame is all that is needed; many GIFs in the world lack their last byte.
      header.truncated = false;
      header.several = ++frames > 1;
    } else {
      return;
    }
  }
}

export function readMetadata(): Found {
  return {};
}
