import type { Shape } from '../../../core/base/shape.js';
import type { AnyLocalOperator } from '../../local-operator.js';
import { WindowedOperator, type WindowedOptions } from './parts/windowed-operator.js';
import { toWindows } from './windows.js';

/** Options of {@link Sliding1D}. */
export type Sliding1DOptions = WindowedOptions;

/**
 * Applies an operator Op to overlapping windows of a signal. Windows have `nwin` samples.
 * Neighbours share `nover` samples, in which tapers blend them. Shapes: `[windows, m]` to `[n]`, Op
 * of `[m]` to `[nwin]`. Cost: that of Op for every window. Memory: a window, and its tapers.
 *
 * @param dims `[windows · m]`, as {@link windowDesign} returns it, or the shape of the model
 *
 * @example new Sliding1D(new Identity(4), 16, 10, 4, 2)
 */
export class Sliding1D extends WindowedOperator {
  constructor(
    Op: AnyLocalOperator,
    dims: number | Shape,
    dimsd: number | Shape,
    nwin: number,
    nover: number,
    options: Sliding1DOptions = {},
  ) {
    super(Op, dims, toWindows('Sliding1D', dimsd, nwin, nover, 1, 1), options);
  }
}
