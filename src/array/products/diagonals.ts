import { checkDiagonal, diagonalLength } from '../../core/array/diagonals.js';
import type { NDArray } from '../../core/array/ndarray.js';
import { isInteger } from '../../core/base/dtype.js';
import { ShapeError } from '../../core/base/errors.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import { tidy } from '../../core/base/scope.js';
import { formatShape, toAxes } from '../../core/base/shape.js';
import { type EitherArray, isDistributed } from '../../core/distributed/align.js';
import { Layout } from '../../core/distributed/layout.js';
import { asIntegers, checkReducible, dropAxes, reduceOver } from '../../core/distributed/reductions.js';
import { splitOnce } from '../../core/distributed/unsplit.js';
import { type ArrayLike, type ArrayOf, arrayOf } from '../operands.js';
import { numberOr } from './contraction.js';
import type { Product } from './products.js';

/** Options of {@link diagonal} and {@link trace}. */
export interface ArrayDiagonalOptions {
  /** The diagonal: above the main one if it is positive. @default 0 */
  readonly offset?: number;
  /** The axis of rows. @default 0 */
  readonly axis1?: number;
  /** The axis of columns. @default 1 */
  readonly axis2?: number;
}
const DEFAULTS = { offset: 0, axis1: 0, axis2: 1 } satisfies Defaults<ArrayDiagonalOptions>;

/**
 * The elements of an array of one rank that lie on diagonals, copied. Each axis of the result steps
 * along all axes of its group at once, from element `start` of each axis of x.
 */
export function alongGroups(
  x: NDArray,
  groups: readonly (readonly number[])[],
  shape: readonly number[],
  start: readonly number[] = x.shape.map(() => 0),
): NDArray {
  const { strides } = x;
  const first = start.reduce((sum, i, k) => sum + i * (strides[k] as number), 0);
  const steps = groups.map((axes) => axes.reduce((sum, k) => sum + (strides[k] as number), 0));
  return x.view(first, shape, steps).copy();
}

/** A diagonal of an array of one rank, as its last axis. */
function diagonalOf(x: NDArray, offset: number, rows: number, columns: number): NDArray {
  const others = x.shape.map((_, k) => k).filter((k) => k !== rows && k !== columns);
  const count = diagonalLength(x.shape[rows] as number, x.shape[columns] as number, offset);
  const shape = [...others.map((k) => x.shape[k] as number), count];
  const start = x.shape.map((_, k) =>
    k === rows ? Math.max(0, -offset) : k === columns ? Math.max(0, offset) : 0,
  );
  return alongGroups(x, [...others.map((k) => [k]), [rows, columns]], shape, start);
}

function diagonalOver(name: string, x: EitherArray, options: Required<ArrayDiagonalOptions>): EitherArray {
  const { offset } = options;
  checkDiagonal(name, offset);
  const ndim = x.space.shape.length;
  if (ndim < 2)
    throw new ShapeError(`${name}: expected at least two axes, received ${formatShape(x.space.shape)}`);
  const [rows, columns] = toAxes([options.axis1, options.axis2], ndim, 'axis1, axis2') as [number, number];
  checkReducible(name, x);
  if (!isDistributed(x)) return diagonalOf(x, offset, rows, columns);
  const from = splitOnce(name, x);
  const own = (rank: number): number => {
    const { start } = from.layout.box(rank);
    return offset + (start[rows] as number) - (start[columns] as number);
  };
  const { layout, comm } = from;
  const others = layout.globalShape.map((_, k) => k).filter((k) => k !== rows && k !== columns);
  const [n, m] = [layout.globalShape[rows] as number, layout.globalShape[columns] as number];
  const shape = [...others.map((k) => layout.globalShape[k] as number), diagonalLength(n, m, offset)];
  const part = diagonalOf(from.local, own(comm.rank), rows, columns);
  if (layout.replicated) return from.space.withLayout(Layout.replicated(shape, comm.size)).wrap(part);
  // The parts of the diagonal lie in the order of the ranks
  const lengths = Array.from({ length: comm.size }, (_, r) => {
    const box = layout.box(r).shape;
    return diagonalLength(box[rows] as number, box[columns] as number, own(r));
  });
  const isAlong = [rows, columns].some((k) => (layout.grid[k] as number) > 1);
  const grid = [...others.map((k) => layout.grid[k] as number), isAlong ? comm.size : 1];
  const blocks = [...others.map((k) => layout.blocks(k)), isAlong ? lengths : undefined];
  return from.space.withLayout(Layout.tiles(shape, comm.size, grid, blocks)).wrap(part);
}

/**
 * A diagonal of the matrices over two axes, as the last axis of a new array. Nothing is sent: each
 * rank has the elements that it has in x. Only an array that is split along several axes is moved.
 */
export function diagonal<X extends ArrayLike>(x: X, options?: ArrayDiagonalOptions): ArrayOf<X> {
  const given = withDefaults('diagonal', options, DEFAULTS);
  return tidy(() => diagonalOver('diagonal', arrayOf('diagonal', x), given)) as ArrayOf<X>;
}

/**
 * The sums of diagonals, as those of {@link diagonal}; a number for an array of two axes. One
 * reduction if one of both axes is split. Sums of int32 are int32, or an error.
 */
export function trace(x: ArrayLike, options?: ArrayDiagonalOptions): Product {
  const given = withDefaults('trace', options, DEFAULTS);
  return tidy(() => {
    const line = diagonalOver('trace', arrayOf('trace', x), given);
    const last = line.space.shape.length - 1;
    const sums = dropAxes(reduceOver('trace', 'sum', line, [last]), [last]);
    return numberOr(isInteger(line.dtype) ? asIntegers(sums) : sums);
  });
}
