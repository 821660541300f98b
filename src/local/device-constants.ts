import { asDType } from '../core/array/casting.js';
import {
  type HostValues,
  type Nested,
  nestedValues,
  tabulate,
  typedValues,
} from '../core/array/host-values.js';
import { NDArray, NDArraySpace } from '../core/array/ndarray.js';
import {
  checkDType,
  type DType,
  type HostArray,
  hostArray,
  isComplex,
  isInteger,
  lanesOf,
  placeDType,
  promote,
} from '../core/base/dtype.js';
import { DTypeError } from '../core/base/errors.js';
import { keep } from '../core/base/scope.js';
import type { Shape } from '../core/base/shape.js';
import { toShape } from '../core/base/shape.js';
import type { Backend } from '../core/ports/backend.js';

/**
 * The forms in which operators accept a matrix, a filter or a diagonal: an array, a typed array
 * (one axis), or (nested) lists of numbers.
 */
export type OperatorData = NDArray | HostArray | Nested;

/**
 * The data of an operator. It is kept on every backend and in every dtype in which it was used. The
 * first use copies it to the backend of the array. An NDArray is not copied on its own backend: a
 * change of the array changes the operator. Only of a view with strides, the operator has a copy.
 */
export class DeviceConstants {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly size: number;
  readonly #source: NDArray | HostValues;
  readonly #arrays = new WeakMap<Backend, Map<string, NDArray>>();

  private constructor(source: NDArray | HostValues, dtype: DType) {
    this.#source = source instanceof NDArray ? keep(ownView(source)) : source;
    this.shape = source.shape;
    this.dtype = dtype;
    this.size = source.shape.reduce((a, b) => a * b, 1);
  }

  /**
   * Lists of numbers become float64, lists of complex numbers complex128, unless `dtype` is given.
   *
   * @throws {@link DTypeError} if the data is complex and `dtype` is real
   */
  static from(data: OperatorData, dtype?: DType): DeviceConstants {
    if (dtype !== undefined) checkDType(dtype);
    const source =
      data instanceof NDArray
        ? data
        : ArrayBuffer.isView(data)
          ? ownCopy(data)
          : nestedValues(data, 'float64');
    const natural = isInteger(source.dtype) ? 'float64' : source.dtype;
    const to = dtype ?? natural;
    if (isComplex(source.dtype) && !isComplex(to))
      throw new DTypeError(
        `complex data does not fit into an operator of ${to}: leave dtype out, or take the real part`,
      );
    return new DeviceConstants(source, to);
  }

  /**
   * Host values with a shape. They are kept without a copy and must not be changed afterwards.
   * Complex values are pairs.
   */
  static adopt(values: HostArray, shape: Shape, dtype?: DType): DeviceConstants {
    const source = typedValues(values, toShape(shape), dtype);
    return new DeviceConstants(source, source.dtype);
  }

  /** Values computed on the host. They are not copied. */
  static of(values: HostValues): DeviceConstants {
    typedValues(values?.values, toShape(values?.shape), values?.dtype);
    return new DeviceConstants(values, values.dtype);
  }

  /** The numbers 0 … n − 1 as the index of a gather, of shape `[n, 1]`. */
  static indices(n: number): DeviceConstants {
    toShape(n);
    const dtype = placeDType(n);
    const values = hostArray(dtype, n);
    for (let i = 0; i < n; i++) values[i] = i;
    return new DeviceConstants({ values, shape: [n, 1], dtype }, dtype);
  }

  /**
   * The data on a backend, conjugated if `conjugate` is true.
   *
   * @param dtype default: the dtype of the data
   */
  on(backend: Backend, dtype: DType = this.dtype, conjugate = false): NDArray {
    const conjugated = conjugate && isComplex(this.dtype);
    let kept = this.#arrays.get(backend);
    if (!kept) this.#arrays.set(backend, (kept = new Map()));
    const key = conjugated ? `${dtype} conj` : dtype;
    let array = kept.get(key);
    if (!array) kept.set(key, (array = keep(this.#place(backend, dtype, conjugated))));
    return array;
  }

  /** The data on the backend of x, promoted to the dtype of x. */
  with(x: NDArray, conjugate = false): NDArray {
    return this.on(x.backend, promote(this.dtype, x.dtype), conjugate);
  }

  /**
   * The values on the host, for operators that convert them to another form. Complex values are
   * pairs. Waits for the device.
   */
  toHost(): HostArray {
    if (this.#source instanceof NDArray) return this.#source.toHost();
    return this.#source.values;
  }

  #place(backend: Backend, dtype: DType, conjugated: boolean): NDArray {
    if (conjugated) {
      const copy = this.on(backend, dtype).copy();
      return copy.conjInPlace();
    }
    const source = this.#source;
    if (source instanceof NDArray) {
      if (source.backend === backend) return asDType(source, dtype);
      if (source.dtype === dtype) return source.to(backend);
      const there = source.astype(dtype);
      const here = there.to(backend);
      there.dispose();
      return here;
    }
    return NDArraySpace.of(source.shape, dtype, backend).upload(converted(source, dtype));
  }
}

/** The array as a view, or a copy if its elements do not lie one after another. */
const ownView = (x: NDArray): NDArray => (x.isContiguous ? x.view(0, x.shape) : x.copy());
const ownCopy = (values: HostArray): HostValues => ({ ...typedValues(values), values: values.slice() });

/** Host values in another dtype. Real values may become complex. */
function converted(source: HostValues, dtype: DType): HostArray {
  if (source.dtype === dtype) return source.values;
  const n = source.values.length / lanesOf(source.dtype);
  const target = hostArray(dtype, n);
  if (lanesOf(source.dtype) === lanesOf(dtype)) {
    target.set(source.values);
    return target;
  }
  return tabulate(dtype, n, (i) => source.values[i] as number).values;
}
