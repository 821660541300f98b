import { bytesOf, type DType, type HostArray } from '../../core/base/dtype.js';
import type { DeviceMemory, KernelSet, Operand } from '../../core/kernels/device-memory.js';
import type { MemoryStats } from '../../core/ports/backend.js';
import type { DeviceSpan } from '../../core/ports/span.js';
import type { CudaMemory, DeviceAddress } from './cuda-addon-interface.js';
import { type CudaEngine, elementAt } from './cuda-engine.js';

/** The device memory of one storage. */
export interface CudaBlock {
  readonly memory: CudaMemory;
  readonly address: DeviceAddress;
  /**
   * Increases with every kernel that writes. A different version means that data derived from the
   * contents is stale.
   */
  version: number;
  /** Frees the data that was derived from the contents. */
  freeDerived: (() => void) | undefined;
}

export type CudaRun = Operand<CudaBlock>;
export type CudaKernelOf<K extends keyof KernelSet<CudaBlock>> = Required<KernelSet<CudaBlock>>[K];

/** The address of the first element, for a kernel that reads. */
export const input = ({ storage, offset }: CudaRun): DeviceAddress =>
  elementAt(storage.memory.address, offset, storage.dtype);

/** The address of the first element, for a kernel that writes. */
export function output(y: CudaRun): DeviceAddress {
  y.storage.memory.version += 1;
  return input(y);
}

/** Blocks of the device's memory pool. */
export class CudaBlocks implements DeviceMemory<CudaBlock> {
  readonly #engine: CudaEngine;

  constructor(engine: CudaEngine) {
    this.#engine = engine;
  }

  allocate(dtype: DType, length: number): CudaBlock {
    const { addon, context } = this.#engine;
    const memory = context.alloc(Math.max(1, length * bytesOf(dtype)));
    return { memory, address: addon.address(memory), version: 0, freeDerived: undefined };
  }

  free({ memory, freeDerived }: CudaBlock): void {
    this.#engine.addon.free(memory);
    freeDerived?.();
  }

  upload(from: HostArray, to: CudaRun): void {
    this.#engine.context.upload(from.buffer, from.byteOffset, from.byteLength, output(to));
  }

  download(from: CudaRun, to: HostArray): void {
    this.#engine.context.download(input(from), to.buffer, to.byteOffset, to.byteLength);
  }

  synchronize(): void {
    this.#engine.context.synchronize();
  }

  /** The numbers of the pool, which also include the memory of the backend itself. */
  stats(): Pick<MemoryStats, 'poolMisses' | 'pooledBytes' | 'liveBytes'> {
    const { driverAllocations, liveBytes, pooledBytes } = this.#engine.context.poolStats();
    return { poolMisses: driverAllocations, liveBytes, pooledBytes };
  }

  span(elements: CudaRun): DeviceSpan {
    const engine = this.#engine;
    const { dtype } = elements.storage;
    // The holder of the address may write
    const address = output(elements);
    return {
      kind: 'device',
      dtype,
      length: elements.size,
      address: BigInt(address),
      synchronize: () => this.synchronize(),
      copyToHost: (to) => this.download(elements, to),
      copyFromHost: (from) => this.upload(from, elements),
      pinned: (bytes) => engine.pinned.take(bytes),
      unpin: (memory) => engine.pinned.giveBack(memory),
      queueToHost: (at, to) => engine.queueDownload(elementAt(address, at, dtype), to),
      queueFromHost: (at, from) => engine.queueUpload(from, elementAt(address, at, dtype)),
    };
  }
}
