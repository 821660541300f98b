import { type Defaults, type WithDefaults, withDefaults } from '../../core/base/options.js';
import { perAxis } from '../../core/base/per-axis.js';
import { type Shape, toAxes, toShape } from '../../core/base/shape.js';
import { scaleBand } from '../../core/schemes/band.js';
import { SECOND_SCHEME_DEFAULTS, secondDerivative } from '../../core/schemes/derivative-scheme.js';
import { StencilOperator } from '../parts/stencil-operator.js';
import type { SecondDerivativeOptions } from './second-derivative.js';

/** Options of {@link Laplacian}. */
export interface LaplacianOptions extends Omit<SecondDerivativeOptions, 'axis' | 'sampling'> {
  /** The axes of the second derivatives. @default [-2, -1] */
  readonly axes?: readonly number[];
  /** The weight of each of `axes`. @default 1 */
  readonly weights?: number | readonly number[];
  /** Distance between samples on each of `axes`. @default 1 */
  readonly sampling?: number | readonly number[];
}

export const LAPLACIAN_DEFAULTS = {
  axes: [-2, -1],
  weights: 1,
  ...SECOND_SCHEME_DEFAULTS,
  dtype: 'float64',
} satisfies Defaults<LaplacianOptions>;

/** The bands, one for each of the axes. */
export function laplacianBands(
  owner: string,
  shape: Shape,
  { axes, weights, sampling, kind, edge }: WithDefaults<LaplacianOptions, typeof LAPLACIAN_DEFAULTS>,
) {
  const along = toAxes(axes, shape.length);
  const w = perAxis(owner, 'weights', weights, along.length);
  const d = perAxis(owner, 'sampling', sampling, along.length);
  return along.map((axis, k) => ({
    axis,
    segments: scaleBand(
      secondDerivative({ n: shape[axis] as number, sampling: d[k] as number, kind, edge }),
      w[k] as number,
    ),
  }));
}

/**
 * Laplacian: `y = Σ wₖ ∂²x/∂xₖ²`, with the second derivatives of `SecondDerivative`. Shapes: `dims`
 * to `dims`. Cost: one read and one write for any number of axes. No work array.
 *
 * @example new Laplacian([4, 6])
 */
export class Laplacian extends StencilOperator {
  constructor(dims: number | Shape, options?: LaplacianOptions) {
    const given = withDefaults('Laplacian', options, LAPLACIAN_DEFAULTS);
    const shape = toShape(dims, 'dims');
    super({ dims: shape, dtype: given.dtype }, laplacianBands('Laplacian', shape, given));
  }
}
