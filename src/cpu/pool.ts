import { totalmem } from 'node:os';
import { BackendError } from '../core/base/errors.js';

/** A piece of an ArrayBuffer that starts at a multiple of 64 bytes. */
export interface Block {
  readonly buffer: ArrayBuffer;
  readonly byteOffset: number;
  /** Usable bytes from there. */
  readonly bytes: number;
}

/** Cache lines and the widest vector registers. */
const ALIGNMENT = 64;

/**
 * Bytes are rounded up to one of eight steps between powers of two, so that at most an eighth is
 * never used.
 */
export function sizeClass(bytes: number): number {
  let step = ALIGNMENT;
  while (step * 16 < bytes) step *= 2;
  return Math.max(ALIGNMENT, Math.ceil(bytes / step) * step);
}

/**
 * Memory that was used before, by size class. First touch of fresh pages costs about ten times what
 * writing to them again costs, so what is released is kept, up to a limit; what is beyond goes to
 * the garbage collector, least recently used sizes first.
 */
export class Pool {
  /** Free blocks by size class; classes in order of last use. */
  readonly #free = new Map<number, Block[]>();
  readonly #limit: number;
  readonly #addressOf: ((buffer: ArrayBuffer) => number) | undefined;
  #pooledBytes = 0;
  #misses = 0;

  /**
   * @param limit most bytes to keep; default a quarter of the machine's memory
   * @param addressOf the address of a buffer modulo 64, which only native code can see; without
   *   it blocks are as V8 aligns them
   */
  constructor(limit = totalmem() / 4, addressOf?: (buffer: ArrayBuffer) => number) {
    this.#limit = limit;
    this.#addressOf = addressOf;
  }

  get pooledBytes(): number {
    return this.#pooledBytes;
  }

  /** Blocks that needed new memory. */
  get misses(): number {
    return this.#misses;
  }

  /** Contents undefined. Throws {@link BackendError} when there is no memory left. */
  take(bytes: number): Block {
    const size = sizeClass(bytes);
    const block = this.#free.get(size)?.pop();
    if (block) {
      this.#pooledBytes -= size;
      return block;
    }
    this.#misses += 1;
    return this.#allocate(size);
  }

  give(block: Block): void {
    if (block.bytes > this.#limit) return;
    while (this.#pooledBytes + block.bytes > this.#limit) this.#evict();
    const list = this.#free.get(block.bytes) ?? [];
    list.push(block);
    this.#free.delete(block.bytes);
    this.#free.set(block.bytes, list);
    this.#pooledBytes += block.bytes;
  }

  /** Lets go of everything that is kept. */
  clear(): void {
    this.#free.clear();
    this.#pooledBytes = 0;
  }

  #evict(): void {
    for (const [size, list] of this.#free) {
      if (list.pop()) {
        this.#pooledBytes -= size;
        return;
      }
      this.#free.delete(size);
    }
  }

  #allocate(size: number): Block {
    const padding = this.#addressOf ? ALIGNMENT : 0;
    let buffer: ArrayBuffer;
    try {
      buffer = new ArrayBuffer(size + padding);
    } catch {
      this.clear();
      try {
        buffer = new ArrayBuffer(size + padding);
      } catch (cause) {
        throw new BackendError(
          `no memory for ${size} bytes: use fewer or smaller arrays, more ranks, or dispose() what is ` +
            'not needed',
          {
            cause,
          },
        );
      }
    }
    const byteOffset = this.#addressOf ? (ALIGNMENT - (this.#addressOf(buffer) % ALIGNMENT)) % ALIGNMENT : 0;
    return { buffer, byteOffset, bytes: size };
  }
}
