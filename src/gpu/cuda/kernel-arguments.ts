export const KINDS = ['int32', 'int64', 'float32', 'float64'] as const;

/** A number as a kernel takes it. */
export interface KernelNumber {
  readonly kind: (typeof KINDS)[number];
  readonly value: number;
}

/** That a launch takes. */
export const MOST_ARGUMENTS = 64;

/** Arguments of one launch: a slot of eight bytes each, in memory that is reused. */
export class KernelArguments {
  readonly buffer = new ArrayBuffer(MOST_ARGUMENTS * 8);
  readonly #words = new Uint32Array(this.buffer);
  readonly #singles = new Float32Array(this.buffer);
  readonly #reals = new Float64Array(this.buffer);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  start(): this {
    this.#count = 0;
    return this;
  }

  /** A device address, or an integer of 32 or 64 bits; beyond 2^53 nothing is exact. */
  int(value: number): this {
    this.#words[2 * this.#count] = value;
    this.#words[2 * this.#count + 1] = Math.floor(value / 2 ** 32);
    this.#count += 1;
    return this;
  }

  ints(values: readonly number[]): this {
    for (const value of values) this.int(value);
    return this;
  }

  /** A float, in the low half of its slot. */
  single(value: number): this {
    this.#singles[2 * this.#count] = value;
    this.#words[2 * this.#count + 1] = 0;
    this.#count += 1;
    return this;
  }

  real(value: number): this {
    this.#reals[this.#count++] = value;
    return this;
  }
}
