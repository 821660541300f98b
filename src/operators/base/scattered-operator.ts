import type { DistributedArray } from '../../core/distributed/distributed-array.js';
import { flatOf } from '../../core/distributed/row-layout.js';
import type { DistributedSpace } from '../../core/distributed/space.js';
import type { OperatorSpec, SpaceOptions } from '../../core/operator/linear-operator.js';
import type { Space } from '../../core/vector/vector.js';
import { MPILinearOperator } from '../mpi-linear-operator.js';
import { NaturalForm } from './natural-form.js';

/**
 * A square operator of which each rank computes its part of the result. Takes arrays of shape
 * `dims` split along any axis or over a process grid, and flat ones of that size; a BROADCAST array
 * gives a SCATTER one.
 */
export abstract class ScatteredOperator extends MPILinearOperator {
  readonly #form: NaturalForm;

  constructor(spec: OperatorSpec) {
    super(spec);
    this.#form = new NaturalForm(this.dims);
  }

  /** From arrays of shape `dims`, each rank's part a box of it, to the same. */
  protected abstract apply(
    direction: 'forward' | 'adjoint',
    from: DistributedArray,
    to: DistributedArray,
  ): void;

  override domain(options?: SpaceOptions): DistributedSpace {
    return super.domain(options) as DistributedSpace;
  }

  override rangeOf(x: Space<DistributedArray>): DistributedSpace {
    const space = super.rangeOf(x) as DistributedSpace;
    const natural = this.#form.spaceOf(space);
    if (!space.layout.replicated) return space;
    return space.layout.globalShape.length === natural.layout.globalShape.length
      ? natural
      : natural.withLayout(flatOf(natural.layout));
  }

  override domainOf(y: Space<DistributedArray>): DistributedSpace {
    return this.rangeOf(y);
  }

  protected override forward(x: DistributedArray, y: DistributedArray): void {
    this.read(x, (from) => this.write(y, (to) => this.apply('forward', from, to)));
  }

  protected override adjoint(y: DistributedArray, x: DistributedArray): void {
    this.read(y, (from) => this.write(x, (to) => this.apply('adjoint', from, to)));
  }

  /** Calls `body` with x as {@link apply} takes it. */
  protected read(x: DistributedArray, body: (x: DistributedArray) => void): void {
    this.#form.read(x, body);
  }

  /** Calls `body` with y as {@link apply} fills it; with `keep` it sees the old values. */
  protected write(y: DistributedArray, body: (y: DistributedArray) => void, keep = false): void {
    this.#form.write(y, body, keep);
  }
}
