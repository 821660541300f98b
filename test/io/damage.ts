/** Returns uniform numbers in [0, 1) for a seed (Mulberry32, public domain). */
export function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Numbers that cause errors in readers, as bytes. */
const EVIL = [
  '\xff',
  '\x00',
  '\x7f\xff',
  '\xff\xff\xff\xff',
  '\x7f\xff\xff\xff',
  '\x00\x00\x00\x10',
  '-',
  '9'.repeat(19),
  '1e400',
  `${2 ** 60}`,
  '"',
  '{',
  ',',
  'null',
];

/**
 * A copy with one to four faults: bits are flipped, or bytes are overwritten, inserted, removed,
 * repeated or missing.
 *
 * @param within the length of the start of the file that contains most faults
 */
export function mutated(file: Uint8Array, random: () => number, within: number): Buffer {
  let bytes = Buffer.from(file);
  const pick = (n: number) => Math.floor(random() * n);
  for (let faults = 1 + pick(4); faults > 0 && bytes.length > 0; faults--) {
    const at = pick(random() < 0.8 ? Math.min(within, bytes.length) : bytes.length);
    const evil = Buffer.from(EVIL[pick(EVIL.length)] as string, 'latin1');
    const length = 1 + pick(40);
    const kinds = [
      () => bytes.writeUInt8((bytes[at] as number) ^ (1 << pick(8)), at),
      () => evil.copy(bytes, at),
      () => (bytes = Buffer.concat([bytes.subarray(0, at), evil, bytes.subarray(at)])),
      () => (bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)])),
      () => (bytes = Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)])),
      () => (bytes = bytes.subarray(0, at)),
    ];
    (kinds[pick(kinds.length)] as () => unknown)();
  }
  return bytes;
}
