import type { OperatorSpec } from '../core/linear-operator.js';
import type { NDArray, NDArraySpace } from '../core/ndarray.js';
import type { Space } from '../core/vector.js';
import { type AnyLocalOperator, LocalOperator } from './local-operator.js';
import { commonDType, resultDType, type Step, stepsOf } from './stacking.js';

/** What VStack, HStack and BlockDiag have in common: several operators, and where their parts of a flat vector begin. */
export abstract class StackOperator extends LocalOperator {
  readonly ops: readonly AnyLocalOperator[];
  override readonly complexLinear: boolean;
  protected readonly forwardSteps: readonly Step[];
  protected readonly adjointSteps: readonly Step[];

  constructor(ops: readonly AnyLocalOperator[], spec: Pick<OperatorSpec, 'dims' | 'dimsd'>) {
    super({ ...spec, ...commonDType(ops) });
    this.ops = [...ops];
    this.complexLinear = ops.every((op) => op.complexLinear);
    const { forward, adjoint } = stepsOf(ops);
    this.forwardSteps = forward;
    this.adjointSteps = adjoint;
  }
  override get zero(): boolean {
    return this.ops.every((op) => op.zero);
  }
  override rangeOf(x: Space<NDArray>): NDArraySpace {
    const y = super.rangeOf(x);
    return y.withDType(resultDType(this.forwardSteps, y.dtype, y.backend));
  }
  override domainOf(y: Space<NDArray>): NDArraySpace {
    const x = super.domainOf(y);
    return x.withDType(resultDType(this.adjointSteps, x.dtype, x.backend));
  }
}
