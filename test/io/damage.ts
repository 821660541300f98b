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

const pickOf = <T>(list: readonly T[], random: () => number): T =>
  list[Math.floor(random() * list.length)] as T;

/** Values that a field of JSON may have by mistake or malice. */
const VALUES: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1,
  2,
  0.5,
  2 ** 31,
  2 ** 53,
  1e300,
  '',
  '/',
  '.',
  'NaN',
  '<f8',
  '>i2',
  '|b1',
  'complex128',
  'bytes',
  'gzip',
  'zstd',
  'crc32c',
  'transpose',
  'sharding_indexed',
  [],
  [0],
  [1, 1],
  [2, 3],
  [7, 6],
  [2 ** 20, 2 ** 20],
  [-1, 3],
  [1, 1, 1],
  {},
  { name: 'bytes', configuration: { endian: 'big' } },
  { name: 'gzip', configuration: { level: 1 } },
  { id: 'zlib' },
  { __proto__: null, toString: 1 },
];

/** A copy of some JSON in which one entry is changed, removed or repeated. */
function mutatedJson(root: unknown, random: () => number): unknown {
  const copy = JSON.parse(JSON.stringify(root)) as object;
  const places: [around: Record<string, unknown>, key: string][] = [];
  const visit = (value: unknown) => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      places.push([value as Record<string, unknown>, key]);
      visit(inner);
    }
  };
  visit(copy);
  if (places.length === 0) return pickOf(VALUES, random);
  const [around, key] = pickOf(places, random);
  const [other, from] = pickOf(places, random);
  const kinds = [
    () => (around[key] = pickOf(VALUES, random)),
    () => (around[key] = pickOf(VALUES, random)),
    () => (around[key] = structuredClone(other[from])),
    () => (Array.isArray(around) ? around.splice(Number(key), 1) : delete around[key]),
    () => (Array.isArray(around) ? around.push(around[Number(key)]) : (around[`${key}_`] = around[key])),
  ];
  pickOf(kinds, random)();
  return copy;
}

/** Numbers of a field in big- or little-endian bytes. */
const EXTREMES = [0n, 1n, 2n, 3n, 5n, 6n, 16n, 255n, 1000n, 0x7fffn, 0x8000n, 0xffffn, 2n ** 31n - 1n];

/** A copy in which fields of 1, 2, 4 or 8 bytes at given positions are set to extremes. */
function mutatedFields(file: Uint8Array, random: () => number, fields: readonly number[]): Buffer {
  const bytes = Buffer.from(file);
  for (let count = 1 + Math.floor(random() * 2); count > 0; count--) {
    const width = pickOf([1, 2, 2, 4, 4, 8], random);
    const value = pickOf([...EXTREMES, 2n ** 32n - 1n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n], random);
    const little = random() < 0.3;
    const at = pickOf(fields, random);
    if (at + width > bytes.length) continue;
    for (let k = 0; k < width; k++)
      bytes[at + (little ? k : width - 1 - k)] = Number((value >> BigInt(8 * k)) & 255n);
  }
  return bytes;
}

/** What is at a path: the bytes of a file, a folder, or a symbolic link. */
export type Entry = Uint8Array | 'folder' | { readonly link: string };

const isJson = (name: string): boolean => /(\.json|\.zarray|\.zattrs|\.zgroup|\.zmetadata)$/.test(name);

/**
 * Files with one fault: in the bytes of one file, in an entry of its JSON or in one of its fields,
 * or a file that is missing, empty, another, a folder or a link.
 *
 * @param files by their paths; a file alone has the empty path
 * @param fields the positions of numbers in a file that is no JSON
 * @param within the length of the start of a file that contains most faults
 */
export function mutatedFiles(
  files: Readonly<Record<string, Uint8Array>>,
  random: () => number,
  fields: readonly number[] = [],
  within = Number.POSITIVE_INFINITY,
): Map<string, Entry> {
  const entries = new Map<string, Entry>(Object.entries(files));
  const names = [...entries.keys()];
  const json = names.filter(isJson);
  // most faults of an array are in its metadata
  const name = json.length > 0 && random() < 0.6 ? pickOf(json, random) : pickOf(names, random);
  const file = files[name] as Uint8Array;
  if (random() < 0.12) {
    const kinds: (() => Entry | undefined)[] = [
      () => undefined,
      () => new Uint8Array(0),
      () => 'folder',
      () => ({ link: name === '' ? 'x' : '.' }),
      () => ({ link: 'no/such/file' }),
      () => files[pickOf(names, random)] as Uint8Array,
      () => Buffer.concat([file, file]),
      () => file.subarray(0, Math.floor(random() * file.length)),
    ];
    const entry = pickOf(kinds, random)();
    if (entry === undefined) entries.delete(name);
    else entries.set(name, entry);
    // a file in the place of a folder
    const [folder] = name.split('/');
    if (folder !== name && random() < 0.2) {
      for (const inner of names) if (inner.startsWith(`${folder}/`)) entries.delete(inner);
      entries.set(folder as string, file);
    }
    return entries;
  }
  if (isJson(name) && random() < 0.7) {
    let value = JSON.parse(new TextDecoder().decode(file)) as unknown;
    for (let count = 1 + Math.floor(random() * 2); count > 0; count--) value = mutatedJson(value, random);
    entries.set(name, Buffer.from(JSON.stringify(value) ?? ''));
  } else if (fields.length > 0 && !isJson(name) && random() < 0.6)
    entries.set(name, mutatedFields(file, random, fields));
  else entries.set(name, mutated(file, random, within));
  return entries;
}
