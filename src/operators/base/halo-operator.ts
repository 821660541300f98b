import { product } from '../../core/base/shape.js';
import type { DistributedArray } from '../../core/distributed/distributed-array.js';
import { BoxHaloPlan, type HaloFrame } from '../../core/distributed/halo.js';
import type { IndexBox } from '../../core/distributed/layout.js';
import type { DistributedSpace } from '../../core/distributed/space.js';
import type { OperatorSpec } from '../../core/operator/linear-operator.js';
import type { Elements } from '../../core/ports/backend.js';
import { withElements } from '../../core/vector/workspace.js';
import { ScatteredOperator } from './scattered-operator.js';
import { SpacePlans } from './space-plans.js';

/**
 * The number of samples that an output needs before and after its own position, along every axis.
 */
export interface Reach {
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/**
 * A kernel for the boxes of this rank. `run` computes y on the box `to` from x on the box `from`,
 * which contains the samples that `to` needs.
 */
export interface BoxKernel {
  run(x: Elements, y: Elements): void;
}

interface Plan {
  /** Undefined if every rank already has the samples that it needs. */
  readonly halo: BoxHaloPlan | undefined;
  readonly kernel: BoxKernel;
}

/**
 * An operator with outputs that depend on nearby inputs. For the layouts that it takes see
 * {@link ScatteredOperator}. Cost: at most one message to each rank with a part within reach. Work:
 * one array, this rank's part and the samples around it. Between calls it holds at most buffers of
 * ghost cells.
 */
export abstract class HaloOperator extends ScatteredOperator {
  readonly #reach: { readonly forward: Reach; readonly adjoint: Reach };
  readonly #plans = new SpacePlans<Plan>(
    (direction, space) => this.#makePlan(direction, space),
    ({ halo }) => halo?.dispose(),
  );

  constructor(spec: OperatorSpec, forward: Reach) {
    super(spec);
    this.#reach = { forward, adjoint: { before: forward.after, after: forward.before } };
  }

  /** Returns the kernel from one box to another, in global sample indices. */
  protected abstract kernel(direction: 'forward' | 'adjoint', from: IndexBox, to: IndexBox): BoxKernel;

  protected override apply(
    direction: 'forward' | 'adjoint',
    from: DistributedArray,
    to: DistributedArray,
  ): void {
    const { halo, kernel } = this.#plans.get(direction, from.space);
    if (!halo) return kernel.run(from.local, to.local);
    withElements(from.backend, from.dtype, product(halo.box.shape), (grown) => {
      halo.start(from.local, grown);
      halo.finish();
      kernel.run(grown, to.local);
    });
  }

  #makePlan(direction: 'forward' | 'adjoint', space: DistributedSpace): Plan {
    const { layout, comm, dtype, backend } = space;
    const box = layout.box(comm.rank);
    const frame: HaloFrame = { ...this.#reach[direction], edges: 'clip' };
    const whole =
      layout.replicated ||
      layout.grid.every((g, k) => g === 1 || (frame.before[k] === 0 && frame.after[k] === 0));
    const halo = whole ? undefined : BoxHaloPlan.create(layout, comm, frame, dtype, backend);
    return { halo, kernel: this.kernel(direction, halo?.box ?? box, box) };
  }
}
