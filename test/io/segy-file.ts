import { toIbm } from '../../src/io/segy/parts/ibm-float.js';

/** A SEG-Y file as the text of the standard defines it, built byte by byte. */
export interface SegyFile {
  readonly order?: 'big' | 'little' | 'swapped';
  /** The code of the sample format. @default 5 */
  readonly format?: number;
  readonly traces?: number;
  /** The samples that each trace has. @default 4 */
  readonly samples?: number;
  readonly value?: (trace: number, sample: number) => number;
  /** The two bytes at 3501. @default 1, 0 */
  readonly revision?: readonly [number, number];
  /** The word at 3297 of revision 2. @default true if the revision is 2 */
  readonly mark?: boolean;
  /** Numbers in the binary header: [byte from 1, kind, value]. */
  readonly binary?: readonly Field[];
  /** Numbers in the header of each trace. */
  readonly header?: (trace: number) => readonly Field[];
  /** Bytes between the file headers and the first trace. */
  readonly before?: number;
  /** Bytes behind the last trace. */
  readonly after?: Uint8Array;
}

/** `[byte, kind, value]`; bytes are counted from 1, in the file or in the trace header. */
export type Field = readonly [
  byte: number,
  kind: 'i16' | 'u16' | 'i32' | 'u32' | 'u64' | 'f64',
  value: number,
];

/** The number of bytes of one sample, by format code. */
export const WIDTHS: Readonly<Record<number, number>> = {
  1: 4,
  2: 4,
  3: 2,
  5: 4,
  6: 8,
  8: 1,
  10: 4,
  11: 2,
  12: 8,
  16: 1,
};

const BYTES = { i16: 2, u16: 2, i32: 4, u32: 4, u64: 8, f64: 8 } as const;

export function segyFile({
  order = 'big',
  format = 5,
  traces = 6,
  samples = 4,
  value = (t, k) => 10 * t + k,
  revision = [1, 0],
  mark = revision[0] === 2,
  binary = [],
  header = () => [],
  before = 0,
  after = new Uint8Array(0),
}: SegyFile = {}): Buffer {
  const width = WIDTHS[format] ?? 4;
  const bytes = 240 + samples * width;
  const file = Buffer.alloc(3600 + before + traces * bytes + after.length);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  /** Writes big-endian bytes in the order of the file. */
  const store = (at: number, big: Uint8Array) => {
    const placed =
      order === 'little'
        ? big.toReversed()
        : order === 'swapped' && big.length > 1
          ? big.map((_, k) => big[k ^ 1] as number)
          : big;
    file.set(placed, at);
  };
  const scratch = new DataView(new ArrayBuffer(8));
  const put = (at: number, kind: keyof typeof BYTES, v: number) => {
    if (kind === 'f64') scratch.setFloat64(0, v);
    else if (kind === 'u64') scratch.setBigUint64(0, BigInt(v));
    else if (BYTES[kind] === 4) scratch.setInt32(0, v);
    else scratch.setInt16(0, v);
    store(at, new Uint8Array(scratch.buffer.slice(0, BYTES[kind])));
  };
  const sample = (at: number, v: number) => {
    if (format === 1) scratch.setUint32(0, toIbm(v) as number);
    else if (format === 5) scratch.setFloat32(0, v);
    else if (format === 6) scratch.setFloat64(0, v);
    else if (format === 12) scratch.setBigUint64(0, BigInt(v));
    else if (width === 4) scratch.setInt32(0, v);
    else if (width === 2) scratch.setInt16(0, v);
    else scratch.setInt8(0, v);
    store(at, new Uint8Array(scratch.buffer.slice(0, width)));
  };
  file.fill(0x40, 0, 3200);
  put(3216, 'u16', 4000);
  put(3220, 'u16', samples);
  put(3224, 'u16', format);
  if (mark) put(3296, 'u32', 0x01020304);
  for (const [byte, kind, v] of binary) put(byte - 1, kind, v);
  view.setUint8(3500, revision[0]);
  view.setUint8(3501, revision[1]);
  for (let t = 0; t < traces; t++) {
    const at = 3600 + before + t * bytes;
    put(at + 188, 'i32', 1 + Math.floor(t / 3));
    put(at + 192, 'i32', 1 + (t % 3));
    for (const [byte, kind, v] of header(t)) put(at + byte - 1, kind, v);
    for (let k = 0; k < samples; k++) sample(at + 240 + k * width, value(t, k));
  }
  file.set(after, file.length - after.length);
  return file;
}
