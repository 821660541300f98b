import type { CudaContext } from './cuda-addon-interface.js';

const PAGE = 4096;
const MEBI = 2 ** 20;
/** Few sizes, so that memory fits again; never much more than asked for. */
const sizeFor = (bytes: number): number =>
  bytes < MEBI ? Math.max(PAGE, 2 ** Math.ceil(Math.log2(bytes))) : Math.ceil(bytes / MEBI) * MEBI;

/**
 * Pinned host memory, lent over and over: making it takes longer than most messages, and garbage
 * collection gives it back only when a program waits for events.
 */
export class PinnedPool {
  readonly #context: CudaContext;
  readonly #free = new Map<number, ArrayBuffer[]>();
  readonly #lent = new WeakSet<ArrayBufferLike>();

  constructor(context: CudaContext) {
    this.#context = context;
  }

  /** At least so many bytes. */
  take(bytes: number): ArrayBuffer {
    const size = sizeFor(bytes);
    const memory = this.#free.get(size)?.pop() ?? this.#context.allocPinned(size);
    this.#lent.add(memory);
    return memory;
  }

  /** Memory that is not of this pool, or was given back, is left alone. */
  giveBack(memory: ArrayBufferLike): void {
    if (!(memory instanceof ArrayBuffer) || !this.#lent.delete(memory)) return;
    const free = this.#free.get(memory.byteLength);
    if (free) free.push(memory);
    else this.#free.set(memory.byteLength, [memory]);
  }
}
