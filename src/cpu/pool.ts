import { BackendError } from '../core/base/errors.js';
import { machineBytes } from './machine-bytes.js';

/** A piece of an ArrayBuffer that starts at a multiple of 64 bytes, large ones of 2 MiB. */
export interface Block {
  readonly buffer: ArrayBuffer;
  readonly byteOffset: number;
  /** The usable bytes of the piece. */
  readonly bytes: number;
}

/** The size of cache lines and of the widest vector registers. */
const ALIGNMENT = 64;
/** The size of a huge page. */
const HUGE_PAGE = 2 ** 21;
/** Blocks from this size on are in huge pages, as NumPy's are. */
const HUGE_BYTES = 2 * HUGE_PAGE;

/**
 * The address of a buffer modulo 2 MiB, which only native code can read. With `huge`, the system is
 * asked for huge pages.
 */
export type AddressOf = (buffer: ArrayBuffer, huge: boolean) => number;

/**
 * Rounds bytes up to one of eight steps between powers of two, so that at most an eighth is unused.
 */
export function sizeClass(bytes: number): number {
  let step = ALIGNMENT;
  while (step * 16 < bytes) step *= 2;
  return Math.max(ALIGNMENT, Math.ceil(bytes / step) * step);
}

/**
 * Released memory by size class. The first write to fresh pages costs about ten times as much as
 * later writes, so released memory is kept up to a limit. Beyond the limit, blocks of the least
 * recently used sizes are dropped for the garbage collector.
 */
export class Pool {
  /** Free blocks by size class, in order of last use. */
  readonly #free = new Map<number, Block[]>();
  readonly #limit: number;
  readonly #addressOf: AddressOf | undefined;
  #pooledBytes = 0;
  #misses = 0;

  /**
   * @param limit the most bytes to keep; by default a quarter of the machine's memory
   * @param addressOf without it blocks have the alignment of V8, and no huge pages
   */
  constructor(limit = machineBytes() / 4, addressOf?: AddressOf) {
    this.#limit = limit;
    this.#addressOf = addressOf;
  }

  get pooledBytes(): number {
    return this.#pooledBytes;
  }

  /** The number of blocks that needed new memory. */
  get misses(): number {
    return this.#misses;
  }

  /**
   * Returns a block with undefined contents.
   *
   * @throws {@link BackendError} if no memory is left
   */
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

  /** Drops all kept blocks. */
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
    const huge = size >= HUGE_BYTES;
    const alignment = huge ? HUGE_PAGE : ALIGNMENT;
    // Pages that are never touched take no memory
    const padding = this.#addressOf ? alignment : 0;
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
    const past = this.#addressOf ? this.#addressOf(buffer, huge) % alignment : 0;
    const byteOffset = past === 0 ? 0 : alignment - past;
    return { buffer, byteOffset, bytes: size };
  }
}
