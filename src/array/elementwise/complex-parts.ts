import { binary, unary } from '../../core/array/elementwise.js';
import type { NDArray } from '../../core/array/ndarray.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import { type ArrayLike, type ArrayOf, elementwise, type UniversalOptions } from '../operands.js';
import { unaryFunction } from './universal.js';

/** The real part, a real array */
export const real = unaryFunction('real');

/** The imaginary part, a real array; 0 for real arrays */
export const imag = unaryFunction('imag');

/** The complex conjugate */
export const conj = unaryFunction('conj');

/** Options of {@link angle}. */
export interface AngleOptions extends UniversalOptions {
  /** Whether the result is in degrees. @default false */
  readonly deg?: boolean;
}
const DEFAULTS = {
  deg: false,
  out: undefined,
  where: undefined,
  dtype: undefined,
} satisfies Defaults<AngleOptions>;

/** The argument of complex numbers, in radians, −π < angle ≤ π */
export function angle<X extends ArrayLike>(x: X, options?: AngleOptions): ArrayOf<X> {
  const { deg, ...rest } = withDefaults('angle', options, DEFAULTS);
  return elementwise('angle', [x], rest, (_, part) => {
    const radians = binary('arctan2', unary('imag', part as NDArray), unary('real', part as NDArray));
    return deg ? radians.multiplyInPlace(180 / Math.PI) : radians;
  }) as ArrayOf<X>;
}

/** The complex array whose parts are `f` of the parts of x. */
export const ofParts = (x: NDArray, f: (part: NDArray) => NDArray): NDArray =>
  binary('add', f(unary('real', x)), binary('multiply', f(unary('imag', x)), { re: 0, im: 1 }));
