import { ArgumentError, ShapeError } from '../../core/base/errors.js';
import { checkFlag, type Defaults, withDefaults } from '../../core/base/options.js';
import { tidy } from '../../core/base/scope.js';
import { formatShape, product, toAxis } from '../../core/base/shape.js';
import { textOf } from '../../core/base/text-of.js';
import { type ArrayLike, type ArrayOf, arrayOf } from '../operands.js';
import { transformed } from './affine-transform.js';
import { SPLINE_DEFAULTS, type SplineOptions } from './splines.js';

/** Options of {@link rotate}. */
export interface RotateOptions extends SplineOptions {
  /**
   * The two axes of the plane of rotation, in any order. Negative ones count from the end.
   * @default [1, 0]
   */
  readonly axes?: readonly [number, number];
  /** Whether the result is as large as the rotated array, otherwise as the array. @default true */
  readonly reshape?: boolean;
}
const DEFAULTS = {
  ...SPLINE_DEFAULTS,
  axes: [1, 0],
  reshape: true,
} satisfies Defaults<RotateOptions>;

/** Cosine and sine of an angle in degrees, exact for quarter turns. */
function turn(angle: number): readonly [cos: number, sin: number] {
  const quarters = Math.round(angle / 90);
  const rest = ((angle - 90 * quarters) * Math.PI) / 180;
  const [c, s] = [Math.cos(rest), Math.sin(rest)];
  const turns = [
    [c, s],
    [-s, c],
    [-c, -s],
    [s, -c],
  ] as const;
  return turns[((quarters % 4) + 4) % 4] as readonly [number, number];
}

/**
 * An array that is rotated in the plane of two axes about its centre, by splines. Positive angles
 * turn the lower of the two axes towards the higher one. Integers are rounded. Communication and
 * memory are those of `affineTransform`, and the result is split in the same way.
 *
 * @param angle in degrees
 * @throws {@link ShapeError} if the array has fewer than two axes
 * @throws {@link ArgumentError} for an angle that is not finite, and for axes that are the same
 */
export function rotate<X extends ArrayLike>(x: X, angle: number, options?: RotateOptions): ArrayOf<X> {
  const name = 'ndimage.rotate';
  const { axes, reshape, ...spline } = withDefaults(name, options, DEFAULTS);
  checkFlag(name, { reshape });
  if (!Number.isFinite(angle))
    throw new ArgumentError(`${name}: expected an angle in degrees, received ${textOf(angle)}`);
  return tidy(() => {
    const a = arrayOf(name, x);
    const { shape } = a.space;
    if (shape.length < 2 || product(shape) === 0)
      throw new ShapeError(
        `${name}: expected an array of two axes or more with elements, received ${formatShape(shape)}`,
      );
    if (!Array.isArray(axes) || axes.length !== 2)
      throw new ArgumentError(`${name}: expected two axes, received ${textOf(axes)}`);
    const [p, q] = axes.map((axis) => toAxis(axis, shape.length)).sort((k, l) => k - l) as [number, number];
    if (p === q) throw new ArgumentError(`${name}: expected two different axes, received ${textOf(axes)}`);
    const [c, s] = turn(angle);
    const [n, m] = [shape[p] as number, shape[q] as number];
    const extent = (u: number, v: number) => Math.floor(Math.abs(u) * n + Math.abs(v) * m + 0.5);
    const sizes = reshape ? shape.with(p, extent(c, s)).with(q, extent(s, c)) : shape;
    const [i, j] = [((sizes[p] as number) - 1) / 2, ((sizes[q] as number) - 1) / 2];
    const matrix = shape.map((_, k) => shape.map((_, l) => Number(k === l)));
    const [first, second] = [matrix[p] as number[], matrix[q] as number[]];
    [first[p], first[q], second[p], second[q]] = [c, s, -s, c];
    const offset = shape
      .map(() => 0)
      .with(p, (n - 1) / 2 - (c * i + s * j))
      .with(q, (m - 1) / 2 - (c * j - s * i));
    return transformed(name, a, { matrix, offset }, sizes, spline);
  }) as ArrayOf<X>;
}
