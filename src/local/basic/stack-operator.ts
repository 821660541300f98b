import type { NDArray, NDArraySpace } from '../../core/array/ndarray.js';
import type { Defaults } from '../../core/base/options.js';
import { commonSpec, type OperatorSpec } from '../../core/operator/linear-operator.js';
import type { Space } from '../../core/vector/vector.js';
import { type AnyLocalOperator, LocalOperator } from '../local-operator.js';
import { resultDType, type Step, stepsOf } from '../parts/stacking.js';

/** Options of {@link VStack}, {@link HStack}, {@link Block} and {@link BlockDiag}. */
export interface StackOptions {
  /**
   * Returns flat results for vectors of every shape. Results are always flat if the shapes of the
   * operators differ.
   * @default false
   */
  readonly forceflat?: boolean;
}

export const STACK_DEFAULTS = { forceflat: false } satisfies Defaults<StackOptions>;

/**
 * The common base of VStack, HStack and BlockDiag. It holds several operators and the offset of the
 * part of each operator in a flat vector.
 */
export abstract class StackOperator extends LocalOperator {
  readonly ops: readonly AnyLocalOperator[];
  /** True if results are flat. */
  readonly forceflat: boolean;
  protected readonly forwardSteps: readonly Step[];
  protected readonly adjointSteps: readonly Step[];

  constructor(
    ops: readonly AnyLocalOperator[],
    spec: Pick<OperatorSpec, 'dims' | 'dimsd'>,
    forceflat: boolean,
  ) {
    super({ ...spec, ...commonSpec(ops) });
    this.ops = [...ops];
    this.forceflat = forceflat;
    const { forward, adjoint } = stepsOf(ops);
    this.forwardSteps = forward;
    this.adjointSteps = adjoint;
  }
  override get zero(): boolean {
    return this.ops.every((op) => op.zero);
  }
  override rangeOf(x: Space<NDArray>): NDArraySpace {
    return this.#image(super.rangeOf(x), this.forwardSteps);
  }
  override domainOf(y: Space<NDArray>): NDArraySpace {
    return this.#image(super.domainOf(y), this.adjointSteps);
  }
  #image(space: NDArraySpace, steps: readonly Step[]): NDArraySpace {
    return (this.forceflat ? space.flat() : space).withDType(resultDType(steps, space.dtype, space.backend));
  }
}
