import { readFileSync } from 'node:fs';
import { bytesOf, type DType, type HostArray, tagOf } from '../../core/base/dtype.js';
import { BackendError } from '../../core/base/errors.js';
import { packagePath } from '../../package/package-root.js';
import type {
  CudaAddon,
  CudaContext,
  CudaDeviceInfo,
  CudaKernel,
  CudaMemory,
  CudaModule,
  DeviceAddress,
} from './cuda-addon-interface.js';
import { KernelArguments } from './kernel-arguments.js';
import { PinnedPool } from './pinned-pool.js';

/** The sources in native/cuda/kernels. Each is compiled once for every dtype that uses it. */
export type KernelSource =
  | 'vectors'
  | 'functions'
  | 'elementary'
  | 'ordered'
  | 'real'
  | 'reductions'
  | 'products'
  | 'signal'
  | 'lanes'
  | 'factors'
  | 'random';

/** The default number of threads of a block. */
export const THREADS = 256;
/** The elements of one thread of an elementwise kernel: EACH of prelude.cuh. */
const EACH = 4;
/**
 * The pairs of doubles that a reduction may store between its two stages, and the counters of
 * finished blocks.
 */
export const PARTIALS = 16384;
export const TICKETS = 1024;
/** The most pairs of doubles that one reduction may return. */
export const RESULTS = 64;

/** A small array on the device that kernels read. It is freed when it is collected. */
export interface DeviceTable {
  readonly memory: CudaMemory;
  readonly address: DeviceAddress;
}

/** The NVRTC options for kernels of `native/cuda/kernels`. */
export const kernelOptions = (dtype: DType): readonly string[] => [`-DDTYPE=${tagOf(dtype)}`, '--std=c++14'];

/** The same without fused multiply-adds: each product is rounded. */
const unfused = (dtype: DType): readonly string[] => [...kernelOptions(dtype), '--fmad=false'];

const sourceOf = (file: string): string => readFileSync(packagePath(`native/cuda/kernels/${file}`), 'utf8');

const HEADERS = ['prelude.cuh', 'functions.cuh', 'joins.cuh', 'stencils.cuh'];

/** Opens the context of a device. If another process has it, the error has the remedy. */
function openContext(
  addon: CudaAddon,
  { ordinal, name }: CudaDeviceInfo,
  poolLimit: number,
  cacheFolder: string,
): CudaContext {
  try {
    return addon.openContext(ordinal, poolLimit, cacheFolder);
  } catch (error) {
    if (!(error instanceof BackendError && 'cuda' in error && error.cuda === 'CUDA_ERROR_DEVICE_UNAVAILABLE'))
      throw error;
    throw new BackendError(
      `device ${ordinal} (${name}) is not available, ${error.message}: in the compute mode ` +
        'EXCLUSIVE_PROCESS it serves one process: start one rank for each device, start MPS, or set the ' +
        'mode with nvidia-smi -c DEFAULT',
      { cause: error },
    );
  }
}

/** One device, the kernels that were compiled for it, and the memory that they share. */
export class CudaEngine {
  readonly addon: CudaAddon;
  readonly context: CudaContext;
  readonly device: CudaDeviceInfo;
  readonly args = new KernelArguments();
  readonly pinned: PinnedPool;
  /**
   * {@link PARTIALS} pairs; {@link TICKETS} counters that are 0 between kernels; {@link RESULTS}
   * pairs.
   */
  readonly partials: DeviceAddress;
  readonly tickets: DeviceAddress;
  readonly results: DeviceAddress;
  readonly #held: CudaMemory[] = [];
  readonly #resultsOnHost: ArrayBuffer;
  #headers: readonly string[] | undefined;
  readonly #kernels = new Map<
    KernelSource,
    Map<DType, { readonly module: CudaModule; readonly kernels: Map<string, CudaKernel> }>
  >();

  constructor(addon: CudaAddon, device: CudaDeviceInfo, poolLimit: number, cacheFolder: string) {
    this.addon = addon;
    this.device = device;
    this.context = openContext(addon, device, poolLimit, cacheFolder);
    this.pinned = new PinnedPool(this.context);
    this.partials = this.hold(16 * PARTIALS);
    this.tickets = this.hold(4 * TICKETS);
    this.results = this.hold(16 * RESULTS);
    this.#resultsOnHost = this.context.allocPinned(16 * RESULTS);
  }

  /** Allocates zeroed memory for the lifetime of the engine. */
  hold(bytes: number): DeviceAddress {
    const memory = this.context.alloc(bytes);
    this.#held.push(memory);
    const address = this.addon.address(memory);
    this.context.memset(address, 0, bytes);
    return address;
  }

  kernel(source: KernelSource, dtype: DType, name: string): CudaKernel {
    let byType = this.#kernels.get(source);
    if (!byType) {
      byType = new Map();
      this.#kernels.set(source, byType);
    }
    let compiled = byType.get(dtype);
    if (!compiled) {
      compiled = { module: this.#compile(source, dtype), kernels: new Map() };
      byType.set(dtype, compiled);
    }
    let kernel = compiled.kernels.get(name);
    if (!kernel) {
      kernel = compiled.module.kernel(name);
      compiled.kernels.set(name, kernel);
    }
    return kernel;
  }

  /** Queues a kernel with the arguments in {@link args}. */
  launch(
    kernel: CudaKernel,
    gridX: number,
    gridY: number,
    gridZ: number,
    blockX: number,
    blockY: number,
  ): void {
    const { args } = this;
    kernel.launch(gridX, gridY, gridZ, blockX, blockY, 0, args.buffer, args.count);
  }

  /** Launches a kernel that loops with `each`: {@link EACH} elements for each thread. */
  launchEach(kernel: CudaKernel, n: number): void {
    this.launch(kernel, Math.ceil(n / (EACH * THREADS)), 1, 1, THREADS, 1);
  }

  /** Launches one thread for each of `n` elements. */
  launchThreads(kernel: CudaKernel, n: number): void {
    this.launch(kernel, Math.ceil(n / THREADS), 1, 1, THREADS, 1);
  }

  /** Waits for the first `count` pairs of {@link results} and returns them. */
  readResults(count: number): Float64Array {
    this.context.downloadPinned(this.results, this.#resultsOnHost, 0, 16 * count);
    this.context.synchronize();
    return new Float64Array(this.#resultsOnHost, 0, 2 * count).slice();
  }

  /** Queues a copy to pinned memory. The returned function waits for it. */
  queueDownload(from: DeviceAddress, to: HostArray): () => void {
    this.context.downloadPinned(from, to.buffer as ArrayBuffer, to.byteOffset, to.byteLength);
    return this.#mark();
  }

  /** Queues a copy from pinned memory. The returned function waits for it. */
  queueUpload(from: HostArray, to: DeviceAddress): () => void {
    this.context.uploadPinned(from.buffer as ArrayBuffer, from.byteOffset, from.byteLength, to);
    return this.#mark();
  }

  /** Marks the end of the work so far. The returned function waits for this mark. */
  #mark(): () => void {
    const event = this.context.recordEvent();
    return () => this.context.waitEvent(event);
  }

  copy(from: DeviceAddress, to: DeviceAddress, bytes: number): void {
    if (bytes > 0) this.context.copy(from, to, bytes);
  }

  /**
   * Allocates memory until `use` returns. Kernels run in order, so kernels of the next user of this
   * memory run later.
   */
  withScratch<R>(bytes: number, use: (address: DeviceAddress) => R): R {
    const memory = this.context.alloc(Math.max(1, bytes));
    try {
      return use(this.addon.address(memory));
    } finally {
      this.addon.free(memory);
    }
  }

  table(values: Float64Array | Float32Array | Int32Array | BigInt64Array): DeviceTable {
    const memory = this.context.alloc(Math.max(1, values.byteLength));
    const address = this.addon.address(memory);
    if (values.byteLength > 0)
      this.context.upload(values.buffer, values.byteOffset, values.byteLength, address);
    return { memory, address };
  }

  /**
   * A kernel from generated source, which may include the headers of native/cuda/kernels. By
   * default products are not fused with sums, so that the result is rounded in the same way as by
   * separate kernels.
   */
  generated(source: string, name: string, options = unfused('float64')): CudaKernel {
    return this.context.compile(`${name}.cu`, source, this.#headersOf(), options).kernel(name);
  }

  #compile(source: KernelSource, dtype: DType): CudaModule {
    const options = source === 'random' ? unfused(dtype) : kernelOptions(dtype);
    return this.context.compile(`${source}.cu`, sourceOf(`${source}.cu`), this.#headersOf(), options);
  }

  #headersOf(): readonly string[] {
    this.#headers ??= HEADERS.flatMap((file) => [file, sourceOf(file)]);
    return this.#headers;
  }
}

/** The address of element `offset`. */
export const elementAt = (address: DeviceAddress, offset: number, dtype: DType): DeviceAddress =>
  address + offset * bytesOf(dtype);
