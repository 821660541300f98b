import { NDArray } from '../../core/array/ndarray.js';
import {
  checkDType,
  type DType,
  type HostArray,
  holdsNumber,
  hostArray,
  hostView,
  isComplex,
  isInteger,
  isSingle,
} from '../../core/base/dtype.js';
import { DTypeError } from '../../core/base/errors.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import type { Backend } from '../../core/ports/backend.js';
import { resolveBackend } from '../../core/ports/defaults.js';
import type { ByteSource } from '../parts/byte-source.js';
import { halfToNumber } from '../parts/half.js';
import { dtypeHolding, HOST_LITTLE_ENDIAN, isOfDType, type NpyHeader, type NpyKind } from './npy-header.js';

/** Options of {@link readNpy}. */
export interface NpyReadOptions {
  /** A backend or its name. @default the default backend */
  readonly backend?: Backend | string | undefined;
  /** The dtype to convert to while reading. @default that of {@link naturalDType} */
  readonly dtype?: DType | undefined;
}

/** The number of numbers that are converted or copied at a time. */
const CHUNK = 1 << 18;

type Numbers = ArrayLike<number> | ArrayLike<bigint>;

/**
 * Views of bytes in this machine's byte order as numbers. One entry for each kind and size of a
 * number; a complex number is two numbers.
 */
const VIEWS: Readonly<Record<string, (b: ArrayBuffer) => Numbers>> = {
  bool1: (b) => new Uint8Array(b),
  int1: (b) => new Int8Array(b),
  int2: (b) => new Int16Array(b),
  int4: (b) => new Int32Array(b),
  int8: (b) => new BigInt64Array(b),
  uint1: (b) => new Uint8Array(b),
  uint2: (b) => new Uint16Array(b),
  uint4: (b) => new Uint32Array(b),
  uint8: (b) => new BigUint64Array(b),
  float2: (b) => Float32Array.from(new Uint16Array(b), halfToNumber),
  float4: (b) => new Float32Array(b),
  float8: (b) => new Float64Array(b),
};

/** The kind of numbers in a source, and the number of elements. */
export type Numbering = Pick<NpyHeader, 'kind' | 'bytes' | 'littleEndian' | 'size'>;

interface Lanes {
  readonly kind: Exclude<NpyKind, 'complex'>;
  /** The bytes of one number. */
  readonly bytes: number;
  /** The count of numbers in the file. */
  readonly count: number;
}

const lanesIn = ({ kind, bytes, size }: Numbering): Lanes =>
  kind === 'complex' ? { kind: 'float', bytes: bytes / 2, count: 2 * size } : { kind, bytes, count: size };

function swapBytes(bytes: Uint8Array, width: number): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (width === 2) buffer.swap16();
  if (width === 4) buffer.swap32();
  if (width === 8) buffer.swap64();
}

/** Calls `use` with the numbers of the file, piece by piece. */
function forNumbers(
  source: ByteSource,
  header: Numbering,
  use: (numbers: Numbers, first: number) => void,
): void {
  const { kind, bytes, count } = lanesIn(header);
  const view = VIEWS[`${kind}${bytes}`] as (b: ArrayBuffer) => Numbers;
  for (let first = 0; first < count; first += CHUNK) {
    const piece = source.read(new Uint8Array(Math.min(CHUNK, count - first) * bytes));
    if (header.littleEndian !== HOST_LITTLE_ENDIAN) swapBytes(piece, bytes);
    use(view(piece.buffer), first);
  }
}

/**
 * The dtype of an array if the caller gives none. Numbers of a type that is a dtype keep it. Half
 * precision becomes float32, other integers of less than 32 bits become int32. Wider integers, and
 * uint32, become int32 if all values fit and float64 otherwise.
 */
export function naturalDType(header: Numbering, open: () => ByteSource): DType {
  const { kind, bytes } = header;
  const own = dtypeHolding(kind, bytes);
  if (own) return own;
  let fits = true;
  forNumbers(open(), header, (numbers) => {
    for (let i = 0; fits && i < numbers.length; i++) {
      fits = holdsNumber('int32', Number(numbers[i]));
    }
  });
  return fits ? 'int32' : 'float64';
}

export function checkConversion(header: Pick<NpyHeader, 'kind' | 'descr'>, dtype: DType, name: string): void {
  const lost = header.kind === 'complex' ? !isComplex(dtype) : header.kind === 'float' && isInteger(dtype);
  if (lost)
    throw new DTypeError(
      `${name} holds ${header.descr}, which does not fit into ${dtype}: read it as it is, then take ` +
        'real() or astype()',
    );
}

/**
 * Writes numbers as `dtype`. float32 rounds integers, because the caller gave that dtype.
 *
 * @throws {@link DTypeError} for integers that another dtype cannot hold exactly
 */
function convert(numbers: Numbers, complexSource: boolean, dtype: DType, to: HostArray, name: string): void {
  const step = isComplex(dtype) && !complexSource ? 2 : 1;
  const wide = typeof numbers[0] === 'bigint';
  for (let i = 0; i < numbers.length; i++) {
    const number = numbers[i] as number | bigint;
    const value = Number(number);
    const exact = isInteger(dtype) ? holdsNumber(dtype, value) : !wide || BigInt(value) === number;
    if (!exact && !isSingle(dtype))
      throw new DTypeError(
        `${name} holds ${number}, which does not fit into ${dtype} exactly: ask for another dtype`,
      );
    to[step * i] = value;
    if (step === 2) to[2 * i + 1] = 0;
  }
}

/**
 * Calls `move` with host memory for consecutive runs of `x`: its own memory if that is in this
 * process, otherwise a buffer.
 */
function forRuns(x: NDArray, move: (values: HostArray, first: number, own: boolean) => void): void {
  if (x.size === 0) return;
  const span = x.storage.span(x.offset, x.size);
  if (span.kind === 'host') {
    move(hostView(x.dtype, span.buffer, span.byteOffset, x.size), 0, true);
    return;
  }
  for (let first = 0; first < x.size; first += CHUNK)
    move(hostArray(x.dtype, Math.min(CHUNK, x.size - first)), first, false);
}

const bytesIn = (values: HostArray): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

/**
 * Fills `x` with as many elements as the header states, in the file's order. The source must be
 * positioned at the data.
 */
export function readInto(x: NDArray, header: Numbering, source: ByteSource): void {
  const same = isOfDType(header.kind, header.bytes, x.dtype);
  const lanes = header.kind === 'complex' ? 2 : 1;
  const put = (values: HostArray, first: number, count: number) =>
    x.backend.upload(values, { storage: x.storage, offset: x.offset + first, size: count });
  if (!same) {
    forNumbers(source, header, (numbers, first) => {
      const count = numbers.length / lanes;
      const values = hostArray(x.dtype, count);
      convert(numbers, lanes === 2, x.dtype, values, source.name);
      put(values, first / lanes, count);
    });
    return;
  }
  x.backend.synchronize();
  forRuns(x, (values, first, own) => {
    source.read(bytesIn(values));
    if (header.littleEndian !== HOST_LITTLE_ENDIAN) swapBytes(bytesIn(values), header.bytes / lanes);
    if (!own) put(values, first, values.length / lanes);
  });
}

const DEFAULTS = { backend: undefined, dtype: undefined } satisfies Defaults<NpyReadOptions>;

/**
 * Reads the array of a header.
 *
 * @param open returns a source that is positioned at the first element
 */
export function readNpyData(header: NpyHeader, open: () => ByteSource, options?: NpyReadOptions): NDArray {
  const given = withDefaults('readNpy', options, DEFAULTS);
  const backend = resolveBackend(given.backend);
  const source = open();
  const dtype = given.dtype === undefined ? naturalDType(header, open) : checkDType(given.dtype);
  checkConversion(header, dtype, source.name);
  const reversed = header.fortranOrder && header.shape.length > 1;
  const x = NDArray.empty(reversed ? header.shape.toReversed() : header.shape, { dtype, backend });
  try {
    readInto(x, header, source);
  } catch (error) {
    x.dispose();
    throw error;
  }
  if (!reversed) return x;
  const y = x.transpose().copy();
  x.dispose();
  return y;
}

/** Calls `write` with the bytes of an array in C order, in as few pieces as its memory allows. */
export function writeNpyData(array: NDArray, write: (bytes: Uint8Array) => void): void {
  const x = array.contiguous();
  x.backend.synchronize();
  forRuns(x, (values, first, own) => {
    if (!own)
      x.backend.download(
        { storage: x.storage, offset: x.offset + first, size: Math.min(CHUNK, x.size - first) },
        values,
      );
    write(bytesIn(values));
  });
}
