import { im, re, type Scalar, scalarOf } from '../core/base/complex.js';
import {
  type DType,
  epsilonOf,
  type HostArray,
  hostArray,
  isFloat,
  isInteger,
  isSingle,
  lanesOf,
  rangeOf,
} from '../core/base/dtype.js';
import { DTypeError } from '../core/base/errors.js';
import { fillNormal } from '../core/base/random.js';
import type { Backend, Elements } from '../core/ports/backend.js';
import { type ComparisonRule, compareNumbers, describeDifferences, SAME_BITS } from './comparison.js';

/** An operand of a case: `size` elements from `offset` on are used. The others must not change. */
export interface CaseOperand {
  readonly dtype: DType;
  /** The values of the whole storage. */
  readonly values: HostArray;
  readonly offset: number;
  readonly size: number;
  /** The bits of an input must not change. */
  readonly role: 'in' | 'out';
}

/** The operands of a case on a backend, as many as the case has. */
export type CaseElements = readonly [Elements, Elements, Elements, Elements, Elements, Elements];

/** One call of a kernel, which is run on two backends and compared. */
export interface KernelCase {
  readonly title: string;
  readonly operands: readonly CaseOperand[];
  /** Runs the kernel. The result is compared too. */
  run(backend: Backend, elements: CaseElements): Scalar | Float64Array | undefined;
  /**
   * The allowed error in units of the dtype's precision, relative to an element's modulus. The
   * default is 4. Integers are always exact.
   */
  readonly ulps?: number;
  /**
   * The size of the terms that are summed to a result. For results of a smaller modulus the allowed
   * error is relative to this number.
   */
  readonly scale?: number;
  /** True if zeros must have the right sign. */
  readonly signedZeros?: boolean;
  /**
   * The rule for elements with an expected value of infinity or NaN. `'any'`: one of these is
   * correct. `'unspecified'`: every value is correct.
   */
  readonly notFinite?: 'any' | 'unspecified';
}

/** The arrays and the result after a case. */
export interface Outcome {
  readonly arrays: readonly HostArray[];
  readonly result: Scalar | Float64Array | undefined;
  /** True if the kernel threw a {@link DTypeError}: it is not defined for these dtypes. */
  readonly refused: boolean;
}

/** The smallest positive number of a precision: the unit of the allowed error of results near 0. */
const leastOf = (dtype: DType): number => (isSingle(dtype) ? 2 ** -149 : 2 ** -1074);

/** NaN, infinities, zeros of both signs and halves, for real dtypes. */
export const SPECIAL: readonly number[] = [
  ...[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  ...[0, -0, 1, -1, 0.5, -0.5, 1.5, -1.5, 2.5, -2.5, 3, -7.25],
];

/**
 * Sizes and offsets that reveal errors of vectorised loops: nothing, one, odd, more than a block
 * with a rest, and unaligned starts.
 */
export const RUNS: readonly (readonly [size: number, offset: number])[] = [
  [0, 0],
  [0, 2],
  [1, 0],
  [1, 3],
  [7, 1],
  [64, 0],
  [1003, 0],
  [1003, 5],
  [4097, 2],
];

/** The number nearest to `value` that a dtype holds, for whole numbers. */
export function held(dtype: DType, value: number): number {
  const range = rangeOf(dtype);
  return range ? Math.min(Math.max(Math.round(value) || 0, range[0]), range[1]) : value;
}

/** The dtype of a result; `dtype` if the function does not exist for it, which backends refuse. */
export function resultOr(dtype: DType, result: () => DType): DType {
  try {
    return result();
  } catch (error) {
    if (error instanceof DTypeError) return dtype;
    throw error;
  }
}

/** Makes operands from a seed. The arrays differ from each other and are the same in every run. */
export class Operands {
  #seed: number;

  constructor(seed: number) {
    this.#seed = 1000 * seed;
  }

  /** Normal numbers. For whole numbers, those between about −20 and 20 that the dtype holds. */
  numbers(dtype: DType, size: number): HostArray {
    const lanes = lanesOf(dtype);
    const values = fillNormal(this.#seed++, 0, new Float64Array(size * lanes));
    const out = hostArray(dtype, size);
    out.set(isFloat(dtype) ? values : values.map((v) => held(dtype, 7 * v)));
    return out;
  }

  integers(size: number, below: number): Int32Array {
    return Int32Array.from(
      fillNormal(this.#seed++, 0, new Float64Array(size)),
      (v) => Math.floor(Math.abs(v) * 1e6) % below,
    );
  }

  /** @param values the values of the elements that are used; normal numbers by default */
  in(dtype: DType, size: number, offset = 0, values?: ArrayLike<number>): CaseOperand {
    return this.#operand('in', dtype, size, offset, values);
  }

  /** An operand that holds numbers. Those of the run must be overwritten, the others kept. */
  out(dtype: DType, size: number, offset = 0, values?: ArrayLike<number>): CaseOperand {
    return this.#operand('out', dtype, size, offset, values);
  }

  /** Two inputs that hold all pairs of a value of `left` and one of `right`. */
  pairs(dtype: DType, left: readonly number[], right: readonly number[], offset = 0): CaseOperand[] {
    const columns = [left.flatMap((x) => right.map(() => x)), left.flatMap(() => right)];
    return columns.map((values) => this.in(dtype, values.length, offset, values));
  }

  #operand(
    role: 'in' | 'out',
    dtype: DType,
    size: number,
    offset: number,
    values?: ArrayLike<number>,
  ): CaseOperand {
    const whole = this.numbers(dtype, offset + size + 3);
    if (values) whole.set(values, offset * lanesOf(dtype));
    return { dtype, values: whole, offset, size, role };
  }
}

/** Runs a case in its own memory. */
export function runCase(backend: Backend, kernelCase: KernelCase): Outcome {
  const elements = kernelCase.operands.map(({ dtype, values, offset, size }): Elements => {
    const storage = backend.alloc(dtype, values.length / lanesOf(dtype));
    backend.upload(values, { storage, offset: 0, size: storage.length });
    return { storage, offset, size };
  });
  const { result, refused } = resultOf(() => kernelCase.run(backend, elements as unknown as CaseElements));
  const arrays = elements.map(({ storage }) =>
    backend.download({ storage, offset: 0, size: storage.length }),
  );
  for (const { storage } of elements) backend.release(storage);
  return { arrays, result, refused };
}

function resultOf(run: () => Outcome['result']): Omit<Outcome, 'arrays'> {
  try {
    return { result: run(), refused: false };
  } catch (error) {
    if (error instanceof DTypeError) return { result: undefined, refused: true };
    throw error;
  }
}

/**
 * Lists the differences between an outcome and the expected one. The list is empty if there are
 * none.
 */
export function differences(kernelCase: KernelCase, got: Outcome, want: Outcome): string[] {
  const { title, ulps = 4, scale = 0, signedZeros = false, notFinite = 'equal' } = kernelCase;
  if (got.refused !== want.refused) return [`${title}: expected ${want.refused ? 'a' : 'no'} DTypeError`];
  const ruleFor = (dtype: DType): ComparisonRule => ({
    allowed: (modulus) =>
      isInteger(dtype) ? 0 : ulps * Math.max(epsilonOf(dtype) * Math.max(modulus, scale), leastOf(dtype)),
    signedZeros,
    notFinite,
  });
  const found: string[] = [];
  const compare = (
    what: string,
    dtype: DType,
    received: Float64Array | HostArray,
    expected: Float64Array | HostArray,
    rule: ComparisonRule,
  ): void => {
    const differing = compareNumbers(received, expected, lanesOf(dtype), rule);
    if (differing) found.push(`${title}: ${what} of ${dtype}: ${describeDifferences(differing)}`);
  };
  kernelCase.operands.forEach(({ dtype, offset, size, role }, k) => {
    const [a, b] = [got.arrays[k] as HostArray, want.arrays[k] as HostArray];
    if (role === 'in') return compare(`operand ${k}, an input`, dtype, a, b, SAME_BITS);
    const [from, to] = [offset * lanesOf(dtype), (offset + size) * lanesOf(dtype)];
    compare(`operand ${k}`, dtype, a.subarray(from, to), b.subarray(from, to), ruleFor(dtype));
    compare(`operand ${k}, before its run`, dtype, a.subarray(0, from), b.subarray(0, from), SAME_BITS);
    compare(`operand ${k}, behind its run`, dtype, a.subarray(to), b.subarray(to), SAME_BITS);
  });
  const [a, b] = [got.result, want.result].map(numbersOf) as [Float64Array, Float64Array];
  const first = kernelCase.operands[0]?.dtype ?? 'float64';
  // Counts and sums of integers are exact in any dtype.
  const dtype = isInteger(first) ? first : isSingle(first) ? 'complex64' : 'complex128';
  if (a.length !== b.length)
    found.push(`${title}: result: expected ${b.length} numbers, received ${a.length}`);
  else compare('result', dtype, a, b, ruleFor(dtype));
  return found;
}

/** A result as pairs of numbers. */
function numbersOf(result: Scalar | Float64Array | undefined): Float64Array {
  if (result === undefined) return new Float64Array();
  return result instanceof Float64Array ? result : Float64Array.of(re(result), im(result));
}

/** Runs a case on both backends and lists the differences. */
export function checkCase(kernelCase: KernelCase, backend: Backend, reference: Backend): string[] {
  return differences(kernelCase, runCase(backend, kernelCase), runCase(reference, kernelCase));
}

/** A scalar for `dtype`: complex for a complex dtype, otherwise one that the dtype holds. */
export const scalarFor = (dtype: DType, real: number, imaginary: number): Scalar =>
  scalarOf(dtype, held(dtype, real), imaginary);

/** The cases of one kernel, for one dtype. */
export interface KernelCases {
  readonly kernel: string;
  cases(dtype: DType): readonly KernelCase[];
}
