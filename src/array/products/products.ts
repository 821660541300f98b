import type { Scalar } from '../../core/base/complex.js';
import { isComplex } from '../../core/base/dtype.js';
import { ArgumentError, ShapeError } from '../../core/base/errors.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import { tidy } from '../../core/base/scope.js';
import { formatShape, toAxes } from '../../core/base/shape.js';
import { textOf } from '../../core/base/text-of.js';
import type { EitherArray } from '../../core/distributed/align.js';
import { multiply } from '../elementwise/arithmetic.js';
import { conj } from '../elementwise/complex-parts.js';
import type { ArrayLike } from '../operands.js';
import { flatOf } from '../shaping.js';
import { contract, numberOr, operandsOf } from './contraction.js';

/** The kind of a product: distributed if an operand is; a number if no axis is left. */
export type Product = EitherArray | Scalar;

const labelsOf = (x: EitherArray, prefix: string): string[] => x.space.shape.map((_, k) => `${prefix}${k}`);

/** Sums over pairs of axes; the axes that are left of a, then those of b. */
function overPairs(
  name: string,
  a: EitherArray,
  aAxes: readonly number[],
  b: EitherArray,
  bAxes: readonly number[],
): EitherArray {
  const [left, right] = [labelsOf(a, 'a'), labelsOf(b, 'b')];
  aAxes.forEach((axis, k) => {
    const [m, n] = [a.space.shape[axis], b.space.shape[bAxes[k] as number]];
    if (m !== n)
      throw new ShapeError(
        `${name}: axes of lengths ${m} and ${n} do not fit, of ${formatShape(a.space.shape)} and ` +
          formatShape(b.space.shape),
      );
    left[axis] = `s${k}`;
    right[bAxes[k] as number] = `s${k}`;
  });
  const to = [...left, ...right].filter((l) => !l.startsWith('s'));
  return contract(name, { x: a, labels: left }, { x: b, labels: right }, to);
}

/**
 * The product of two arrays as `numpy.dot` has it: the sum of the products of two vectors, the
 * product of two matrices, in general the sums over the last axis of a and the last but one of b.
 * Communication as that of {@link tensordot}.
 */
export function dot(a: ArrayLike, b: ArrayLike): Product {
  return tidy(() => {
    const [x, y] = operandsOf('dot', a, b) as [EitherArray, EitherArray];
    const [m, n] = [x.space.shape.length, y.space.shape.length];
    if (m === 0 || n === 0) return numberOr(multiply(x, y));
    return numberOr(overPairs('dot', x, [m - 1], y, [Math.max(0, n - 2)]));
  });
}

/** The sums of products over the last axes. Communication as that of {@link tensordot}. */
export function inner(a: ArrayLike, b: ArrayLike): Product {
  return tidy(() => {
    const [x, y] = operandsOf('inner', a, b) as [EitherArray, EitherArray];
    const [m, n] = [x.space.shape.length, y.space.shape.length];
    if (m === 0 || n === 0) return numberOr(multiply(x, y));
    return numberOr(overPairs('inner', x, [m - 1], y, [n - 1]));
  });
}

/**
 * The sum of the products of the elements of two arrays of one size, flattened; those of a are
 * conjugated. One reduction if they are distributed.
 */
export function vdot(a: ArrayLike, b: ArrayLike): Scalar {
  return tidy(() => {
    const [x, y] = operandsOf('vdot', a, b).map((z) => flatOf('vdot', z)) as [EitherArray, EitherArray];
    return numberOr(overPairs('vdot', isComplex(x.dtype) ? conj(x) : x, [0], y, [0])) as Scalar;
  });
}

/**
 * All products of the elements of two arrays, flattened: `[a.size, b.size]`. Nothing is sent if one
 * operand is whole on each rank; the result is split as the other is.
 */
export function outer(a: ArrayLike, b: ArrayLike): EitherArray {
  return tidy(() => {
    const [x, y] = operandsOf('outer', a, b).map((z) => flatOf('outer', z)) as [EitherArray, EitherArray];
    return overPairs('outer', x, [], y, []);
  });
}

/** Options of {@link tensordot}. */
export interface TensordotOptions {
  /**
   * How many axes are summed over, the last of a and the first of b; or the axes of a, and those of
   * b. @default 2
   */
  readonly axes?: number | readonly [number | readonly number[], number | readonly number[]];
}
const TENSORDOT_DEFAULTS = { axes: 2 } satisfies Defaults<TensordotOptions>;

/**
 * The sums of products over pairs of axes, as products of matrices. The result has the other axes
 * of a, then those of b; a number if there are none. If a distributed operand is split along one of
 * these, nothing is sent, and the result is split there; the other operand is whole on each rank.
 * If it is split along an axis that is summed over, one reduction of the result.
 * @throws {@link PartitionError} if the operands are split along axes that do not belong together
 */
export function tensordot(a: ArrayLike, b: ArrayLike, options?: TensordotOptions): Product {
  const { axes } = withDefaults('tensordot', options, TENSORDOT_DEFAULTS);
  return tidy(() => {
    const [x, y] = operandsOf('tensordot', a, b) as [EitherArray, EitherArray];
    const [m, n] = [x.space.shape.length, y.space.shape.length];
    let [left, right]: readonly [readonly number[], readonly number[]] = [[], []];
    if (typeof axes === 'number') {
      if (!Number.isInteger(axes) || axes < 0 || axes > Math.min(m, n))
        throw new ArgumentError(
          `tensordot: expected axes from 0 to ${Math.min(m, n)}, received ${textOf(axes)}`,
        );
      left = Array.from({ length: axes }, (_, k) => m - axes + k);
      right = Array.from({ length: axes }, (_, k) => k);
    } else {
      if (!Array.isArray(axes) || axes.length !== 2)
        throw new ArgumentError(
          `tensordot: expected a number of axes or two lists of them, received ${textOf(axes)}`,
        );
      [left, right] = [toAxes(axes[0], m, 'axes'), toAxes(axes[1], n, 'axes')];
      if (left.length !== right.length)
        throw new ArgumentError(`tensordot: expected as many axes of both, received ${textOf(axes)}`);
    }
    return numberOr(overPairs('tensordot', x, left, y, right));
  });
}

/**
 * The matrix product, as `numpy.matmul`: `[…, m, k] · […, k, n] = […, m, n]`. Leading axes
 * broadcast; a vector is a row on the left and a column on the right. Communication as that of
 * {@link tensordot}; operands that are both split along a leading axis must be split alike.
 */
export function matmul(a: ArrayLike, b: ArrayLike): Product {
  return tidy(() => {
    const [x, y] = operandsOf('matmul', a, b) as [EitherArray, EitherArray];
    const [m, n] = [x.space.shape.length, y.space.shape.length];
    if (m === 0 || n === 0)
      throw new ShapeError('matmul: expected arrays with at least one axis; use multiply() for numbers');
    // Leading axes are counted from the last one
    const batch = (ndim: number): string[] =>
      Array.from({ length: Math.max(0, ndim - 2) }, (_, k) => `batch${ndim - 2 - k}`);
    const left = [...batch(m), ...(m === 1 ? [] : ['row']), 'sum'];
    const right = [...batch(n), 'sum', ...(n === 1 ? [] : ['column'])];
    const to = [...batch(Math.max(m, n)), ...(m === 1 ? [] : ['row']), ...(n === 1 ? [] : ['column'])];
    const [k, l] = [x.space.shape[m - 1], y.space.shape[Math.max(0, n - 2)]];
    if (k !== l)
      throw new ShapeError(
        `matmul: inner sizes differ in ${formatShape(x.space.shape)} and ${formatShape(y.space.shape)}`,
      );
    return numberOr(contract('matmul', { x, labels: left }, { x: y, labels: right }, to));
  });
}
