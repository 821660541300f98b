import { type DType, isComplex, isFloat, isInteger, isSingle, lanesOf } from '../../core/base/dtype.js';
import { fillUniform } from '../../core/base/random.js';
import type { Elements } from '../../core/ports/backend.js';
import { type CaseOperand, type KernelCase, type KernelCases, Operands, scalarFor } from '../kernel-case.js';

const INF = Number.POSITIVE_INFINITY;
const NAN = Number.NaN;

/** A number smaller than the smallest normal number of a dtype's precision. */
const subnormal = (dtype: DType): number => (isSingle(dtype) ? 3e-42 : 7e-311);

/** The special values for the operands of one case. */
const KINDS: readonly ((dtype: DType) => readonly number[])[] = [
  () => [NAN],
  () => [INF],
  () => [-INF, INF],
  () => [0, -0],
  (dtype) => [subnormal(dtype), -subnormal(dtype)],
  (dtype) => [NAN, INF, -INF, 0, -0, subnormal(dtype), 1, -1, 2],
];

/** Numbers in [0, 1) from a seed. */
class Draws {
  readonly #seed: number;
  #at = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  next(): number {
    return fillUniform(this.#seed, this.#at++, new Float64Array(1))[0] as number;
  }

  below(n: number): number {
    return Math.floor(this.next() * n);
  }

  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }
}

/** An operand in which some or many of the used numbers are replaced by special ones. */
function sprinkled(operand: CaseOperand, draws: Draws): CaseOperand {
  const { dtype, offset, size } = operand;
  const numbers = size * lanesOf(dtype);
  if (!isFloat(dtype) || numbers === 0) return operand;
  const values = operand.values.slice();
  const special = draws.of(KINDS)(dtype);
  const count = draws.next() < 0.25 ? numbers : 1 + draws.below(Math.min(numbers, 4));
  for (let k = 0; k < count; k++) values[offset * lanesOf(dtype) + draws.below(numbers)] = draws.of(special);
  return { ...operand, values };
}

const LARGEST = 1500;
/**
 * Kernels with results that are not defined for special values. No definition fixes the order of
 * their sums and products, or, in transforms, whether factors of 0 are multiplied.
 */
const NOT_FINITE: readonly (readonly [kernel: RegExp, notFinite: 'any' | 'unspecified'])[] = [
  [/^(matmul|reduce\w* prod)/, 'any'],
  [/^fft/, 'unspecified'],
];

/**
 * Cases of a kernel with special values in their operands: NaN, infinities, zeros of both signs,
 * subnormal numbers.
 */
function withSpecialValues(
  { kernel, cases }: KernelCases,
  dtype: DType,
  seed: number,
  count: number,
): KernelCase[] {
  const draws = new Draws(seed);
  const usable = cases(dtype).filter(
    ({ operands }) =>
      operands.some(({ dtype: own, size }) => isFloat(own) && size > 0) &&
      operands.every(({ values }) => values.length <= LARGEST),
  );
  if (usable.length === 0) return [];
  const notFinite = NOT_FINITE.find(([pattern]) => pattern.test(kernel))?.[1];
  return Array.from({ length: count }, (_, k): KernelCase => {
    const chosen = draws.of(usable);
    return {
      ...chosen,
      title: `${chosen.title}, special values ${k} of seed ${seed}`,
      operands: chosen.operands.map((operand) => (draws.next() < 0.7 ? sprinkled(operand, draws) : operand)),
      signedZeros: false,
      ...(notFinite ? { notFinite } : {}),
    };
  });
}

/** Adds `count` cases with special values to those of a kernel. */
export const addSpecialValues =
  (seed: number, count: number) =>
  (entry: KernelCases, k: number): KernelCases => ({
    ...entry,
    cases: (dtype) => [...entry.cases(dtype), ...withSpecialValues(entry, dtype, 1000 * seed + k, count)],
  });

/** Complex numbers with infinite parts, and others. */
const INFINITE_PAIRS = [
  ...[INF, 1, -INF, 1, INF, -2, -INF, -0, 1, INF, -2, -INF],
  ...[INF, INF, -INF, INF, INF, NAN, NAN, -INF, 0, INF, 3, -4],
];

/**
 * A real multiple of ∞ + i is ∞ + NaN i, but a sum is not. There are enough numbers for every
 * vectorised loop and an odd rest.
 */
function infiniteCombinations(dtype: DType): KernelCase[] {
  if (!isComplex(dtype)) return [];
  const make = new Operands(84);
  const n = 131;
  const values = Array.from(
    { length: 2 * n },
    (_, i) => INFINITE_PAIRS[(i + 2 * Math.floor(i / 24)) % INFINITE_PAIRS.length] as number,
  );
  const y = () => make.out(dtype, n, 2, values.slice().reverse());
  const forms: readonly (readonly [
    string,
    readonly (number | { re: number; im: number })[],
    readonly number[],
  ])[] = [
    ['a real multiple', [2], [0]],
    ['a real multiple in place', [-0.5], [2]],
    ['minus itself', [-1], [2]],
    ['x + y', [1, 1], [0, 2]],
    ['x - y', [1, -1], [0, 1]],
    ['a x + y in place', [0.5, 1], [0, 2]],
    ['x + b y in place', [1, 3], [0, 2]],
    ['two real multiples', [2, 3], [0, 1]],
    ['three terms, one multiple', [1, 2, -1], [0, 1, 2]],
    ['three multiples', [3, 2, 0.5], [0, 1, 2]],
    ['four terms, two multiples', [1, 2, -1, 3], [0, 1, 2, 1]],
    ['five terms', [1, 2, -1, 3, 1], [0, 1, 2, 1, 0]],
    ['a complex one and a real one', [{ re: 0, im: 1 }, 1], [0, 2]],
  ];
  return forms.map(
    ([title, coefficients, which]): KernelCase => ({
      title: `infinite parts, ${title}`,
      scale: 16,
      operands: [make.in(dtype, n, 1, values), make.in(dtype, n), y()],
      run: (b, e) =>
        void b.linearCombination(
          coefficients,
          which.map((k) => e[k] as Elements),
          e[2],
        ),
    }),
  );
}

/**
 * y is several of many terms. It must be read before it is written, for any number of terms in one
 * pass.
 */
function repeatedTerms(dtype: DType): KernelCase[] {
  const make = new Operands(85);
  return [9, 10, 16, 17, 23].flatMap((count) =>
    [0, 1, 2].map((stride): KernelCase => {
      const coefficients = Array.from({ length: count }, (_, k) =>
        scalarFor(dtype, 1 + (k % 5), (k % 3) - 1),
      );
      return {
        title: `${count} terms, y at ${stride === 0 ? 'all' : `every ${stride + 1}.`} of them`,
        operands: [make.in(dtype, 70, 1), make.out(dtype, 70, 2)],
        ulps: 16,
        scale: 8 * count,
        run: (b, e) =>
          void b.linearCombination(
            coefficients,
            coefficients.map((_, k) => e[k % (stride + 1) === 0 ? 1 : 0]),
            e[1],
          ),
      };
    }),
  );
}

/** A tap of 0 is not multiplied: the element under it is not read. */
function zeroTaps(dtype: DType): KernelCase[] {
  if (!isFloat(dtype)) return [];
  const make = new Operands(86);
  const taps = (count: number): number[] =>
    Array.from({ length: count }, (_, k) => (k % 3 === 1 ? 0 : (k % 4) - 1.5));
  const shapes: readonly (readonly [shape: readonly number[], axis: number])[] = [
    [[90], 0],
    [[3, 61], 1],
    [[61, 3], 0],
    [[2, 40, 2], 1],
    [[40, 30], 0],
  ];
  return shapes.flatMap(([shape, axis]) =>
    [3, 5, 9, 21].flatMap((count) =>
      (['set', 'add'] as const).map((mode): KernelCase => {
        const size = shape.reduce((a, b) => a * b, 1);
        const n = shape[axis] as number;
        const half = (count - 1) / 2;
        const values = make.numbers(dtype, size);
        for (let i = 3; i < values.length; i += 29) values[i] = [NAN, INF, -INF][i % 3] as number;
        // Both ends have rows of their own, as in derivatives.
        const edge = (i: number) => ({
          start: i,
          end: i + 1,
          lo: -Math.min(i, half),
          taps: taps(count).slice(0, Math.min(i, half) + Math.min(n - i, half)),
        });
        const segments = [
          ...Array.from({ length: half }, (_, i) => edge(i)),
          { start: half, end: n - half, lo: -half, taps: taps(count) },
          ...Array.from({ length: half }, (_, i) => edge(n - half + i)),
        ];
        return {
          title:
            `taps of 0 beside what is no number: ${count} taps along axis ${axis} of [${shape}], ` +
            `${mode}`,
          operands: [make.in(dtype, size, 1, values), make.out(dtype, size, 2)],
          ulps: 8,
          scale: 8 * count,
          run: (b, e) => {
            const stencil = b.prepareStencil(dtype, { shape, mode, bands: [{ axis, segments }] });
            b.stencil(e[0], e[1], stencil);
            return undefined;
          },
        };
      }),
    ),
  );
}

function infiniteModuli(dtype: DType): KernelCase[] {
  if (!isFloat(dtype)) return [];
  const make = new Operands(87);
  return (['soft', 'hard', 'half'] as const).map(
    (kind): KernelCase => ({
      title: `${kind} of infinite moduli`,
      operands: [
        make.in(dtype, 24 / lanesOf(dtype), 1, INFINITE_PAIRS),
        make.out(dtype, 24 / lanesOf(dtype), 2),
      ],
      ulps: 16,
      run: (b, e) => void b.threshold(kind, 0.5, e[0], e[1]),
    }),
  );
}

/** ⟨x, x⟩ of a vector with an infinite part has an imaginary part that is NaN. */
function infiniteDots(dtype: DType): KernelCase[] {
  if (!isFloat(dtype)) return [];
  const make = new Operands(88);
  return [1, 2, 5, 40].flatMap((n) =>
    [0, 1].map((lane): KernelCase => {
      const values = make.numbers(dtype, n);
      values[(values.length - lanesOf(dtype) + lane) % values.length] = INF;
      return {
        title: `⟨x, x⟩ of ${n} elements with ∞ in part ${lane}`,
        operands: [make.in(dtype, n, 1, values)],
        run: (b, e) =>
          b.dots([
            { x: e[0], y: e[0], conjugate: true },
            { x: e[0], y: e[0], conjugate: false },
          ]),
      };
    }),
  );
}

/** Powers that do not fit into 53 bits wrap around as products do. */
function integerPowers(dtype: DType): KernelCase[] {
  if (!isInteger(dtype)) return [];
  const make = new Operands(89);
  const bases = [0, 1, -1, 2, 3, -3, 7, 10, -12, 65537, 2147483647, -2147483648, 12345678, -98765];
  const exponents = [0, 1, 2, 3, 5, 13, 31, 32, 33, 40, 63, 64, 1000001, 2147483647, -1, -2];
  return [
    {
      title: 'powers that wrap around',
      operands: [...make.pairs(dtype, bases, exponents, 1), make.out(dtype, bases.length * exponents.length)],
      run: (b, e) => void b.binary('power', e[0], e[1], e[2]),
    },
  ];
}

/** Small values, which some engines treat as 0. */
function smallSigns(dtype: DType): KernelCase[] {
  if (!isFloat(dtype)) return [];
  const make = new Operands(90);
  const values = [1e-7, -1e-7, 1e-20, -1e-20, 1e-30, -1e-37, 3e-38, -0, 0, 1e20, -1e20, NAN];
  return [
    {
      title: 'small numbers',
      operands: [make.in(dtype, 12 / lanesOf(dtype), 1, values), make.out(dtype, 12 / lanesOf(dtype))],
      run: (b, e) => void b.unary('sign', e[0], e[1]),
    },
  ];
}

/** Cases in which backends were found to differ. They are in addition to the random ones. */
export const specialValueCases: readonly KernelCases[] = [
  {
    kernel: 'linearCombination',
    cases: (dtype) => [...infiniteCombinations(dtype), ...repeatedTerms(dtype)],
  },
  { kernel: 'stencil', cases: zeroTaps },
  { kernel: 'threshold', cases: infiniteModuli },
  { kernel: 'dots', cases: infiniteDots },
  { kernel: 'binary power', cases: integerPowers },
  { kernel: 'unary sign', cases: smallSigns },
];
