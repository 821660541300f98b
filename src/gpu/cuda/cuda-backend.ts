import { isZero, type Scalar, scalarOf } from '../../core/base/complex.js';
import {
  bytesOf,
  checkDType,
  DTYPES,
  type DType,
  type HostArray,
  hostArray,
  isComplex,
} from '../../core/base/dtype.js';
import { ArgumentError, BackendError } from '../../core/base/errors.js';
import { checkOptions } from '../../core/base/options.js';
import { around, type Shape } from '../../core/base/shape.js';
import { textOf } from '../../core/base/text-of.js';
import type {
  AxisBand,
  Backend,
  BinaryOp,
  Convolution,
  Elements,
  Extents,
  FftPlan,
  Fold,
  IndexTable,
  InnerProduct,
  MatMul,
  MemoryStats,
  Program,
  ProgramRange,
  ReduceKernel,
  Stencil,
  Storage,
  Strided,
  UnaryOp,
} from '../../core/ports/backend.js';
import type { Communicator } from '../../core/ports/communicator.js';
import { binaryResult, checkStorable, reduceResult, unaryResult } from '../../core/ports/kernel-dtypes.js';
import {
  binaryDType,
  checkCoefficients,
  checkHost,
  checkIndices,
  checkKth,
  checkLength,
  checkRun,
  checkThreshold,
  disposedStorage,
  fftDType,
  foreignStorage,
  isElements,
} from '../../core/ports/kernel-operands.js';
import { cudaAddon } from './cuda-addon.js';
import type {
  CudaCounters,
  CudaDeviceInfo,
  CudaKernel,
  CudaPoolStats,
  DeviceAddress,
} from './cuda-addon-interface.js';
import { CudaEngine, elementAt } from './cuda-engine.js';
import { CudaStorage } from './cuda-storage.js';
import { FftKernels } from './fft-kernels.js';
import { MOST_ARGUMENTS } from './kernel-arguments.js';
import { NcclPort } from './nccl-port.js';
import {
  type DeviceIndexTable,
  ProductKernels,
  type TransposedTable,
  transposedTable,
} from './product-kernels.js';
import { ProgramKernels } from './program-kernels.js';
import type { KernelNumber } from './raw-kernel.js';
import { ReductionKernels } from './reduction-kernels.js';
import { type DeviceBand, StencilKernels } from './stencil-kernels.js';
import { VectorKernels } from './vector-kernels.js';

export interface CudaBackendOptions {
  /** The number of the device. Default 0. */
  readonly device?: number;
  /** Most bytes of device memory to take. Default no limit but the device's. */
  readonly memoryLimit?: number;
  /** Where compiled kernels are kept; '' for nowhere, which is the default. */
  readonly cacheFolder?: string;
  /** Default 'cuda'. */
  readonly name?: string;
}

/**
 * Arrays in the memory of an NVIDIA device. Kernels are queued on one stream: only downloads and
 * scalars wait. Throws {@link BackendError} where there is no CUDA.
 */
export class CudaBackend implements Backend {
  readonly name: string;
  readonly dtypes: readonly DType[] = DTYPES;
  readonly defaultDType: DType = 'float64';
  readonly #engine: CudaEngine;
  readonly #vectors: VectorKernels;
  readonly #reductions: ReductionKernels;
  readonly #stencils: StencilKernels;
  readonly #products: ProductKernels;
  readonly #ffts: FftKernels;
  readonly #programs: ProgramKernels;
  /** Tables by columns, which scatterAdd needs, of index storages as they were at a version. */
  readonly #columns = new WeakMap<
    CudaStorage,
    Map<string, { readonly version: number; readonly table: TransposedTable }>
  >();
  #allocations = 0;

  constructor(options: CudaBackendOptions = {}) {
    checkOptions('CudaBackend', options, ['device', 'memoryLimit', 'cacheFolder', 'name']);
    const {
      device: ordinal = 0,
      memoryLimit = Number.POSITIVE_INFINITY,
      cacheFolder = '',
      name = 'cuda',
    } = options;
    if (!(memoryLimit > 0))
      throw new ArgumentError(
        `expected memoryLimit to be a number of bytes, received ${textOf(memoryLimit)}`,
      );
    const state = cudaAddon();
    if (!state.available)
      throw new BackendError(`backend '${name}' is not available: ${state.reason}: ${state.remedy}`);
    const device = state.devices[ordinal];
    if (!device)
      throw new BackendError(
        `expected a device between 0 and ${state.devices.length - 1}, received ${textOf(ordinal)}`,
      );
    this.name = name;
    this.#engine = new CudaEngine(state.addon, device, memoryLimit, cacheFolder);
    this.#vectors = new VectorKernels(this.#engine);
    this.#reductions = new ReductionKernels(this.#engine);
    this.#stencils = new StencilKernels(this.#engine);
    this.#products = new ProductKernels(this.#engine, state.libraries.cublas.available);
    this.#ffts = new FftKernels(this.#engine, this.#vectors);
    this.#programs = new ProgramKernels(this.#engine);
  }

  /**
   * NCCL between the devices of all ranks, or why there is none. Collective over `comm`, which has
   * all ranks of the launch.
   */
  ncclPort(comm: Communicator): NcclPort | string {
    return NcclPort.create(this.#engine.addon, this.#engine.context, comm);
  }

  get device(): CudaDeviceInfo {
    return this.#engine.device;
  }

  /** What was asked of the device so far: launches, transfers, waits. */
  counters(): CudaCounters {
    return this.#engine.context.counters();
  }

  poolStats(): CudaPoolStats {
    return this.#engine.context.poolStats();
  }

  /** Gives memory that is kept for reuse back to the device. */
  trimPool(): void {
    this.#engine.context.trimPool();
  }

  /**
   * Memory that the driver moves between host and device: kernels run on it, slowly. Later, where
   * there is room again, they find it on the device.
   */
  overcommit(): () => string {
    const { context } = this.#engine;
    context.beginOvercommit();
    return () => context.endOvercommit();
  }

  /** Seconds that the device was busy with what `work` queued, by its own clock. Waits. */
  seconds(work: () => void): number {
    const { context } = this.#engine;
    const from = context.recordEvent();
    work();
    const to = context.recordEvent();
    return context.elapsed(from, to) / 1000;
  }

  alloc(dtype: DType, length: number): CudaStorage {
    checkDType(dtype);
    checkLength(length);
    const { context } = this.#engine;
    const memory = context.alloc(Math.max(1, length * bytesOf(dtype)));
    this.#allocations += 1;
    return new CudaStorage(this, this.#transfers, dtype, length, memory, this.#engine.addon.address(memory));
  }

  release(storage: Storage): void {
    const own = this.#own(storage);
    const memory = own.detach();
    if (!memory) return;
    this.#engine.addon.free(memory);
    for (const { table } of this.#columns.get(own)?.values() ?? []) this.#free(table);
    this.#columns.delete(own);
  }

  upload(from: HostArray, to: Elements): void {
    checkHost(from, to);
    const y = this.#out(to);
    const { context } = this.#engine;
    if (from.byteLength > 0) context.upload(from.buffer, from.byteOffset, from.byteLength, y);
  }

  download(from: Elements, to?: HostArray): HostArray {
    const x = this.#in(from);
    if (to) checkHost(to, from);
    const host = to ?? hostArray(from.storage.dtype, from.size);
    const { context } = this.#engine;
    if (host.byteLength > 0) context.download(x, host.buffer, host.byteOffset, host.byteLength);
    return host;
  }

  synchronize(): void {
    this.#engine.context.synchronize();
  }

  stats(): MemoryStats {
    const { driverAllocations, liveBytes, pooledBytes } = this.poolStats();
    return {
      allocations: this.#allocations,
      poolMisses: driverAllocations,
      liveBytes,
      pooledBytes,
      hostFallbacks: 0,
    };
  }

  copy(x: Elements, y: Elements): void {
    this.#engine.copy(this.#in(x), this.#out(y), x.size * bytesOf(x.storage.dtype));
  }

  stridedCopy(shape: Shape, x: Strided, y: Strided, mode: 'set' | 'add'): void {
    const { dtype } = x.elements.storage;
    const [from, to] = [this.#in(x.elements), this.#out(y.elements)];
    this.#vectors.stridedCopy(
      dtype,
      shape,
      elementAt(from, x.start, dtype),
      x.strides,
      elementAt(to, y.start, dtype),
      y.strides,
      mode,
    );
  }

  fill(y: Elements, value: Scalar): void {
    const { dtype } = y.storage;
    const to = this.#out(y);
    checkStorable(value, dtype);
    this.#vectors.fill(dtype, y.size, value, to);
  }

  cast(x: Elements, y: Elements): void {
    this.#vectors.cast(x.storage.dtype, y.storage.dtype, x.size, this.#in(x), this.#out(y));
  }

  unary(op: UnaryOp, x: Elements, y: Elements): void {
    const from = this.#in(x);
    unaryResult(op, x.storage.dtype);
    this.#vectors.unary(op, x.storage.dtype, x.size, from, this.#out(y));
  }

  binary(op: BinaryOp, x: Elements | Scalar, y: Elements | Scalar, z: Elements): void {
    const to = this.#out(z);
    const dtype = binaryDType(op, x, y, z.storage.dtype);
    binaryResult(op, dtype);
    const [xs, ys] = [this.#operand(x, dtype), this.#operand(y, dtype)];
    this.#vectors.binary(op, dtype, z.size, xs, isElements(x) ? 0 : x, ys, isElements(y) ? 0 : y, to);
  }

  where(condition: Elements, x: Elements | Scalar, y: Elements | Scalar, z: Elements): void {
    const to = this.#out(z);
    const { dtype } = z.storage;
    const [xs, ys] = [this.#operand(x, dtype), this.#operand(y, dtype)];
    this.#vectors.where(
      dtype,
      z.size,
      this.#integers(condition),
      xs,
      isElements(x) ? 0 : x,
      ys,
      isElements(y) ? 0 : y,
      to,
    );
  }

  linearCombination(coefficients: readonly Scalar[], xs: readonly Elements[], y: Elements): void {
    const to = this.#out(y);
    const { dtype } = y.storage;
    checkCoefficients(coefficients, dtype);
    const terms = xs.flatMap((x, k) => {
      const coefficient = coefficients[k] as Scalar;
      return isZero(coefficient) ? [] : [{ x: this.#in(x), coefficient }];
    });
    this.#vectors.combine(dtype, y.size, terms, to);
  }

  threshold(kind: 'soft' | 'hard' | 'half', t: number, x: Elements, y: Elements): void {
    const [from, to] = [this.#in(x), this.#out(y)];
    const { dtype } = x.storage;
    checkThreshold(dtype);
    this.#vectors.threshold(kind, t, dtype, x.size, from, to);
  }

  dots(products: readonly InnerProduct[]): Float64Array {
    const list = products.map(({ x, y, conjugate }) => {
      return { dtype: x.storage.dtype, x: this.#in(x), y: this.#in(y), size: x.size, conjugate };
    });
    return list.length > 0 ? this.#reductions.dots(list) : new Float64Array(0);
  }

  reduce(op: ReduceKernel, x: Elements, parameter = 0): Scalar {
    const from = this.#in(x);
    const dtype = reduceResult(op, x.storage.dtype);
    const [real = 0, imaginary = 0] = this.#reductions.reduce(op, x.storage.dtype, x.size, from, parameter);
    return scalarOf(dtype, real, imaginary);
  }

  reduceAxis(op: ReduceKernel, x: Elements, extents: Extents, y: Elements, parameter = 0): void {
    const [from, to] = [this.#in(x), this.#out(y)];
    reduceResult(op, x.storage.dtype);
    this.#reductions.reduceAxis(op, x.storage.dtype, from, extents, to, parameter);
  }

  argExtreme(op: 'max' | 'min', x: Elements): number {
    const from = this.#in(x);
    return x.size === 0 ? -1 : this.#reductions.argExtreme(op, x.storage.dtype, x.size, from);
  }

  kthSmallest(x: Elements, k: number): number {
    const from = this.#in(x);
    checkKth(x, k);
    return this.#reductions.kthSmallest(x.storage.dtype, x.size, from, k);
  }

  cumsum(x: Elements, extents: Extents, y: Elements): void {
    this.#reductions.cumsum(x.storage.dtype, extents, this.#in(x), this.#out(y));
  }

  matmul(a: Elements, b: Elements, c: Elements, spec: MatMul): void {
    this.#products.matmul(c.storage.dtype, this.#in(a), this.#in(b), this.#out(c), spec);
  }

  fft(x: Elements, y: Elements, plan: FftPlan): void {
    const [from, to] = [this.#in(x), this.#out(y)];
    this.#ffts.fft(fftDType(plan, x, y), from, to, plan);
  }

  stencil(x: Elements, y: Elements, stencil: Stencil): void {
    const [from, to] = [this.#in(x), this.#out(y)];
    const { shape, mode, range } = stencil;
    const bands = stencil.bands.map((band) => this.#band(shape, band));
    const { axis, start, end } = range ?? { axis: 0, start: 0, end: shape[0] ?? 1 };
    this.#stencils.stencil(x.storage.dtype, from, to, { shape, bands, mode, axis, start, end });
  }

  convolve(x: Elements, h: Elements, y: Elements, convolution: Convolution): void {
    this.#products.convolve(y.storage.dtype, this.#in(x), this.#in(h), this.#out(y), convolution);
  }

  gather(x: Elements, y: Elements, table: IndexTable): void {
    const [from, to] = [this.#in(x), this.#out(y)];
    this.#products.gather(x.storage.dtype, from, to, this.#integers(table.index), this.#table(table));
  }

  scatterAdd(y: Elements, x: Elements, table: IndexTable): void {
    const [from, to] = [this.#in(y), this.#out(x)];
    this.#products.scatterAdd(x.storage.dtype, from, to, this.#columnsOf(table), this.#table(table));
  }

  program(
    program: Program,
    inputs: readonly (Elements | Scalar)[],
    outputs: readonly Elements[],
    range: ProgramRange,
  ): void {
    const operands = inputs.map((x) => (isElements(x) ? this.#in(x) : x));
    const to = outputs.map((y) => this.#out(y));
    this.#programs.program(program, operands, to, outputs[0]?.size ?? 0, range);
  }

  programReduce(
    fold: Fold,
    program: Program,
    inputs: readonly (Elements | Scalar)[],
    n: number,
    range: ProgramRange,
  ): Scalar {
    const operands = inputs.map((x) => (isElements(x) ? this.#in(x) : x));
    return this.#programs.reduce(fold, program, operands, n, range);
  }

  /** @internal */
  compileRaw(source: string, name: string, options: readonly string[]): CudaKernel {
    const { context } = this.#engine;
    return context.compile(`${name}.cu`, source, [], options).kernel(name);
  }

  /** @internal Any array may be written. */
  launchRaw(
    kernel: CudaKernel,
    [gridX, gridY, gridZ]: readonly [number, number, number],
    [blockX, blockY]: readonly [number, number],
    shared: number,
    args: readonly (Elements | KernelNumber)[],
  ): void {
    if (args.length > MOST_ARGUMENTS)
      throw new ArgumentError(
        `expected at most ${MOST_ARGUMENTS} arguments of a kernel, received ${args.length}`,
      );
    const addresses = args.map((x) => ('storage' in x ? this.#out(x) : 0));
    const slots = this.#engine.args.start();
    args.forEach((x, k) => {
      if ('storage' in x) slots.int(addresses[k] as number);
      else if (x.kind === 'float64') slots.real(x.value);
      else if (x.kind === 'float32') slots.single(x.value);
      else slots.int(x.value);
    });
    kernel.launch(gridX, gridY, gridZ, blockX, blockY, shared, slots.buffer, slots.count);
  }

  readonly #transfers = {
    synchronize: () => this.synchronize(),
    download: (storage: CudaStorage, offset: number, length: number, to: HostArray) =>
      void this.download({ storage, offset, size: length }, to),
    upload: (from: HostArray, storage: CudaStorage, offset: number, length: number) =>
      this.upload(from, { storage, offset, size: length }),
    pinned: (bytes: number) => this.#engine.pinned.take(bytes),
    unpin: (memory: ArrayBufferLike) => this.#engine.pinned.giveBack(memory),
    queueDownload: (from: DeviceAddress, to: HostArray) => this.#engine.queueDownload(from, to),
    queueUpload: (from: HostArray, to: DeviceAddress) => this.#engine.queueUpload(from, to),
  };

  #own(storage: Storage): CudaStorage {
    if (storage instanceof CudaStorage && storage.backend === this) return storage;
    throw foreignStorage(storage, this.name);
  }

  #use(elements: Elements): CudaStorage {
    const storage = this.#own(elements.storage);
    if (storage.released) throw disposedStorage();
    checkRun(elements);
    return storage;
  }

  #in(elements: Elements): DeviceAddress {
    const { address, dtype } = this.#use(elements);
    return elementAt(address, elements.offset, dtype);
  }

  #out(elements: Elements): DeviceAddress {
    const storage = this.#use(elements);
    storage.version += 1;
    return elementAt(storage.address, elements.offset, storage.dtype);
  }

  /** An address, 0 for a scalar. */
  #operand(x: Elements | Scalar, dtype: DType): DeviceAddress {
    if (isElements(x)) return this.#in(x);
    checkStorable(x, dtype);
    return 0;
  }

  #integers(elements: Elements): DeviceAddress {
    checkIndices(elements);
    return this.#in(elements);
  }

  #band(shape: Shape, { axis, segments, front, back }: AxisBand): DeviceBand {
    const [outer, , inner] = around(shape, axis);
    const cells = outer * inner;
    const widthOf = (ghost: Elements | undefined) => (ghost && cells > 0 ? ghost.size / cells : 0);
    return {
      axis,
      segments,
      front: front ? this.#in(front) : 0,
      frontWidth: widthOf(front),
      back: back ? this.#in(back) : 0,
      backWidth: widthOf(back),
    };
  }

  #table({ outer, nx, ny, inner, width, weights }: IndexTable): DeviceIndexTable {
    const address = weights ? this.#in(weights) : 0;
    const isPairs = weights !== undefined && isComplex(weights.storage.dtype);
    return { outer, nx, ny, inner, width, weights: isPairs ? 0 : address, pairs: isPairs ? address : 0 };
  }

  /** Made on the host when an index is first met, and again when it was written. */
  #columnsOf({ index, nx, ny, width }: IndexTable): TransposedTable {
    this.#integers(index);
    const storage = this.#own(index.storage);
    const key = `${index.offset} ${nx} ${ny} ${width}`;
    const tables =
      this.#columns.get(storage) ??
      new Map<string, { readonly version: number; readonly table: TransposedTable }>();
    this.#columns.set(storage, tables);
    const known = tables.get(key);
    if (known?.version === storage.version) return known.table;
    if (known) this.#free(known.table);
    const entries = this.download({ storage, offset: index.offset, size: ny * width });
    const table = transposedTable(this.#engine, entries as Int32Array, nx);
    tables.set(key, { version: storage.version, table });
    return table;
  }

  #free({ starts, entries }: TransposedTable): void {
    this.#engine.addon.free(starts.memory);
    this.#engine.addon.free(entries.memory);
  }
}
