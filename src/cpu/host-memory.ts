import { bytesOf, type DType, type HostArray, hostView, lanesOf } from '../core/base/dtype.js';
import type { DeviceMemory, KernelSet, Operand } from '../core/kernels/device-memory.js';
import type { MemoryStats } from '../core/ports/backend.js';
import { hostSpan, type Span } from '../core/ports/span.js';
import { type Pool, sizeClass } from './pool.js';

/** Elements of a typed array. Complex elements are interleaved pairs. */
export type HostRun = Operand<HostArray>;

/**
 * The kernels of the CPU, each of which an addon may replace. The memory of an operand is the typed
 * array of its whole storage, so complex kernels start at lane `2 · offset`. The `byteOffset` of
 * that array may be nonzero. Kernels keep no reference to any argument.
 */
export type CpuKernels = KernelSet<HostArray>;
/** A kernel of the CPU backend. */
export type CpuKernel<K extends keyof CpuKernels> = Required<CpuKernels>[K];

/** A view of the lanes of elements. */
function view({ storage, offset, size }: HostRun): HostArray {
  const lanes = lanesOf(storage.dtype);
  return storage.memory.subarray(offset * lanes, (offset + size) * lanes);
}

/** Memory of this process: typed arrays in pooled buffers. */
export class HostMemory implements DeviceMemory<HostArray> {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  allocate(dtype: DType, length: number): HostArray {
    const block = this.#pool.take(length * bytesOf(dtype));
    return hostView(dtype, block.buffer, block.byteOffset, length);
  }

  free({ buffer, byteOffset }: HostArray, bytes: number): void {
    this.#pool.give({ buffer: buffer as ArrayBuffer, byteOffset, bytes });
  }

  sizeOf({ byteLength }: HostArray): number {
    return sizeClass(byteLength);
  }

  upload(from: HostArray, { storage, offset }: HostRun): void {
    storage.memory.set(from, offset * lanesOf(storage.dtype));
  }

  download(from: HostRun, to: HostArray): void {
    to.set(view(from));
  }

  stats(): Pick<MemoryStats, 'poolMisses' | 'pooledBytes'> {
    return { poolMisses: this.#pool.misses, pooledBytes: this.#pool.pooledBytes };
  }

  span(elements: HostRun): Span {
    return hostSpan(view(elements), elements.storage.dtype);
  }

  hostView(elements: HostRun): HostArray {
    return view(elements);
  }
}
