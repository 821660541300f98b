import type { DType, HostArray } from '../base/dtype.js';
import type {
  AnyStorage,
  Backend,
  Elements,
  KernelName,
  Kernels,
  MemoryStats,
  Stencil,
  Storage,
} from '../ports/backend.js';
import { copiedSpan, disposedStorage } from '../ports/kernel-operands.js';
import type { Span } from '../ports/span.js';

/**
 * The memory of a device. `CheckedBackend` checks all arguments before it calls one of these
 * functions, and counts storages and their bytes.
 * @typeParam M the memory of one storage: a typed array, an address, a tensor
 */
export interface DeviceMemory<M> {
  /** Allocates memory for `length` elements, with undefined contents. */
  allocate(dtype: DType, length: number): M;
  /** Takes the memory of a released storage, of `bytes` bytes, which may be used again. */
  free(memory: M, bytes: number): void;
  /**
   * Frees the memory of a storage that was garbage-collected without a release. Without this
   * function, garbage collection frees it.
   */
  drop?(memory: M): void;
  /** The size of the memory in bytes. Without this function, it is that of its elements. */
  sizeOf?(memory: M): number;
  /**
   * Copies host values (complex: pairs) into `to`. The host array may be changed after the call.
   */
  upload(from: HostArray, to: Operand<M>): void;
  /** Waits, and copies the elements into `to`, which has their length. */
  download(from: Operand<M>, to: HostArray): void;
  /**
   * Waits until all kernels that were called before are done. Without this function, no kernel runs
   * later than its call.
   */
  synchronize?(): void;
  /** Contains `liveBytes` only if the device counts more exactly than the sum over storages. */
  stats(): Pick<MemoryStats, 'poolMisses' | 'pooledBytes'> & Partial<Pick<MemoryStats, 'liveBytes'>>;
  /**
   * The span with which messages read and write the elements. Without this function, messages use
   * copies on the host.
   */
  span?(elements: Operand<M>): Span;
  /** A live view of the elements. Present only if the memory is a typed array of this process. */
  hostView?(elements: Operand<M>): HostArray;
}

/** Memory of one device that arrays use. */
export class DeviceStorage<M> implements Storage, StorageMemory<M> {
  readonly backend: Backend;
  readonly dtype: DType;
  readonly length: number;
  /** The memory; undefined after the release. */
  memory: M;
  released = false;
  /** The bytes that the backend counts as live; 0 for memory that the backend does not own. */
  readonly bytes: number;
  /** Whether other objects use the memory too. Then it is never used again after the release. */
  shared: boolean;
  readonly #device: DeviceMemory<M>;

  constructor(
    backend: Backend,
    device: DeviceMemory<M>,
    dtype: DType,
    length: number,
    memory: M,
    bytes: number,
    shared = false,
  ) {
    this.backend = backend;
    this.#device = device;
    this.dtype = dtype;
    this.length = length;
    this.memory = memory;
    this.bytes = bytes;
    this.shared = shared;
  }

  span(offset: number, length: number): Span {
    if (this.released) throw disposedStorage();
    return this.#device.span?.({ storage: this, offset, size: length }) ?? copiedSpan(this, offset, length);
  }

  hostView(offset: number, length: number): HostArray | undefined {
    if (!this.#device.hostView) return undefined;
    if (this.released) throw disposedStorage();
    this.shared = true;
    return this.#device.hostView({ storage: this, offset, size: length });
  }

  /** Removes the memory from this storage, and returns it. */
  detach(): M {
    const { memory } = this;
    this.released = true;
    this.memory = undefined as M;
    return memory;
  }
}

/** A storage in the form in which the functions of its device receive it. */
export interface StorageMemory<M> extends AnyStorage {
  readonly memory: M;
}

/** Elements in the form in which the functions of their device receive them. */
export type Operand<M> = Elements<StorageMemory<M>>;

/**
 * The kernels of a device: functions without `this`, as {@link Kernels} describes them. All
 * arguments are checked, so kernels need no checks. A kernel that writes elements is called only if
 * there are elements to write. A kernel that the device lacks is absent. A kernel returns `false`,
 * without doing anything, if it does not support the operation or the dtype. In both cases the host
 * runs the kernel; a program runs as its single kernels.
 *
 * In place of the kernel `stencil`, a device has `prepareStencil`. It returns the kernel for one
 * stencil and dtype, which gets the two arrays only, or `false`.
 */
export type KernelSet<M> = {
  readonly [K in Exclude<KernelName, 'stencil'>]?: (
    ...args: Parameters<Kernels<StorageMemory<M>>[K]>
  ) => ReturnType<Kernels[K]> | false;
} & {
  readonly prepareStencil?: (dtype: DType, stencil: Stencil<StorageMemory<M>>) => StencilKernel<M> | false;
};

/** The kernel of one stencil, from x to y. */
export type StencilKernel<M> = (x: Operand<M>, y: Operand<M>) => void;
