import { isZero, type Scalar } from '../base/complex.js';
import {
  bytesOf,
  checkDType,
  type DType,
  type HostArray,
  hostArray,
  INDEX_DTYPE,
  isBoolean,
  isComplex,
  isFloat,
  realOf,
} from '../base/dtype.js';
import { ArgumentError, BackendError } from '../base/errors.js';
import { checkOneOf } from '../base/options.js';
import type { Shape } from '../base/shape.js';
import {
  type Accumulation,
  type Backend,
  type BinaryOp,
  type CompressedPlaces,
  type Convolution,
  type Curves,
  DECOMPOSITIONS,
  type Decomposition,
  type Elements,
  type Extents,
  type FftPlan,
  type Fold,
  type IndexTable,
  type InnerProduct,
  type Instruction,
  type KernelName,
  type Kernels,
  type MatMul,
  type Matrices,
  type MemoryStats,
  type OrderFilter,
  type PlacesInOrder,
  type PreparedStencil,
  type Program,
  type ProgramInput,
  type ProgramRange,
  type RandomDraw,
  type ReduceKernel,
  type SearchSide,
  type SparseProduct,
  type SplineSum,
  type Stencil,
  type Storage,
  type Strided,
  type StridedElements,
  type UnaryOp,
  type VaryingConvolution,
  WRITTEN,
} from '../ports/backend.js';
import { checkDecomposition, checkSolve } from '../ports/decompositions.js';
import { resolveBackend } from '../ports/defaults.js';
import {
  binaryResult,
  checkNumeric,
  checkStorable,
  reduceResult,
  refuseDType,
  unaryResult,
} from '../ports/kernel-dtypes.js';
import {
  binaryDType,
  checkAscendingPlaces,
  checkCoefficients,
  checkCondition,
  checkHost,
  checkKth,
  checkLength,
  checkPlaces,
  checkRun,
  checkSortable,
  checkThreshold,
  disposedStorage,
  fftDType,
  foreignStorage,
  isElements,
} from '../ports/kernel-operands.js';
import {
  checkConvolution,
  checkMatMul,
  checkOrderFilter,
  checkReach,
  checkSparseProduct,
  checkSplineSum,
  checkStencil,
  checkWalk,
  fftSizes,
  sizeOf,
} from '../ports/kernel-sizes.js';
import { checkRandom } from '../ports/random-draws.js';
import { CheckedStencil } from './checked-stencil.js';
import { composeProgram, composeReduction } from './compose.js';
import { type DeviceMemory, DeviceStorage, type KernelSet } from './device-memory.js';
import { runOnHost } from './host-kernels.js';
import { checkWritable, copyStrided, denseRun, isStrided, runContiguously } from './strided-operands.js';

/** The parts of a {@link CheckedBackend}. */
export interface BackendParts<M> {
  readonly name: string;
  /** The dtypes that the device supports. */
  readonly dtypes: readonly DType[];
  readonly defaultDType: DType;
  readonly memory: DeviceMemory<M>;
  readonly kernels: KernelSet<M>;
  /**
   * The backend that runs the kernels that the device lacks. Without it, the backend 'cpu' runs
   * them.
   */
  readonly host?: Backend | undefined;
}

/** The memory of a storage, kept until the storage is garbage-collected. */
interface Dropped<M> {
  readonly memory: M;
  readonly bytes: number;
}

const SIDES: readonly SearchSide[] = ['left', 'right'];
const hasStrided = ({ index, weights }: IndexTable): boolean =>
  isStrided(index) || (weights !== undefined && isStrided(weights));
const hasStridedMatrix = ({ starts, columns, values }: SparseProduct): boolean =>
  isStrided(starts) || isStrided(columns) || isStrided(values);
const lacking = (): false => false;
const LACKING = Object.fromEntries(
  [...Object.keys(WRITTEN), 'prepareStencil'].map((kernel) => [kernel, lacking]),
);

/**
 * A backend from the memory and the kernels of a device. It checks the operands, dtypes and sizes
 * of all calls, counts memory, and runs kernels that the device lacks on the host.
 * @typeParam M the memory of one storage: a typed array, an address, a tensor
 */
export class CheckedBackend<M> implements Backend {
  readonly name: string;
  readonly dtypes: readonly DType[];
  readonly defaultDType: DType;
  /** The memory of the device, whose functions do not check their arguments. */
  protected readonly memory: DeviceMemory<M>;
  readonly #kernels: Required<KernelSet<M>>;
  #host: Backend | undefined;
  /**
   * Corrects the counts, and frees the memory, of storages that were garbage-collected before a
   * release.
   */
  readonly #dropped: FinalizationRegistry<number | Dropped<M>>;
  #allocations = 0;
  #liveBytes = 0;
  #hostFallbacks = 0;

  constructor({ name, dtypes, defaultDType, memory, kernels, host }: BackendParts<M>) {
    this.name = name;
    this.dtypes = dtypes;
    this.defaultDType = defaultDType;
    this.memory = memory;
    this.#kernels = { ...(LACKING as unknown as Required<KernelSet<M>>), ...kernels };
    this.#host = host;
    this.#dropped = new FinalizationRegistry((held) => {
      this.#liveBytes -= typeof held === 'number' ? held : held.bytes;
      if (typeof held !== 'number') memory.drop?.(held.memory);
    });
  }

  has(kernel: KernelName): boolean {
    return this.#kernels[kernel === 'stencil' ? 'prepareStencil' : kernel] !== lacking;
  }

  alloc(dtype: DType, length: number): DeviceStorage<M> {
    if (!this.dtypes.includes(dtype)) this.#refuse(dtype);
    checkLength(length);
    const { memory } = this;
    const own = memory.allocate(dtype, length);
    const bytes = memory.sizeOf?.(own) ?? length * bytesOf(dtype);
    const storage = new DeviceStorage<M>(this, memory, dtype, length, own, bytes);
    this.#allocations += 1;
    this.#liveBytes += bytes;
    this.#dropped.register(storage, memory.drop ? { memory: own, bytes } : bytes, storage);
    return storage;
  }

  #refuse(dtype: DType): never {
    checkDType(dtype);
    throw new BackendError(
      `backend '${this.name}' holds ${this.dtypes.join(', ')}, not ${dtype}: use backend 'cpu' for it`,
    );
  }

  release(storage: Storage): void {
    const own = this.#own(storage);
    if (own.released) return;
    this.#dropped.unregister(own);
    this.#liveBytes -= own.bytes;
    const memory = own.detach();
    if (!own.shared) this.memory.free(memory, own.bytes);
  }

  upload(from: HostArray, to: Elements): void {
    if (isStrided(to)) return runContiguously(this, [to] as const, 0, (run) => this.upload(from, run));
    const y = this.use(to);
    checkHost(from, y);
    if (y.size > 0) this.memory.upload(from, y);
  }

  download(from: Elements, to?: HostArray): HostArray {
    if (isStrided(from))
      return runContiguously(this, [from] as const, undefined, (run) => this.download(run, to));
    const x = this.use(from);
    if (to) checkHost(to, x);
    const host = to ?? hostArray(x.storage.dtype, x.size);
    if (x.size > 0) this.memory.download(x, host);
    return host;
  }

  synchronize(): void {
    this.memory.synchronize?.();
  }

  stats(): MemoryStats {
    return {
      allocations: this.#allocations,
      liveBytes: this.#liveBytes,
      hostFallbacks: this.#hostFallbacks,
      ...this.memory.stats(),
    };
  }

  copy(x: Elements, y: Elements): void {
    if (isStrided(x) || isStrided(y)) {
      if (!copyStrided(this, x, y)) this.#contiguously('copy', x, y);
      return;
    }
    const [from, to] = [this.use(x), this.use(y)];
    checkReach(to, from.size, from.storage.dtype);
    if (from.size === 0) return;
    if (this.#kernels.copy(from, to) === false) this.#onHost('copy', from, to);
  }

  stridedCopy(shape: Shape, x: Strided, y: Strided, mode: 'set' | 'add'): void {
    if (isStrided(x.elements) || isStrided(y.elements))
      return this.#contiguously('stridedCopy', shape, x, y, mode);
    const [from, to] = [this.use(x.elements), this.use(y.elements)];
    checkReach(to, 0, from.storage.dtype);
    if (mode === 'add') checkNumeric('stridedCopy', from.storage.dtype);
    if (sizeOf(shape) === 0) return;
    checkWalk(shape, x);
    checkWalk(shape, y);
    const [source, target] = [x as Strided<DeviceStorage<M>>, y as Strided<DeviceStorage<M>>];
    if (this.#kernels.stridedCopy(shape, source, target, mode) === false)
      this.#onHost('stridedCopy', shape, x, y, mode);
  }

  fill(y: Elements, value: Scalar): void {
    if (isStrided(y)) return this.#fillStrided(y, value);
    const to = this.use(y);
    checkStorable(value, to.storage.dtype);
    if (to.size === 0) return;
    if (this.#kernels.fill(to, value) === false) this.#onHost('fill', to, value);
  }

  cast(x: Elements, y: Elements): void {
    if (isStrided(x) || isStrided(y)) return this.#contiguously('cast', x, y);
    const [from, to] = [this.use(x), this.use(y)];
    checkReach(to, from.size);
    if (from.size === 0) return;
    if (isBoolean(to.storage.dtype) && !isBoolean(from.storage.dtype))
      return this.binary('notEqual', from, 0, { storage: to.storage, offset: to.offset, size: from.size });
    if (this.#kernels.cast(from, to) === false) this.#onHost('cast', from, to);
  }

  unary(op: UnaryOp, x: Elements, y: Elements): void {
    if (isStrided(x) || isStrided(y)) return this.#contiguously('unary', op, x, y);
    const [from, to] = [this.use(x), this.use(y)];
    checkReach(to, from.size, unaryResult(op, from.storage.dtype));
    if (from.size === 0) return;
    if (this.#kernels.unary(op, from, to) === false) this.#onHost('unary', op, from, to);
  }

  binary(op: BinaryOp, x: Elements | Scalar, y: Elements | Scalar, z: Elements): void {
    if (isStrided(x) || isStrided(y) || isStrided(z)) return this.#contiguously('binary', op, x, y, z);
    const to = this.use(z);
    const dtype = binaryDType(op, x, y, to.storage.dtype);
    checkReach(to, to.size, binaryResult(op, dtype));
    const [left, right] = [this.#operand(x, dtype, to.size), this.#operand(y, dtype, to.size)];
    if (to.size === 0) return;
    if (this.#kernels.binary(op, left, right, to) === false) this.#onHost('binary', op, left, right, to);
  }

  where(condition: Elements, x: Elements | Scalar, y: Elements | Scalar, z: Elements): void {
    if (isStrided(condition) || isStrided(x) || isStrided(y) || isStrided(z))
      return this.#contiguously('where', condition, x, y, z);
    const [test, to] = [this.use(condition), this.use(z)];
    const { dtype } = to.storage;
    checkCondition(test);
    checkReach(test, to.size);
    const [left, right] = [this.#operand(x, dtype, to.size), this.#operand(y, dtype, to.size)];
    if (to.size === 0) return;
    if (this.#kernels.where(test, left, right, to) === false) this.#onHost('where', test, left, right, to);
  }

  linearCombination(coefficients: readonly Scalar[], xs: readonly Elements[], y: Elements): void {
    for (let k = -1; k < xs.length; k++)
      if (isStrided(k < 0 ? y : (xs[k] as Elements)))
        return this.#contiguously('linearCombination', coefficients, xs, y);
    const to = this.use(y);
    const { dtype } = to.storage;
    checkNumeric('linearCombination', dtype);
    checkCoefficients(coefficients, dtype);
    let terms = 0;
    for (let k = 0; k < xs.length; k++) {
      if (isZero(coefficients[k] as Scalar)) continue;
      checkReach(this.use(xs[k] as Elements), to.size, dtype);
      terms += 1;
    }
    if (to.size === 0) return;
    if (terms === 0) return this.fill(to, 0);
    // operands with a coefficient of 0 are not read
    if (terms < xs.length) {
      const read = xs.filter((_, k) => !isZero(coefficients[k] as Scalar));
      return this.linearCombination(
        coefficients.filter((c) => !isZero(c)),
        read,
        y,
      );
    }
    const operands = xs as readonly Elements<DeviceStorage<M>>[];
    if (this.#kernels.linearCombination(coefficients, operands, to) === false)
      this.#onHost('linearCombination', coefficients, operands, to);
  }

  threshold(kind: 'soft' | 'hard' | 'half', t: number, x: Elements, y: Elements): void {
    if (isStrided(x) || isStrided(y)) return this.#contiguously('threshold', kind, t, x, y);
    const [from, to] = [this.use(x), this.use(y)];
    checkThreshold(from.storage.dtype);
    checkReach(to, from.size, from.storage.dtype);
    if (from.size === 0) return;
    if (this.#kernels.threshold(kind, t, from, to) === false) this.#onHost('threshold', kind, t, from, to);
  }

  dots(products: readonly InnerProduct[]): Float64Array {
    for (let k = 0; k < products.length; k++) {
      const { x, y } = products[k] as InnerProduct;
      if (isStrided(x) || isStrided(y)) return this.#contiguously('dots', products);
      checkReach(this.use(y), this.use(x).size, x.storage.dtype);
    }
    if (products.length === 0) return new Float64Array(0);
    const result = this.#kernels.dots(products as readonly InnerProduct<DeviceStorage<M>>[]);
    return result === false ? this.#onHost('dots', products) : result;
  }

  reduce(op: ReduceKernel, x: Elements, parameter = 0): Scalar {
    if (isStrided(x)) {
      const run = denseRun(x.strided as StridedElements, x.size);
      return run ? this.reduce(op, run, parameter) : this.#contiguously('reduce', op, x, parameter);
    }
    const from = this.use(x);
    reduceResult(op, from.storage.dtype);
    const result = this.#kernels.reduce(op, from, parameter);
    return result === false ? this.#onHost('reduce', op, from, parameter) : result;
  }

  reduceAxis(op: ReduceKernel, x: Elements, extents: Extents, y: Elements, parameter = 0): void {
    if (isStrided(x) || isStrided(y)) return this.#contiguously('reduceAxis', op, x, extents, y, parameter);
    const [from, to] = [this.use(x), this.use(y)];
    checkReach(from, sizeOf(extents));
    checkReach(to, extents[0] * extents[2], reduceResult(op, from.storage.dtype));
    if (extents[0] * extents[2] === 0) return;
    if (this.#kernels.reduceAxis(op, from, extents, to, parameter) === false)
      this.#onHost('reduceAxis', op, from, extents, to, parameter);
  }

  argExtreme(op: 'max' | 'min', x: Elements): number {
    if (isStrided(x)) return this.#contiguously('argExtreme', op, x);
    const from = this.use(x);
    if (from.size === 0) return -1;
    const result = this.#kernels.argExtreme(op, from);
    return result === false ? this.#onHost('argExtreme', op, from) : result;
  }

  argExtremeAxis(op: 'max' | 'min', x: Elements, extents: Extents, y: Elements): void {
    if (isStrided(x) || isStrided(y)) return this.#contiguously('argExtremeAxis', op, x, extents, y);
    const [from, to] = [this.use(x), this.use(y)];
    checkReach(from, sizeOf(extents));
    checkReach(to, extents[0] * extents[2]);
    checkPlaces(to, extents[1]);
    if (sizeOf(extents) === 0) return;
    if (this.#kernels.argExtremeAxis(op, from, extents, to) === false)
      this.#onHost('argExtremeAxis', op, from, extents, to);
  }

  kthSmallest(x: Elements, k: number): number {
    if (isStrided(x)) {
      const run = denseRun(x.strided as StridedElements, x.size);
      return run ? this.kthSmallest(run, k) : this.#contiguously('kthSmallest', x, k);
    }
    const from = this.use(x);
    checkNumeric('kthSmallest', from.storage.dtype);
    checkKth(from, k);
    const result = this.#kernels.kthSmallest(from, k);
    return result === false ? this.#onHost('kthSmallest', from, k) : result;
  }

  accumulate(op: Accumulation, x: Elements, extents: Extents, y: Elements): void {
    if (isStrided(x) || isStrided(y)) return this.#contiguously('accumulate', op, x, extents, y);
    const [from, to] = [this.use(x), this.use(y)];
    const size = sizeOf(extents);
    checkNumeric('accumulate', from.storage.dtype);
    checkReach(from, size);
    checkReach(to, size, from.storage.dtype);
    if (size === 0) return;
    if (this.#kernels.accumulate(op, from, extents, to) === false)
      this.#onHost('accumulate', op, from, extents, to);
  }

  sort(x: Elements, extents: Extents, y: Elements, places?: readonly number[]): void {
    if (isStrided(x) || isStrided(y)) return this.#contiguously('sort', x, extents, y, places);
    const [from, to] = [this.use(x), this.use(y)];
    const size = sizeOf(extents);
    checkSortable(from);
    checkReach(from, size);
    checkReach(to, size, from.storage.dtype);
    if (places) checkAscendingPlaces(places, extents[1]);
    if (size === 0) return;
    if (this.#kernels.sort(from, extents, to, places) === false)
      this.#onHost('sort', from, extents, to, places);
  }

  argsort(x: Elements, extents: Extents, y: Elements): void {
    if (isStrided(x) || isStrided(y)) return this.#contiguously('argsort', x, extents, y);
    const [from, to] = [this.use(x), this.use(y)];
    const size = sizeOf(extents);
    checkSortable(from);
    checkReach(from, size);
    checkReach(to, size);
    checkPlaces(to, extents[1]);
    if (size === 0) return;
    if (this.#kernels.argsort(from, extents, to) === false) this.#onHost('argsort', from, extents, to);
  }

  truePositions(x: Elements, y: Elements): void {
    if (isStrided(x) || isStrided(y)) return this.#contiguously('truePositions', x, y);
    const [from, to] = [this.use(x), this.use(y)];
    checkCondition(from);
    checkPlaces(to, from.size);
    if (to.size === 0) return;
    if (this.#kernels.truePositions(from, to) === false) this.#onHost('truePositions', from, to);
  }

  searchSorted(sorted: Elements, x: Elements, side: SearchSide, y: Elements): void {
    if (isStrided(sorted) || isStrided(x) || isStrided(y))
      return this.#contiguously('searchSorted', sorted, x, side, y);
    const [among, from, to] = [this.use(sorted), this.use(x), this.use(y)];
    const { dtype } = among.storage;
    checkOneOf('side', side, SIDES);
    if (isComplex(dtype)) refuseDType('searchSorted', dtype);
    checkReach(from, to.size, dtype);
    checkPlaces(to, among.size + 1);
    if (to.size === 0) return;
    if (this.#kernels.searchSorted(among, from, side, to) === false)
      this.#onHost('searchSorted', among, from, side, to);
  }

  countInto(x: Elements, y: Elements): void {
    if (isStrided(x) || isStrided(y)) return this.#contiguously('countInto', x, y);
    const [from, to] = [this.use(x), this.use(y)];
    checkReach(from, 0, INDEX_DTYPE);
    checkReach(to, 0, INDEX_DTYPE);
    if (from.size === 0 || to.size === 0) return;
    if (this.#kernels.countInto(from, to) === false) this.#onHost('countInto', from, to);
  }

  matmul(a: Elements, b: Elements, c: Elements, spec: MatMul): void {
    if (isStrided(a) || isStrided(b) || isStrided(c)) return this.#contiguously('matmul', a, b, c, spec);
    const [left, right, to] = [this.use(a), this.use(b), this.use(c)];
    checkNumeric('matmul', to.storage.dtype);
    if (!checkMatMul(left, right, to, spec)) return;
    if (this.#kernels.matmul(left, right, to, spec) === false) this.#onHost('matmul', left, right, to, spec);
  }

  decompose(
    kind: Decomposition,
    x: Elements,
    parts: readonly (Elements | undefined)[],
    of: Matrices,
  ): number {
    if (isStrided(x) || parts.some((y) => y && isStrided(y)))
      return this.#contiguously('decompose', kind, x, parts, of);
    checkOneOf('decomposition', kind, DECOMPOSITIONS);
    const from = this.use(x);
    const to = parts.map((y) => y && this.use(y));
    if (!checkDecomposition(kind, from, to, of)) return -1;
    const first = this.#kernels.decompose(kind, from, to, of);
    return first === false ? this.#onHost('decompose', kind, from, to, of) : first;
  }

  solveLu(factors: Elements, pivots: Elements, b: Elements, of: Matrices): void {
    if (isStrided(factors) || isStrided(pivots) || isStrided(b))
      return this.#contiguously('solveLu', factors, pivots, b, of);
    const [lu, rows, to] = [this.use(factors), this.use(pivots), this.use(b)];
    if (!checkSolve(lu, rows, to, of)) return;
    if (this.#kernels.solveLu(lu, rows, to, of) === false) this.#onHost('solveLu', lu, rows, to, of);
  }

  fft(x: Elements, y: Elements, plan: FftPlan): void {
    if (isStrided(x) || isStrided(y)) return this.#contiguously('fft', x, y, plan);
    const [from, to] = [this.use(x), this.use(y)];
    const [nx, ny] = fftSizes(plan);
    const dtype = fftDType(plan, from, to);
    checkReach(from, nx, plan.kind === 'r2c' ? realOf(dtype) : dtype);
    checkReach(to, ny, plan.kind === 'c2r' ? realOf(dtype) : dtype);
    if (ny === 0) return;
    if (this.#kernels.fft(from, to, plan) === false) this.#onHost('fft', from, to, plan);
  }

  prepareStencil(dtype: DType, stencil: Stencil): PreparedStencil {
    if (!this.dtypes.includes(dtype)) this.#refuse(dtype);
    checkNumeric('stencil', dtype);
    const size = checkStencil(dtype, stencil);
    const ghosts = stencil.bands.flatMap(({ front, back }) => [front, back]).filter((g) => g !== undefined);
    for (const ghost of ghosts) this.use(ghost);
    const own = stencil as Stencil<DeviceStorage<M>>;
    const kernel = (size > 0 && this.#kernels.prepareStencil(dtype, own)) || this.#hostStencil(dtype, own);
    const storages = ghosts.map(({ storage }) => storage as DeviceStorage<M>);
    return new CheckedStencil(this, dtype, own, size, storages, kernel);
  }

  stencil(x: Elements, y: Elements, stencil: PreparedStencil): void {
    if (isStrided(x) || isStrided(y))
      return runContiguously(this, [x, y] as const, 1, (from, to) => this.stencil(from, to, stencil));
    if (!(stencil instanceof CheckedStencil && stencil.backend === this))
      throw new BackendError(`expected a stencil that backend '${this.name}' prepared`);
    const { size, dtype } = stencil;
    const from = this.use(x);
    const to = this.use(y);
    checkReach(from, size, dtype);
    checkReach(to, size, dtype);
    stencil.checkGhosts();
    if (size > 0) stencil.kernel(from, to);
  }

  /**
   * The kernel for a device that lacks it. The host prepares the stencil for the copies of its
   * ghosts.
   */
  #hostStencil(dtype: DType, stencil: Stencil): (x: Elements, y: Elements) => void {
    return (x, y) => {
      const host = this.#fallback();
      runOnHost(host, [x, y, stencil] as const, 1, (from, to, copied) =>
        host.stencil(from, to, host.prepareStencil(dtype, copied)),
      );
    };
  }

  convolve(x: Elements, h: Elements, y: Elements, convolution: Convolution): void {
    if (isStrided(x) || isStrided(h) || isStrided(y))
      return this.#contiguously('convolve', x, h, y, convolution);
    const [from, filter, to] = [this.use(x), this.use(h), this.use(y)];
    checkNumeric('convolve', to.storage.dtype);
    if (!checkConvolution(from, filter, to, convolution)) return;
    if (this.#kernels.convolve(from, filter, to, convolution) === false)
      this.#onHost('convolve', from, filter, to, convolution);
  }

  orderFilter(x: Elements, y: Elements, filter: OrderFilter): void {
    if (isStrided(x) || isStrided(y)) return this.#contiguously('orderFilter', x, y, filter);
    const [from, to] = [this.use(x), this.use(y)];
    const { dtype } = to.storage;
    if (isComplex(dtype)) refuseDType('orderFilter', dtype);
    if (!checkOrderFilter(from, to, filter)) return;
    if (this.#kernels.orderFilter(from, to, filter) === false) this.#onHost('orderFilter', from, to, filter);
  }

  splineSum(x: Elements, coordinates: Elements, y: Elements, sum: SplineSum): void {
    if (isStrided(x) || isStrided(coordinates) || isStrided(y))
      return this.#contiguously('splineSum', x, coordinates, y, sum);
    const [from, at, to] = [this.use(x), this.use(coordinates), this.use(y)];
    const { dtype } = to.storage;
    if (!isFloat(dtype)) refuseDType('splineSum', dtype);
    if (!checkSplineSum(from, at, to, sum)) return;
    if (this.#kernels.splineSum(from, at, to, sum) === false) this.#onHost('splineSum', from, at, to, sum);
  }

  gather(x: Elements, y: Elements, table: IndexTable): void {
    if (isStrided(x) || isStrided(y) || hasStrided(table)) return this.#contiguously('gather', x, y, table);
    const [from, to] = [this.use(x), this.use(y)];
    const { outer, nx, ny, inner, width, weights } = table;
    if (weights || width > 1) checkNumeric('gather', from.storage.dtype);
    checkReach(from, sizeOf([outer, nx, inner]));
    checkReach(to, sizeOf([outer, ny, inner]), from.storage.dtype);
    if (outer * ny * inner === 0) return;
    if (this.#kernels.gather(from, to, this.#table(table, from.storage.dtype)) === false)
      this.#onHost('gather', from, to, table);
  }

  put(y: Elements, x: Elements, table: IndexTable): void {
    if (isStrided(x) || isStrided(y) || hasStrided(table)) return this.#contiguously('put', y, x, table);
    const [from, to] = [this.use(y), this.use(x)];
    const { outer, nx, ny, inner, width, weights } = table;
    if (width !== 1 || weights) throw new ArgumentError('put: expected a table of width 1 without weights');
    checkReach(to, sizeOf([outer, nx, inner]));
    checkReach(from, sizeOf([outer, ny, inner]), to.storage.dtype);
    if (outer * ny * inner === 0) return;
    if (this.#kernels.put(from, to, this.#table(table, to.storage.dtype)) === false)
      this.#onHost('put', from, to, table);
  }

  scatterAdd(y: Elements, x: Elements, table: IndexTable): void {
    if (isStrided(x) || isStrided(y) || hasStrided(table))
      return this.#contiguously('scatterAdd', y, x, table);
    const [from, to] = [this.use(y), this.use(x)];
    const { outer, nx, ny, inner } = table;
    checkNumeric('scatterAdd', to.storage.dtype);
    checkReach(to, sizeOf([outer, nx, inner]));
    checkReach(from, sizeOf([outer, ny, inner]), to.storage.dtype);
    if (outer * nx * inner === 0) return;
    if (this.#kernels.scatterAdd(from, to, this.#table(table, to.storage.dtype)) === false)
      this.#onHost('scatterAdd', from, to, table);
  }

  sparseProduct(x: Elements, y: Elements, product: SparseProduct): void {
    if (isStrided(x) || isStrided(y) || hasStridedMatrix(product))
      return this.#contiguously('sparseProduct', x, y, product);
    const [from, to] = [this.use(x), this.use(y)];
    const { starts, columns, values } = product;
    const { dtype } = to.storage;
    checkNumeric('sparseProduct', dtype);
    if (!checkSparseProduct(from, to, product)) return;
    checkReach(this.use(starts), product.ny + 1, INDEX_DTYPE);
    checkReach(this.use(columns), 0, INDEX_DTYPE);
    checkReach(this.use(values), columns.size, values.storage.dtype === dtype ? dtype : realOf(dtype));
    const checked = product as SparseProduct<DeviceStorage<M>>;
    if (this.#kernels.sparseProduct(from, to, checked) === false)
      this.#onHost('sparseProduct', from, to, product);
  }

  compressRows(rows: Elements, columns: Elements, to: CompressedPlaces): void {
    const all = [rows, columns, to.starts, to.columns, to.order, to.slots];
    if (all.some(isStrided)) return this.#contiguously('compressRows', rows, columns, to);
    const n = rows.size;
    for (const each of all) checkReach(this.use(each), each === to.starts ? 1 : n, INDEX_DTYPE);
    const places = to as CompressedPlaces<DeviceStorage<M>>;
    if (this.#kernels.compressRows(this.use(rows), this.use(columns), places) === false)
      this.#onHost('compressRows', rows, columns, to);
  }

  transposeRows(starts: Elements, columns: Elements, to: PlacesInOrder): void {
    const all = [columns, to.columns, to.order];
    if ([starts, to.starts, ...all].some(isStrided))
      return this.#contiguously('transposeRows', starts, columns, to);
    for (const each of all) checkReach(this.use(each), columns.size, INDEX_DTYPE);
    for (const each of [starts, to.starts]) checkReach(this.use(each), 1, INDEX_DTYPE);
    const places = to as PlacesInOrder<DeviceStorage<M>>;
    if (this.#kernels.transposeRows(this.use(starts), this.use(columns), places) === false)
      this.#onHost('transposeRows', starts, columns, to);
  }

  spreadCurves(image: Elements, traces: Elements, curves: Curves): void {
    if (isStrided(image) || isStrided(traces))
      return this.#contiguously('spreadCurves', image, traces, curves);
    const [from, to] = [this.use(image), this.use(traces)];
    const checked = this.#curves('spreadCurves', from, to, curves);
    if (curves.points === 0) return;
    if (this.#kernels.spreadCurves(from, to, checked) === false)
      this.#onHost('spreadCurves', from, to, curves);
  }

  sumCurves(traces: Elements, image: Elements, curves: Curves): void {
    if (isStrided(traces) || isStrided(image)) return this.#contiguously('sumCurves', traces, image, curves);
    const [from, to] = [this.use(traces), this.use(image)];
    const checked = this.#curves('sumCurves', to, from, curves);
    if (curves.points === 0) return;
    if (this.#kernels.sumCurves(from, to, checked) === false) this.#onHost('sumCurves', from, to, curves);
  }

  convolveVarying(from: Elements, bank: Elements, to: Elements, convolution: VaryingConvolution): void {
    if (isStrided(from) || isStrided(bank) || isStrided(to))
      return this.#contiguously('convolveVarying', from, bank, to, convolution);
    const [x, h, y] = [this.use(from), this.use(bank), this.use(to)];
    const { first, weights, outer, nx, ny, inner, filters, length, direction } = convolution;
    const { dtype } = x.storage;
    checkNumeric('convolveVarying', dtype);
    const [model, data] = direction === 'adjoint' ? [y, x] : [x, y];
    checkReach(model, sizeOf([outer, nx, inner]), dtype);
    checkReach(data, sizeOf([outer, ny, inner]), dtype);
    checkReach(h, sizeOf([filters, length]), dtype);
    checkReach(this.use(first), nx, INDEX_DTYPE);
    checkReach(this.use(weights), nx, realOf(dtype));
    if (outer * inner * (direction === 'adjoint' ? nx : ny) === 0) return;
    const checked = convolution as VaryingConvolution<DeviceStorage<M>>;
    if (this.#kernels.convolveVarying(x, h, y, checked) === false)
      this.#onHost('convolveVarying', x, h, y, convolution);
  }

  random(y: Elements, draw: RandomDraw): void {
    const arrays = draw.parameters.filter(isElements);
    if (isStrided(y) || arrays.some(isStrided)) return this.#contiguously('random', y, draw);
    const to = this.use(y);
    for (const p of arrays) this.use(p);
    if (!checkRandom(to, draw)) return;
    if (this.#kernels.random(to, draw as RandomDraw<DeviceStorage<M>>) === false)
      this.#onHost('random', to, draw);
  }

  program(
    program: Program,
    inputs: readonly (Elements | Scalar)[],
    outputs: readonly Elements[],
    range: ProgramRange,
  ): void {
    if (inputs.some(isStrided) || outputs.some(isStrided))
      return runContiguously(this, [inputs, outputs] as const, 1, (from, to) =>
        this.program(program, from, to, range),
      );
    const to = outputs.map((y) => this.use(y));
    const n = to[0]?.size ?? 0;
    for (const [k, position] of program.outputs.entries())
      checkReach(outputs[k] as Elements, n, (program.instructions[position] as Instruction).dtype);
    const from = this.#inputs(program, inputs, n);
    if (n === 0) return;
    if (this.#kernels.program(program, from, to, range) === false)
      composeProgram(this, program, inputs, outputs, range);
  }

  programReduce(
    fold: Fold,
    program: Program,
    inputs: readonly (Elements | Scalar)[],
    n: number,
    range: ProgramRange,
  ): Scalar {
    if (inputs.some(isStrided))
      return runContiguously(this, [inputs] as const, undefined, (from) =>
        this.programReduce(fold, program, from, n, range),
      );
    const from = this.#inputs(program, inputs, n);
    const result = this.#kernels.programReduce(fold, program, from, n, range);
    return result === false ? composeReduction(this, fold, program, inputs, n, range) : result;
  }

  #inputs(
    { inputs }: Program,
    given: readonly (Elements | Scalar)[],
    n: number,
  ): (Elements<DeviceStorage<M>> | Scalar)[] {
    return given.map((x, k) => this.#operand(x, (inputs[k] as ProgramInput).dtype, n));
  }

  /**
   * Returns a storage of this backend.
   * @throws {@link BackendError} for a storage of another backend
   */
  #own(storage: Storage): DeviceStorage<M> {
    if (storage instanceof DeviceStorage && storage.backend === this) return storage;
    throw foreignStorage(storage, this.name);
  }

  /**
   * Returns elements that were checked: they lie in a storage of this backend that was not
   * released.
   */
  protected use(elements: Elements): Elements<DeviceStorage<M>> {
    if (this.#own(elements.storage).released) throw disposedStorage();
    checkRun(elements);
    return elements as Elements<DeviceStorage<M>>;
  }

  #operand(x: Elements | Scalar, dtype: DType, n: number): Elements<DeviceStorage<M>> | Scalar {
    if (isElements(x)) checkReach(this.use(x), n, dtype);
    else checkStorable(x, dtype);
    return x as Elements<DeviceStorage<M>> | Scalar;
  }

  #table(table: IndexTable, dtype: DType): IndexTable<DeviceStorage<M>> {
    const { nx, ny, width, index, weights } = table;
    checkReach(this.use(index), sizeOf([ny, width]));
    if (weights)
      checkReach(this.use(weights), ny * width, weights.storage.dtype === dtype ? dtype : realOf(dtype));
    checkPlaces(index, nx);
    return table as IndexTable<DeviceStorage<M>>;
  }

  #curves(
    kernel: 'spreadCurves' | 'sumCurves',
    image: Elements,
    traces: Elements,
    curves: Curves,
  ): Curves<DeviceStorage<M>> {
    const { points, ns, nr, nt, srcs, recs, amplitudes } = curves;
    const { dtype } = image.storage;
    checkNumeric(kernel, dtype);
    checkReach(image, sizeOf([points]));
    checkReach(traces, sizeOf([ns, nr, nt]), dtype);
    checkReach(this.use(srcs), sizeOf([ns, points]), 'float64');
    checkReach(this.use(recs), sizeOf([nr, points]), 'float64');
    if (amplitudes) checkReach(this.use(amplitudes), sizeOf([ns, nr, points]), realOf(dtype));
    return curves as Curves<DeviceStorage<M>>;
  }

  /**
   * Calls a kernel with contiguous copies of the operands that have strides. Memory: these copies.
   */
  #contiguously<K extends KernelName>(kernel: K, ...args: Parameters<Kernels[K]>): ReturnType<Kernels[K]> {
    const run = this[kernel].bind(this) as (...operands: Parameters<Kernels[K]>) => ReturnType<Kernels[K]>;
    return runContiguously(this, args, WRITTEN[kernel], run);
  }

  /** Copies one element to all places. */
  #fillStrided(y: Elements, value: Scalar): void {
    const to = y.strided as StridedElements;
    checkWritable(to);
    const storage = this.alloc(to.elements.storage.dtype, 1);
    try {
      const cell = { storage, offset: 0, size: 1 };
      this.fill(cell, value);
      this.stridedCopy(to.shape, { elements: cell, start: 0, strides: to.shape.map(() => 0) }, to, 'set');
    } finally {
      this.release(storage);
    }
  }

  #onHost<K extends KernelName>(kernel: K, ...args: Parameters<Kernels[K]>): ReturnType<Kernels[K]> {
    const host = this.#fallback();
    // Only the kernels of LAPACK have no reference loops, so that the CPU may lack them
    if (host === this)
      throw new BackendError(
        `backend '${host.name}' has no kernel ${kernel}, which needs a LAPACK: install one (Debian: ` +
          "libopenblas-dev), then run 'npx lops setup' (in a clone: npm run setup)",
      );
    const run = host[kernel].bind(host) as (...operands: Parameters<Kernels[K]>) => ReturnType<Kernels[K]>;
    return runOnHost(host, args, WRITTEN[kernel], run);
  }

  /** The backend that runs a kernel in place of the device. Counts the call. */
  #fallback(): Backend {
    this.#hostFallbacks += 1;
    this.#host ??= resolveBackend('cpu');
    return this.#host;
  }
}
