import type { Scalar } from '../core/base/complex.js';
import { type Shape, toShape } from '../core/base/shape.js';
import type { DistributedArray } from '../core/distributed/distributed-array.js';
import type { OperatorSpec } from '../core/operator/linear-operator.js';
import { type AxisScheme, isZeroBand } from '../core/schemes/band.js';
import { BandedStencil } from './base/banded-stencil.js';
import { ScatteredOperator } from './base/scattered-operator.js';

/**
 * A sum of banded matrices along axes. For the layouts that it takes see {@link ScatteredOperator}.
 * Cost: one halo exchange for each distributed axis with a derivative, no collective.
 */
export abstract class DerivativeOperator extends ScatteredOperator {
  readonly #stencil: BandedStencil;

  constructor(
    dims: number | Shape,
    schemes: (dims: Shape) => readonly AxisScheme[],
    { dtype, comm }: Required<Pick<OperatorSpec, 'dtype' | 'comm'>>,
  ) {
    const shape = toShape(dims, 'dims');
    const bands = schemes(shape);
    const zero = bands.every(({ segments }) => isZeroBand(segments));
    super({ dims: shape, dtype, zero, comm });
    this.#stencil = new BandedStencil(shape, bands);
  }

  protected override apply(
    direction: 'forward' | 'adjoint',
    from: DistributedArray,
    to: DistributedArray,
    mode: 'set' | 'add',
  ): void {
    this.#stencil.run(direction, from, to, mode);
  }

  protected override forwardAdd(x: DistributedArray, y: DistributedArray, alpha: Scalar): void {
    if (alpha === 1) this.applyAdd('forward', x, y);
    else super.forwardAdd(x, y, alpha);
  }

  protected override adjointAdd(y: DistributedArray, x: DistributedArray, alpha: Scalar): void {
    if (alpha === 1) this.applyAdd('adjoint', y, x);
    else super.adjointAdd(y, x, alpha);
  }
}
