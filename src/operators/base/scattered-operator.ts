import type { DistributedArray } from '../../core/distributed/distributed-array.js';
import { flatOf } from '../../core/distributed/row-layout.js';
import type { DistributedSpace } from '../../core/distributed/space.js';
import type { OperatorSpec, SpaceOptions } from '../../core/operator/linear-operator.js';
import type { Space } from '../../core/vector/vector.js';
import { MPILinearOperator } from '../mpi-linear-operator.js';
import { LayoutAdapter } from './layout-adapter.js';

/**
 * A square operator of which each rank computes its part of the result. It takes arrays of shape
 * `dims` split along any axis or over a process grid, and flat ones of that size. The result of a
 * BROADCAST array is a SCATTER array.
 */
export abstract class ScatteredOperator extends MPILinearOperator {
  readonly #adapter: LayoutAdapter;

  constructor(spec: OperatorSpec) {
    super(spec);
    this.#adapter = new LayoutAdapter(this.dims);
  }

  /**
   * Computes `to` from `from`. Both have the shape `dims`, and each rank's part is a box.
   * @param mode whether `to` is overwritten or added to; `add` only if a subclass calls
   *   {@link applyAdd}
   */
  protected abstract apply(
    direction: 'forward' | 'adjoint',
    from: DistributedArray,
    to: DistributedArray,
    mode: 'set' | 'add',
  ): void;

  override domain(options?: SpaceOptions): DistributedSpace {
    return super.domain(options) as DistributedSpace;
  }

  override rangeOf(x: Space<DistributedArray>): DistributedSpace {
    const space = super.rangeOf(x) as DistributedSpace;
    const natural = this.#adapter.spaceOf(space);
    if (!space.layout.replicated) return space;
    return space.layout.globalShape.length === natural.layout.globalShape.length
      ? natural
      : natural.withLayout(flatOf(natural.layout));
  }

  override domainOf(y: Space<DistributedArray>): DistributedSpace {
    return this.rangeOf(y);
  }

  protected override forward(x: DistributedArray, y: DistributedArray): void {
    this.#run('forward', x, y, 'set');
  }

  protected override adjoint(y: DistributedArray, x: DistributedArray): void {
    this.#run('adjoint', y, x, 'set');
  }

  /** Calls {@link apply} with `mode` 'add', for vectors of any layout. */
  protected applyAdd(direction: 'forward' | 'adjoint', x: DistributedArray, y: DistributedArray): void {
    this.#run(direction, x, y, 'add');
  }

  #run(
    direction: 'forward' | 'adjoint',
    x: DistributedArray,
    y: DistributedArray,
    mode: 'set' | 'add',
  ): void {
    const from = this.#adapter.open(x, true);
    try {
      const to = this.#adapter.open(y, mode === 'add');
      let done = false;
      try {
        this.apply(direction, from, to, mode);
        done = true;
      } finally {
        this.#adapter.close(to, y, done);
      }
    } finally {
      this.#adapter.close(from, x, false);
    }
  }
}
