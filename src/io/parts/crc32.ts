import * as zlib from 'node:zlib';

/** The table of a check sum of 32 bits, for its polynomial with the lowest power first. */
const tableOf = (polynomial: number): Uint32Array =>
  Uint32Array.from({ length: 256 }, (_, n) => {
    let c = n;
    for (let k = 0; k < 8; k++) c = c & 1 ? polynomial ^ (c >>> 1) : c >>> 1;
    return c;
  });

type CheckSum = (bytes: Uint8Array, value?: number) => number;

const checkSum =
  (table: Uint32Array): CheckSum =>
  (bytes, value = 0) => {
    let c = ~value;
    for (let i = 0; i < bytes.length; i++)
      c = (table[(c ^ (bytes[i] as number)) & 255] as number) ^ (c >>> 8);
    return ~c >>> 0;
  };

/** The CRC-32 of ZIP, continued from `value`. It is for versions of Node.js without zlib.crc32. */
export const crc32OfTable = checkSum(tableOf(0xedb88320));

/** The CRC-32 of ZIP, continued from `value`. */
export const crc32: CheckSum = zlib.crc32 ?? crc32OfTable;

/** The CRC-32C (RFC 3720), continued from `value`. */
export const crc32c = checkSum(tableOf(0x82f63b78));
