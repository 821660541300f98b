import { ArgumentError } from '../../core/base/errors.js';
import type { MatrixShape } from '../../core/sparse/compressed-rows.js';
import { readAt } from '../parts/raw-io.js';

/** What lines of entries hold beside row and column. */
const FIELDS = ['real', 'double', 'integer', 'complex', 'pattern'] as const;
/** Which elements stand for others too. */
const SYMMETRIES = ['general', 'symmetric', 'skew-symmetric', 'hermitian'] as const;

/** The head of a Matrix Market file. */
export interface MatrixMarketHeader {
  readonly shape: MatrixShape;
  /** The number of lines of entries. */
  readonly entries: number;
  readonly field: (typeof FIELDS)[number];
  readonly symmetry: (typeof SYMMETRIES)[number];
  /** The byte at which the entries begin. */
  readonly start: number;
}

/** Heads have comments of any length; more than this is no Matrix Market file. */
const MOST = 2 ** 24;

/**
 * Reads the head of a file.
 * @throws {@link ArgumentError} if it is not that of a sparse matrix
 */
export function readMatrixMarketHeader(fd: number, size: number, path: string): MatrixMarketHeader {
  const bytes = new Uint8Array(Math.min(size, MOST));
  readAt(fd, bytes, 0, path);
  const text = new TextDecoder('latin1').decode(bytes);
  const [banner, object, format, field, symmetry] = (text.split('\n', 1)[0] ?? '').trim().split(/\s+/);
  if (banner !== '%%MatrixMarket')
    throw new ArgumentError(`${path} is no Matrix Market file: it does not begin with %%MatrixMarket`);
  if (object?.toLowerCase() !== 'matrix' || format?.toLowerCase() !== 'coordinate')
    throw new ArgumentError(`${path}: expected a matrix of format coordinate, received ${object} ${format}`);
  const [ofField, ofSymmetry] = [field, symmetry].map((word) => word?.toLowerCase());
  const found = FIELDS.find((name) => name === ofField);
  const kind = SYMMETRIES.find((name) => name === ofSymmetry);
  if (!found || !kind)
    throw new ArgumentError(`${path}: expected one of ${FIELDS.join(', ')} and of ${SYMMETRIES.join(', ')}`);
  let start = text.indexOf('\n') + 1;
  for (;;) {
    const end = text.indexOf('\n', start);
    const line = text.slice(start, end < 0 ? undefined : end).trim();
    start = end < 0 ? text.length : end + 1;
    if ((line === '' || line.startsWith('%')) && end >= 0) continue;
    const sizes = line.split(/\s+/).map(Number);
    const [n, m, entries] = sizes;
    if (sizes.length !== 3 || !sizes.every((s) => Number.isSafeInteger(s) && s >= 0))
      throw new ArgumentError(`${path}: expected a line of rows, columns and entries, received '${line}'`);
    if (kind !== 'general' && n !== m)
      throw new ArgumentError(`${path}: a matrix of ${n} rows and ${m} columns cannot be ${kind}`);
    return {
      shape: [n as number, m as number],
      entries: entries as number,
      field: found,
      symmetry: kind,
      start,
    };
  }
}
