import { NDArraySpace } from '../../core/array/ndarray.js';
import { type DType, hostArray, isComplex, isSingle } from '../../core/base/dtype.js';
import { ArgumentError } from '../../core/base/errors.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import { textOf } from '../../core/base/text-of.js';
import { gatherFromAllRanks, onAllRanks, sameOnAllRanks } from '../../core/ports/agreement.js';
import type { Backend } from '../../core/ports/backend.js';
import type { Communicator } from '../../core/ports/communicator.js';
import { resolveBackend, resolveCommunicator } from '../../core/ports/defaults.js';
import { CooArray } from '../../core/sparse/coo-array.js';
import { checkFloating } from '../../core/sparse/csr-array.js';
import { DistributedCsrArray } from '../../core/sparse/distributed-csr-array.js';
import { withFile } from '../parts/local-file.js';
import { readAt, writeAt } from '../parts/raw-io.js';
import { writeFileTogether } from '../parts/shared-file.js';
import { type MatrixMarketHeader, readMatrixMarketHeader } from './matrix-market-header.js';

/** Options of {@link readMatrixMarket}. */
export interface MatrixMarketOptions {
  /** Float or complex. @default the default float, or the complex dtype of its precision */
  readonly dtype?: DType | undefined;
  /** @default the default backend */
  readonly backend?: Backend | string | undefined;
  /** @default the default communicator */
  readonly comm?: Communicator | undefined;
}
const DEFAULTS = {
  dtype: undefined,
  backend: undefined,
  comm: undefined,
} satisfies Defaults<MatrixMarketOptions>;

/** The format allows lines of at most 1024 characters. */
const LONGEST = 1024;

/** The lines that begin in a rank's share of the bytes after the head. */
function ownLines(
  fd: number,
  size: number,
  path: string,
  start: number,
  rank: number,
  ranks: number,
): string[] {
  const cut = (k: number): number => start + Math.floor(((size - start) * k) / ranks);
  const [from, to] = [cut(rank), cut(rank + 1)];
  // One byte before, to see whether a line begins at the first
  const first = Math.max(from - 1, start);
  const bytes = new Uint8Array(Math.min(size, to + LONGEST) - first);
  readAt(fd, bytes, first, path);
  const text = new TextDecoder('latin1').decode(bytes);
  const begin = from === start ? 0 : text.indexOf('\n') + 1;
  if (from > start && (begin === 0 || begin >= to - first)) return [];
  // The last line begins before `to`
  const last = to - first <= begin ? begin : text.indexOf('\n', to - first - 1);
  return text.slice(begin, last < 0 ? undefined : last).split('\n');
}

/** Row, column, real and imaginary part of a line. */
type Numbers = [number, number, number, number];

/** The entries of lines, with those that the symmetry adds. */
function entriesOf(
  lines: readonly string[],
  path: string,
  { field, symmetry, shape: [n, m] }: MatrixMarketHeader,
) {
  const [rows, columns, values]: [number[], number[], number[]] = [[], [], []];
  const words = field === 'pattern' ? 2 : field === 'complex' ? 4 : 3;
  let count = 0;
  for (const line of lines) {
    const text = line.trim();
    if (text === '' || text.startsWith('%')) continue;
    const parts = text.split(/\s+/);
    const [i, j, re, im] = [...parts.map(toNumber), ...[1, 0].slice(parts.length - 2)] as Numbers;
    if (parts.length !== words || ![i, j, re, im].every((value) => value !== undefined))
      throw new ArgumentError(`${path}: expected a line of ${words} numbers, received '${text}'`);
    if (!Number.isInteger(i) || !Number.isInteger(j) || i < 1 || i > n || j < 1 || j > m)
      throw new ArgumentError(
        `${path}: expected a row of 1 to ${n} and a column of 1 to ${m}, received '${text}'`,
      );
    count++;
    const add = (row: number, column: number, a: number, b: number): void => {
      rows.push(row - 1);
      columns.push(column - 1);
      values.push(a);
      if (field === 'complex') values.push(b);
    };
    add(i, j, re, im);
    if (i === j || symmetry === 'general') continue;
    const sign = symmetry === 'skew-symmetric' ? -1 : 1;
    add(j, i, sign * re, (symmetry === 'hermitian' ? -1 : sign) * im);
  }
  return { rows, columns, values, count };
}

const SPECIAL: Readonly<Record<string, number>> = {
  nan: Number.NaN,
  inf: Number.POSITIVE_INFINITY,
  '+inf': Number.POSITIVE_INFINITY,
  '-inf': Number.NEGATIVE_INFINITY,
};
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([ed][+-]?\d+)?$/i;
/** The number of a word, also as Fortran writes it. Undefined if it is none. */
const toNumber = (word: string): number | undefined =>
  NUMBER.test(word) ? Number(word.replace(/d/i, 'e')) : SPECIAL[word.toLowerCase()];

/** A number as the shortest text that gives it again, in single or double precision. */
function toWord(value: number, isNarrow: boolean): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
  for (let digits = 1; isNarrow && digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return String(short);
  }
  return String(value);
}

/**
 * Reads a sparse matrix from a Matrix Market file of format coordinate, with its rows spread evenly
 * over the ranks. Each rank reads as many bytes of the file as the others, and entries are sent to
 * the ranks that have their rows. Of symmetric, skew-symmetric and Hermitian matrices, both halves
 * are made; entries of a pattern are 1; those given twice are added. Collective. The path must lead
 * to the same file on all ranks. Memory on the host: the text of one share, and its entries.
 *
 * @throws {@link ArgumentError} on all ranks if the file is another one, damaged or cut short, or
 *   if ranks see different files or options
 */
export function readMatrixMarket(path: string, options?: MatrixMarketOptions): DistributedCsrArray {
  const comm = resolveCommunicator(options?.comm);
  const { header, size } = sameOnAllRanks(comm, 'readMatrixMarket', () => {
    const { dtype, backend } = withDefaults('readMatrixMarket', options, DEFAULTS);
    return withFile(path, (fd, bytes) => ({
      header: readMatrixMarketHeader(fd, bytes, path),
      size: bytes,
      dtype,
      backend: resolveBackend(backend).name,
    }));
  });
  let own: CooArray | undefined;
  const counts = gatherFromAllRanks(comm, () => {
    const lines = withFile(path, (fd) => ownLines(fd, size, path, header.start, comm.rank, comm.size));
    const { rows, columns, values, count } = entriesOf(lines, path, header);
    const backend = resolveBackend(options?.backend);
    const isPairs = header.field === 'complex';
    const single = backend.defaultDType === 'float32';
    const natural: DType = isPairs ? (single ? 'complex64' : 'complex128') : single ? 'float32' : 'float64';
    const dtype = checkFloating('readMatrixMarket', options?.dtype ?? natural);
    if (isPairs && !isComplex(dtype))
      throw new ArgumentError(`${path} is complex, and does not fit into ${dtype}`);
    const host = hostArray(dtype, rows.length);
    // Real values become the first of each pair
    if (isPairs || !isComplex(dtype)) host.set(values);
    else for (const [e, value] of values.entries()) host[2 * e] = value;
    const data = NDArraySpace.of([rows.length], dtype, backend).upload(host);
    own = new CooArray(header.shape, Int32Array.from(rows), Int32Array.from(columns), data);
    return count;
  });
  const total = counts.reduce((sum, n) => sum + n, 0);
  if (total !== header.entries)
    throw new ArgumentError(`${path}: expected ${header.entries} lines of entries, found ${total}`);
  return DistributedCsrArray.fromEntries(own as CooArray, { comm });
}

/**
 * Writes a sparse matrix as a Matrix Market file of format coordinate, general, real or complex, in
 * the order of rows. Each rank writes its rows. The numbers are the shortest that give the same
 * values. The file appears as a whole or not at all. Collective. Memory on the host: the text of
 * the own rows.
 */
export function writeMatrixMarket(path: string, a: DistributedCsrArray): void {
  if (!(a instanceof DistributedCsrArray))
    throw new ArgumentError(`writeMatrixMarket: expected a DistributedCsrArray, received ${textOf(a)}`);
  const { comm, local, firstRow } = a;
  const [isPairs, isNarrow] = [isComplex(a.dtype), isSingle(a.dtype)];
  const text = onAllRanks(comm, () => {
    const values = local.data.toHost();
    const { rows, columns } = local.pattern;
    const lines: string[] = [];
    for (let e = 0; e < columns.length; e++) {
      const value = isPairs
        ? `${toWord(values[2 * e] as number, isNarrow)} ${toWord(values[2 * e + 1] as number, isNarrow)}`
        : toWord(values[e] as number, isNarrow);
      lines.push(`${firstRow + (rows[e] as number) + 1} ${(columns[e] as number) + 1} ${value}\n`);
    }
    return new TextEncoder().encode(lines.join(''));
  });
  const sizes = comm.allgatherObject({ bytes: text.length, entries: local.nnz });
  const entries = sizes.reduce((sum, each) => sum + each.entries, 0);
  const head = new TextEncoder().encode(
    `%%MatrixMarket matrix coordinate ${isPairs ? 'complex' : 'real'} general\n` +
      `${a.shape[0]} ${a.shape[1]} ${entries}\n`,
  );
  const before = sizes.slice(0, comm.rank).reduce((sum, { bytes }) => sum + bytes, head.length);
  const size = sizes.reduce((sum, { bytes }) => sum + bytes, head.length);
  writeFileTogether(comm, path, size, head, (fd) => writeAt(fd, text, before));
}
