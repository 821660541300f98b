import { im, re, type Scalar } from '../core/base/complex.js';
import {
  type DType,
  type HostArray,
  hostArray,
  isComplex,
  isFloat,
  isInteger,
  isSingle,
  lanesOf,
} from '../core/base/dtype.js';
import { fillNormal } from '../core/base/random.js';
import type { Backend, Elements } from '../core/ports/backend.js';

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

/** One call of a kernel, which is run on two backends and compared. */
export interface KernelCase {
  readonly title: string;
  readonly operands: readonly CaseOperand[];
  /** Runs the kernel. The result is compared too. */
  run(backend: Backend, elements: readonly Elements[]): Scalar | Float64Array | undefined;
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
}

const EPSILON = {
  float32: 2 ** -23,
  complex64: 2 ** -23,
  float64: 2 ** -52,
  complex128: 2 ** -52,
  int32: 0,
} as const;
/** The smallest positive number: the unit of the allowed error of results near 0. */
const LEAST = {
  float32: 2 ** -149,
  complex64: 2 ** -149,
  float64: 2 ** -1074,
  complex128: 2 ** -1074,
  int32: 0,
} as const;

/** NaN, infinities, zeros of both signs and halves, for real dtypes. */
export const SPECIAL = [
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  1.5,
  -1.5,
  2.5,
  -2.5,
  3,
  -7.25,
] as const;

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

/** Makes operands from a seed. The arrays differ from each other and are the same in every run. */
export class Operands {
  #seed: number;

  constructor(seed: number) {
    this.#seed = 1000 * seed;
  }

  /** Normal numbers. For int32, integers between about −20 and 20. */
  numbers(dtype: DType, size: number): HostArray {
    const lanes = lanesOf(dtype);
    const values = fillNormal(this.#seed++, 0, new Float64Array(size * lanes));
    const out = hostArray(dtype, size);
    out.set(isFloat(dtype) ? values : values.map((v) => Math.round(7 * v)));
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
  const result = kernelCase.run(backend, elements);
  const arrays = elements.map(({ storage }) =>
    backend.download({ storage, offset: 0, size: storage.length }),
  );
  for (const { storage } of elements) backend.release(storage);
  return { arrays, result };
}

function same(got: number, want: number, allowed: number, signedZeros: boolean): boolean {
  if (Number.isNaN(want)) return Number.isNaN(got);
  if (want === got) return !signedZeros || want !== 0 || Object.is(want, got);
  return Math.abs(got - want) <= allowed;
}

/** The difference of two numbers. It is 0 for equal infinities. */
const apart = (a: number, b: number): number => (a === b ? 0 : a - b);
const finiteOrZero = (a: number): number => (Number.isFinite(a) ? a : 0);

/**
 * Compares complex numbers by modulus. If one part of the expected number is NaN, the received
 * number must have a NaN too.
 */
function samePair(a: number, b: number, x: number, y: number, allowed: number): boolean {
  if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(a) || Number.isNaN(b);
  return Math.hypot(apart(a, x), apart(b, y)) <= allowed;
}

interface Comparison {
  readonly name: string;
  readonly dtype: DType;
  readonly got: ArrayLike<number>;
  readonly want: ArrayLike<number>;
  /** The range of lanes that may differ within the tolerance. */
  readonly from: number;
  readonly to: number;
}

/** The first element that differs by more than the case allows. */
function firstDifference(
  { name, dtype, got, want, from, to }: Comparison,
  kernelCase: KernelCase,
): string | undefined {
  if (got.length !== want.length) return `${name}: expected ${want.length} numbers, received ${got.length}`;
  const lanes = lanesOf(dtype);
  const { ulps = 4, scale = 0, signedZeros = false, notFinite } = kernelCase;
  for (let i = 0; i < want.length; i += lanes) {
    const [x, y] = [want[i] as number, lanes === 2 ? (want[i + 1] as number) : 0];
    const [a, b] = [got[i] as number, lanes === 2 ? (got[i + 1] as number) : 0];
    const inside = i >= from && i < to;
    const size = Math.max(Math.hypot(finiteOrZero(x), finiteOrZero(y)), scale);
    const allowed = inside ? Math.max(EPSILON[dtype] * ulps * size, LEAST[dtype] * ulps) : 0;
    if (inside && notFinite && !(Number.isFinite(x) && Number.isFinite(y))) {
      if (notFinite === 'unspecified' || !(Number.isFinite(a) && Number.isFinite(b))) continue;
    }
    const equal =
      lanes === 2 && inside && !signedZeros
        ? samePair(a, b, x, y, allowed)
        : same(a, x, allowed, !inside || signedZeros) && same(b, y, allowed, !inside || signedZeros);
    if (equal) continue;
    const show = (u: number, v: number) => (lanes === 2 ? `${u} + ${v}i` : `${Object.is(u, -0) ? '-0' : u}`);
    const where = inside ? '' : from === to ? ' (an input)' : ' (outside the run)';
    return (
      `${name}, ${dtype} element ${(i - from) / lanes}${where}: expected ${show(x, y)}, received ` +
      `${show(a, b)}, allowed error ${allowed}`
    );
  }
  return undefined;
}

/**
 * Lists the differences between an outcome and the expected one. The list is empty if there are
 * none.
 */
export function differences(kernelCase: KernelCase, got: Outcome, want: Outcome): string[] {
  const comparisons = kernelCase.operands.map(({ dtype, offset, size, role }, k): Comparison => {
    const from = offset * lanesOf(dtype);
    const to = role === 'out' ? from + size * lanesOf(dtype) : from;
    return {
      name: `operand ${k}`,
      dtype,
      got: got.arrays[k] as HostArray,
      want: want.arrays[k] as HostArray,
      from,
      to,
    };
  });
  const dtype = kernelCase.operands[0]?.dtype ?? 'float64';
  if (want.result !== undefined || got.result !== undefined) {
    const [a, b] = [lanesOfResult(got.result), lanesOfResult(want.result)];
    // Counts and sums of integers are exact in any dtype.
    const resultDType: DType = isInteger(dtype) ? 'int32' : isSingle(dtype) ? 'complex64' : 'complex128';
    comparisons.push({ name: 'result', dtype: resultDType, got: a, want: b, from: 0, to: b.length });
  }
  return comparisons
    .flatMap((comparison) => firstDifference(comparison, kernelCase) ?? [])
    .map((text) => `${kernelCase.title}: ${text}`);
}

function lanesOfResult(result: Scalar | Float64Array | undefined): ArrayLike<number> {
  if (result === undefined) return [];
  return result instanceof Float64Array ? result : [re(result), im(result)];
}

/** Runs a case on both backends and lists the differences. */
export function checkCase(kernelCase: KernelCase, backend: Backend, reference: Backend): string[] {
  return differences(kernelCase, runCase(backend, kernelCase), runCase(reference, kernelCase));
}

/** A scalar for `dtype`: complex for a complex dtype, an integer for an integer one. */
export function scalarFor(dtype: DType, real: number, imaginary: number): Scalar {
  if (isComplex(dtype)) return { re: real, im: imaginary };
  return isFloat(dtype) ? real : Math.round(real);
}

/** The cases of one kernel, for one dtype. */
export interface KernelCases {
  readonly kernel: string;
  cases(dtype: DType): readonly KernelCase[];
}
