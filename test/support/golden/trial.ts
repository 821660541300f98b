import type { HostValues } from '../../../src/core/array/host-values.js';
import { im, isScalar, re, type Scalar } from '../../../src/core/base/complex.js';
import type { Backend } from '../../../src/core/ports/backend.js';
import type { Communicator } from '../../../src/core/ports/communicator.js';
import type { AnyVector } from '../../../src/core/vector/vector.js';
import { difference, type GoldenCase } from './case.js';
import { NotSupported } from './not-supported.js';
import type { Outcome } from './outcome.js';
import { Params, required } from './params.js';
import { download, numbers } from './vectors.js';

/** A case on its way: what it gives, where it runs, and the comparisons so far. */
export class Trial {
  readonly params: Params;
  readonly expected: Params;
  #worst: Outcome = { verdict: 'ok' };
  #compared = 0;

  constructor(
    readonly source: GoldenCase,
    readonly backend: Backend,
    readonly comm: Communicator,
    /** The part of the case that this trial is about, where a case has several. */
    readonly part?: string,
  ) {
    this.params = new Params('params', source.content.params ?? {}, source, backend);
    this.expected = new Params('expected', source.content.expected ?? {}, source, backend);
  }

  /**
   * A file as the input of an operator. Throws {@link NotSupported} where the backend does not hold
   * its dtype.
   */
  input(file: string): HostValues {
    const values = this.source.read(file);
    if (!this.backend.dtypes.includes(values.dtype))
      throw new NotSupported(`${values.dtype} on backend '${this.backend.name}'`);
    return values;
  }

  /** Compares a vector (or plain numbers) with a file, by default the one of this name. */
  compare(name: string, result: AnyVector | HostValues | readonly number[], file = `${name}.npy`): void {
    const values =
      'values' in result && ArrayBuffer.isView(result.values)
        ? (result as HostValues)
        : Array.isArray(result)
          ? numbers(result)
          : download(result as AnyVector);
    this.#note(name, values, this.source.read(file));
  }

  /** Compares a number with an entry of the case. */
  compareScalar(
    name: string,
    result: Scalar,
    expected: Scalar = required(this.expected.scalar(name), name),
  ): void {
    const pair = (value: Scalar): HostValues => ({
      values: Float64Array.of(re(value), im(value)),
      dtype: 'complex128',
      shape: [1],
    });
    this.#note(name, pair(isScalar(result) ? result : Number.NaN), pair(expected));
  }

  /** Compares whole numbers, such as shapes. */
  compareNumbers(name: string, result: readonly number[], expected: readonly number[]): void {
    this.#note(name, numbers(result), numbers(expected));
  }

  /** What came out. A case that compared nothing is not right. */
  get outcome(): Outcome {
    return this.#compared > 0
      ? this.#worst
      : { verdict: 'off', off: Number.POSITIVE_INFINITY, accepted: 0, what: 'nothing was compared' };
  }

  #note(what: string, result: HostValues, expected: HostValues): void {
    this.#compared++;
    const { sensitive = false, rounding_decides: undecided = {} } = this.source.content;
    if (sensitive || what in undecided) return;
    const { off, accepted } = difference(result, expected, this.source.toleranceOf(what));
    if (off <= accepted) return;
    if (this.#worst.verdict !== 'off' || off / accepted > this.#worst.off / this.#worst.accepted)
      this.#worst = { verdict: 'off', off, accepted, what };
  }
}
