import { ArgumentError } from '../../core/base/errors.js';
import { checkList, type Defaults, requireOptions } from '../../core/base/options.js';
import { product } from '../../core/base/shape.js';
import { textOf } from '../../core/base/text-of.js';
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

const REACH = { before: undefined, after: undefined } satisfies Defaults<Reach>;

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
    this.#checkReach(forward);
    this.#reach = { forward, adjoint: { before: forward.after, after: forward.before } };
  }

  /**
   * Returns the kernel from the box `from` of x to the box `to` of y, in global sample indices.
   * `from` is `to` with the samples within reach, cut off at the ends of the array: samples beyond
   * are the kernel's concern. `run` writes every element of y. For the adjoint the reach is
   * mirrored. It is called once for a space and a direction, on ranks without elements too.
   */
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

  /** Checks the reach on every number of ranks alike, although one rank needs no ghost cells. */
  #checkReach(reach: Reach): void {
    const owner = `${this.constructor.name}: the reach`;
    const given = requireOptions(owner, reach, REACH);
    for (const side of ['before', 'after'] as const) {
      checkList(owner, side, given[side]);
      const isValid = given[side].every((n) => Number.isSafeInteger(n) && n >= 0);
      if (!isValid || given[side].length !== this.dims.length)
        throw new ArgumentError(
          `${owner}: expected ${this.dims.length} whole numbers ${side} a sample, one for each axis, ` +
            `received ${textOf(given[side])}`,
        );
    }
  }

  #makePlan(direction: 'forward' | 'adjoint', space: DistributedSpace): Plan {
    const { layout, comm, dtype, backend } = space;
    const box = layout.box(comm.rank);
    const frame: HaloFrame = { ...this.#reach[direction], edges: 'clip' };
    const whole =
      layout.replicated ||
      layout.grid.every((g, k) => g === 1 || (frame.before[k] === 0 && frame.after[k] === 0));
    const halo = whole ? undefined : BoxHaloPlan.create(layout, comm, frame, dtype, backend);
    const kernel = this.kernel(direction, halo?.box ?? box, box);
    if (typeof kernel?.run !== 'function')
      throw new ArgumentError(
        `${this.constructor.name}: expected kernel() to return an object with run(x, y), received ` +
          textOf(kernel),
      );
    return { halo, kernel };
  }
}
