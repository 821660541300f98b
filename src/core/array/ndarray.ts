import type { Scalar } from '../base/complex.js';
import { textOnly } from '../base/conversion.js';
import {
  checkDType,
  complexOf,
  type DType,
  dtypeOf,
  type HostArray,
  hostArray,
  isComplex,
  lanesOf,
} from '../base/dtype.js';
import { ArgumentError, BackendError, DTypeError, ShapeError } from '../base/errors.js';
import { checkOptions } from '../base/options.js';
import { fillNormal, fillUniform, localSeed } from '../base/random.js';
import { track, untrack } from '../base/scope.js';
import { formatShape, product, type Shape, sameShape, toShape } from '../base/shape.js';
import { textOf } from '../base/text-of.js';
import type { Backend, Elements, Storage } from '../ports/backend.js';
import type { Communicator } from '../ports/communicator.js';
import { checkBackend, resolveBackend } from '../ports/defaults.js';
import type { AnyVector, Space, Vector } from '../vector/vector.js';
import {
  arangeValues,
  type HostValues,
  linspaceValues,
  type Nested,
  nestedValues,
  tabulate,
  toNested,
  typedValues,
} from './creation.js';
import { overlaps } from './elementwise.js';
import { formatArray } from './ndarray-print.js';
import { VectorMethods } from './ndarray-vector.js';

export interface ArrayOptions {
  /** Default: the dtype of the values where they have one, otherwise the backend's. */
  readonly dtype?: DType | undefined;
  /** A backend or the name of one. Default: the default backend. */
  readonly backend?: Backend | string | undefined;
}

export interface RandomOptions extends ArrayOptions {
  /**
   * The values are a function of the seed and the element's index. Default: another one at each
   * call.
   */
  readonly seed?: number | undefined;
}

/**
 * Shape, dtype and backend of an {@link NDArray}. Spaces are interned: equal ones are mostly the
 * same object.
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

  get reducedSize(): number {
    return this.size;
  }

  /** The space of these three. Throws {@link ShapeError} and DTypeError. */
  static of(shape: number | Shape, dtype: DType, backend: Backend): NDArraySpace {
    const list = toShape(shape);
    const key = `${checkDType(dtype)} ${list.join()}`;
    let known = NDArraySpace.#known.get(backend);
    if (!known) NDArraySpace.#known.set(checkBackend(backend), (known = new Map()));
    let space = known.get(key);
    if (!space) {
      if (!Number.isSafeInteger(product(list)))
        throw new ShapeError(`an array of shape ${formatShape(list)} has too many elements`);
      // identity is an economy only, so that forgetting is harmless
      if (known.size >= 4096) known.clear();
      known.set(key, (space = new NDArraySpace(Object.freeze(list), dtype, backend)));
    }
    return space;
  }

  empty(): NDArray {
    return new NDArray(this, new StorageOwner(this.backend.alloc(this.dtype, this.size)), 0);
  }
  zeros(): NDArray {
    return this.empty().fill(0);
  }
  /** Standard normal values, of this seed or of the next draw of this process. */
  random(seed = localSeed()): NDArray {
    return this.#generate((values, lanes) => fillNormal(seed, 0, values, lanes));
  }
  /**
   * Uniform values in [0, 1), complex ones in both parts, of this seed or of the next draw of this
   * process.
   */
  uniform(seed = localSeed()): NDArray {
    return this.#generate((values, lanes) => fillUniform(seed, 0, values, lanes));
  }
  #generate(fill: (values: Float32Array | Float64Array, lanes: 1 | 2) => void): NDArray {
    const values = hostArray(this.dtype, this.size);
    if (values instanceof Int32Array)
      throw new DTypeError('random numbers are no integers: ask for a float or complex dtype');
    fill(values, lanesOf(this.dtype));
    return this.upload(values);
  }
  /** A fresh array of host values (complex: pairs). */
  upload(values: HostArray): NDArray {
    const x = this.empty();
    if (x.size > 0) this.backend.upload(values, x);
    return x;
  }

  withDType(dtype: DType): NDArraySpace {
    return dtype === this.dtype ? this : NDArraySpace.of(this.shape, dtype, this.backend);
  }
  withShape(shape: Shape, dtype: DType = this.dtype): NDArraySpace {
    return Array.isArray(shape) && sameShape(shape, this.shape)
      ? this.withDType(dtype)
      : NDArraySpace.of(shape, dtype, this.backend);
  }
  flat(): NDArraySpace {
    return this.withShape([this.size]);
  }
  equals(other: Space<unknown>): boolean {
    if (other === this) return true;
    return (
      other instanceof NDArraySpace &&
      other.backend === this.backend &&
      other.dtype === this.dtype &&
      sameShape(other.shape, this.shape)
    );
  }
  sameElements(other: Space<unknown>): boolean {
    return other instanceof NDArraySpace && other.backend === this.backend && other.size === this.size;
  }
  toString(): string {
    return `NDArray ${formatShape(this.shape)} ${this.dtype} on '${this.backend.name}'`;
  }
}

/** Counts the arrays that share a storage; the last one gives it back. */
class StorageOwner {
  #users = 0;
  constructor(readonly storage: Storage) {}
  acquire(): void {
    this.#users++;
  }
  release(): void {
    if (--this.#users === 0) this.storage.backend.release(this.storage);
  }
}

/**
 * A local, C-contiguous N-dimensional array on one backend. `reshape`, `ravel` and regions that lie
 * together in memory are views of the same storage; everything else copies. `add`, `conj`, … return
 * new arrays, `addInPlace`, … change this one.
 *
 * Memory: `dispose()` or the end of a `tidy` scope gives it back to the backend when the last view
 * of it goes; an array that is dropped is left to the garbage collector. A disposed array throws
 * {@link BackendError} when used.
 */
export class NDArray extends VectorMethods implements Vector<NDArray>, Elements {
  readonly space: NDArraySpace;
  /** The first element's place in the storage. */
  readonly offset: number;
  #owner: StorageOwner | undefined;
  readonly #shares: boolean;

  /** @internal Arrays come from the static methods and from spaces. */
  constructor(space: NDArraySpace, owner: StorageOwner, offset: number, shares = true) {
    super();
    if (!(owner instanceof StorageOwner))
      throw new ArgumentError(
        'NDArray: arrays are not made with new, but by NDArray.array([[1, 2], [3, 4]]), zeros, ones, ' +
          'normal …',
      );
    this.space = space;
    this.offset = offset;
    this.#owner = owner;
    this.#shares = shares;
    if (!shares) return;
    owner.acquire();
    track(this);
  }

  // Creation
  static empty(shape: number | Shape, options?: ArrayOptions): NDArray {
    return spaceFor('empty', shape, options).empty();
  }
  static zeros(shape: number | Shape, options?: ArrayOptions): NDArray {
    return spaceFor('zeros', shape, options).zeros();
  }
  static ones(shape: number | Shape, options?: ArrayOptions): NDArray {
    return spaceFor('ones', shape, options).empty().fill(1);
  }
  /** Filled with one value; a complex one makes the default dtype complex. */
  static full(shape: number | Shape, value: Scalar, options?: ArrayOptions): NDArray {
    const { dtype, backend } = settle('full', options, isComplexValue(value));
    return NDArraySpace.of(shape, dtype, backend).empty().fill(value);
  }
  /**
   * `start, start + step, …` short of `stop`; with one number, `0 … stop − 1`. Options come last in
   * every form.
   */
  static arange(stop: number, options?: ArrayOptions): NDArray;
  static arange(start: number, stop: number, options?: ArrayOptions): NDArray;
  static arange(start: number, stop: number, step?: number, options?: ArrayOptions): NDArray;
  static arange(first: number, ...rest: readonly (number | ArrayOptions | undefined)[]): NDArray {
    const at = rest.findIndex((value) => typeof value === 'object' && value !== null);
    const { dtype, backend } = settle('arange', at < 0 ? undefined : (rest[at] as ArrayOptions));
    const [second, step = 1] = (at < 0 ? rest : rest.slice(0, at)) as (number | undefined)[];
    return fromValues(arangeValues(second === undefined ? 0 : first, second ?? first, step, dtype), backend);
  }
  /**
   * `num` values from `start` to `stop` (default 50), which is the last one unless `endpoint` is
   * false.
   */
  static linspace(
    start: Scalar,
    stop: Scalar,
    num = 50,
    options: ArrayOptions & { readonly endpoint?: boolean } = {},
  ): NDArray {
    checkOptions('NDArray.linspace', options, ['dtype', 'backend', 'endpoint']);
    const { endpoint = true, ...rest } = options;
    const { dtype, backend } = settle('linspace', rest, isComplexValue(start) || isComplexValue(stop));
    return fromValues(linspaceValues(start, stop, num, endpoint, dtype), backend);
  }
  /** `[n, m]` with ones on diagonal `k`. */
  static eye(n: number, m: number = n, k = 0, options?: ArrayOptions): NDArray {
    const { dtype, backend } = settle('eye', options);
    const shape = toShape([n, m]);
    return fromValues(
      { ...tabulate(dtype, n * m, (i) => ((i % m) - Math.floor(i / m) === k ? 1 : 0)), shape },
      backend,
    );
  }
  /**
   * From numbers, complex numbers, (nested) lists of them, or a typed array. Numbers become the
   * backend's default dtype, complex ones its complex counterpart. Throws {@link DTypeError} for
   * numbers that are no int32 where that is the dtype: `astype` truncates.
   */
  static array(data: Nested | HostArray, options?: ArrayOptions): NDArray {
    const { backend, named } = settle('array', options);
    if (!ArrayBuffer.isView(data))
      return fromValues(nestedValues(data, backend.defaultDType, named), backend);
    if (named !== undefined && !isComplex(named) && named !== dtypeOf(data)) {
      // On the host, as the backend need not hold the values' own dtype
      const converted =
        named === 'int32'
          ? tabulate(named, data.length, (i) => data[i] as number).values
          : hostArray(named, data.length);
      if (named !== 'int32') converted.set(data);
      return NDArray.fromHost(converted, undefined, { backend });
    }
    const x = NDArray.fromHost(data, undefined, { backend });
    if (named === undefined || named === x.dtype) return x;
    const y = x.astype(named);
    x.dispose();
    return y;
  }
  /**
   * From a typed array as it is: no conversion; with a complex dtype it holds pairs. The values are
   * copied.
   */
  static fromHost(values: HostArray, shape?: number | Shape, options?: ArrayOptions): NDArray {
    const { backend, named } = settle('fromHost', options);
    return fromValues(typedValues(values, shape === undefined ? undefined : toShape(shape), named), backend);
  }
  /**
   * A storage of a backend as an array, without a copy; the array owns it. Throws
   * {@link ShapeError} where `shape` does not fit.
   */
  static wrap(storage: Storage, shape?: number | Shape, offset = 0): NDArray {
    if (!isStorage(storage))
      throw new ArgumentError(`NDArray.wrap: expected the storage of a backend, received ${textOf(storage)}`);
    const space = NDArraySpace.of(shape ?? storage.length, storage.dtype, storage.backend);
    if (!(Number.isInteger(offset) && offset >= 0 && offset + space.size <= storage.length)) {
      throw new ShapeError(
        `a storage of ${storage.length} elements holds no array of shape ${formatShape(space.shape)} ` +
          `at ${offset}`,
      );
    }
    return new NDArray(space, new StorageOwner(storage), offset);
  }
  /** Standard normal values; complex ones with unit variance in both parts. */
  static normal(shape: number | Shape, options: RandomOptions = {}): NDArray {
    checkOptions('NDArray.normal', options, RANDOM_OPTIONS);
    const { seed, ...rest } = options;
    return spaceFor('normal', shape, rest).random(seed);
  }
  /** Uniform values in [0, 1). */
  static uniform(shape: number | Shape, options: RandomOptions = {}): NDArray {
    checkOptions('NDArray.uniform', options, RANDOM_OPTIONS);
    const { seed, ...rest } = options;
    return spaceFor('uniform', shape, rest).uniform(seed);
  }

  // What it is
  get storage(): Storage {
    if (!this.#owner)
      throw new BackendError(
        `this array of shape ${formatShape(this.shape)} was disposed: use keep(), return it from the ` +
          'tidy() scope, or copy it',
      );
    return this.#owner.storage;
  }
  get disposed(): boolean {
    return this.#owner === undefined;
  }
  get shape(): Shape {
    return this.space.shape;
  }
  get ndim(): number {
    return this.space.shape.length;
  }
  get dtype(): DType {
    return this.space.dtype;
  }
  get backend(): Backend {
    return this.space.backend;
  }
  get size(): number {
    return this.space.size;
  }
  get reducer(): Communicator | undefined {
    return undefined;
  }

  // Memory
  dispose(): void {
    const owner = this.#owner;
    if (!owner || !this.#shares) return;
    this.#owner = undefined;
    untrack(this);
    owner.release();
  }
  /** @internal An array of another shape on the same memory, from element `start` on. */
  view(start: number, shape: Shape): NDArray {
    void this.storage;
    return new NDArray(this.space.withShape(shape), this.#owner as StorageOwner, this.offset + start);
  }
  /** @internal A view that has no share in the memory: it lives as long as this array, and no scope disposes it. For caches with this array as their key. */
  alias(start: number, shape: Shape): NDArray {
    void this.storage;
    return new NDArray(this.space.withShape(shape), this.#owner as StorageOwner, this.offset + start, false);
  }
  zerosLike(): NDArray {
    return this.space.zeros();
  }
  emptyLike(): NDArray {
    return this.space.empty();
  }
  copy(): NDArray {
    return this.space.empty().assign(this);
  }
  /**
   * Another dtype, always a copy. Complex to real takes the real part, float to int32 truncates.
   */
  astype(dtype: DType): NDArray {
    const y = this.space.withDType(checkDType(dtype)).empty();
    if (dtype === this.dtype) return y.assign(this);
    if (this.size > 0) this.backend.cast(this, y);
    return y;
  }
  /** The array on another backend; a view where it is there already. Waits. */
  to(backend: Backend | string): NDArray {
    const target = resolveBackend(backend);
    return target === this.backend
      ? this.view(0, this.shape)
      : NDArraySpace.of(this.shape, this.dtype, target).upload(this.toHost());
  }
  /** A copy as a typed array (complex: pairs). Waits. */
  toHost(): HostArray {
    return this.size > 0 ? this.backend.download(this) : hostArray(this.dtype, 0);
  }
  /** A copy as nested lists, complex elements as `{ re, im }`. Waits. */
  toArray(): Nested {
    return toNested({ values: this.toHost(), shape: this.shape, dtype: this.dtype });
  }
  /**
   * The memory itself as a typed array (complex: pairs), where the backend keeps it in this
   * process; it is then never reused. Throws {@link BackendError}.
   */
  get data(): HostArray {
    const { storage } = this;
    if (!storage.hostView)
      throw new BackendError(
        `the memory of backend '${this.backend.name}' is not in reach: copy it with toHost()`,
      );
    return storage.hostView(this.offset, this.size);
  }

  /** True where the other array holds memory in common with this one. */
  overlaps(other: AnyVector): boolean {
    return other instanceof NDArray && overlaps(this, other);
  }
  /** A copy: the whole array is here. */
  asArray(): NDArray {
    return this.copy();
  }

  /** As NumPy prints it, shortened beyond 1000 elements. Waits. */
  override toString(): string {
    return this.disposed ? `NDArray ${formatShape(this.shape)} (disposed)` : formatArray(this);
  }
  /** Text only: arithmetic and comparison are methods. */
  [Symbol.toPrimitive](hint: string): string {
    return textOnly(
      this,
      hint,
      'an array',
      'write x.multiply(y) for x * y, x.add(y) for x + y, x.greater(y) for x > y, x.abs() for ' +
        'Math.abs(x), where(condition, x, y) for ?:, x.get(…) for one element',
    );
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.disposed
      ? this.toString()
      : `NDArray ${formatShape(this.shape)} ${this.dtype}\n${this.toString()}`;
  }
}

const RANDOM_OPTIONS = ['dtype', 'backend', 'seed'];
const isStorage = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'backend' in value && 'span' in value;
const isComplexValue = (a: Scalar): boolean => typeof a !== 'number';

/** Backend and dtype that options name; `named` is undefined where they name no dtype. */
function settle(
  owner: string,
  options: ArrayOptions | undefined,
  complex = false,
): { backend: Backend; dtype: DType; named: DType | undefined } {
  checkOptions(`NDArray.${owner}`, options, ['dtype', 'backend']);
  const backend = resolveBackend(options?.backend);
  const named = options?.dtype === undefined ? undefined : checkDType(options.dtype);
  return {
    backend,
    dtype: named ?? (complex ? complexOf(backend.defaultDType) : backend.defaultDType),
    named,
  };
}

function spaceFor(owner: string, shape: number | Shape, options: ArrayOptions | undefined): NDArraySpace {
  const { backend, dtype } = settle(owner, options);
  return NDArraySpace.of(shape, dtype, backend);
}

const fromValues = ({ values, shape, dtype }: HostValues, backend: Backend): NDArray =>
  NDArraySpace.of(shape, dtype, backend).upload(values);
