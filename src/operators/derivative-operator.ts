import type { Communicator } from '../core/communicator.js';
import type { Scalar } from '../core/complex.js';
import type { DistributedArray } from '../core/distributed-array.js';
import type { DType } from '../core/dtype.js';
import { flatOf } from '../core/row-layout.js';
import type { Shape } from '../core/shape.js';
import type { DistributedSpace } from '../core/space.js';
import type { Space } from '../core/vector.js';
import { type AxisScheme, BandedStencil } from './banded-stencil.js';
import { MPILinearOperator } from './mpi-linear-operator.js';
import { NaturalForm } from './natural-form.js';

/** Options that all distributed derivatives share. */
export interface DerivativeOptions {
  /** @default 'float64'; results have the precision of the vector */
  readonly dtype?: DType;
  /** @default the default communicator */
  readonly comm?: Communicator;
}

export const DERIVATIVE_OPTIONS = ['dtype', 'comm'] as const;

/**
 * A square operator that is a sum of banded matrices along axes. Takes arrays of shape `dims` split along any axis or over a process grid, and flat ones of
 * that size; a BROADCAST array gives a SCATTER one. Cost: one halo exchange for each distributed axis that it differentiates, no collective.
 */
export abstract class DerivativeOperator extends MPILinearOperator {
  readonly #stencil: BandedStencil;
  readonly #form: NaturalForm;

  constructor(dims: number | Shape, schemes: (dims: Shape) => readonly AxisScheme[], options: DerivativeOptions) {
    super({ dims, dtype: options.dtype ?? 'float64', ...(options.comm && { comm: options.comm }) });
    this.#stencil = new BandedStencil(this.dims, schemes(this.dims));
    this.#form = new NaturalForm(this.dims);
  }

  override rangeOf(x: Space<DistributedArray>): DistributedSpace {
    return scattered(this.#form, super.rangeOf(x) as DistributedSpace);
  }

  override domainOf(y: Space<DistributedArray>): DistributedSpace {
    return this.rangeOf(y);
  }

  protected override forward(x: DistributedArray, y: DistributedArray): void {
    this.#run('forward', x, y);
  }

  protected override adjoint(y: DistributedArray, x: DistributedArray): void {
    this.#run('adjoint', y, x);
  }

  protected override forwardAdd(x: DistributedArray, y: DistributedArray, alpha: Scalar): void {
    if (alpha === 1) this.#run('forward', x, y, 'add');
    else super.forwardAdd(x, y, alpha);
  }

  protected override adjointAdd(y: DistributedArray, x: DistributedArray, alpha: Scalar): void {
    if (alpha === 1) this.#run('adjoint', y, x, 'add');
    else super.adjointAdd(y, x, alpha);
  }

  #run(direction: 'forward' | 'adjoint', x: DistributedArray, y: DistributedArray, mode: 'set' | 'add' = 'set'): void {
    this.#form.read(x, (from) => this.#form.write(y, (to) => this.#stencil.run(direction, from, to, mode), mode === 'add'));
  }
}

/** The space itself, or that of the parts that a replicated vector is worked on in. Throws where the vector has no natural form. */
export function scattered(form: NaturalForm, space: DistributedSpace): DistributedSpace {
  const natural = form.spaceOf(space);
  if (!space.layout.replicated) return space;
  return space.layout.globalShape.length === natural.layout.globalShape.length ? natural : natural.withLayout(flatOf(natural.layout));
}
