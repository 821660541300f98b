import { nestedValues } from '../../core/array/host-values.js';
import { type ArrayOptions, NDArray } from '../../core/array/ndarray.js';
import { dtypeOf, hostArray, isComplex } from '../../core/base/dtype.js';
import { ArgumentError, DTypeError, ShapeError } from '../../core/base/errors.js';
import { formatShape, type Shape } from '../../core/base/shape.js';
import { resolveBackend } from '../../core/ports/defaults.js';
import type { OperatorData } from '../device-constants.js';

/** Real numbers as doubles, with their shape. */
export interface HostNumbers {
  readonly values: Float64Array;
  readonly shape: Shape;
}

/**
 * Real parameters of an operator or a function, such as positions or axes. Waits for the device if
 * they are stored there.
 *
 * @throws {@link DTypeError} if they are complex
 * @throws {@link ShapeError} if the number of axes is not `ndim`
 */
export function hostNumbers(owner: string, name: string, data: OperatorData, ndim?: number): HostNumbers {
  const { values, shape, dtype } =
    data instanceof NDArray
      ? { values: data.toHost(), shape: data.shape, dtype: data.dtype }
      : ArrayBuffer.isView(data)
        ? { values: data, shape: [data.length], dtype: dtypeOf(data) }
        : nestedValues(data, 'float64');
  if (isComplex(dtype)) throw new DTypeError(`${owner}: expected real ${name}, received ${dtype}`);
  if (ndim !== undefined && shape.length !== ndim)
    throw new ShapeError(
      `${owner}: expected ${name} of ${ndim} ${ndim === 1 ? 'axis' : 'axes'}, received shape ` +
        `${formatShape(shape)}`,
    );
  return { values: Float64Array.from(values), shape };
}

/**
 * Finite numbers along one axis.
 *
 * @param least the smallest number of elements allowed
 */
export function finiteNumbers(owner: string, name: string, data: OperatorData, least = 0): Float64Array {
  const { values } = hostNumbers(owner, name, data, 1);
  if (!values.every(Number.isFinite))
    throw new ArgumentError(`${owner}: expected finite numbers for ${name}`);
  if (values.length < least)
    throw new ShapeError(
      `${owner}: expected ${name} of at least ${least} numbers, received ${values.length}`,
    );
  return values;
}

/**
 * `n` numbers, each from its index.
 * @throws {@link ShapeError} if there is no memory for them
 */
export function numbersOf(n: number, of: (i: number) => number): Float64Array {
  const y = hostArray('float64', n) as Float64Array;
  for (let i = 0; i < n; i++) y[i] = of(i);
  return y;
}

/**
 * Copies doubles to an array on a backend. The dtype is float64 if the backend supports it and
 * `options` does not give another one; otherwise it is the default dtype of the backend.
 */
export function doublesOn(values: Float64Array, options: ArrayOptions = {}): NDArray {
  const backend = resolveBackend(options.backend);
  const dtype = options.dtype ?? (backend.dtypes.includes('float64') ? 'float64' : backend.defaultDType);
  return NDArray.array(values, { ...options, dtype });
}
