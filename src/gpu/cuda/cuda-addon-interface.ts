import type { BackendError } from '../../core/base/errors.js';

/**
 * A run of device memory: an address, a number of bytes past it is an address too. Below 2^53 on
 * every system.
 */
export type DeviceAddress = number;

/** What the driver says of a device. */
export interface CudaDeviceInfo {
  readonly ordinal: number;
  readonly name: string;
  /** As 8.0 for sm_80: `[8, 0]`. */
  readonly computeCapability: readonly [major: number, minor: number];
  readonly multiprocessors: number;
  readonly totalBytes: number;
  /**
   * Peak of its memory, bytes a second, from clock and bus width; 0 where the driver doesn't say.
   */
  readonly peakBandwidth: number;
  readonly pciBusId: string;
}

/** One library of CUDA: the file that was loaded, or why none was. */
export type CudaLibrary =
  | { readonly available: true; readonly file: string; readonly version: string }
  | { readonly available: false; readonly reason: string; readonly remedy: string };

export type CudaProbe =
  | {
      readonly available: true;
      /** Of the driver's API, e.g. `12.8`. */
      readonly driverVersion: string;
      readonly devices: readonly CudaDeviceInfo[];
      readonly libraries: Readonly<Record<'cuda' | 'nvrtc' | 'cublas' | 'cufft' | 'nccl', CudaLibrary>>;
    }
  | { readonly available: false; readonly reason: string; readonly remedy: string };

/** What the memory pool of a device holds. */
export interface CudaPoolStats {
  /** Blocks handed out, and calls of cuMemAlloc. */
  readonly allocations: number;
  readonly driverAllocations: number;
  readonly liveBytes: number;
  readonly pooledBytes: number;
  /** The most that `liveBytes + pooledBytes` ever was. */
  readonly peakBytes: number;
  /** Infinity where there is no limit. */
  readonly limitBytes: number;
}

/** What was asked of the device since `openContext`: for tests of how little that is. */
export interface CudaCounters {
  readonly launches: number;
  readonly libraryCalls: number;
  readonly synchronizations: number;
  readonly bytesToDevice: number;
  readonly bytesToHost: number;
}

/** Positions: `'s' | 'd' | 'c' | 'z'`. */
export type BlasType = 0 | 1 | 2 | 3;
/** cuBLAS: 0 as it is, 1 transposed, 2 conjugated and transposed. */
export type BlasOp = 0 | 1 | 2;

/** A device that is in use: its primary context, one stream, a memory pool. */
export interface CudaContext {
  /** Frees all that the context holds. */
  close(): void;
  poolStats(): CudaPoolStats;
  counters(): CudaCounters;
  /** Gives what the pool keeps back to the driver. */
  trimPool(): void;
  /**
   * Until `endOvercommit`, what does not fit is memory that the driver moves between host and
   * device. Calls may nest.
   */
  beginOvercommit(): void;
  /** What did not fit, with byte counts, or ''. */
  endOvercommit(): string;

  /** Blocks are multiples of 512 bytes, 512-aligned. Throws with byte counts when memory is out. */
  alloc(bytes: number): CudaMemory;

  /** Host to device; the buffer may be reused on return. */
  upload(from: ArrayBufferLike, byteOffset: number, bytes: number, to: DeviceAddress): void;
  /** Device to host; waits. */
  download(from: DeviceAddress, to: ArrayBufferLike, byteOffset: number, bytes: number): void;
  /**
   * Asynchronous copies between the device and pinned memory, which must stay untouched until the
   * stream is waited for.
   */
  uploadPinned(from: ArrayBuffer, byteOffset: number, bytes: number, to: DeviceAddress): void;
  downloadPinned(from: DeviceAddress, to: ArrayBuffer, byteOffset: number, bytes: number): void;
  copy(from: DeviceAddress, to: DeviceAddress, bytes: number): void;
  memset(to: DeviceAddress, byte: number, bytes: number): void;
  /** Page-locked host memory. Freed when it is collected. */
  allocPinned(bytes: number): ArrayBuffer;

  synchronize(): void;
  /** Marks the end of all work so far: a slot number, reused after `waitEvent`. */
  recordEvent(): number;
  waitEvent(event: number): void;
  /**
   * Milliseconds between two marks; waits for both, as `waitEvent` does, which must not be called
   * for them again.
   */
  elapsed(from: number, to: number): number;

  /**
   * NVRTC for the context's device, or the disk cache. `headers` are `[name, text, name, text, …]`.
   * A compile error throws with NVRTC's log.
   */
  compile(name: string, source: string, headers: readonly string[], options: readonly string[]): CudaModule;

  /**
   * cuBLAS `gemmStridedBatched` as it is: column-major, strides in elements. `scalars` is
   * `[re α, im α, re β, im β]`.
   */
  gemm(
    type: BlasType,
    opA: BlasOp,
    opB: BlasOp,
    m: number,
    n: number,
    k: number,
    scalars: Float64Array,
    a: DeviceAddress,
    lda: number,
    strideA: number,
    b: DeviceAddress,
    ldb: number,
    strideB: number,
    c: DeviceAddress,
    ldc: number,
    strideC: number,
    batch: number,
  ): void;

  /**
   * cuFFT's `cufftMakePlanMany64`, its work area taken from the pool. `type` is cuFFT's number
   * (0x2a R2C, 0x2c C2R, 0x29 C2C, 0x6a D2Z, 0x6c Z2D, 0x69 Z2Z). The caller caches plans; a plan
   * that is dropped is destroyed when it is collected.
   */
  fftPlan(
    type: number,
    lengths: readonly number[],
    inputEmbed: readonly number[],
    inputStride: number,
    inputDistance: number,
    outputEmbed: readonly number[],
    outputStride: number,
    outputDistance: number,
    batch: number,
  ): CudaFftPlan;
  /** Collective over the ranks of the group. */
  ncclInit(id: ArrayBuffer, ranks: number, rank: number): CudaGroup;
}

declare const handle: unique symbol;
/** A block of device memory. Freed by `free`, or, where it was dropped, when it is collected. */
export interface CudaMemory {
  readonly [handle]: 'memory';
}

/** Compiled CUDA C++. */
export interface CudaModule {
  /** A kernel of a module by its `extern "C"` name. */
  kernel(name: string): CudaKernel;
}

export interface CudaKernel {
  /**
   * Queues a kernel. `args` holds one 8-byte slot an argument, little-endian: pointers and 64-bit
   * integers as such, float and int32 in the low half. It may be reused on return.
   */
  launch(
    gridX: number,
    gridY: number,
    gridZ: number,
    blockX: number,
    blockY: number,
    sharedBytes: number,
    args: ArrayBuffer,
    argCount: number,
  ): void;
}

export interface CudaFftPlan {
  /** `direction` −1 forward, 1 inverse. C2R transforms may overwrite their input. */
  execute(from: DeviceAddress, to: DeviceAddress, direction: -1 | 1): void;
}

/** All ranks of a launch, as NCCL knows them. */
export interface CudaGroup {
  /** Keeps a message until `flush`. `type` is NCCL's number: 2 int32, 7 float32, 8 float64. */
  queue(outgoing: boolean, address: DeviceAddress, count: number, type: number, peer: number): void;
  /**
   * Starts the kept messages as one group, behind the work that the device has so far and beside
   * what it gets later.
   */
  flush(): void;
  /** Flushes; work that the device gets later comes after the messages. */
  finish(): void;
  /** `op` is NCCL's number: 0 sum, 1 product. In place where both addresses are the same. */
  allReduce(send: DeviceAddress, recv: DeviceAddress, count: number, type: number, op: number): void;
  /** `count` is that of one rank. */
  allGather(send: DeviceAddress, recv: DeviceAddress, count: number, type: number): void;
  broadcast(address: DeviceAddress, count: number, type: number, root: number): void;
}

/**
 * native/cuda: the CUDA driver, NVRTC, cuBLAS, cuFFT and NCCL. Work goes to the context's one stream
 * in order; only `download`, `synchronize` and `waitEvent` wait. Errors are {@link BackendError}s with
 * the name that CUDA gives them; their property `cuda` holds that name.
 */
export interface CudaAddon {
  setErrorClass(errorClass: typeof BackendError): void;
  /**
   * Loads the libraries, from `folder` first where one is given, and looks for devices. Never
   * throws; the first call decides.
   */
  probe(folder?: string): CudaProbe;

  /**
   * `poolLimit` in bytes, Infinity for none; `cacheFolder` holds compiled kernels, '' for no cache.
   */
  openContext(ordinal: number, poolLimit: number, cacheFolder: string): CudaContext;
  address(memory: CudaMemory): DeviceAddress;
  /** Twice does nothing. */
  free(memory: CudaMemory): void;
  /** 128 bytes that name a new group of ranks: one rank makes them, all others get them from it. */
  ncclUniqueId(): ArrayBuffer;
}
