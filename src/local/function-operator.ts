import type { DType } from '../core/dtype.js';
import { ArgumentError } from '../core/errors.js';
import { NDArray } from '../core/ndarray.js';
import { checkOptions } from '../core/options.js';
import { tidy } from '../core/scope.js';
import { type Shape, toShape } from '../core/shape.js';
import { LocalOperator } from './local-operator.js';

/** A linear function of an array: fills `y`, or returns what y shall be. `x` must not be changed; other arrays that it makes are disposed. */
export type ArrayFunction = ((x: NDArray, y: NDArray) => NDArray) | ((x: NDArray, y: NDArray) => void);

export interface FunctionOperatorOptions {
  /** The adjoint; without it `rmatvec` throws. */
  readonly adjoint?: ArrayFunction;
  /** Shape of the data. @default dims */
  readonly dimsd?: number | Shape;
  /** @default 'float64' */
  readonly dtype?: DType;
}

/** An operator made of a function and, if it has one, its adjoint: `y = f(x)`. Shapes: `dims` to `dimsd`, flat vectors are passed as they are. Cost and memory: what the functions take. */
export class FunctionOperator extends LocalOperator {
  readonly #forward: ArrayFunction;
  readonly #adjoint: ArrayFunction | undefined;
  constructor(f: ArrayFunction, dims: number | Shape, options: FunctionOperatorOptions = {}) {
    checkOptions('FunctionOperator', options, ['adjoint', 'dimsd', 'dtype']);
    const { adjoint, dimsd = dims, dtype = 'float64' } = options;
    if (typeof f !== 'function' || (adjoint !== undefined && typeof adjoint !== 'function'))
      throw new ArgumentError('FunctionOperator: expected a function, and one for adjoint if there is one');
    super({ dims: toShape(dims, 'dims'), dimsd: toShape(dimsd, 'dimsd'), dtype });
    this.#forward = f;
    this.#adjoint = adjoint;
  }
  protected override forward(x: NDArray, y: NDArray): void {
    call(this.#forward, x, y);
  }
  protected override adjoint(y: NDArray, x: NDArray): void {
    if (!this.#adjoint) throw new ArgumentError('FunctionOperator: this operator has no adjoint: give its function in the options');
    call(this.#adjoint, y, x);
  }
}

function call(f: ArrayFunction, x: NDArray, y: NDArray): void {
  tidy(() => {
    const result = f(x, y);
    if (result === undefined || result === y) return;
    if (!(result instanceof NDArray))
      throw new ArgumentError('FunctionOperator: expected the function to fill its second argument or to return an array');
    y.assign(result);
  });
}
