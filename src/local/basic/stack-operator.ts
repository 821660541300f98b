import { NDArray, type NDArraySpace } from '../../core/array/ndarray.js';
import type { DType } from '../../core/base/dtype.js';
import type { Defaults } from '../../core/base/options.js';
import { commonSpec, type Direction, type OperatorSpec } from '../../core/operator/linear-operator.js';
import type { Space } from '../../core/vector/vector.js';
import { type AnyLocalOperator, LocalOperator } from '../local-operator.js';
import { ofColumns, resultDType, type Step, stepsOf, type Way } from '../parts/stacking.js';

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
  readonly #steps: Readonly<Record<Direction, readonly Step[]>>;
  readonly #ways: Readonly<Record<Direction, Way>>;

  constructor(
    ops: readonly AnyLocalOperator[],
    spec: Pick<OperatorSpec, 'dims' | 'dimsd'>,
    forceflat: boolean,
    ways: Readonly<Record<Direction, Way>>,
  ) {
    super({ ...spec, ...commonSpec(ops) });
    this.ops = [...ops];
    this.forceflat = forceflat;
    this.#steps = stepsOf(ops);
    this.#ways = ways;
  }
  override get zero(): boolean {
    return this.ops.every((op) => op.zero);
  }
  override rangeOf(x: Space<NDArray>): NDArraySpace {
    return this.#image(super.rangeOf(x), this.#steps.forward);
  }
  override domainOf(y: Space<NDArray>): NDArraySpace {
    return this.#image(super.domainOf(y), this.#steps.adjoint);
  }
  protected override forward(x: NDArray, y: NDArray): void {
    this.#ways.forward(this.#steps.forward, x, y);
  }
  protected override adjoint(y: NDArray, x: NDArray): void {
    this.#ways.adjoint(this.#steps.adjoint, y, x);
  }
  protected override onColumns(direction: Direction, X: NDArray, dtype: DType): NDArray {
    const k = X.shape[1] as number;
    const rows = this.shape[direction === 'forward' ? 0 : 1];
    const Y = NDArray.empty([rows, k], { dtype, backend: X.backend });
    const steps = this.#steps[direction].map((step) => ofColumns(step, k));
    this.#ways[direction](steps, X, Y);
    return Y;
  }
  #image(space: NDArraySpace, steps: readonly Step[]): NDArraySpace {
    return (this.forceflat ? space.flat() : space).withDType(resultDType(steps, space.dtype, space.backend));
  }
}
