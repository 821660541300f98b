import { checkArray } from '../../core/array/elementwise.js';
import type { NDArray } from '../../core/array/ndarray.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import { perAxis } from '../../core/base/per-axis.js';
import { toAxes } from '../../core/base/shape.js';
import { zeroPhaseAverage } from './parts/smoothing-scheme.js';

/** Options of {@link smooth}. */
export interface SmoothOptions {
  /** The axes that are smoothed. @default all */
  readonly axes?: readonly number[];
}

const DEFAULTS = { axes: undefined } satisfies Defaults<SmoothOptions>;

/**
 * Zero-phase smoothing, such as makes a background model: along each of `axes` a running mean of
 * `nsmooth` samples is passed forwards and backwards. Beyond the ends the array goes on
 * point-symmetrically, so that linear trends stay. Returns a new array. Throws ArgumentError where
 * an axis is shorter than `nsmooth`.
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
  for (const band of tables) {
    const next = x.emptyLike();
    x.backend.stencil(y, next, { shape: x.shape, bands: [band], mode: 'set' });
    if (y !== x) y.dispose();
    y = next;
  }
  return y === x ? x.copy() : y;
}
