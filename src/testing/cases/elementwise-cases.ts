import type { Scalar } from '../../core/base/complex.js';
import { type DType, type HostArray, isComplex, isFloat, isInteger } from '../../core/base/dtype.js';
import { DTypeError } from '../../core/base/errors.js';
import { BINARY_OPS, type BinaryOp, UNARY_OPS, type UnaryOp } from '../../core/ports/backend.js';
import { binaryResult, unaryResult } from '../../core/ports/kernel-dtypes.js';
import { type KernelCase, type KernelCases, Operands, RUNS, SPECIAL, scalarFor } from '../kernel-case.js';
import { at } from './at.js';

/** Undefined if the function does not exist for a dtype. */
function defined(result: () => DType): DType | undefined {
  try {
    return result();
  } catch (error) {
    if (error instanceof DTypeError) return undefined;
    throw error;
  }
}

const POSITIVE: ReadonlySet<string> = new Set(['log', 'sqrt', 'power']);
/**
 * The functions that are not evaluated by series. Libraries differ in the last bits of the others.
 */
const EXACT: ReadonlySet<string> = new Set([
  'negative',
  'conj',
  'real',
  'imag',
  'sign',
  'floor',
  'ceil',
  'rint',
  'isnan',
  'isfinite',
  'maximum',
  'minimum',
  'add',
  'subtract',
  'multiply',
]);
const ulpsOf = (op: string): number => (EXACT.has(op) ? 4 : 64);

function domain(op: string, dtype: DType, values: HostArray): HostArray {
  if (POSITIVE.has(op) && !isComplex(dtype))
    for (let i = 0; i < values.length; i++)
      values[i] = Math.abs(values[i] as number) + (isFloat(dtype) ? 0.125 : 0);
  return values;
}

function unaryCases(op: UnaryOp, dtype: DType): KernelCase[] {
  const result = defined(() => unaryResult(op, dtype));
  if (!result) return [];
  const make = new Operands(10 + UNARY_OPS.indexOf(op));
  const cases = RUNS.map(
    ([n, offset]): KernelCase => ({
      title: `${op}, ${n} elements from ${offset}`,
      operands: [
        make.in(dtype, n, offset, domain(op, dtype, make.numbers(dtype, n))),
        make.out(result, n, 1),
      ],
      ulps: ulpsOf(op),
      run: (b, e) => void b.unary(op, at(e, 0), at(e, 1)),
    }),
  );
  if (result === dtype) {
    cases.push({
      title: `${op} in place`,
      operands: [make.out(dtype, 131, 3, domain(op, dtype, make.numbers(dtype, 131)))],
      ulps: ulpsOf(op),
      run: (b, e) => void b.unary(op, at(e, 0), at(e, 0)),
    });
  }
  if (isFloat(dtype) && !isComplex(dtype)) {
    cases.push({
      title: `${op} of special values`,
      operands: [make.in(dtype, SPECIAL.length, 0, SPECIAL), make.out(result, SPECIAL.length)],
      ulps: ulpsOf(op),
      signedZeros: op === 'negative',
      run: (b, e) => void b.unary(op, at(e, 0), at(e, 1)),
    });
  }
  if (isComplex(dtype) && ['abs', 'sign', 'isnan', 'isfinite', 'sqrt', 'real', 'imag', 'conj'].includes(op)) {
    const pairs = [0, 0, 3, 4, -3, 4, 0, -2, Number.NaN, 1, 1, Number.NaN, -4, 0, 1e-3, 0];
    cases.push({
      title: `${op} of special values`,
      operands: [make.in(dtype, pairs.length / 2, 0, pairs), make.out(result, pairs.length / 2)],
      ulps: ulpsOf(op),
      run: (b, e) => void b.unary(op, at(e, 0), at(e, 1)),
    });
  }
  return cases;
}

function binaryCases(op: BinaryOp, dtype: DType): KernelCase[] {
  const result = defined(() => binaryResult(op, dtype));
  if (!result) return [];
  const make = new Operands(50 + BINARY_OPS.indexOf(op));
  const ulps = ulpsOf(op);
  // In products and sums of complex numbers, digits can cancel within one part only. In sums of
  // real numbers they can cancel altogether.
  const scale = ['add', 'subtract'].includes(op) ? 4 : 0;
  const left = (n: number) => domain(op, dtype, make.numbers(dtype, n));
  // Some elements are equal, so that comparisons have both results. Integers have small exponents.
  const right = (n: number, x: HostArray) => {
    const values = make.numbers(dtype, n);
    if (op === 'power' && isInteger(dtype)) return values.map((v) => Math.abs(v) % 4);
    for (let i = 0; i < values.length; i++) if (i % 6 < 2) values[i] = x[i] as number;
    return values;
  };
  const scalar: Scalar = op === 'power' && isInteger(dtype) ? 3 : scalarFor(dtype, 1.25, -0.75);
  const cases = RUNS.flatMap(([n, offset]): KernelCase[] => {
    const x = left(n);
    const operands = [
      make.in(dtype, n, offset, x),
      make.in(dtype, n, 1, right(n, x)),
      make.out(result, n, 2),
    ];
    return [
      {
        title: `${op}, ${n} elements from ${offset}`,
        operands,
        ulps,
        scale,
        run: (b, e) => void b.binary(op, at(e, 0), at(e, 1), at(e, 2)),
      },
      {
        title: `${op} with a scalar, ${n} elements`,
        operands,
        ulps,
        scale,
        run: (b, e) => void b.binary(op, at(e, 0), scalar, at(e, 2)),
      },
      {
        title: `${op} of a scalar, ${n} elements`,
        operands,
        ulps,
        scale,
        run: (b, e) => void b.binary(op, scalar, at(e, 1), at(e, 2)),
      },
    ];
  });
  if (result === dtype) {
    const n = 131;
    const x = left(n);
    const both = () => [make.out(dtype, n, 1, x), make.out(dtype, n, 2, right(n, x))];
    cases.push(
      {
        title: `${op} into x`,
        operands: both(),
        ulps,
        scale,
        run: (b, e) => void b.binary(op, at(e, 0), at(e, 1), at(e, 0)),
      },
      {
        title: `${op} into y`,
        operands: both(),
        ulps,
        scale,
        run: (b, e) => void b.binary(op, at(e, 0), at(e, 1), at(e, 1)),
      },
      {
        title: `${op} with itself, into itself`,
        operands: [make.out(dtype, n, 1, right(n, x))],
        ulps,
        scale,
        run: (b, e) => void b.binary(op, at(e, 0), at(e, 0), at(e, 0)),
      },
      {
        title: `${op} with a scalar, in place`,
        operands: [make.out(dtype, n, 1, x)],
        ulps,
        scale,
        run: (b, e) => void b.binary(op, at(e, 0), scalar, at(e, 0)),
      },
    );
  }
  if (isFloat(dtype) && !isComplex(dtype)) {
    const pairs = SPECIAL.flatMap((x) => SPECIAL.map((y) => [x, y] as const));
    const column = (k: 0 | 1) =>
      make.in(
        dtype,
        pairs.length,
        0,
        pairs.map((p) => p[k]),
      );
    cases.push({
      title: `${op} of special values`,
      operands: [column(0), column(1), make.out(result, pairs.length)],
      ulps,
      scale,
      run: (b, e) => void b.binary(op, at(e, 0), at(e, 1), at(e, 2)),
    });
  }
  return cases;
}

function whereCases(dtype: DType): KernelCase[] {
  const make = new Operands(80);
  const [s, t] = [scalarFor(dtype, 1.5, 2), scalarFor(dtype, -3, 0.5)];
  return RUNS.flatMap(([n, offset]): KernelCase[] => {
    const operands = [
      make.in('int32', n, offset, make.integers(n, 3)),
      make.in(dtype, n, 1),
      make.in(dtype, n, 2),
      make.out(dtype, n, 3),
    ];
    const title = `${n} elements`;
    return [
      {
        title,
        operands,
        signedZeros: true,
        run: (b, e) => void b.where(at(e, 0), at(e, 1), at(e, 2), at(e, 3)),
      },
      {
        title: `${title}, x a scalar`,
        operands,
        run: (b, e) => void b.where(at(e, 0), s, at(e, 2), at(e, 3)),
      },
      {
        title: `${title}, y a scalar`,
        operands,
        run: (b, e) => void b.where(at(e, 0), at(e, 1), t, at(e, 3)),
      },
      { title: `${title}, two scalars`, operands, run: (b, e) => void b.where(at(e, 0), s, t, at(e, 3)) },
      {
        title: `${title}, into x`,
        operands: operands.map((o, k) => (k === 1 ? { ...o, role: 'out' as const } : o)),
        run: (b, e) => void b.where(at(e, 0), at(e, 1), at(e, 2), at(e, 1)),
      },
    ];
  });
}

function combinationCases(dtype: DType): KernelCase[] {
  const make = new Operands(81);
  const c = [
    scalarFor(dtype, 2, 0.5),
    scalarFor(dtype, -1.25, 1),
    scalarFor(dtype, 3.5, 0),
    scalarFor(dtype, -2, -2),
  ];
  const [a, b, d, f] = c as [Scalar, Scalar, Scalar, Scalar];
  /** The coefficients, the operand of each, and the operand that receives the sum. */
  const forms: readonly (readonly [string, readonly Scalar[], readonly number[], number])[] = [
    ['no terms', [], [], 4],
    ['zero coefficients only', [0, 0], [0, 1], 4],
    ['a copy', [1], [0], 4],
    ['one term', [a], [0], 4],
    ['one term in place', [a], [4], 4],
    ['minus itself', [-1], [4], 4],
    ['two terms', [a, b], [0, 1], 4],
    ['a x + y in place', [a, 1], [0, 4], 4],
    ['x + b y in place', [1, b], [0, 4], 4],
    ['x - y', [1, -1], [0, 1], 4],
    ['into the first of two', [a, b], [4, 1], 4],
    ['the same twice, in place', [a, b], [4, 4], 4],
    ['one of two dropped', [0, b], [0, 1], 4],
    ['three terms', [a, b, d], [0, 1, 2], 4],
    ['three terms in place', [a, b, d], [0, 4, 2], 4],
    ['four terms', [a, b, d, f], [0, 1, 2, 3], 4],
    ['five terms in place, one dropped', [a, b, 0, d, f], [0, 1, 2, 3, 4], 4],
  ];
  return forms.flatMap(([title, coefficients, which, to]) =>
    RUNS.filter(([n]) => n !== 64).map(
      ([n, offset]): KernelCase => ({
        title: `${title}, ${n} elements from ${offset}`,
        operands: [
          make.in(dtype, n, offset),
          make.in(dtype, n, 1),
          make.in(dtype, n),
          make.in(dtype, n, 3),
          make.out(dtype, n, offset),
        ],
        scale: 16,
        run: (backend, e) =>
          void backend.linearCombination(
            coefficients,
            which.map((k) => at(e, k)),
            at(e, to),
          ),
      }),
    ),
  );
}

/** A term without weight is not read, so that its NaN has no effect. */
function droppedNaN(dtype: DType): KernelCase[] {
  if (!isFloat(dtype)) return [];
  const make = new Operands(82);
  const nan = make.numbers(dtype, 20).fill(Number.NaN);
  const operands = [make.in(dtype, 20, 1, nan), make.in(dtype, 20), make.out(dtype, 20, 0, nan)];
  return [
    {
      title: 'NaN under a zero coefficient',
      operands,
      run: (b, e) => void b.linearCombination([0, 2], [at(e, 0), at(e, 1)], at(e, 2)),
    },
    {
      title: 'NaN in the target under a zero coefficient',
      operands,
      run: (b, e) => void b.linearCombination([3, 0], [at(e, 1), at(e, 2)], at(e, 2)),
    },
  ];
}

function thresholdCases(dtype: DType): KernelCase[] {
  if (!isFloat(dtype)) return [];
  const make = new Operands(83);
  return (['soft', 'hard', 'half'] as const).flatMap((kind) =>
    [0, 0.3, 1.1].flatMap((t) => [
      ...RUNS.map(
        ([n, offset]): KernelCase => ({
          title: `${kind} ${t}, ${n} elements from ${offset}`,
          operands: [make.in(dtype, n, offset), make.out(dtype, n, 1)],
          ulps: 16,
          scale: 1,
          run: (b, e) => void b.threshold(kind, t, at(e, 0), at(e, 1)),
        }),
      ),
      {
        title: `${kind} ${t} in place, with zeros and NaN`,
        operands: [make.out(dtype, 8, 1, [0, 0, Number.NaN, Number.NaN, 2, -1, 0, 5])],
        ulps: 16,
        scale: 1,
        run: (b, e) => void b.threshold(kind, t, at(e, 0), at(e, 0)),
      },
    ]),
  );
}

export const elementwiseCases: readonly KernelCases[] = [
  ...UNARY_OPS.map((op): KernelCases => ({ kernel: `unary ${op}`, cases: (dtype) => unaryCases(op, dtype) })),
  ...BINARY_OPS.map(
    (op): KernelCases => ({ kernel: `binary ${op}`, cases: (dtype) => binaryCases(op, dtype) }),
  ),
  { kernel: 'where', cases: whereCases },
  { kernel: 'linearCombination', cases: (dtype) => [...combinationCases(dtype), ...droppedNaN(dtype)] },
  { kernel: 'threshold', cases: thresholdCases },
];
