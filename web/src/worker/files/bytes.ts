// Bytes of files: names in them, pieces of them, packed pieces.

export type Bytes = Uint8Array<ArrayBuffer>;

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Latin-1, so that every byte is a character. */
export function text(bytes: Uint8Array): string {
  let found = '';
  // In pieces: arguments of a call are limited.
  for (let at = 0; at < bytes.length; at += 4096) found += String.fromCharCode(...bytes.subarray(at, at + 4096));
  return found;
}

export function nameAt(view: DataView, at: number, length = 4): string {
  return Array.from({ length }, (_, i) => String.fromCharCode(view.getUint8(at + i))).join('');
}

/** Characters become one byte each; numbers are bytes. */
export function join(...parts: (string | Uint8Array | number[])[]): Bytes {
  const pieces = parts.map((part) => (typeof part === 'string' ? Uint8Array.from(part, (c) => c.charCodeAt(0)) : part));
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

export const big32 = (value: number) => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
export const big16 = (value: number) => [value >>> 8, value & 255];
export const little16 = (value: number) => [value & 255, value >>> 8];
export const little32 = (value: number) => big32(value).reverse();

/** What a zlib stream holds. Throws RangeError when that is more than `limit` bytes, TypeError when it is damaged. */
export async function inflate(packed: Bytes, limit: number): Promise<Bytes> {
  const reader = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate')).getReader();
  const pieces: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return join(...pieces);
    length += value.length;
    if (length > limit) {
      await reader.cancel();
      throw new RangeError(`unpacks to more than ${limit} bytes`);
    }
    pieces.push(value);
  }
}
