import { floatsOf } from '../../core/array/casting.js';
import type { NDArray } from '../../core/array/ndarray.js';
import { checkNotEmpty } from '../../core/array/shared-reductions.js';
import { ArgumentError } from '../../core/base/errors.js';
import { checkFlag, type Defaults, withDefaults } from '../../core/base/options.js';
import { tidy } from '../../core/base/scope.js';
import { toAxes } from '../../core/base/shape.js';
import { textOf } from '../../core/base/text-of.js';
import { type EitherArray, isDistributed, ownPart } from '../../core/distributed/align.js';
import { checkReducible, dropAxes, type Reduction, reduceOver } from '../../core/distributed/reductions.js';
import { abs } from '../elementwise/arithmetic.js';
import { power, sqrt } from '../elementwise/exponents.js';
import { type ArrayLike, arrayOf } from '../operands.js';
import { numberOr } from '../products/contraction.js';
import { expandedDims, flatOf, moveaxis, squeezed } from '../shaping.js';
import { singularValues } from './singular-values.js';

/** Orders of norms: numbers, and of matrices the Frobenius and the nuclear norm. */
export type MatrixNormOrder = number | 'fro' | 'nuc';

/** Options of {@link norm}. */
export interface ArrayNormOptions {
  /**
   * The order. Of vectors: any number p, 0 (nonzeros), ±Infinity. Of matrices: `'fro'`, 1 and −1
   * (sums of columns), Infinity and −Infinity (sums of rows); of singular values 2 (the largest),
   * −2 (the smallest) and `'nuc'` (the sum).
   * @default the 2-norm of all elements
   */
  readonly ord?: MatrixNormOrder | null | undefined;
  /** One axis, of vectors, or two, of matrices. @default all axes */
  readonly axis?: number | readonly number[] | null | undefined;
  /** Whether reduced axes stay, with length 1. @default false */
  readonly keepdims?: boolean;
}
const DEFAULTS = { ord: undefined, axis: undefined, keepdims: false } satisfies Defaults<ArrayNormOptions>;

/** Norms of vectors along one axis, which stays with length 1. */
function ofVectors(name: string, x: EitherArray, ord: number, axis: number): EitherArray {
  if (Number.isNaN(ord))
    throw new ArgumentError(`${name}: expected the order of a vector norm to be a number, received NaN`);
  if (ord < 0 && Number.isFinite(ord))
    return power(reduceOver(name, 'sum', power(abs(x), ord), [axis]), 1 / ord);
  if (!isDistributed(x)) return x.norm(ord, axis, { keepdims: true });
  // A vector is reduced to a number
  if (x.ndim === 1)
    return x.local.space
      .withShape([1], abs(x.local.slice([0, 0])).dtype)
      .empty()
      .fill(x.norm(ord));
  return expandedDims(x.norm(ord, axis), [axis]);
}

/** The norms that are reductions of singular values. */
const SPECTRAL: ReadonlyMap<unknown, Reduction> = new Map<unknown, Reduction>([
  [2, 'max'],
  [-2, 'min'],
  ['nuc', 'sum'],
]);

/** Reductions of the singular values of matrices over two axes, which stay with length 1. */
function spectral(name: string, x: EitherArray, op: Reduction, axes: readonly number[]): EitherArray {
  const values = singularValues(name, moveaxis(x, axes, [-2, -1]));
  const last = values.space.shape.length - 1;
  if (op !== 'sum') checkNotEmpty(name, values.space, [last]);
  const reduced = reduceOver(name, op, values, [last]);
  return last === 0 ? expandedDims(reduced, [0]) : expandedDims(squeezed(name, reduced, [last]), axes);
}

/** Norms of matrices over two axes, which stay with length 1. */
function ofMatrices(
  name: string,
  x: EitherArray,
  ord: MatrixNormOrder,
  axes: readonly number[],
): EitherArray {
  if (ord === 'fro') return sqrt(reduceOver(name, 'sumSquares', x, axes) as NDArray);
  const [rows, columns] = axes as readonly [number, number];
  const ofValues = SPECTRAL.get(ord);
  if (ofValues) return spectral(name, x, ofValues, axes);
  if (typeof ord === 'string' || ![1, -1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].includes(ord))
    throw new ArgumentError(
      `${name}: expected the order of a matrix norm to be 'fro', 'nuc', ±1, ±2 or ±Infinity, received ` +
        textOf(ord),
    );
  const isColumns = Math.abs(ord) === 1;
  const sums = reduceOver(name, 'sum', abs(x), [isColumns ? rows : columns]);
  const over = [isColumns ? columns : rows];
  checkNotEmpty(name, sums.space, over);
  return reduceOver(name, ord > 0 ? 'max' : 'min', sums, over);
}

/**
 * Norms of vectors along an axis, or of matrices over two; without both, of all elements. A number
 * if no axis is left. Communication as that of reductions over the same axes; along one axis, a
 * norm whose sum of powers overflows costs two reductions more; of singular values as that of
 * `svdvals`.
 */
export function norm(x: ArrayLike, options?: ArrayNormOptions): EitherArray | number {
  const { ord, axis, keepdims } = withDefaults('linalg.norm', options, DEFAULTS);
  checkFlag('linalg.norm', { keepdims });
  return tidy(() => {
    const given = floatsOf(arrayOf('linalg.norm', x));
    checkReducible('linalg.norm', given);
    const ndim = given.space.shape.length;
    const order = ord ?? undefined;
    const isAll = axis === null || axis === undefined;
    const axes = toAxes(isAll ? undefined : axis, ndim, 'axis');
    if (order === undefined && (isAll || axes.length === 2) && ndim !== 1) {
      if (!isAll) return finish(ofMatrices('linalg.norm', given, 'fro', axes), axes);
      const flat = flatOf('linalg.norm', given);
      const value = flat.norm();
      if (!keepdims) return value;
      return ownPart(flat)
        .real()
        .space.withShape(given.space.shape.map(() => 1))
        .empty()
        .fill(value);
    }
    if (axes.length === 1) {
      if (typeof order === 'string')
        throw new ArgumentError(`linalg.norm: '${order}' is a norm of matrices, not of vectors`);
      return finish(ofVectors('linalg.norm', given, order ?? 2, axes[0] as number), axes);
    }
    if (axes.length !== 2)
      throw new ArgumentError(`linalg.norm: expected one axis or two, received ${textOf(axis)}`);
    return finish(ofMatrices('linalg.norm', given, order ?? 'fro', axes), axes);
  }) as EitherArray | number;

  function finish(y: EitherArray, axes: readonly number[]): unknown {
    return keepdims ? y : numberOr(y.space.shape.length === axes.length ? dropAll(y) : dropAxes(y, axes));
  }
}

/** The only element of an array whose axes have length 1. */
const dropAll = (y: EitherArray): NDArray => ownPart(y).reshape([]);
