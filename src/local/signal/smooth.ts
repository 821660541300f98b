import { checkArray } from '../../core/array/elementwise.js';
import type { NDArray } from '../../core/array/ndarray.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import { perAxis } from '../../core/base/per-axis.js';
import { PlanCache } from '../../core/base/plan-cache.js';
import { toAxes } from '../../core/base/shape.js';
import { ArrayStencil } from '../parts/array-stencil.js';
import { zeroPhaseAverage } from './parts/zero-phase-average.js';

/** Options of {@link smooth}. */
export interface SmoothOptions {
  /** The axes along which the array is smoothed. @default all */
  readonly axes?: readonly number[];
}

const DEFAULTS = { axes: undefined } satisfies Defaults<SmoothOptions>;

/** The last stencils, because the memory of a dropped one is freed late. */
const stencils = new PlanCache<string, ArrayStencil>(8);

/**
 * Smooths without a phase shift, for example to compute a background model. A running mean of
 * `nsmooth` samples is applied forwards and backwards along each of `axes`. The array is extended
 * point-symmetrically beyond its ends, so that linear trends do not change.
 *
 * @returns a new array
 * @throws {@link ArgumentError} if an axis is shorter than `nsmooth`
 */
export function smooth(x: NDArray, nsmooth: number | readonly number[], options?: SmoothOptions): NDArray {
  const given = withDefaults('smooth', options, DEFAULTS);
  checkArray('smooth', x);
  const axes = toAxes(given.axes, x.ndim);
  const widths = perAxis('smooth', 'nsmooth', nsmooth, axes.length);
  const tables = axes.map((axis, k) => ({
    axis,
    segments: zeroPhaseAverage(x.shape[axis] as number, widths[k] as number),
  }));
  if (x.size === 0) return x.copy();
  let y = x;
  for (const [k, band] of tables.entries()) {
    const next = x.emptyLike();
    const key = `${x.shape} ${band.axis} ${widths[k]}`;
    stencils.get(key, () => new ArrayStencil(x.shape, [band])).run(y, next);
    if (y !== x) y.dispose();
    y = next;
  }
  return y === x ? x.copy() : y;
}
