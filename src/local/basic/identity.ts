import type { DType } from '../../core/base/dtype.js';
import { ShapeError } from '../../core/base/errors.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import { formatShape, type Shape, stridesOf, toShape } from '../../core/base/shape.js';
import { RearrangingOperator } from '../parts/rearranging-operator.js';

/** Options of {@link Identity}. */
export interface IdentityOptions {
  /** @default 'float64' */
  readonly dtype?: DType;
}

const DEFAULTS = { dtype: 'float64' } satisfies Defaults<IdentityOptions>;

/**
 * Identity, which may be rectangular: `y[i] = x[i]` for indices of both vectors, otherwise
 * `y[i] = 0`. Shapes: `M` to `N` (`N` rows, `M` columns), or two shapes with the same number of
 * axes. Cost: one copy. No work array.
 *
 * @example new Identity(3, 5)
 */
export class Identity extends RearrangingOperator {
  constructor(N: number | Shape, M: number | Shape = N, options?: IdentityOptions) {
    const { dtype } = withDefaults('Identity', options, DEFAULTS);
    const [dimsd, dims] = [toShape(N, 'N'), toShape(M, 'M')];
    if (dims.length !== dimsd.length)
      throw new ShapeError(
        `Identity: expected shapes of as many axes, received ${formatShape(dimsd)} and ${formatShape(dims)}`,
      );
    const shape = dims.map((m, k) => Math.min(m, dimsd[k] as number));
    const walk = (of: Shape) => ({ start: 0, strides: stridesOf(of) });
    super({ dims, dimsd, dtype }, [{ shape, model: walk(dims), data: walk(dimsd) }]);
  }
}
