import type { Shape } from '../../../core/base/shape.js';
import type { AnyLocalOperator } from '../../local-operator.js';
import { WindowedOperator, type WindowedOptions } from './parts/windowed-operator.js';
import { toWindows } from './windows.js';

/** Options of {@link Patch2D}. */
export type Patch2DOptions = WindowedOptions;

/**
 * Applies an operator Op to overlapping patches of a plane. Windows have `nwin` samples. Neighbours
 * share `nover` samples, in which tapers blend them. Shapes: `[windows0, windows1, m0, m1]` to
 * `[n0, n1]`, Op of `[m0, m1]` to `[nwin0, nwin1]`. Cost: that of Op for every window. Memory: a
 * window, and its tapers.
 *
 * @param dims `[windows0 · m0, windows1 · m1]`, as {@link windowDesign} returns it, or the shape of
 *   the model
 *
 * @example new Patch2D(new Identity([4, 4]), [16, 16], [10, 10], [4, 4], [2, 2])
 */
export class Patch2D extends WindowedOperator {
  constructor(
    Op: AnyLocalOperator,
    dims: Shape,
    dimsd: Shape,
    nwin: readonly [number, number],
    nover: readonly [number, number],
    options: Patch2DOptions = {},
  ) {
    super(Op, dims, toWindows('Patch2D', dimsd, nwin, nover, 2, 2), options);
  }
}
