import type { CudaContext } from './cuda-addon-interface.js';

const PAGE = 4096;
const MEBI = 2 ** 20;
/**
 * The size of the block for a request. There are few sizes, so that blocks can be reused; a block
 * is never much larger than the request.
 */
const sizeFor = (bytes: number): number =>
  bytes < MEBI ? Math.max(PAGE, 2 ** Math.ceil(Math.log2(bytes))) : Math.ceil(bytes / MEBI) * MEBI;

/**
 * A pool of pinned host memory. Allocation of pinned memory takes longer than most messages.
 * Garbage collection frees it only when a program waits for events.
 */
export class PinnedPool {
  readonly #context: CudaContext;
  readonly #free = new Map<number, ArrayBuffer[]>();
  readonly #inUse = new WeakSet<ArrayBufferLike>();

  constructor(context: CudaContext) {
    this.#context = context;
  }

  /** Returns a block of at least this many bytes. */
  take(bytes: number): ArrayBuffer {
    const size = sizeFor(bytes);
    const memory = this.#free.get(size)?.pop() ?? this.#context.allocPinned(size);
    this.#inUse.add(memory);
    return memory;
  }

  /** Returns a block to the pool. Memory of other origin, or already returned, is ignored. */
  giveBack(memory: ArrayBufferLike): void {
    if (!(memory instanceof ArrayBuffer) || !this.#inUse.delete(memory)) return;
    const free = this.#free.get(memory.byteLength);
    if (free) free.push(memory);
    else this.#free.set(memory.byteLength, [memory]);
  }
}
