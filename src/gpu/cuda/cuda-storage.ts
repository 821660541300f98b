import { bytesOf, type DType, type HostArray } from '../../core/base/dtype.js';
import type { Backend, Storage } from '../../core/ports/backend.js';
import type { DeviceSpan } from '../../core/ports/span.js';
import type { CudaMemory, DeviceAddress } from './cuda-addon-interface.js';

/** What a storage asks of its backend when a message layer reads or writes it. */
export interface CudaTransfers {
  synchronize(): void;
  download(storage: CudaStorage, offset: number, length: number, to: HostArray): void;
  upload(from: HostArray, storage: CudaStorage, offset: number, length: number): void;
  pinned(bytes: number): ArrayBuffer;
  unpin(memory: ArrayBufferLike): void;
  /** Queued copies of elements to and from pinned memory; the answer waits. */
  queueDownload(from: DeviceAddress, to: HostArray): () => void;
  queueUpload(from: HostArray, to: DeviceAddress): () => void;
}

/** A block of device memory. */
export class CudaStorage implements Storage {
  readonly backend: Backend;
  readonly dtype: DType;
  readonly length: number;
  readonly address: DeviceAddress;
  #memory: CudaMemory | undefined;
  readonly #transfers: CudaTransfers;
  /**
   * Grows with every kernel that writes, so that what was derived from the contents is known to be
   * stale.
   */
  version = 0;

  constructor(
    backend: Backend,
    transfers: CudaTransfers,
    dtype: DType,
    length: number,
    memory: CudaMemory,
    address: DeviceAddress,
  ) {
    this.backend = backend;
    this.#transfers = transfers;
    this.dtype = dtype;
    this.length = length;
    this.#memory = memory;
    this.address = address;
  }

  get released(): boolean {
    return this.#memory === undefined;
  }

  span(offset: number, length: number): DeviceSpan {
    // Whoever has the address may write
    this.version += 1;
    const transfers = this.#transfers;
    const size = bytesOf(this.dtype);
    const first = this.address + offset * size;
    return {
      kind: 'device',
      dtype: this.dtype,
      length,
      address: BigInt(first),
      synchronize: () => transfers.synchronize(),
      copyToHost: (to) => transfers.download(this, offset, length, to),
      copyFromHost: (from) => transfers.upload(from, this, offset, length),
      pinned: (bytes) => transfers.pinned(bytes),
      unpin: (memory) => transfers.unpin(memory),
      queueToHost: (at, to) => transfers.queueDownload(first + at * size, to),
      queueFromHost: (at, from) => transfers.queueUpload(from, first + at * size),
    };
  }

  /** Lets go of the memory, which the caller frees. */
  detach(): CudaMemory | undefined {
    const memory = this.#memory;
    this.#memory = undefined;
    return memory;
  }
}
