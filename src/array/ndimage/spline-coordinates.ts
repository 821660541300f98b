import { binary, where } from '../../core/array/elementwise.js';
import type { NDArray } from '../../core/array/ndarray.js';
import type { Continuation } from '../../core/schemes/continuation.js';
import type { BorderMode } from './windows-of-axes.js';

/** How a mode of interpolation continues the samples, and the coefficients of splines. */
export interface SplineMode {
  /** The continuation of the samples, for the coefficients within the array. */
  readonly samples: Continuation;
  /** The continuation of the coefficients. */
  readonly coefficients: Continuation;
  /** How an array is continued before coefficients of a higher order than 1 are computed. */
  readonly padding?: Continuation;
  /** The place between 0 and n − 1, or little outside of it, of a coordinate; NaN is outside. */
  readonly map: (c: NDArray, n: number) => NDArray;
}

/** The remainder of a division, with the sign of the divisor. */
const modulo = (c: NDArray, period: number): NDArray => binary('remainder', c, period);
/** A coordinate that is reflected at 0 and at half of the period. */
const folded = (c: NDArray, period: number): NDArray => {
  const u = modulo(c, period);
  return u.minimum(u.negative().add(period));
};
const clamped = (c: NDArray, n: number): NDArray => c.maximum(0).minimum(n - 1);
const symmetric = (c: NDArray, n: number): NDArray => folded(c.add(0.5), 2 * n).subtract(0.5);

/** The number of samples by which arrays are continued before their coefficients are computed. */
export const SPLINE_PADDING = 12;

const SYMMETRIC: SplineMode = { samples: 'symmetric', coefficients: 'symmetric', map: symmetric };
const PERIODIC: SplineMode = { samples: 'wrap', coefficients: 'wrap', map: modulo };

export const SPLINE_MODES: Readonly<Record<BorderMode, SplineMode>> = {
  reflect: SYMMETRIC,
  'grid-mirror': SYMMETRIC,
  mirror: {
    samples: 'reflect',
    coefficients: 'reflect',
    map: (c, n) => (n === 1 ? c.multiply(0) : folded(c, 2 * (n - 1))),
  },
  nearest: { samples: 'symmetric', coefficients: 'edge', padding: 'edge', map: clamped },
  constant: {
    samples: 'reflect',
    coefficients: 'reflect',
    map: (c, n) => where(c.less(0).add(c.greater(n - 1)), Number.NaN, c),
  },
  'grid-constant': { samples: 'reflect', coefficients: 'constant', padding: 'constant', map: (c) => c },
  wrap: {
    samples: 'reflect',
    coefficients: 'reflect',
    // The last sample is the first one of the next period
    map: (c, n) => (n === 1 ? c.multiply(0) : where(c.less(0).add(c.greater(n - 1)), modulo(c, n - 1), c)),
  },
  'grid-wrap': PERIODIC,
};
