import { NDArray } from '../../core/array/ndarray.js';
import { ArgumentError, ShapeError } from '../../core/base/errors.js';
import { type Defaults, isListOf, withDefaults } from '../../core/base/options.js';
import { tidy } from '../../core/base/scope.js';
import { formatShape, product, type Shape, toShape } from '../../core/base/shape.js';
import { textOf } from '../../core/base/text-of.js';
import { type EitherArray, isDistributed } from '../../core/distributed/align.js';
import { type ArrayLike, type ArrayOf, arrayOf } from '../operands.js';
import { resizedLayout, resultBox, wrapped } from '../signal/convolving.js';
import { coordinateDType, interpolatedAt } from './map-coordinates.js';
import { resampled } from './resampling.js';
import { inDTypeOf, SPLINE_DEFAULTS, type SplineOptions } from './splines.js';
import { eachAxis } from './windows-of-axes.js';

/** Options of {@link affineTransform}. */
export interface AffineTransformOptions extends SplineOptions {
  /**
   * The place of the first element of the result, in samples: one, or one for each axis.
   * @default 0
   */
  readonly offset?: number | readonly number[];
  /** The shape of the result. @default that of the array */
  readonly outputShape?: Shape;
}
const DEFAULTS = {
  ...SPLINE_DEFAULTS,
  offset: 0,
  outputShape: undefined,
} satisfies Defaults<AffineTransformOptions>;

/** The places `matrix · index + offset`. */
interface Affine {
  readonly matrix: readonly (readonly number[])[];
  readonly offset: readonly number[];
}

const isFiniteList = (list: unknown): list is readonly number[] => isListOf(list, Number.isFinite);

/** The numbers of a matrix, of its diagonal, or of a matrix with the offset as its last column. */
function affineOf(name: string, given: readonly unknown[], offset: readonly number[], ndim: number): Affine {
  if (!isFiniteList(offset))
    throw new ArgumentError(`${name}: expected finite offsets, received ${textOf(offset)}`);
  if (isFiniteList(given) && given.length === ndim)
    return { matrix: given.map((v, i) => given.map((_, j) => (i === j ? v : 0))), offset };
  const rows = isListOf(given, isFiniteList) ? (given as readonly (readonly number[])[]) : [];
  const widths = new Set(rows.map((row) => row.length));
  const [width] = widths;
  const isSquare = rows.length === ndim && width === ndim;
  const isWide = width === ndim + 1 && (rows.length === ndim || rows.length === ndim + 1);
  if (widths.size !== 1 || !(isSquare || isWide))
    throw new ShapeError(
      `${name}: expected a matrix of ${ndim} finite numbers, or of shape [${ndim}, ${ndim}], ` +
        `[${ndim}, ${ndim + 1}] or [${ndim + 1}, ${ndim + 1}], received ${textOf(given)}`,
    );
  if (isSquare) return { matrix: rows, offset };
  const last = rows[ndim];
  if (last?.some((v, j) => v !== (j === ndim ? 1 : 0)))
    throw new ArgumentError(
      `${name}: expected the last row 0, …, 0, 1 of a homogeneous matrix, received ${textOf(last)}`,
    );
  const top = rows.slice(0, ndim);
  return { matrix: top.map((row) => row.slice(0, ndim)), offset: top.map((row) => row[ndim] as number) };
}

/** The values of an array at the places of each index of the result. */
export function transformed(
  name: string,
  x: EitherArray,
  { matrix, offset }: Affine,
  sizes: Shape,
  spline: Required<SplineOptions>,
): EitherArray {
  const isDiagonal = matrix.every((row, i) => row.every((v, j) => i === j || v === 0));
  if (isDiagonal || sizes.includes(0)) {
    const placeOf = (k: number, i: number) => (matrix[k]?.[k] as number) * i + (offset[k] as number);
    return resampled(name, x, sizes, placeOf, spline);
  }
  const layout = resizedLayout(x, sizes);
  const rank = isDistributed(x) ? x.comm.rank : 0;
  const { start } = resultBox(layout, sizes, rank);
  const shape = layout?.localShape(rank) ?? sizes;
  const { backend } = x;
  const dtype = coordinateDType(backend);
  const own = NDArray.empty([sizes.length, ...shape], { dtype, backend });
  matrix.forEach((row, i) => {
    const line = own.slice([i, i + 1]).reshape(shape);
    line.fill(offset[i] as number);
    row.forEach((factor, j) => {
      if (factor === 0 || product(shape) === 0) return;
      const index = NDArray.arange(shape[j] as number, { dtype, backend });
      const along = index.add(start[j] as number).multiply(factor);
      line.addInPlace(along.reshape(shape.map((n, k) => (k === j ? n : 1))).broadcastTo(shape));
    });
  });
  return inDTypeOf(x, wrapped(x, layout, interpolatedAt(name, x, own, spline)));
}

/**
 * The values of splines through the samples of an array at the places `matrix · index + offset` of
 * the indices of the result. Integers are rounded. The matrix has a row for each axis; one of one
 * column more has the offset in its last column, instead of the option, with or without a last row
 * 0, …, 0, 1. A list of one number for each axis is a diagonal matrix.
 *
 * The result is split as x, evenly along an axis whose length changes. A diagonal matrix costs what
 * `zoom` does, another what `mapCoordinates` does at as many points as the result has, and
 * coordinates in double precision for them.
 *
 * @throws {@link ShapeError} if the matrix or the shape of the result does not fit the array
 * @throws {@link ArgumentError} for numbers that are not finite
 */
export function affineTransform<X extends ArrayLike>(
  x: X,
  matrix: readonly number[] | readonly (readonly number[])[],
  options?: AffineTransformOptions,
): ArrayOf<X> {
  const name = 'ndimage.affineTransform';
  const { offset, outputShape, ...spline } = withDefaults(name, options, DEFAULTS);
  return tidy(() => {
    const a = arrayOf(name, x);
    const { shape } = a.space;
    if (!Array.isArray(matrix))
      throw new ArgumentError(`${name}: expected a matrix, received ${textOf(matrix)}`);
    const affine = affineOf(name, matrix, eachAxis(name, 'offsets', offset, shape.length), shape.length);
    const sizes = outputShape === undefined ? shape : toShape(outputShape, 'outputShape');
    if (shape.length === 0 || product(shape) === 0)
      throw new ShapeError(
        `${name}: expected an array with axes and elements, received ${formatShape(shape)}`,
      );
    if (sizes.length !== shape.length)
      throw new ShapeError(
        `${name}: expected an outputShape of ${shape.length} axes, received ${formatShape(sizes)}`,
      );
    return transformed(name, a, affine, sizes, spline);
  }) as ArrayOf<X>;
}
