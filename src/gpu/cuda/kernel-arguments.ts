export const KINDS = ['int32', 'int64', 'float32', 'float64'] as const;

/** A number with the type of a kernel argument. */
export interface KernelNumber {
  readonly kind: (typeof KINDS)[number];
  readonly value: number;
}

/** The most arguments of a launch. */
export const MOST_ARGUMENTS = 128;

/** The arguments of one launch: a slot of eight bytes for each, in memory that is reused. */
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

  /** Adds a device address, or an integer of 32 or 64 bits; exact up to 2^53. */
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

  /** Adds a float, in the low half of its slot. */
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
