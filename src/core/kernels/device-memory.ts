import type { DType, HostArray } from '../base/dtype.js';
import type { AnyStorage, Backend, Elements, Kernels, MemoryStats, Storage } from '../ports/backend.js';
import { copiedSpan, disposedStorage } from '../ports/kernel-operands.js';
import type { Span } from '../ports/span.js';

/**
 * The memory of a device. `CheckedBackend` checks all arguments before it calls one of these
 * functions, and counts storages and their bytes.
 * @typeParam M what stands for the memory of one storage: a typed array, an address, a tensor
 */
export interface DeviceMemory<M> {
  /** Memory for `length` elements, with undefined contents. */
  allocate(dtype: DType, length: number): M;
  /** Takes back the memory of a released storage, which takes `bytes`, to be reused. */
  free(memory: M, bytes: number): void;
  /**
   * Frees the memory of a storage that was collected without a release. Without this function,
   * garbage collection frees it.
   */
  drop?(memory: M): void;
  /** Bytes that the memory takes. Default: those of its elements. */
  sizeOf?(memory: M): number;
  /** Copies host values (complex: pairs) in. The host array may be reused when the call returns. */
  upload(from: HostArray, to: Operand<M>): void;
  /** Waits, and copies the elements out into `to`, which has their length. */
  download(from: Operand<M>, to: HostArray): void;
  /** Waits until all kernels so far are done. Without this function, kernels never run later. */
  synchronize?(): void;
  /** `liveBytes` only where the device knows better than the sum over storages. */
  stats(): Pick<MemoryStats, 'poolMisses' | 'pooledBytes'> & Partial<Pick<MemoryStats, 'liveBytes'>>;
  /** How messages read and write the elements. Default: through copies on the host. */
  span?(elements: Operand<M>): Span;
  /** A live view, where the memory is a typed array of this process. */
  hostView?(elements: Operand<M>): HostArray;
}

/** Memory of one device that arrays hold. */
export class DeviceStorage<M> implements Storage, StorageMemory<M> {
  readonly backend: Backend;
  readonly dtype: DType;
  readonly length: number;
  /** Undefined once released. */
  memory: M;
  released = false;
  /** What the backend counts as live; 0 for memory that is not its own. */
  readonly bytes: number;
  /** Others hold the memory too: it is never reused. */
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

  /** Gives up the memory. */
  detach(): M {
    const { memory } = this;
    this.released = true;
    this.memory = undefined as M;
    return memory;
  }
}

/** A storage as the functions of its device see it. */
export interface StorageMemory<M> extends AnyStorage {
  readonly memory: M;
}

/** Elements as the functions of their device get them. */
export type Operand<M> = Elements<StorageMemory<M>>;

/**
 * The kernels of a device: functions without `this`, as {@link Kernels} describes them. All
 * arguments are checked, and there is something to do: kernels need no check. A kernel that the
 * device lacks is left out. One that returns `false` has done nothing, as it does not have this
 * operation or dtype. Both then run on the host.
 */
export type KernelSet<M> = {
  readonly [K in keyof Kernels]?: (
    ...args: Parameters<Kernels<StorageMemory<M>>[K]>
  ) => ReturnType<Kernels[K]> | false;
};
