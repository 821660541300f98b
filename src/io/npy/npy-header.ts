import { endianness } from 'node:os';
import { bytesOf, type DType, dtypeOfNpyCode, npyCodeOf } from '../../core/base/dtype.js';
import { ArgumentError, DTypeError } from '../../core/base/errors.js';
import { formatShape, product, type Shape } from '../../core/base/shape.js';
import type { ByteSource } from '../parts/byte-source.js';

/** The kinds of numbers in .npy files, by the letter of their descr. */
const KINDS = { b: 'bool', i: 'int', u: 'uint', f: 'float', c: 'complex' } as const;
export type NpyKind = (typeof KINDS)[keyof typeof KINDS];

/** The supported sizes in bytes of each kind. */
const SIZES: Readonly<Record<NpyKind, readonly number[]>> = {
  bool: [1],
  int: [1, 2, 4, 8],
  uint: [1, 2, 4, 8],
  float: [2, 4, 8],
  complex: [8, 16],
};

/** The header of a .npy file (format of NumPy, versions 1 to 3; NEP 1). */
export interface NpyHeader {
  /** The descr in NumPy's form, `'<f8'`. */
  readonly descr: string;
  readonly kind: NpyKind;
  /** The bytes of one element. */
  readonly bytes: number;
  readonly littleEndian: boolean;
  readonly fortranOrder: boolean;
  readonly shape: Shape;
  /** The number of elements. */
  readonly size: number;
  /** The position of the first element, in bytes from the start of the file. */
  readonly dataOffset: number;
}

const MAGIC = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59);
/** NumPy also refuses longer headers by default. The supported files have no structured dtypes. */
const LONGEST = 65536;
export const HOST_LITTLE_ENDIAN = endianness() === 'LE';

/** The types of numbers that are read, for error messages. */
export const READABLE = 'bool, integers of 8 to 64 bits, float16 to float64, complex64 or complex128';

/** The type of numbers of a descr (`'<f8'`). Undefined if it is not read. */
export function parseDescr(descr: string): Pick<NpyHeader, 'kind' | 'bytes' | 'littleEndian'> | undefined {
  const [, order, letter, digits] = /^([<>|=]?)([a-zA-Z])(\d+)$/.exec(descr) ?? [];
  const kind = KINDS[letter as keyof typeof KINDS] as NpyKind | undefined;
  const bytes = Number(digits);
  if (!kind || !SIZES[kind].includes(bytes)) return undefined;
  return { kind, bytes, littleEndian: order === '<' || (order !== '>' && HOST_LITTLE_ENDIAN) };
}

/**
 * Reads the header and checks that the file holds all data.
 *
 * @param available the bytes of the file, counted from its start
 * @throws {@link ArgumentError} if the file is damaged or too short
 * @throws {@link DTypeError} if its dtype is not supported
 */
export function parseNpyHeader(source: ByteSource, available: number): NpyHeader {
  const bad = (why: string) =>
    new ArgumentError(`${source.name} is not a .npy file that can be read: ${why}`);
  if (available < 10) throw bad(`it has ${available} bytes only`);
  const start = source.read(new Uint8Array(8));
  if (!MAGIC.every((byte, k) => start[k] === byte)) throw bad("it doesn't start with \\x93NUMPY");
  const version = start[6] as number;
  if (version < 1 || version > 3) throw bad(`format version ${version}, expected 1, 2 or 3`);
  const lengthBytes = version === 1 ? 2 : 4;
  if (available < 8 + lengthBytes) throw bad('the header is cut short');
  const field = source.read(new Uint8Array(lengthBytes));
  const length = field.reduceRight((sum, byte) => sum * 256 + byte, 0);
  const dataOffset = 8 + lengthBytes + length;
  if (length > LONGEST) throw bad(`a header of ${length} bytes, expected at most ${LONGEST}`);
  if (dataOffset > available) throw bad('the header is cut short');
  const text = new TextDecoder(version === 3 ? 'utf-8' : 'latin1').decode(
    source.read(new Uint8Array(length)),
  );

  const descr = /['"]descr['"]\s*:\s*['"]([^'"]*)['"]/.exec(text)?.[1];
  const order = /['"]fortran_order['"]\s*:\s*(True|False)/.exec(text)?.[1];
  const list = /['"]shape['"]\s*:\s*\(([\d\s,L]*)\)/.exec(text)?.[1];
  if (descr === undefined && /['"]descr['"]\s*:\s*\[/.test(text))
    throw new DTypeError(
      `${source.name} holds records (a structured dtype): store its fields as separate arrays`,
    );
  if (descr === undefined || order === undefined || list === undefined)
    throw bad(`the header has no descr, fortran_order and shape: ${JSON.stringify(text.slice(0, 120))}`);
  const shape = list
    .split(',')
    .map((s) => s.trim().replace(/L$/, ''))
    .filter((s) => s !== '')
    .map(Number);

  const type = parseDescr(descr);
  if (!type) {
    throw new DTypeError(`${source.name} holds ${JSON.stringify(descr)}: expected ${READABLE}`);
  }
  const { kind, bytes, littleEndian } = type;
  const size = product(shape);
  const total = size * bytes;
  if (!shape.every(Number.isSafeInteger) || !Number.isSafeInteger(total) || total > available - dataOffset) {
    throw bad(
      `its header says shape ${formatShape(shape)} of ${descr} (${total} bytes), but ` +
        `${available - dataOffset} bytes follow: the file is cut short or damaged`,
    );
  }
  return { descr, kind, bytes, littleEndian, fortranOrder: order === 'True', shape, size, dataOffset };
}

/** Kind and bytes in the form of a descr: `f8`. */
const codeOf = (kind: NpyKind, bytes: number): string =>
  `${Object.entries(KINDS).find(([, name]) => name === kind)?.[0]}${bytes}`;

/** Whether numbers of a file have the type of a dtype, whatever their byte order. */
export const isOfDType = (kind: NpyKind, bytes: number, dtype: DType): boolean =>
  npyCodeOf(dtype) === codeOf(kind, bytes);

/** The dtype that holds all numbers of a kind and size. Undefined for integers beyond int32. */
export function dtypeHolding(kind: NpyKind, bytes: number): DType | undefined {
  const same = dtypeOfNpyCode(codeOf(kind, bytes));
  if (same) return same;
  if (kind === 'float') return 'float32';
  return bytes < bytesOf('int32') ? 'int32' : undefined;
}

/** The sign of this machine's byte order in a descr; single bytes have none. */
const byteOrderOf = (dtype: DType): string => (bytesOf(dtype) === 1 ? '|' : HOST_LITTLE_ENDIAN ? '<' : '>');

/**
 * The header of an array in C order, in this machine's byte order. It has version 1, or version 2
 * if it is longer than version 1 allows.
 */
export function formatNpyHeader(shape: Shape, dtype: DType): Uint8Array {
  const list = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const descr = `${byteOrderOf(dtype)}${npyCodeOf(dtype)}`;
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${list}), }`;
  const version = text.length + 64 > 65535 ? 2 : 1;
  const start = version === 1 ? 10 : 12;
  const total = Math.ceil((start + text.length + 1) / 64) * 64;
  const bytes = new Uint8Array(total).fill(0x20);
  bytes.set(MAGIC);
  bytes.set([version, 0], 6);
  for (let k = 0; k < start - 8; k++) bytes[8 + k] = ((total - start) >>> (8 * k)) & 0xff;
  bytes.set(new TextEncoder().encode(text), start);
  bytes[total - 1] = 0x0a;
  return bytes;
}
