import * as zlib from 'node:zlib';

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c;
});

/** The CRC-32 of ZIP, continued from `value`. It is for versions of Node.js without zlib.crc32. */
export function crc32OfTable(bytes: Uint8Array, value = 0): number {
  let c = ~value;
  for (let i = 0; i < bytes.length; i++) c = (TABLE[(c ^ (bytes[i] as number)) & 255] as number) ^ (c >>> 8);
  return ~c >>> 0;
}

/** The CRC-32 of ZIP, continued from `value`. */
export const crc32: (bytes: Uint8Array, value?: number) => number = zlib.crc32 ?? crc32OfTable;
