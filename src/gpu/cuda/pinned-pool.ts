import type { CudaContext } from './cuda-addon-interface.js';

const PAGE = 4096;
const MEBI = 2 ** 20;
/**
 * The size of the block for a request. There are few sizes, so that blocks can be reused; a block
 * is never much larger than the request.
 */
const sizeFor = (bytes: number): number =>
  bytes < MEBI ? Math.max(PAGE, 2 ** Math.ceil(Math.log2(bytes))) : Math.ceil(bytes / MEBI) * MEBI;

/** The least of the most bytes that are kept while nothing uses them. */
const KEPT = 64 * MEBI;

/**
 * A pool of pinned host memory. Allocation of pinned memory takes longer than most messages.
 * Garbage collection frees it only when a program waits for events, so the pool frees what exceeds
 * 64 MiB and the most that was in use at once: the size that was not returned for the longest time
 * first.
 */
export class PinnedPool {
  readonly #context: CudaContext;
  /** By size. The size that was returned last is the last one. */
  readonly #free = new Map<number, ArrayBuffer[]>();
  readonly #inUse = new WeakSet<ArrayBufferLike>();
  #freeBytes = 0;
  #usedBytes = 0;
  #mostUsed = KEPT;

  constructor(context: CudaContext) {
    this.#context = context;
  }

  /** Returns a block of at least this many bytes. */
  take(bytes: number): ArrayBuffer {
    const size = sizeFor(bytes);
    const kept = this.#free.get(size)?.pop();
    if (kept) this.#freeBytes -= size;
    const memory = kept ?? this.#context.allocPinned(size);
    this.#inUse.add(memory);
    this.#usedBytes += size;
    this.#mostUsed = Math.max(this.#mostUsed, this.#usedBytes);
    return memory;
  }

  /**
   * Returns a block to the pool, when the device has done with it. Memory of other origin, or
   * already returned, is ignored.
   */
  giveBack(memory: ArrayBufferLike): void {
    if (!(memory instanceof ArrayBuffer) || !this.#inUse.delete(memory)) return;
    const size = memory.byteLength;
    this.#usedBytes -= size;
    const free = this.#free.get(size) ?? [];
    free.push(memory);
    this.#free.delete(size);
    this.#free.set(size, free);
    this.#freeBytes += size;
    if (this.#freeBytes > this.#mostUsed) this.#shrink();
  }

  #shrink(): void {
    for (const [size, free] of this.#free) {
      while (free.length > 0 && this.#freeBytes > this.#mostUsed) {
        this.#context.freePinned(free.shift() as ArrayBuffer);
        this.#freeBytes -= size;
      }
      if (free.length > 0) return;
      this.#free.delete(size);
    }
  }
}
