/**
 * The order of the bytes of numbers: the most significant byte first, the least significant first,
 * or big-endian with the two bytes of each pair exchanged.
 */
export type SegyByteOrder = 'big' | 'little' | 'swapped';

/** The constant of revision 2 (bytes 3297 to 3300), read as a big-endian number. */
export const ORDER_MARKS: Readonly<Record<SegyByteOrder, number>> = {
  big: 0x01020304,
  little: 0x04030201,
  swapped: 0x02010403,
};

export const BYTE_ORDERS = Object.keys(ORDER_MARKS) as readonly SegyByteOrder[];

/** Exchanges bytes 0 and 1, 2 and 3, and so on, in place. An odd last byte stays. */
export function swapPairs(bytes: Uint8Array): void {
  for (let i = 0; i + 1 < bytes.length; i += 2) {
    const byte = bytes[i] as number;
    bytes[i] = bytes[i + 1] as number;
    bytes[i + 1] = byte;
  }
}
