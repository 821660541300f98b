import type { Scalar } from '../../core/base/complex.js';
import {
  type DType,
  FLAG_DTYPE,
  type HostArray,
  isComplex,
  isFloat,
  isInteger,
  lanesOf,
} from '../../core/base/dtype.js';
import {
  BINARY_OPS,
  type BinaryOp,
  type Elements,
  UNARY_OPS,
  type UnaryOp,
} from '../../core/ports/backend.js';
import { binaryResult, unaryResult } from '../../core/ports/kernel-dtypes.js';
import {
  type CaseOperand,
  type KernelCase,
  type KernelCases,
  Operands,
  RUNS,
  resultOr,
  SPECIAL,
  scalarFor,
} from '../kernel-case.js';

const POSITIVE: ReadonlySet<string> = new Set(['log', 'log2', 'log10', 'sqrt', 'gamma', 'power']);
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
  'trunc',
  'floorDivide',
  'remainder',
  'fmod',
  'fmax',
  'fmin',
  'copysign',
]);
/** The size of the terms in whose sums digits cancel: see {@link KernelCase.scale}. */
const SCALES: Readonly<Record<string, number>> = { add: 4, subtract: 4, logaddexp: 4, gammaln: 4 };
const ulpsOf = (op: string): number => (EXACT.has(op) ? 4 : 64);

function domain(op: string, dtype: DType, values: HostArray): HostArray {
  if (POSITIVE.has(op) && !isComplex(dtype))
    for (let i = 0; i < values.length; i++)
      values[i] = Math.abs(values[i] as number) + (isFloat(dtype) ? 0.125 : 0);
  return values;
}

function unaryCases(op: UnaryOp, dtype: DType): KernelCase[] {
  const result = resultOr(dtype, () => unaryResult(op, dtype));
  const make = new Operands(10 + UNARY_OPS.indexOf(op));
  const [ulps, scale] = [ulpsOf(op), SCALES[op] ?? 0];
  const run: KernelCase['run'] = (b, e) => void b.unary(op, e[0], e[1]);
  const cases = RUNS.map(
    ([n, offset]): KernelCase => ({
      title: `${op}, ${n} elements from ${offset}`,
      operands: [
        make.in(dtype, n, offset, domain(op, dtype, make.numbers(dtype, n))),
        make.out(result, n, 1),
      ],
      ulps,
      scale,
      run,
    }),
  );
  if (result === dtype) {
    cases.push({
      title: `${op} in place`,
      operands: [make.out(dtype, 131, 3, domain(op, dtype, make.numbers(dtype, 131)))],
      ulps,
      scale,
      run: (b, e) => void b.unary(op, e[0], e[0]),
    });
  }
  const pairs = [0, 0, 3, 4, -3, 4, 0, -2, Number.NaN, 1, 1, Number.NaN, -4, 0, 1e-3, 0];
  const defines = ['abs', 'sign', 'isnan', 'isfinite', 'isinf', 'sqrt', 'real', 'imag', 'conj'];
  const special = isComplex(dtype) ? (defines.includes(op) ? pairs : []) : isFloat(dtype) ? SPECIAL : [];
  if (special.length > 0) {
    const n = special.length / lanesOf(dtype);
    cases.push({
      title: `${op} of special values`,
      operands: [make.in(dtype, n, 0, special), make.out(result, n)],
      ulps,
      scale,
      signedZeros: ['negative', 'trunc', 'signbit'].includes(op),
      run,
    });
  }
  return cases;
}

function binaryCases(op: BinaryOp, dtype: DType): KernelCase[] {
  const result = resultOr(dtype, () => binaryResult(op, dtype));
  const make = new Operands(50 + BINARY_OPS.indexOf(op));
  const ulps = ulpsOf(op);
  // In products and sums of complex numbers, digits can cancel within one part only. In sums of
  // real numbers they can cancel altogether.
  const scale = SCALES[op] ?? 0;
  const left = (n: number) => domain(op, dtype, make.numbers(dtype, n));
  // Some elements are equal, so that comparisons have both results. Integers have small exponents.
  const right = (n: number, x: HostArray) => {
    const values = make.numbers(dtype, n);
    if (op === 'power' && isInteger(dtype)) return values.map((v) => Math.abs(v) % 4);
    for (let i = 0; i < values.length; i++) if (i % 6 < 2) values[i] = x[i] as number;
    return values;
  };
  const scalar: Scalar = op === 'power' && isInteger(dtype) ? 3 : scalarFor(dtype, 1.25, -0.75);
  const all: KernelCase['run'] = (b, e) => void b.binary(op, e[0], e[1], e[2]);
  const add = (title: string, operands: readonly CaseOperand[], run: KernelCase['run']) =>
    cases.push({ title: `${op}${title}`, operands, ulps, scale, run });
  const cases: KernelCase[] = [];
  for (const [n, offset] of RUNS) {
    const x = left(n);
    const operands = [
      make.in(dtype, n, offset, x),
      make.in(dtype, n, 1, right(n, x)),
      make.out(result, n, 2),
    ];
    add(`, ${n} elements from ${offset}`, operands, all);
    add(` with a scalar, ${n} elements`, operands, (b, e) => void b.binary(op, e[0], scalar, e[2]));
    add(` of a scalar, ${n} elements`, operands, (b, e) => void b.binary(op, scalar, e[1], e[2]));
  }
  if (result === dtype) {
    const n = 131;
    const x = left(n);
    const both = () => [make.out(dtype, n, 1, x), make.out(dtype, n, 2, right(n, x))];
    add(' into x', both(), (b, e) => void b.binary(op, e[0], e[1], e[0]));
    add(' into y', both(), (b, e) => void b.binary(op, e[0], e[1], e[1]));
    add(
      ' with itself, into itself',
      [make.out(dtype, n, 1, right(n, x))],
      (b, e) => void b.binary(op, e[0], e[0], e[0]),
    );
    add(
      ' with a scalar, in place',
      [make.out(dtype, n, 1, x)],
      (b, e) => void b.binary(op, e[0], scalar, e[0]),
    );
  }
  if (isFloat(dtype) && !isComplex(dtype)) {
    const out = make.out(result, SPECIAL.length ** 2);
    add(' of special values', [...make.pairs(dtype, SPECIAL, SPECIAL), out], all);
    if (result === dtype) {
      // On x86, 0/0 has the sign bit set
      const zeros = make.in(dtype, 20, 0, make.numbers(dtype, 20).fill(0));
      add(' with NaN of 0/0', [make.in(dtype, 20), zeros, make.out(dtype, 20)], (b, e) => {
        b.binary('divide', e[1], e[1], e[2]);
        return void b.binary(op, e[0], e[2], e[2]);
      });
    }
  }
  return cases;
}

function whereCases(dtype: DType): KernelCase[] {
  const make = new Operands(80);
  const [s, t] = [scalarFor(dtype, 1.5, 2), scalarFor(dtype, -3, 0.5)];
  return RUNS.flatMap(([n, offset]): KernelCase[] => {
    const operands = [
      make.in(FLAG_DTYPE, n, offset, make.integers(n, 3)),
      make.in(dtype, n, 1),
      make.in(dtype, n, 2),
      make.out(dtype, n, 3),
    ];
    const runs: readonly (readonly [string, KernelCase['run']])[] = [
      ['', (b, e) => void b.where(e[0], e[1], e[2], e[3])],
      [', x a scalar', (b, e) => void b.where(e[0], s, e[2], e[3])],
      [', y a scalar', (b, e) => void b.where(e[0], e[1], t, e[3])],
      [', two scalars', (b, e) => void b.where(e[0], s, t, e[3])],
      [', into x', (b, e) => void b.where(e[0], e[1], e[2], e[1])],
    ];
    return runs.map(([form, run]) => ({
      title: `${n} elements${form}`,
      operands: operands.map((o, k) => (k === 1 && form === ', into x' ? { ...o, role: 'out' } : o)),
      signedZeros: true,
      run,
    }));
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
            which.map((k) => e[k] as Elements),
            e[to] as Elements,
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
      run: (b, e) => void b.linearCombination([0, 2], [e[0], e[1]], e[2]),
    },
    {
      title: 'NaN in the target under a zero coefficient',
      operands,
      run: (b, e) => void b.linearCombination([3, 0], [e[1], e[2]], e[2]),
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
          run: (b, e) => void b.threshold(kind, t, e[0], e[1]),
        }),
      ),
      {
        title: `${kind} ${t} in place, with zeros and NaN`,
        operands: [make.out(dtype, 8, 1, [0, 0, Number.NaN, Number.NaN, 2, -1, 0, 5])],
        ulps: 16,
        scale: 1,
        run: (b, e) => void b.threshold(kind, t, e[0], e[0]),
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
