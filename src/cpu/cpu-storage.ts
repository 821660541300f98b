import { bytesOf, type DType, type HostArray, hostView, lanesOf } from '../core/base/dtype.js';
import type { Backend, Storage } from '../core/ports/backend.js';
import type { HostSpan } from '../core/ports/span.js';
import type { Block } from './pool.js';

const NOTHING = new ArrayBuffer(0);

/** Host memory as one typed array; complex data as interleaved pairs. */
export class CpuStorage implements Storage {
  readonly backend: Backend;
  readonly dtype: DType;
  readonly length: number;
  #values: HostArray;
  #released = false;
  #exposed = false;
  /** Memory of the pool; undefined for memory of the user's. */
  readonly block: Block | undefined;

  constructor(backend: Backend, dtype: DType, length: number, values: HostArray, block?: Block) {
    this.backend = backend;
    this.dtype = dtype;
    this.length = length;
    this.#values = values;
    this.block = block;
  }

  /** What kernels read and write. Empty once released. */
  get values(): HostArray {
    return this.#values;
  }

  get released(): boolean {
    return this.#released;
  }

  /** A view of the memory for the user to keep: it never goes back to the pool. */
  hostView(offset: number, length: number): HostArray {
    this.#exposed = true;
    const lanes = lanesOf(this.dtype);
    return this.#values.subarray(offset * lanes, (offset + length) * lanes);
  }

  get exposed(): boolean {
    return this.#exposed;
  }

  span(offset: number, length: number): HostSpan {
    return {
      kind: 'host',
      dtype: this.dtype,
      length,
      buffer: this.#values.buffer,
      byteOffset: this.#values.byteOffset + offset * bytesOf(this.dtype),
    };
  }

  /** Lets go of the memory, which the typed array of an exposed storage keeps. */
  detach(): void {
    this.#released = true;
    this.#values = hostView(this.dtype, NOTHING, 0, 0);
  }
}
