import type { BackendError } from '../../core/base/errors.js';

/**
 * An address of device memory. The address plus a number of bytes is an address too. Below 2^53 on
 * every system.
 */
export type DeviceAddress = number;

/** The properties of a device that the driver reports. */
export interface CudaDeviceInfo {
  readonly ordinal: number;
  readonly name: string;
  /** `[8, 0]` for 8.0, which is sm_80. */
  readonly computeCapability: readonly [major: number, minor: number];
  readonly multiprocessors: number;
  readonly totalBytes: number;
  /**
   * The peak bandwidth of its memory in bytes per second, from clock and bus width; 0 if the driver
   * does not report them.
   */
  readonly peakBandwidth: number;
  readonly pciBusId: string;
}

/** One library of CUDA: the loaded file, or the reason why none was loaded. */
export type CudaLibrary =
  | { readonly available: true; readonly file: string; readonly version: string }
  | { readonly available: false; readonly reason: string; readonly remedy: string };

/** The libraries that are looked for. */
export type CudaLibraries = Readonly<
  Record<'cuda' | 'nvrtc' | 'cublas' | 'cufft' | 'cusolver' | 'nccl', CudaLibrary>
>;

export type CudaProbe =
  | {
      readonly available: true;
      /** The version of the driver's API, e.g. `12.8`. */
      readonly driverVersion: string;
      readonly devices: readonly CudaDeviceInfo[];
      readonly libraries: CudaLibraries;
    }
  | { readonly available: false; readonly reason: string; readonly remedy: string };

/** The state of the memory pool of a device. */
export interface CudaPoolStats {
  /** The number of allocated blocks, and of calls of cuMemAlloc. */
  readonly allocations: number;
  readonly driverAllocations: number;
  readonly liveBytes: number;
  readonly pooledBytes: number;
  /** The largest value that `liveBytes + pooledBytes` had. */
  readonly peakBytes: number;
  /** Infinity if there is no limit. */
  readonly limitBytes: number;
}

/** Counts of device operations since `openContext`. Tests check that they are few. */
export interface CudaCounters {
  readonly launches: number;
  readonly libraryCalls: number;
  readonly synchronizations: number;
  readonly bytesToDevice: number;
  readonly bytesToHost: number;
}

/** Positions in `'s' | 'd' | 'c' | 'z'`. */
export type BlasType = 0 | 1 | 2 | 3;
/** As in cuBLAS: 0 unchanged, 1 transposed, 2 conjugated and transposed. */
export type BlasOp = 0 | 1 | 2;

/** A device in use: its primary context, one stream, a memory pool. */
export interface CudaContext {
  /**
   * Ends the context. Later calls of objects that use it throw. Memory that JavaScript still holds
   * is freed with the primary context; page-locked buffers must not be used afterwards.
   */
  close(): void;
  poolStats(): CudaPoolStats;
  counters(): CudaCounters;
  /** Returns the pool's free memory to the driver. */
  trimPool(): void;
  /**
   * Until `endOvercommit`, allocations that do not fit use memory that the driver moves between
   * host and device. Calls may nest.
   */
  beginOvercommit(): void;
  /** Returns a description of the allocations that did not fit, with byte counts, or ''. */
  endOvercommit(): string;

  /**
   * Allocates a block. Blocks are multiples of 512 bytes and 512-aligned.
   *
   * @throws {@link BackendError} with byte counts if there is not enough memory
   */
  alloc(bytes: number): CudaMemory;

  /** Copies from host to device. The buffer may be reused on return. */
  upload(from: ArrayBufferLike, byteOffset: number, bytes: number, to: DeviceAddress): void;
  /** Copies from device to host; waits. */
  download(from: DeviceAddress, to: ArrayBufferLike, byteOffset: number, bytes: number): void;
  /**
   * Asynchronous copies between the device and pinned memory. The pinned memory must not be used
   * until the program has waited for the stream.
   */
  uploadPinned(from: ArrayBuffer, byteOffset: number, bytes: number, to: DeviceAddress): void;
  downloadPinned(from: DeviceAddress, to: ArrayBuffer, byteOffset: number, bytes: number): void;
  copy(from: DeviceAddress, to: DeviceAddress, bytes: number): void;
  memset(to: DeviceAddress, byte: number, bytes: number): void;
  /** Allocates page-locked host memory. It is freed when it is collected. */
  allocPinned(bytes: number): ArrayBuffer;
  /** Frees memory of `allocPinned` at once. The buffer is detached: it has no bytes then. */
  freePinned(memory: ArrayBuffer): void;

  synchronize(): void;
  /**
   * Marks the end of all work so far.
   *
   * @returns a slot number, which is reused after `waitEvent`
   */
  recordEvent(): number;
  waitEvent(event: number): void;
  /**
   * The milliseconds between two marks. Waits for both and frees their slots, so `waitEvent` must
   * not be called for them.
   */
  elapsed(from: number, to: number): number;

  /**
   * Compiles with NVRTC for the context's device, or reads from the disk cache. `headers` are
   * `[name, text, name, text, …]`.
   *
   * @throws {@link BackendError} with NVRTC's log if there is a compile error
   */
  compile(name: string, source: string, headers: readonly string[], options: readonly string[]): CudaModule;

  /**
   * Calls cuBLAS's `gemmStridedBatched` with its own conventions: column-major, strides in
   * elements. `scalars` is `[re α, im α, re β, im β]`.
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
   * Calls routines of cuSOLVER for each of `count` matrices, with its own conventions:
   * column-major, one matrix after another, and `info` of an int32 for each. `pivots` are of 64
   * bits, from 1 on. `uplo` is 0 for the lower triangle and 1 for the upper one. `size` is the
   * number of elements of one matrix with its memory.
   */
  getrf(
    type: BlasType,
    count: number,
    m: number,
    n: number,
    a: DeviceAddress,
    pivots: DeviceAddress,
    info: DeviceAddress,
  ): void;
  getrs(
    type: BlasType,
    count: number,
    n: number,
    columns: number,
    a: DeviceAddress,
    pivots: DeviceAddress,
    b: DeviceAddress,
    info: DeviceAddress,
  ): void;
  potrf(type: BlasType, count: number, n: number, uplo: 0 | 1, a: DeviceAddress, info: DeviceAddress): void;
  /**
   * The same for many small matrices at once, by an array of their addresses on the device. Pivots
   * are of 32 bits.
   */
  getrfBatched(
    type: BlasType,
    count: number,
    n: number,
    a: DeviceAddress,
    pivots: DeviceAddress,
    info: DeviceAddress,
  ): void;
  getrsBatched(
    type: BlasType,
    count: number,
    n: number,
    columns: number,
    a: DeviceAddress,
    pivots: DeviceAddress,
    b: DeviceAddress,
  ): void;
  potrfBatched(
    type: BlasType,
    count: number,
    n: number,
    uplo: 0 | 1,
    a: DeviceAddress,
    info: DeviceAddress,
  ): void;
  geqrf(
    type: BlasType,
    count: number,
    m: number,
    n: number,
    a: DeviceAddress,
    size: number,
    tau: DeviceAddress,
    info: DeviceAddress,
  ): void;
  orgqr(
    type: BlasType,
    count: number,
    m: number,
    n: number,
    k: number,
    a: DeviceAddress,
    size: number,
    tau: DeviceAddress,
    info: DeviceAddress,
  ): void;
  /**
   * For m ≥ n. `job` is the code of a letter: N without vectors, S with n of U, A with m of U. u
   * and vt are 0 for none.
   */
  gesvd(
    type: BlasType,
    count: number,
    m: number,
    n: number,
    job: number,
    a: DeviceAddress,
    s: DeviceAddress,
    u: DeviceAddress,
    columnsOfU: number,
    vt: DeviceAddress,
    info: DeviceAddress,
  ): void;
  /** Whether cuSOLVER has `geev`: since CUDA 12.6. */
  hasGeev(): boolean;
  /**
   * Eigenvalues w, which are complex, and right eigenvectors of the type of a, or 0 for none.
   * Vectors of conjugated pairs of a real matrix are stored as real and imaginary parts.
   */
  geev(
    type: BlasType,
    count: number,
    n: number,
    a: DeviceAddress,
    w: DeviceAddress,
    vr: DeviceAddress,
    info: DeviceAddress,
  ): void;
  /** The eigenvectors overwrite a. */
  syevd(
    type: BlasType,
    count: number,
    n: number,
    withVectors: boolean,
    uplo: 0 | 1,
    a: DeviceAddress,
    w: DeviceAddress,
    info: DeviceAddress,
  ): void;

  /**
   * Calls cuFFT's `cufftMakePlanMany64` with a work area from the pool. `type` is cuFFT's number
   * (0x2a R2C, 0x2c C2R, 0x29 C2C, 0x6a D2Z, 0x6c Z2D, 0x69 Z2Z). The caller caches plans. A plan
   * is destroyed when it is collected.
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
/** A block of device memory. It is freed by `free`, otherwise when it is collected. */
export interface CudaMemory {
  readonly [handle]: 'memory';
}

/** Compiled CUDA C++. */
export interface CudaModule {
  /** Returns a kernel of the module by its `extern "C"` name. */
  kernel(name: string): CudaKernel;
}

export interface CudaKernel {
  /**
   * Queues a kernel. `args` has one 8-byte slot for each argument, little-endian. Pointers and
   * 64-bit integers fill the slot; float and int32 are in its low half. The buffer may be reused on
   * return.
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
  /** `direction` is −1 for forward, 1 for inverse. C2R transforms may overwrite their input. */
  execute(from: DeviceAddress, to: DeviceAddress, direction: -1 | 1): void;
}

/** The NCCL communicator of all ranks of a launch. */
export interface CudaGroup {
  /** Stores a message until `flush`. `type` is NCCL's number, as in `CUDA_DTYPES`. */
  queue(outgoing: boolean, address: DeviceAddress, count: number, type: number, peer: number): void;
  /**
   * Starts the stored messages as one group. They run after the work that is already queued on the
   * device, and concurrently with later work.
   */
  flush(): void;
  /** Flushes. Work that is queued later runs after the messages. */
  finish(): void;
  /** `op` is NCCL's number: 0 sum, 1 product. Equal addresses mean in place. */
  allReduce(send: DeviceAddress, recv: DeviceAddress, count: number, type: number, op: number): void;
  /** `count` is the count of one rank. */
  allGather(send: DeviceAddress, recv: DeviceAddress, count: number, type: number): void;
  broadcast(address: DeviceAddress, count: number, type: number, root: number): void;
}

/**
 * native/cuda: the CUDA driver, NVRTC, cuBLAS, cuFFT, cuSOLVER and NCCL. Work runs in order on the
 * context's one stream. Only `download`, `synchronize`, `waitEvent` and `elapsed` wait.
 *
 * @throws {@link BackendError} with the error name of CUDA in the message and in the property
 * `cuda`
 */
export interface CudaAddon {
  setErrorClass(errorClass: typeof BackendError): void;
  /** Sets the function that collects garbage at once. It is called when memory is short. */
  setCollector(collect: () => void): void;
  /**
   * Loads the libraries and lists the devices. If `folders` are given, with colons between them,
   * they are searched first. Never throws. Only the first call loads.
   */
  probe(folders?: string): CudaProbe;

  /**
   * `poolLimit` is in bytes, Infinity for none. `cacheFolder` holds compiled kernels, '' for no
   * cache.
   */
  openContext(ordinal: number, poolLimit: number, cacheFolder: string): CudaContext;
  address(memory: CudaMemory): DeviceAddress;
  /** A second call has no effect. */
  free(memory: CudaMemory): void;
  /**
   * 128 bytes that identify a new group of ranks. One rank creates them and sends them to all
   * others.
   */
  ncclUniqueId(): ArrayBuffer;
}
