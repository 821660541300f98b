import type { Shape } from '../../../core/base/shape.js';
import type { AnyLocalOperator } from '../../local-operator.js';
import { WindowedOperator, type WindowedOptions } from './parts/windowed-operator.js';
import { toWindows } from './windows.js';

/** Options of {@link Sliding2D}. */
export type Sliding2DOptions = WindowedOptions;

/**
 * Applies an operator Op to overlapping windows along the first of two axes. Windows have `nwin`
 * samples. Neighbours share `nover` samples, in which tapers blend them. Shapes:
 * `[windows, m0, m1]` to `[n0, n1]`, Op of `[m0, m1]` to `[nwin, n1]`. Cost: that of Op for every
 * window. Memory: a window, and its tapers.
 *
 * @param dims `[windows · m0, m1]`, as {@link windowDesign} returns it, or the shape of the model
 *
 * @example new Sliding2D(new Identity([4, 3]), [16, 3], [10, 3], 4, 2)
 */
export class Sliding2D extends WindowedOperator {
  constructor(
    Op: AnyLocalOperator,
    dims: Shape,
    dimsd: Shape,
    nwin: number,
    nover: number,
    options: Sliding2DOptions = {},
  ) {
    super(Op, dims, toWindows('Sliding2D', dimsd, nwin, nover, 1, 2), options);
  }
}
