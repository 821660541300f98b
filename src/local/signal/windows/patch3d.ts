import type { Shape } from '../../../core/base/shape.js';
import type { AnyLocalOperator } from '../../local-operator.js';
import { WindowedOperator, type WindowedOptions } from './parts/windowed-operator.js';
import { toWindows } from './windows.js';

/** Options of {@link Patch3D}. */
export type Patch3DOptions = WindowedOptions;

/**
 * Applies an operator Op to overlapping patches of a volume. Windows have `nwin` samples.
 * Neighbours share `nover` samples, in which tapers blend them. Shapes:
 * `[windows0, windows1, windows2, m0, m1, m2]` to `[n0, n1, n2]`, Op of `[m0, m1, m2]` to `nwin`.
 * Cost: that of Op for every window. Memory: a window, and its tapers.
 *
 * @param dims `[windows0 · m0, windows1 · m1, windows2 · m2]`, as {@link windowDesign} returns it,
 *   or the shape of the model
 *
 * @example new Patch3D(new Identity([4, 4, 4]), [16, 16, 8], [10, 10, 6], [4, 4, 4], [2, 2, 2])
 */
export class Patch3D extends WindowedOperator {
  constructor(
    Op: AnyLocalOperator,
    dims: Shape,
    dimsd: Shape,
    nwin: readonly [number, number, number],
    nover: readonly [number, number, number],
    options: Patch3DOptions = {},
  ) {
    super(Op, dims, toWindows('Patch3D', dimsd, nwin, nover, 3, 3), options);
  }
}
