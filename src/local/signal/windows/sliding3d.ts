import type { Shape } from '../../../core/base/shape.js';
import type { AnyLocalOperator } from '../../local-operator.js';
import { WindowedOperator, type WindowedOptions } from './parts/windowed-operator.js';
import { toWindows } from './windows.js';

/** Options of {@link Sliding3D}. */
export type Sliding3DOptions = WindowedOptions;

/**
 * Applies an operator Op to overlapping windows along the first two of three axes. Windows have
 * `nwin` samples. Neighbours share `nover` samples, in which tapers blend them. Shapes:
 * `[windows0, windows1, m0, m1, m2]` to `[n0, n1, n2]`, Op of `[m0, m1, m2]` to
 * `[nwin0, nwin1, n2]`. Cost: that of Op for every window. Memory: a window, and its tapers.
 *
 * @param dims `[windows0 · m0, windows1 · m1, m2]`, as {@link windowDesign} returns it, or the
 *   shape of the model
 *
 * @example new Sliding3D(new Identity([4, 4, 2]), [16, 16, 2], [10, 10, 2], [4, 4], [2, 2])
 */
export class Sliding3D extends WindowedOperator {
  constructor(
    Op: AnyLocalOperator,
    dims: Shape,
    dimsd: Shape,
    nwin: readonly [number, number],
    nover: readonly [number, number],
    options: Sliding3DOptions = {},
  ) {
    super(Op, dims, toWindows('Sliding3D', dimsd, nwin, nover, 2, 3), options);
  }
}
