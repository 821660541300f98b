import { ARRAY_DEFAULTS, type ArrayOptions } from '../../core/array/creation.js';
import { isLocalArray } from '../../core/array/elementwise.js';
import { NDArray } from '../../core/array/ndarray.js';
import { isScalar } from '../../core/base/complex.js';
import { INDEX_DTYPE } from '../../core/base/dtype.js';
import { ArgumentError } from '../../core/base/errors.js';
import { checkFlag, checkOneOf, type Defaults, withDefaults } from '../../core/base/options.js';
import { tidy } from '../../core/base/scope.js';
import { type Shape, toShape } from '../../core/base/shape.js';
import { isArrayOfEitherKind } from '../../core/distributed/align.js';
import { type ArrayLike, arraysOf } from '../operands.js';

/** The shape of a vector along one of `ndim` axes. */
const along = (axis: number, ndim: number): number[] =>
  Array.from({ length: ndim }, (_, k) => (k === axis ? -1 : 1));

/**
 * The indices of all elements of a shape: an array `[axes, …shape]`, of int32 unless a dtype is
 * given.
 */
export function indices(shape: number | Shape, options?: ArrayOptions): NDArray {
  const { dtype = INDEX_DTYPE, backend } = withDefaults('indices', options, ARRAY_DEFAULTS);
  const sizes = toShape(shape);
  return tidy(() => {
    const y = NDArray.empty([sizes.length, ...sizes], { dtype, backend });
    for (const [k, n] of sizes.entries())
      y.set(k, NDArray.arange(n, { dtype, backend }).reshape(along(k, sizes.length)));
    return y;
  });
}

/** Options of {@link meshgrid}. */
export interface MeshgridOptions {
  /**
   * 'xy': the first array runs along the second axis, the second array along the first one. 'ij':
   * each array runs along the axis of its own number.
   * @default 'xy'
   */
  readonly indexing?: 'xy' | 'ij';
  /** Whether each array keeps length 1 along the axes of the others. @default false */
  readonly sparse?: boolean;
}
const MESHGRID_DEFAULTS = { indexing: 'xy', sparse: false } satisfies Defaults<MeshgridOptions>;

const isOptions = (x: unknown): x is MeshgridOptions =>
  typeof x === 'object' && x !== null && !Array.isArray(x) && !isScalar(x) && !isArrayOfEitherKind(x);

/**
 * Coordinates of a grid: each array, repeated along the axes of the others, as new arrays. Options
 * are the last argument. Arrays of one rank.
 */
export function meshgrid(...given: readonly (ArrayLike | MeshgridOptions | undefined)[]): NDArray[] {
  const last = given.at(-1);
  const hasOptions = last === undefined || isOptions(last);
  const { indexing, sparse } = withDefaults('meshgrid', hasOptions ? last : undefined, MESHGRID_DEFAULTS);
  checkOneOf('indexing', indexing, ['xy', 'ij']);
  checkFlag('meshgrid', { sparse });
  return tidy(() => {
    const operands = (hasOptions ? given.slice(0, -1) : given) as readonly ArrayLike[];
    const arrays = arraysOf('meshgrid', operands).map((x) => {
      if (isScalar(x)) return NDArray.array([x]);
      if (isLocalArray(x)) return x.ravel();
      throw new ArgumentError('meshgrid: expected arrays of one rank: a DistributedArray has asArray()');
    });
    const swap = (k: number): number => (indexing === 'xy' && k < 2 && arrays.length > 1 ? 1 - k : k);
    const shape = arrays.map((_, k) => (arrays[swap(k)] as NDArray).size);
    return arrays.map((x, k) => {
      const line = x.reshape(along(swap(k), arrays.length));
      return sparse ? line.copy() : x.space.withShape(shape).empty().set([], line);
    });
  });
}
