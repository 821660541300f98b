import type { NDArray } from '../core/array/ndarray.js';
import { isComplex } from '../core/base/dtype.js';
import { DTypeError, ShapeError } from '../core/base/errors.js';
import { isListOf } from '../core/base/options.js';
import { formatShape } from '../core/base/shape.js';
import { textOf } from '../core/base/text-of.js';
import { type EitherArray, isDistributed, ownPart } from '../core/distributed/align.js';
import type { IndexBox } from '../core/distributed/layout.js';
import type { Communicator } from '../core/ports/communicator.js';

/** The tag of the messages that carry reduced arrays to rank 0. */
export const PICTURE_TAG = 27762;

/** A cut through an array of three axes. */
export interface Cut {
  readonly axis: number;
  readonly index: number;
}

/** An array of two axes that is drawn: where its parts are, and the part of this rank. */
export interface Plane {
  readonly shape: readonly [rows: number, columns: number];
  /** Undefined for an array of one rank. */
  readonly comm: Communicator | undefined;
  /** The part that a rank contributes; undefined if it has none. The same on all ranks. */
  readonly boxOf: (rank: number) => IndexBox | undefined;
  /** The elements of the part of this rank, in its shape. */
  readonly part: () => NDArray;
}

/**
 * Checks that an array can be drawn as a plane. No communication.
 *
 * @param ndim the numbers of axes that are allowed
 * @throws {@link ShapeError} for other numbers of axes, and without elements
 * @throws {@link DTypeError} if it is complex
 */
export function checkDrawable(owner: string, x: EitherArray, ndim: readonly number[]): void {
  const shape = shapeOf(x);
  if (!ndim.includes(shape.length) || shape.some((n) => n === 0))
    throw new ShapeError(
      `${owner}: expected an array of ${ndim.join(' or ')} ${ndim.at(-1) === 1 ? 'axis' : 'axes'} with ` +
        `elements, received shape ${formatShape(shape)}`,
    );
  if (isComplex(x.dtype))
    throw new DTypeError(
      `${owner}: expected the values to be real, received ${x.dtype}: take real() or abs()`,
    );
}

/**
 * Checks the shape of a list of `size` values.
 *
 * @throws {@link ShapeError} unless it is that of a plane of so many elements
 */
export function checkPlane(owner: string, shape: unknown, size: number): void {
  if (!isListOf(shape, (s: number) => Number.isSafeInteger(s) && s > 0) || shape.length !== 2)
    throw new ShapeError(`${owner}: expected a shape of two positive integers, received ${textOf(shape)}`);
  const [rows, columns] = shape as unknown as [number, number];
  if (size !== rows * columns)
    throw new ShapeError(
      `${owner}: expected ${rows * columns} values for shape [${rows}, ${columns}], received ${size}`,
    );
}

/** The shape of an array as a whole. */
export const shapeOf = (x: EitherArray): readonly number[] => (isDistributed(x) ? x.globalShape : x.shape);

/** An array of one axis as a row, one of two axes, or a cut through one of three axes. */
export function planeOf(x: EitherArray, cut?: Cut): Plane {
  const shape = flat(shapeOf(x), cut?.axis);
  const boxOf = (rank: number): IndexBox | undefined => {
    const whole = !isDistributed(x) || x.layout.replicated;
    if (whole && rank !== 0) return undefined;
    const box = isDistributed(x) ? x.layout.box(rank) : { start: x.shape.map(() => 0), shape: x.shape };
    if (box.shape.includes(0)) return undefined;
    if (cut) {
      const depth = cut.index - (box.start[cut.axis] as number);
      if (depth < 0 || depth >= (box.shape[cut.axis] as number)) return undefined;
    }
    return { start: flat(box.start, cut?.axis, 0), shape: flat(box.shape, cut?.axis) };
  };
  const part = (): NDArray => {
    const own = ownPart(x);
    if (shapeOf(x).length === 1) return own.reshape([1, own.size]);
    if (!cut) return own;
    const first = isDistributed(x) && !x.layout.replicated ? (x.box.start[cut.axis] as number) : 0;
    return own.slice(...own.shape.map((_, axis) => (axis === cut.axis ? cut.index - first : null)));
  };
  return { shape, comm: isDistributed(x) ? x.comm : undefined, boxOf, part };
}

/** Two numbers for two axes: without the one of a cut, with `lead` before the only one. */
function flat(list: readonly number[], cut: number | undefined, lead = 1): [number, number] {
  const rest = list.filter((_, axis) => axis !== cut);
  return (rest.length === 1 ? [lead, ...rest] : rest) as [number, number];
}

/**
 * Sends what this rank has to rank 0, which calls `take` for each rank that has something, in the
 * order of ranks. One message from each of them; no collective.
 *
 * @param count the number of values of a rank, the same function on all ranks
 * @returns false on the ranks that only send
 */
export function toFirstRank(
  { comm, boxOf }: Plane,
  count: (box: IndexBox) => number,
  mine: (box: IndexBox) => Float64Array,
  take: (values: Float64Array, box: IndexBox) => void,
): boolean {
  const rank = comm?.rank ?? 0;
  const own = boxOf(rank);
  if (rank > 0) {
    if (own) comm?.send(mine(own), 0, PICTURE_TAG);
    return false;
  }
  if (own) take(mine(own), own);
  for (let other = 1; other < (comm?.size ?? 1); other++) {
    const box = boxOf(other);
    if (!box) continue;
    const values = new Float64Array(count(box));
    comm?.recv(values, other, PICTURE_TAG);
    take(values, box);
  }
  return true;
}

/** Elements of a device that are copied to the host at a time. */
export const CHUNK = 2 ** 18;

/** A run of rows and columns of a part, on the host in C order. */
export interface Chunk {
  readonly row: number;
  readonly column: number;
  readonly rows: number;
  readonly columns: number;
  readonly values: ArrayLike<number>;
}

/** The elements of an array of two axes, some at a time. Complex ones as moduli. */
export function* chunksOf(x: NDArray): Generator<Chunk> {
  const [rows, columns] = x.shape as [number, number];
  const width = Math.min(columns, CHUNK);
  const height = Math.max(1, Math.floor(CHUNK / width));
  for (let row = 0; row < rows; row += height)
    for (let column = 0; column < columns; column += width) {
      const [n, m] = [Math.min(height, rows - row), Math.min(width, columns - column)];
      const values = hostValues(x.slice([row, row + n], [column, column + m]));
      yield { row, column, rows: n, columns: m, values };
    }
}

/** A copy on the host. Complex elements as moduli. */
export function hostValues(x: NDArray): ArrayLike<number> {
  if (!isComplex(x.dtype)) return x.toHost();
  const moduli = x.abs();
  const values = moduli.toHost();
  moduli.dispose();
  return values;
}
