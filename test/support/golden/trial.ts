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

/** A case that is being run: its source, the place of the run, and the comparisons so far. */
export class Trial {
  readonly params: Params;
  readonly expected: Params;
  #worst: Outcome = { verdict: 'ok' };
  #compared = 0;

  constructor(
    readonly source: GoldenCase,
    readonly backend: Backend,
    readonly comm: Communicator,
    /** The part of the case that this trial tests, if the case has several parts. */
    readonly part?: string,
  ) {
    this.params = new Params('params', source.content.params ?? {}, source, backend);
    this.expected = new Params('expected', source.content.expected ?? {}, source, backend);
  }

  /**
   * A file as the input of an operator.
   *
   * @throws {@link NotSupported} if the backend does not support its dtype
   */
  input(file: string): HostValues {
    const values = this.source.read(file);
    if (!this.backend.dtypes.includes(values.dtype))
      throw new NotSupported(`${values.dtype} on backend '${this.backend.name}'`);
    return values;
  }

  /** Compares a vector (or numbers) with a file, by default the file with this name. */
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

  /** Compares two arrays that were computed. */
  compareArrays(name: string, result: AnyVector, expected: AnyVector): void {
    this.#note(name, download(result), download(expected));
  }

  /** Compares whole numbers, such as shapes. */
  compareNumbers(name: string, result: readonly number[], expected: readonly number[]): void {
    this.#note(name, numbers(result), numbers(expected));
  }

  /** The outcome. A case without comparisons is not correct. */
  get outcome(): Outcome {
    return this.#compared > 0
      ? this.#worst
      : { verdict: 'off', off: Number.POSITIVE_INFINITY, accepted: 0, what: 'nothing was compared' };
  }

  #note(what: string, result: HostValues, expected: HostValues): void {
    this.#compared++;
    const { sensitive = false, rounding_decides: undecided = {} } = this.source.content;
    if (sensitive || what in undecided) return;
    const { off, accepted, place } = difference(result, expected, this.source.toleranceOf(what));
    if (off <= accepted) return;
    if (this.#worst.verdict !== 'off' || off / accepted > this.#worst.off / this.#worst.accepted)
      this.#worst = { verdict: 'off', off, accepted, what: `${what}: ${place}` };
  }
}
