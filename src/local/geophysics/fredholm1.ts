import type { DType } from '../../core/base/dtype.js';
import { ShapeError } from '../../core/base/errors.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import { formatShape, toShape } from '../../core/base/shape.js';
import { DeviceConstants, type OperatorData } from '../device-constants.js';
import { AxisMatrix } from '../parts/axis-matrix.js';
import { MapOperator } from '../parts/map-operator.js';

/** Options of {@link Fredholm1}. */
export interface Fredholm1Options {
  /**
   * Accepted for compatibility and has no effect. Products read G; its conjugate transpose is never
   * stored.
   */
  readonly saveGt?: boolean;
  /** Accepted for compatibility and has no effect. All slices are one batched product. */
  readonly usematmul?: boolean;
  /** @default that of G; float64 for lists of numbers */
  readonly dtype?: DType;
}

export const FREDHOLM1_DEFAULTS = {
  saveGt: undefined,
  usematmul: undefined,
  dtype: undefined,
} satisfies Defaults<Fredholm1Options>;

/**
 * Fredholm integral of the first kind, slice by slice: `y[k] = G[k] x[k]`, with G of shape
 * `[nsl, nx, ny]`. Shapes: `[nsl, ny, nz]` to `[nsl, nx, nz]`. Cost: one batched matrix product,
 * `2·nsl·nx·ny·nz` flops (8 instead of 2 for complex numbers). Memory: G.
 *
 * @example new Fredholm1(NDArray.normal([3, 4, 2]), 5)
 */
export class Fredholm1 extends MapOperator {
  constructor(G: OperatorData, nz = 1, options?: Fredholm1Options) {
    const { dtype } = withDefaults('Fredholm1', options, FREDHOLM1_DEFAULTS);
    const kernel = DeviceConstants.from(G, dtype);
    if (kernel.shape.length !== 3)
      throw new ShapeError(
        `Fredholm1: expected G of [nsl, nx, ny], received an array of shape ${formatShape(kernel.shape)}`,
      );
    const [nsl, nx, ny] = kernel.shape as readonly [number, number, number];
    const [width] = toShape([nz], 'nz') as [number];
    const dims = [nsl, ny, width];
    super(
      { dims, dimsd: [nsl, nx, width], dtype: kernel.dtype, holdsData: true },
      new AxisMatrix(kernel, dims, 1),
    );
  }
}
