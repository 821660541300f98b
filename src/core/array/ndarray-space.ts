import { checkDType, type DType, type HostArray, hostArray, hostView } from '../base/dtype.js';
import { ArgumentError, ShapeError } from '../base/errors.js';
import { memo, memoUpTo } from '../base/memo.js';
import { localSeed } from '../base/random.js';
import { formatShape, product, type Shape, sameShape, toShape } from '../base/shape.js';
import { textOf } from '../base/text-of.js';
import type { Backend } from '../ports/backend.js';
import { checkBackend } from '../ports/defaults.js';
import type { Space } from '../vector/vector.js';
import type { NDArray } from './ndarray.js';
import { drawInto } from './random-draw.js';

let newArray: (space: NDArraySpace) => NDArray;

/**
 * Sets the function by which spaces make arrays. ndarray.ts calls it when it is loaded, so that
 * this module need not import that one.
 */
export function setNewLocalArray(make: typeof newArray): void {
  newArray = make;
}

/**
 * Shape, dtype and backend of an {@link NDArray}. Spaces are cached: equal ones are mostly the same
 * object.
 */
export class NDArraySpace implements Space<NDArray> {
  readonly size: number;
  static readonly #known = new WeakMap<Backend, Map<string, NDArraySpace>>();

  private constructor(
    readonly shape: Shape,
    readonly dtype: DType,
    readonly backend: Backend,
  ) {
    this.size = product(shape);
  }

  /** The number of elements in norms: all. */
  get reducedSize(): number {
    return this.size;
  }

  /**
   * The space of a shape, a dtype and a backend.
   * @throws {@link ShapeError} or {@link DTypeError} if the shape or the dtype is not valid
   */
  static of(shape: number | Shape, dtype: DType, backend: Backend): NDArraySpace {
    const list = toShape(shape);
    const key = `${checkDType(dtype)} ${list.join()}`;
    const known = memo(NDArraySpace.#known, backend, () => {
      checkBackend(backend);
      return new Map<string, NDArraySpace>();
    });
    return memoUpTo(4096, known, key, () => {
      if (!Number.isSafeInteger(product(list)))
        throw new ShapeError(`an array of shape ${formatShape(list)} has too many elements`);
      return new NDArraySpace(Object.freeze(list), dtype, backend);
    });
  }

  /** A new array with unspecified elements. */
  empty(): NDArray {
    return newArray(this);
  }
  /** A new array of zeros. */
  zeros(): NDArray {
    return this.empty().fill(0);
  }
  /** Standard normal values for this seed, by default for the next local seed. */
  random(seed = localSeed()): NDArray {
    return drawInto(this.empty(), { distribution: 'normal', seed, draw: 0, parameters: [0, 1] });
  }
  /**
   * Uniform values in [0, 1) for this seed, by default for the next local seed. Both parts of
   * complex values are uniform.
   */
  uniform(seed = localSeed()): NDArray {
    return drawInto(this.empty(), { distribution: 'uniform', seed, draw: 0, parameters: [0, 1] });
  }
  /**
   * A new array whose values `fill` writes (complex: pairs): into its own memory if that is in this
   * process, otherwise into a typed array that is uploaded.
   */
  filledBy(fill: (values: HostArray) => void): NDArray {
    if (typeof fill !== 'function')
      throw new ArgumentError(`expected a function that fills values, received ${textOf(fill)}`);
    const x = this.empty();
    if (x.size === 0) return x;
    const span = x.storage.span(x.offset, x.size);
    if (span.kind === 'host') fill(hostView(this.dtype, span.buffer, span.byteOffset, x.size));
    else {
      const values = hostArray(this.dtype, this.size);
      fill(values);
      this.backend.upload(values, x);
    }
    return x;
  }
  /** A new array with host values (complex: pairs). */
  upload(values: HostArray): NDArray {
    const x = this.empty();
    if (x.size > 0) this.backend.upload(values, x);
    return x;
  }

  /** The space with the same shape and backend and with another dtype. */
  withDType(dtype: DType): NDArraySpace {
    return dtype === this.dtype ? this : NDArraySpace.of(this.shape, dtype, this.backend);
  }
  /** The space with the same shape and dtype and with another backend. */
  withBackend(backend: Backend): NDArraySpace {
    return backend === this.backend ? this : NDArraySpace.of(this.shape, this.dtype, backend);
  }
  /**
   * The space with the same backend and with another shape. The dtype stays the same unless it is
   * given.
   */
  withShape(shape: Shape, dtype: DType = this.dtype): NDArraySpace {
    return Array.isArray(shape) && sameShape(shape, this.shape)
      ? this.withDType(dtype)
      : NDArraySpace.of(shape, dtype, this.backend);
  }
  /** The space of the same elements along one axis. */
  flat(): NDArraySpace {
    return this.withShape([this.size]);
  }
  /** True for the same shape, dtype and backend. */
  equals(other: Space<unknown>): boolean {
    if (other === this) return true;
    return (
      other instanceof NDArraySpace &&
      other.backend === this.backend &&
      other.dtype === this.dtype &&
      sameShape(other.shape, this.shape)
    );
  }
  /** True for the same number of elements on the same backend. */
  sameElements(other: Space<unknown>): boolean {
    return other instanceof NDArraySpace && other.backend === this.backend && other.size === this.size;
  }
  toString(): string {
    return `NDArray ${formatShape(this.shape)} ${this.dtype} on '${this.backend.name}'`;
  }
}
