import type { Scalar } from '../base/complex.js';
import { textOnly } from '../base/conversion.js';
import { checkDType, type DType, type HostArray, hostArray } from '../base/dtype.js';
import { ArgumentError, BackendError, ShapeError } from '../base/errors.js';
import { track, untrack } from '../base/scope.js';
import { formatShape, type Shape, stridesOf } from '../base/shape.js';
import type { Index } from '../base/slice.js';
import { isContiguous, type Strides } from '../base/strides.js';
import { textOf } from '../base/text-of.js';
import type { Backend, Elements, InnerProduct, Storage, StridedElements } from '../ports/backend.js';
import type { Communicator } from '../ports/communicator.js';
import { resolveBackend } from '../ports/defaults.js';
import { dot, rdots, vdots } from '../vector/inner-products.js';
import {
  type AnyVector,
  checkSameMemory,
  checkVector,
  type NormOrder,
  type Space,
  type Vector,
} from '../vector/vector.js';
import { matmul } from './array-functions.js';
import {
  type ArrayOptions,
  type ArraySequence,
  arange,
  array,
  backendAndDType,
  diagonalArguments,
  type EyeOptions,
  fromHost,
  isComplexValue,
  type LinspaceOptions,
  linspace,
  type NumbersAndOptions,
  type RandomOptions,
  splitSeed,
} from './creation.js';
import { bandOfOnes } from './diagonals.js';
import {
  binary,
  binaryInPlace,
  clip,
  clipInPlace,
  type Operand,
  unary,
  unaryInPlace,
} from './elementwise.js';
import { type HostValues, type Nested, toNested } from './host-values.js';
import { NDArraySpace, setNewLocalArray } from './ndarray-space.js';
import type { NumberList } from './number-list.js';
import { formatArray } from './print.js';
import { type KeepDims, type NormOptions, norm, REDUCTIONS } from './reductions.js';
import { get, pad, roll, set, take } from './shaping.js';
import type {
  Axes,
  AxesOr,
  InitialOptions,
  MaskedOptions,
  MomentOptions,
  ReducedBy,
  ReductionOptions,
  RunningOptions,
  TotalOptions,
} from './shared-reductions.js';
import { hasStepKernels, stepsByKernels } from './steps-by-kernels.js';
import { StorageOwner } from './storage-owner.js';
import { overlaps } from './strided.js';
import {
  assign,
  axpby,
  checkFits,
  fill,
  innerProducts,
  kthSmallestAbs,
  map,
  scale,
  setAt,
} from './vector-methods.js';
import {
  broadcastTo,
  expandDims,
  flip,
  ravel,
  reshape,
  reshapedView,
  slice,
  squeeze,
  transpose,
} from './views.js';

export type { ArrayOptions, EyeOptions, LinspaceOptions, RandomOptions } from './creation.js';
export { NDArraySpace } from './ndarray-space.js';

type Result<A, O, T> = ReducedBy<A, O, NDArray, T>;

/**
 * A local N-dimensional array on one backend. Arrays are C-contiguous, except for views with
 * {@link strides}. `reshape`, `slice`, `transpose`, `flip`, `broadcastTo` and the like return
 * views, which share the memory: writing into one changes the other. All other methods copy, and
 * return C-contiguous arrays. `add`, `conj`, … return new arrays; `addInPlace`, … change this one.
 *
 * Kernels take views. Where elements do not lie one after another, most kernels copy them first.
 *
 * Memory: `dispose()`, or the end of a `tidy` scope, returns it to the backend with the last view
 * of it. Otherwise the garbage collector frees it. A disposed array throws {@link BackendError}
 * when it is used.
 */
export class NDArray implements Vector<NDArray>, Elements {
  readonly space: NDArraySpace;
  /** The index of the first element in the storage. */
  readonly offset: number;
  #owner: StorageOwner | undefined;
  readonly #shares: boolean;
  /** Undefined for a C-contiguous array. */
  readonly #strides: Strides | undefined;

  static {
    setNewLocalArray(
      (space) => new NDArray(space, new StorageOwner(space.backend.alloc(space.dtype, space.size)), 0),
    );
  }

  /** @internal Arrays are made by the static methods and by spaces. */
  constructor(space: NDArraySpace, owner: StorageOwner, offset: number, shares = true, strides?: Strides) {
    if (!(owner instanceof StorageOwner))
      throw new ArgumentError(
        'NDArray: arrays are not made with new, but by NDArray.array([[1, 2], [3, 4]]), zeros, ones, ' +
          'normal …',
      );
    this.space = space;
    this.offset = offset;
    this.#owner = owner;
    this.#shares = shares;
    this.#strides = strides;
    if (!shares) return;
    owner.acquire();
    track(this);
  }

  // Creation

  /** An array with unspecified elements. */
  static empty(shape: number | Shape, options?: ArrayOptions): NDArray {
    return spaceFor('empty', shape, options).empty();
  }
  /** An array of zeros. */
  static zeros(shape: number | Shape, options?: ArrayOptions): NDArray {
    return spaceFor('zeros', shape, options).zeros();
  }
  /** An array of ones. */
  static ones(shape: number | Shape, options?: ArrayOptions): NDArray {
    return spaceFor('ones', shape, options).empty().fill(1);
  }
  /** An array filled with one value. A complex value makes the default dtype complex. */
  static full(shape: number | Shape, value: Scalar, options?: ArrayOptions): NDArray {
    return spaceFor('full', shape, options, isComplexValue(value)).empty().fill(value);
  }
  /**
   * `start, start + step, …` below `stop`; with one number, `0 … stop − 1`. Options are the last
   * argument in every form.
   */
  static arange(stop: number, options?: ArrayOptions): NDArray;
  static arange(start: number, stop: number, options?: ArrayOptions): NDArray;
  static arange(start: number, stop: number, step?: number, options?: ArrayOptions): NDArray;
  static arange(first: number, ...rest: NumbersAndOptions<ArrayOptions>): NDArray {
    return fromSequence(arange(first, rest));
  }
  /**
   * `num` values from `start` to `stop` (default 50). `stop` is the last value unless `endpoint` is
   * false.
   */
  static linspace(start: Scalar, stop: Scalar, options?: LinspaceOptions): NDArray;
  static linspace(start: Scalar, stop: Scalar, num?: number, options?: LinspaceOptions): NDArray;
  static linspace(start: Scalar, stop: Scalar, ...rest: NumbersAndOptions<LinspaceOptions>): NDArray {
    return fromSequence(linspace(start, stop, rest));
  }
  /** A matrix `[n, m]` with ones on diagonal `k`, and zeros elsewhere. */
  static eye(n: number, options?: EyeOptions): NDArray;
  static eye(n: number, m?: number, options?: EyeOptions): NDArray;
  static eye(n: number, m?: number, k?: number, options?: EyeOptions): NDArray;
  static eye(rows: number, ...rest: NumbersAndOptions<EyeOptions>): NDArray {
    const { n, m, k, dtype, backend } = diagonalArguments('NDArray.eye', rows, rest);
    return bandOfOnes(NDArraySpace.of([n, m], dtype, backend), k, k);
  }
  /**
   * An array of numbers, complex numbers, (nested) lists of them, or a typed array. Numbers have
   * the backend's default dtype, complex ones its complex counterpart.
   * @throws {@link DTypeError} if the dtype is int32 and a number does not fit; `astype` truncates
   */
  static array(data: Nested | HostArray, options?: ArrayOptions): NDArray {
    return fromValues(array(data, options));
  }
  /**
   * An array of the values of a typed array, without conversion. With a complex dtype it holds
   * pairs. The values are copied.
   */
  static fromHost(values: HostArray, shape?: number | Shape, options?: ArrayOptions): NDArray {
    return fromValues(fromHost(values, shape, options));
  }
  /**
   * Makes an array from a storage of a backend, without a copy. The array owns the storage.
   * @throws {@link ShapeError} if `shape` does not fit
   */
  static wrap(storage: Storage, shape?: number | Shape, offset = 0): NDArray {
    return new NDArray(spaceWithin(storage, shape, offset), new StorageOwner(storage), offset);
  }
  /** Standard normal values. Both parts of complex values have unit variance. */
  static normal(shape: number | Shape, options?: RandomOptions): NDArray {
    const { seed, rest } = splitSeed('NDArray.normal', options);
    return spaceFor('normal', shape, rest).random(seed);
  }
  /** Uniform values in [0, 1). */
  static uniform(shape: number | Shape, options?: RandomOptions): NDArray {
    const { seed, rest } = splitSeed('NDArray.uniform', options);
    return spaceFor('uniform', shape, rest).uniform(seed);
  }

  // Properties

  /**
   * The memory of a C-contiguous array: its elements lie one after another from `offset` on.
   * @throws {@link BackendError} if the array was disposed
   * @throws {@link ArgumentError} if the array is a view with strides
   */
  get storage(): Storage {
    const { memory } = this;
    if (this.#strides)
      throw new ArgumentError(
        `this view of shape ${formatShape(this.shape)} has strides [${this.#strides.join(', ')}], so its ` +
          'elements do not lie one after another in memory: take contiguous() or copy()',
      );
    return memory;
  }
  /**
   * @internal The memory, also of a view with strides, whose elements lie between others.
   * @throws {@link BackendError} if the array was disposed
   */
  get memory(): Storage {
    if (!this.#owner)
      throw new BackendError(
        `this array of shape ${formatShape(this.shape)} was disposed: use keep(), return it from the ` +
          'tidy() scope, or copy it',
      );
    return this.#owner.storage;
  }
  /** @internal The places of the elements, if they do not lie one after another in C order. */
  get strided(): StridedElements | undefined {
    const strides = this.#strides;
    if (strides === undefined) return undefined;
    const { memory } = this;
    const elements = { storage: memory, offset: 0, size: memory.length };
    return { elements, start: this.offset, strides, shape: this.shape };
  }
  /**
   * The distances in memory between neighbours along each axis, in elements; in NumPy they are in
   * bytes.
   */
  get strides(): Strides {
    return this.#strides ?? stridesOf(this.shape);
  }
  /** Whether the elements lie one after another in C order. */
  get isContiguous(): boolean {
    return this.#strides === undefined;
  }
  /** True after `dispose()`, and after the end of the array's `tidy` scope. */
  get disposed(): boolean {
    return this.#owner === undefined;
  }
  /** The lengths of the axes. */
  get shape(): Shape {
    return this.space.shape;
  }
  /** The number of axes. */
  get ndim(): number {
    return this.space.shape.length;
  }
  /** The type of the elements. */
  get dtype(): DType {
    return this.space.dtype;
  }
  /** The backend that holds the memory and computes. */
  get backend(): Backend {
    return this.space.backend;
  }
  /** The number of elements. */
  get size(): number {
    return this.space.size;
  }

  // Memory

  /** Releases this array's share of the memory. The array must not be used again. */
  dispose(): void {
    const owner = this.#owner;
    if (!owner || !this.#shares) return;
    this.#owner = undefined;
    untrack(this);
    owner.release();
  }
  /**
   * @internal An array of another shape on the same memory, from element `start` on. Of a
   *   C-contiguous array only, unless strides are given.
   */
  view(start: number, shape: Shape, strides?: Strides): NDArray {
    return this.#on(start, shape, strides, true);
  }
  /**
   * @internal A view without shared ownership of the memory. It must not be used after this array
   *   is disposed, and no scope disposes it. For caches with this array as their key.
   */
  alias(start: number, shape: Shape, strides?: Strides): NDArray {
    return this.#on(start, shape, strides, false);
  }
  #on(start: number, shape: Shape, strides: Strides | undefined, shares: boolean): NDArray {
    // of an array with strides, `storage` throws
    void (strides ? this.memory : this.storage);
    const steps = strides && !isContiguous(shape, strides) ? strides : undefined;
    const space = this.space.withShape(shape);
    // where nothing is, positions may lie behind the end of the storage
    const offset = space.size > 0 ? this.offset + start : this.offset;
    return new NDArray(space, this.#owner as StorageOwner, offset, shares, steps);
  }
  /** An array of zeros with the same space. */
  zerosLike(): NDArray {
    return this.space.zeros();
  }
  /** An array of the same space with unspecified elements. */
  emptyLike(): NDArray {
    return this.space.empty();
  }
  /** A C-contiguous copy in new memory. */
  copy(): NDArray {
    return this.space.empty().assign(this);
  }
  /** This array if it is C-contiguous, otherwise a copy that is. */
  contiguous(): NDArray {
    return this.#strides ? this.copy() : this;
  }
  /** A copy with another dtype. Complex to real takes the real part, float to int32 truncates. */
  astype(dtype: DType): NDArray {
    const y = this.space.withDType(checkDType(dtype)).empty();
    if (dtype === this.dtype) return y.assign(this);
    if (this.size > 0) this.backend.cast(this, y);
    return y;
  }
  /** The array on another backend. If it is there already, the result is a view. Waits. */
  to(backend: Backend | string): NDArray {
    const target = resolveBackend(backend);
    return target === this.backend
      ? this.view(0, this.shape, this.#strides)
      : NDArraySpace.of(this.shape, this.dtype, target).upload(this.toHost());
  }
  /** A copy as a typed array (complex: pairs). Waits. */
  toHost(): HostArray {
    return this.size > 0 ? this.backend.download(this) : hostArray(this.dtype, 0);
  }
  /** A copy as nested lists. Complex elements become `{ re, im }`. Waits. */
  toArray(): Nested {
    return toNested({ values: this.toHost(), shape: this.shape, dtype: this.dtype });
  }
  /**
   * The memory itself as a typed array (complex: pairs), if the backend keeps it in this process.
   * The memory is then never reused.
   * @throws {@link BackendError} if the memory is on a device
   * @throws {@link ArgumentError} if this is a view with strides: {@link toHost} copies it
   */
  get data(): HostArray {
    const view = this.storage.hostView(this.offset, this.size);
    if (!view)
      throw new BackendError(
        `the memory of backend '${this.backend.name}' is not in reach: copy it with toHost()`,
      );
    return view;
  }

  // Elementwise arithmetic and functions. Two arrays broadcast, and their dtypes are promoted. A
  // complex scalar makes the result complex. A fraction makes int32 and bool the backend's default
  // float. Division, and functions whose values are not integers, do the same.

  /** `x + y` */
  add(other: Operand): NDArray {
    return binary('add', this, other);
  }
  /** `x − y` */
  subtract(other: Operand): NDArray {
    return binary('subtract', this, other);
  }
  /** `x·y`, element by element. */
  multiply(other: Operand): NDArray {
    return binary('multiply', this, other);
  }
  /** `x / y`. The result for int32 and bool has the backend's default float dtype. */
  divide(other: Operand): NDArray {
    return binary('divide', this, other);
  }
  /** `xʸ`. int32 stays int32 only if y is a non-negative integer scalar. */
  power(other: Operand): NDArray {
    return binary('power', this, other);
  }
  /** The larger of two values; NaN if one is NaN. Real data only. */
  maximum(other: Operand): NDArray {
    return binary('maximum', this, other);
  }
  /** The smaller of two values; NaN if one is NaN. Real data only. */
  minimum(other: Operand): NDArray {
    return binary('minimum', this, other);
  }
  /** The angle of the point (other, this), in radians. Real data only. */
  arctan2(other: Operand): NDArray {
    return binary('arctan2', this, other);
  }
  /** `x = y`, as bool. */
  equal(other: Operand): NDArray {
    return binary('equal', this, other);
  }
  /** `x ≠ y`, as bool. */
  notEqual(other: Operand): NDArray {
    return binary('notEqual', this, other);
  }
  /** `x < y`, as bool. Real data only. */
  less(other: Operand): NDArray {
    return binary('less', this, other);
  }
  /** `x ≤ y`, as bool. Real data only. */
  lessEqual(other: Operand): NDArray {
    return binary('lessEqual', this, other);
  }
  /** `x > y`, as bool. Real data only. */
  greater(other: Operand): NDArray {
    return binary('greater', this, other);
  }
  /** `x ≥ y`, as bool. Real data only. */
  greaterEqual(other: Operand): NDArray {
    return binary('greaterEqual', this, other);
  }
  /** `−x` */
  negative(): NDArray {
    return unary('negative', this);
  }
  /** `|x|`, with the real dtype. */
  abs(): NDArray {
    return unary('abs', this);
  }
  /** The complex conjugate; a copy for real data. */
  conj(): NDArray {
    return unary('conj', this);
  }
  /** A copy of the real part, with the real dtype. */
  real(): NDArray {
    return unary('real', this);
  }
  /** The imaginary part, with the real dtype; zeros for real data. */
  imag(): NDArray {
    return unary('imag', this);
  }
  /** `eˣ` */
  exp(): NDArray {
    return unary('exp', this);
  }
  /** The natural logarithm. */
  log(): NDArray {
    return unary('log', this);
  }
  /** The square root. */
  sqrt(): NDArray {
    return unary('sqrt', this);
  }
  /** `x²` */
  square(): NDArray {
    return unary('square', this);
  }
  /** `1/x` */
  reciprocal(): NDArray {
    return unary('reciprocal', this);
  }
  /** −1, 0 or 1; for complex data `x/|x|`, and 0 at 0. */
  sign(): NDArray {
    return unary('sign', this);
  }
  /** The sine of an angle in radians. */
  sin(): NDArray {
    return unary('sin', this);
  }
  /** The cosine of an angle in radians. */
  cos(): NDArray {
    return unary('cos', this);
  }
  /** The tangent of an angle in radians. */
  tan(): NDArray {
    return unary('tan', this);
  }
  /** The angle in radians whose tangent is the element. */
  arctan(): NDArray {
    return unary('arctan', this);
  }
  /** The hyperbolic tangent. */
  tanh(): NDArray {
    return unary('tanh', this);
  }
  /** The largest integer that is not above the element. Real data only. */
  floor(): NDArray {
    return unary('floor', this);
  }
  /** The smallest integer that is not below the element. Real data only. */
  ceil(): NDArray {
    return unary('ceil', this);
  }
  /** The nearest integer; halves are rounded to the even one. Real data only. */
  rint(): NDArray {
    return unary('rint', this);
  }
  /** 1 if the element is NaN (in either part), otherwise 0. */
  isnan(): NDArray {
    return unary('isnan', this);
  }
  /** 1 if the element is neither NaN nor infinite, otherwise 0. */
  isfinite(): NDArray {
    return unary('isfinite', this);
  }
  /** `min(max(x, low), high)`; null means no bound. Real data only. */
  clip(low: Operand | null, high: Operand | null): NDArray {
    return clip(this, low, high);
  }

  // In place. A method throws if it would change the shape or the dtype of this array.

  /** `this ← this + other` */
  addInPlace(other: Operand): this {
    return binaryInPlace('add', this, other);
  }
  /** `this ← this − other` */
  subtractInPlace(other: Operand): this {
    return binaryInPlace('subtract', this, other);
  }
  /** `this ← this·other` */
  multiplyInPlace(other: Operand): this {
    return binaryInPlace('multiply', this, other);
  }
  /** `this ← this / other` */
  divideInPlace(other: Operand): this {
    return binaryInPlace('divide', this, other);
  }
  /** `this ← this^other` */
  powerInPlace(other: Operand): this {
    return binaryInPlace('power', this, other);
  }
  /** `this ← max(this, other)`; NaN if one is NaN. */
  maximumInPlace(other: Operand): this {
    return binaryInPlace('maximum', this, other);
  }
  /** `this ← min(this, other)`; NaN if one is NaN. */
  minimumInPlace(other: Operand): this {
    return binaryInPlace('minimum', this, other);
  }
  /** `this ← min(max(this, low), high)`; null means no bound. */
  clipInPlace(low: Operand | null, high: Operand | null): this {
    return clipInPlace(this, low, high);
  }
  /** `this ← conj(this)` */
  conjInPlace(): this {
    return unaryInPlace('conj', this);
  }

  // Reductions. Their arguments are axes and options, or options alone: `x.sum({ axis: 0 })` is
  // `x.sum(0)`. Without axes they reduce all elements to a scalar, otherwise they return an array.

  /** The sum. Over axes that of int32 and bool is exact: int32 if all fit, otherwise float64. */
  sum<const A extends AxesOr<TotalOptions> = undefined, const O extends TotalOptions = TotalOptions>(
    axis?: A,
    options?: O,
  ): Result<A, O, Scalar> {
    return REDUCTIONS.sum(this, axis, options) as Result<A, O, Scalar>;
  }
  /** The product. Integers as those of `sum`. */
  prod<const A extends AxesOr<TotalOptions> = undefined, const O extends TotalOptions = TotalOptions>(
    axis?: A,
    options?: O,
  ): Result<A, O, Scalar> {
    return REDUCTIONS.prod(this, axis, options) as Result<A, O, Scalar>;
  }
  /** The largest value; NaN if one element is NaN. Real data only, and not for an empty array. */
  max<const A extends AxesOr<InitialOptions> = undefined, const O extends InitialOptions = InitialOptions>(
    axis?: A,
    options?: O,
  ): Result<A, O, number> {
    return REDUCTIONS.max(this, axis, options) as Result<A, O, number>;
  }
  /** The smallest value; NaN if one element is NaN. Real data only, and not for an empty array. */
  min<const A extends AxesOr<InitialOptions> = undefined, const O extends InitialOptions = InitialOptions>(
    axis?: A,
    options?: O,
  ): Result<A, O, number> {
    return REDUCTIONS.min(this, axis, options) as Result<A, O, number>;
  }
  /** The mean. For int32 and bool it has the backend's default float dtype. */
  mean<const A extends AxesOr<MaskedOptions> = undefined, const O extends MaskedOptions = MaskedOptions>(
    axis?: A,
    options?: O,
  ): Result<A, O, Scalar> {
    return REDUCTIONS.mean(this, axis, options) as Result<A, O, Scalar>;
  }
  /** `Σ |x − mean|² / (n − ddof)` */
  var<const A extends AxesOr<MomentOptions> = undefined, const O extends MomentOptions = MomentOptions>(
    axis?: A,
    options?: O,
  ): Result<A, O, number> {
    return REDUCTIONS.var(this, axis, options) as Result<A, O, number>;
  }
  /** The square root of `var`, without overflow of squares. */
  std<const A extends AxesOr<MomentOptions> = undefined, const O extends MomentOptions = MomentOptions>(
    axis?: A,
    options?: O,
  ): Result<A, O, number> {
    return REDUCTIONS.std(this, axis, options) as Result<A, O, number>;
  }
  /** True if any element is nonzero. */
  any<const A extends AxesOr<MaskedOptions> = undefined, const O extends MaskedOptions = MaskedOptions>(
    axis?: A,
    options?: O,
  ): Result<A, O, boolean> {
    return REDUCTIONS.any(this, axis, options) as Result<A, O, boolean>;
  }
  /** True if all elements are nonzero. */
  all<const A extends AxesOr<MaskedOptions> = undefined, const O extends MaskedOptions = MaskedOptions>(
    axis?: A,
    options?: O,
  ): Result<A, O, boolean> {
    return REDUCTIONS.all(this, axis, options) as Result<A, O, boolean>;
  }
  /** The first position of the largest value, in the flattened array or along one axis, int32. */
  argmax<
    const A extends AxesOr<ReductionOptions> = undefined,
    const O extends ReductionOptions = ReductionOptions,
  >(axis?: A, options?: O): Result<A, O, number> {
    return REDUCTIONS.argmax(this, axis, options) as Result<A, O, number>;
  }
  /** The first position of the smallest value, in the flattened array or along one axis, int32. */
  argmin<
    const A extends AxesOr<ReductionOptions> = undefined,
    const O extends ReductionOptions = ReductionOptions,
  >(axis?: A, options?: O): Result<A, O, number> {
    return REDUCTIONS.argmin(this, axis, options) as Result<A, O, number>;
  }
  /** Running sums along an axis, or of the flattened array. Integers as in `sum`. */
  cumsum(axis?: number | null | RunningOptions, options?: RunningOptions): NDArray {
    return REDUCTIONS.cumsum(this, axis, options);
  }
  /** Running products along an axis, or of the flattened array. */
  cumprod(axis?: number | null | RunningOptions, options?: RunningOptions): NDArray {
    return REDUCTIONS.cumprod(this, axis, options);
  }
  /**
   * `(Σ |x|^order)^(1/order)`. Order 0 counts nonzeros, ±Infinity are the extremes of |x|. Several
   * axes are taken as one long vector.
   */
  norm(order?: NormOrder): number;
  norm(order: NormOrder | undefined, axis: Axes, options?: NormOptions): NDArray;
  norm(order: NormOrder | undefined, axis: undefined, options: KeepDims): NDArray;
  norm(order: NormOrder = 2, axis?: Axes, options?: NormOptions): NDArray | number {
    return norm(this, order, axis, options);
  }

  // Products

  /** `Σ x·y`, without conjugation. Both arrays have the same shape. */
  dot(y: NDArray): Scalar {
    return dot<NDArray>(this, y);
  }
  /** `Σ conj(x)·y` */
  vdot(y: NDArray): Scalar {
    return vdots([this, y])[0] as Scalar;
  }
  /** `Re Σ conj(x)·y` */
  rdot(y: NDArray): number {
    return rdots([this, y])[0] as number;
  }
  /** The matrix product, as np.matmul. Leading axes broadcast. */
  matmul(other: NDArray): NDArray {
    return matmul(this, other);
  }

  // Shapes, regions and rearrangements

  /**
   * The same elements in another shape. One size may be −1: it is computed from the others. A view
   * where strides reach the elements in C order, which they do for C-contiguous arrays; otherwise a
   * copy.
   * @throws {@link ShapeError} if sizes differ
   */
  reshape(shape: number | Shape): NDArray {
    return reshape(this, shape);
  }
  /** All elements along one axis, in C order. A view or a copy, as of {@link reshape}. */
  ravel(): NDArray {
    return ravel(this);
  }
  /** A new axis of length 1 before position `axis`. A view. */
  expandDims(axis: number): NDArray {
    return expandDims(this, axis);
  }
  /** Removes the axes of length 1, or only the named ones, which must be of length 1. A view. */
  squeeze(axes?: number | readonly number[]): NDArray {
    return squeeze(this, axes);
  }
  /**
   * A view with the axes in another order, reversed by default.
   * @throws {@link ShapeError} unless `axes` names each axis once
   */
  transpose(axes?: readonly number[]): NDArray {
    return transpose(this, axes);
  }
  /**
   * A region, as `x[i, a:b:c, :]` in NumPy. An index is an integer (which removes the axis), a
   * range `[start, end, step]`, or null for the whole axis. The last axes may be left out. A view.
   */
  slice(...indices: readonly Index[]): NDArray {
    return slice(this, indices);
  }
  /** One element. Waits for the backend. */
  get(...indices: readonly number[]): Scalar {
    return get(this, indices);
  }
  /**
   * Writes a scalar, or an array that broadcasts, to a region. Indices are those of `slice`.
   * @throws {@link DTypeError} if the dtype of the values does not fit
   */
  set(indices: Index | readonly Index[], value: Operand): this {
    return set(this, indices, value);
  }
  /** A view that is broadcast to `shape`. It cannot be written where axes are stretched. */
  broadcastTo(shape: number | Shape): NDArray {
    return broadcastTo(this, shape);
  }
  /** A view that is reversed along the given axes, by default along all. */
  flip(axes?: number | readonly number[]): NDArray {
    return flip(this, axes);
  }
  /**
   * A copy that is shifted cyclically by `shift` positions along an axis. Without an axis, the
   * flattened array is shifted.
   */
  roll(shift: number, axis?: number): NDArray {
    return roll(this, shift, axis);
  }
  /** A copy with `[before, after]` constant cells added along each axis. */
  pad(widths: readonly (readonly [before: number, after: number])[], value: Scalar = 0): NDArray {
    return pad(this, widths, value);
  }
  /**
   * The elements at `positions` along an axis, in the order of `positions`. Without an axis, those
   * of the flattened array. Negative positions count from the end.
   */
  take(positions: NumberList, axis?: number): NDArray {
    return take(this, positions, axis);
  }

  // The interface of vectors for solvers. Nothing here broadcasts.

  /**
   * `this ← x`, for x of the same shape.
   * @throws {@link DTypeError} if the dtype of x does not fit
   */
  assign(x: NDArray): this {
    return assign(this, x);
  }
  /** `this ← value` */
  fill(value: Scalar): this {
    return fill(this, value);
  }
  /** `this ← a·x + b·this`. If b is 0, the old values are not read. */
  axpby(a: Scalar, x: NDArray, b: Scalar): this {
    return axpby(this, a, x, b);
  }
  /** `this ← a·this` */
  scale(a: Scalar): this {
    return scale(this, a);
  }
  /** Sets one element by its flat index (C order). */
  setAt(index: number, value: Scalar): this {
    return setAt(this, index, value);
  }
  /**
   * @internal Returns the scalar for this dtype.
   * @throws {@link DTypeError} if the conversion would lose information
   */
  checkFits(a: Scalar): Scalar {
    return checkFits(this, a);
  }
  /**
   * Calls `kernel` with the elements of this array and those of `target` (by default this array).
   */
  map(kernel: (x: Elements, y: Elements) => void, target: NDArray = this): NDArray {
    return map(this, kernel, target);
  }
  /** The k-th smallest modulus; k counts from 0. */
  kthSmallestAbs(k: number): number {
    return kthSmallestAbs(this, k);
  }
  /** Appends the runs whose inner product is that of the arrays: one, or none for empty arrays. */
  innerProducts(y: NDArray, conjugate: boolean, into: InnerProduct[]): void {
    innerProducts(this, y, conjugate, into);
  }
  /**
   * A view of the same elements in another shape.
   * @throws {@link ShapeError} for another size, dtype or backend
   * @throws {@link ArgumentError} if strides do not reach the elements in this shape
   */
  viewIn(space: Space<NDArray>): NDArray {
    checkSameMemory(this.space, space);
    return reshapedView(this, space.shape);
  }
  /**
   * As `viewIn`. The result must not be used after this array is disposed, and no scope disposes
   * it.
   */
  aliasIn(space: Space<NDArray>): NDArray {
    checkSameMemory(this.space, space);
    return reshapedView(this, space.shape, false);
  }
  /** `target ← this`, for a target of another shape. */
  redistributeInto(target: NDArray): void {
    checkVector('redistributeInto', 'target', target);
    checkSameMemory(this.space, target.space);
    const moved = reshape(this, target.shape);
    target.assign(moved);
    moved.dispose();
  }
  /** Undefined, because inner products are complete on one rank. */
  get reducer(): Communicator | undefined {
    return undefined;
  }
  /** True if the other array shares memory with this one. */
  overlaps(other: AnyVector): boolean {
    return other instanceof NDArray && overlaps(this, other);
  }
  /** A copy, because the whole array is on this rank. */
  asArray(): NDArray {
    return this.copy();
  }

  // Lists and text

  /**
   * The members of the first axis, as those of `toArray()`: of a vector its elements, which are
   * copied first; of more axes arrays, which are views.
   * @throws {@link ShapeError} for an array without axes
   */
  [Symbol.iterator](): Iterator<NDArray | Scalar | boolean> {
    const [n] = this.shape;
    if (n === undefined)
      throw new ShapeError('an array without axes is not iterated: get() returns its element');
    return (this.ndim === 1 ? (this.toArray() as (Scalar | boolean)[]) : this.#rows(n))[Symbol.iterator]();
  }
  *#rows(n: number): Generator<NDArray> {
    for (let i = 0; i < n; i++) yield this.slice(i);
  }
  /**
   * The lists of `toArray()`, for JSON.stringify, which writes NaN and infinities as null. Waits.
   */
  toJSON(): Nested {
    return this.toArray();
  }
  /** The text that NumPy prints, shortened beyond 1000 elements. Waits. */
  toString(): string {
    return this.disposed ? `NDArray ${formatShape(this.shape)} (disposed)` : formatArray(this);
  }
  /** Converts to text only. Arithmetic and comparison have methods. */
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

/** The space of an array of `shape` in a storage from `offset` on. */
function spaceWithin(storage: Storage, shape: number | Shape | undefined, offset: number): NDArraySpace {
  if (typeof storage !== 'object' || storage === null || !('backend' in storage && 'span' in storage))
    throw new ArgumentError(`NDArray.wrap: expected the storage of a backend, received ${textOf(storage)}`);
  const space = NDArraySpace.of(shape ?? storage.length, storage.dtype, storage.backend);
  if (!(Number.isInteger(offset) && offset >= 0 && offset + space.size <= storage.length)) {
    throw new ShapeError(
      `a storage of ${storage.length} elements holds no array of shape ${formatShape(space.shape)} ` +
        `at ${textOf(offset)}`,
    );
  }
  return space;
}

function spaceFor(
  owner: string,
  shape: number | Shape,
  options: ArrayOptions | undefined,
  complex = false,
): NDArraySpace {
  const { backend, dtype } = backendAndDType(`NDArray.${owner}`, options, complex);
  return NDArraySpace.of(shape, dtype, backend);
}

function fromSequence({ length, dtype, fill, steps, backend }: ArraySequence): NDArray {
  const space = NDArraySpace.of([length], dtype, backend);
  if (!steps || !hasStepKernels(space)) return space.filledBy(fill);
  const x = stepsByKernels(space, steps.first, steps.step);
  return steps.last === undefined ? x : x.setAt(length - 1, steps.last);
}

const fromValues = ({ values, shape, dtype, backend }: HostValues & { readonly backend: Backend }): NDArray =>
  NDArraySpace.of(shape, dtype, backend).upload(values);
