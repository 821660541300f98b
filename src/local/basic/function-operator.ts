import type { NDArray } from '../../core/array/ndarray.js';
import type { DType } from '../../core/base/dtype.js';
import { ArgumentError } from '../../core/base/errors.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import { tidy } from '../../core/base/scope.js';
import { type Shape, toShape } from '../../core/base/shape.js';
import { type Filled, takeReturned } from '../../core/vector/returned.js';
import { LocalOperator } from '../local-operator.js';

/**
 * A linear function of an array. It either returns the result, or fills its second argument `y`. It
 * must not change `x`. Other arrays that it creates are disposed after the call. The operator
 * throws if a function of one argument returns nothing, or if the result is not an array.
 */
export type ArrayFunction = (x: NDArray, y: NDArray) => Filled<NDArray>;

/** Options of {@link FunctionOperator}. */
export interface FunctionOperatorOptions {
  /** The adjoint. Without it `rmatvec` throws. */
  readonly adjoint?: ArrayFunction;
  /** Shape of the data. @default dims */
  readonly dimsd?: number | Shape;
  /** @default 'float64' */
  readonly dtype?: DType;
}

const DEFAULTS = {
  adjoint: undefined,
  dimsd: undefined,
  dtype: 'float64',
} satisfies Defaults<FunctionOperatorOptions>;

/**
 * An operator from a function and, optionally, its adjoint: `y = f(x)`. Shapes: `dims` to `dimsd`.
 * Flat vectors are passed to the function without a change of shape. Cost and memory: those of the
 * functions.
 *
 * @example new FunctionOperator((x) => x.multiply(2), 5, { adjoint: (y) => y.multiply(2) })
 */
export class FunctionOperator extends LocalOperator {
  readonly #forward: ArrayFunction;
  readonly #adjoint: ArrayFunction | undefined;
  constructor(f: ArrayFunction, dims: number | Shape, options?: FunctionOperatorOptions) {
    const { adjoint, dimsd = dims, dtype } = withDefaults('FunctionOperator', options, DEFAULTS);
    if (typeof f !== 'function' || (adjoint !== undefined && typeof adjoint !== 'function'))
      throw new ArgumentError('FunctionOperator: expected a function, and one for adjoint if there is one');
    super({ dims: toShape(dims, 'dims'), dimsd: toShape(dimsd, 'dimsd'), dtype });
    this.#forward = f;
    this.#adjoint = adjoint;
  }
  protected override forward(x: NDArray, y: NDArray): void {
    call('FunctionOperator', this.#forward, x, y);
  }
  protected override adjoint(y: NDArray, x: NDArray): void {
    if (!this.#adjoint)
      throw new ArgumentError(
        'FunctionOperator: this operator has no adjoint: give its function in the options',
      );
    call('FunctionOperator.H', this.#adjoint, y, x);
  }
}

function call(name: string, f: ArrayFunction, x: NDArray, y: NDArray): void {
  tidy(() => {
    const returned = f(x, y);
    if (returned !== undefined || f.length < 2) takeReturned(name, returned, y);
  });
}
