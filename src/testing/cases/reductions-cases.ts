import { type DType, INDEX_DTYPE, isComplex, isFloat, isInteger, lanesOf } from '../../core/base/dtype.js';
import { product } from '../../core/base/shape.js';
import { ACCUMULATIONS, type Accumulation, REDUCE_OPS, type ReduceKernel } from '../../core/ports/backend.js';
import { reduceResult } from '../../core/ports/kernel-dtypes.js';
import {
  type CaseOperand,
  type KernelCase,
  type KernelCases,
  Operands,
  RUNS,
  resultOr,
} from '../kernel-case.js';

/**
 * Numbers near one, so that the product of thousands of them is representable. For integers, ones
 * of both signs.
 */
function factors(make: Operands, dtype: DType, n: number): ArrayLike<number> {
  const values = make.numbers(dtype, n);
  return Array.from(values, (v, i) =>
    isFloat(dtype) ? (lanesOf(dtype) === 2 && i % 2 === 1 ? v / 100 : 1 + v / 100) : v < 0 ? -1 : 1,
  );
}

const dataOf = (op: ReduceKernel, make: Operands, dtype: DType) => (n: number, offset: number) =>
  make.in(dtype, n, offset, op === 'prod' ? factors(make, dtype, n) : undefined);

const PARAMETERS: Partial<Record<ReduceKernel, readonly number[]>> = {
  sumPower: [0.5, 3],
  countAtMost: [0, 0.7, 5],
};
const TOLERANCE: Partial<Record<ReduceKernel, (n: number) => Pick<KernelCase, 'ulps' | 'scale'>>> = {
  sum: (n) => ({ ulps: 8, scale: 2 * n }),
  sumAbs: () => ({ ulps: 16 }),
  sumSquares: () => ({ ulps: 16 }),
  sumPower: () => ({ ulps: 64 }),
  prod: (n) => ({ ulps: 8 + 4 * n }),
};

/** For integers there are no roots, because their sums must be exact. */
const parametersOf = (op: ReduceKernel, dtype: DType): readonly (number | undefined)[] =>
  op === 'sumPower' && isInteger(dtype) ? [1, 3] : (PARAMETERS[op] ?? [undefined]);

function reduceCases(op: ReduceKernel, dtype: DType): KernelCase[] {
  const make = new Operands(200 + REDUCE_OPS.indexOf(op));
  const data = dataOf(op, make, dtype);
  const cases = RUNS.flatMap(([n, offset]) =>
    parametersOf(op, dtype).map(
      (parameter): KernelCase => ({
        title: `${op}${parameter === undefined ? '' : ` ${parameter}`}, ${n} elements from ${offset}`,
        operands: [data(n, offset)],
        ...TOLERANCE[op]?.(n),
        run: (b, e) => b.reduce(op, e[0], parameter),
      }),
    ),
  );
  if (!isFloat(dtype)) return cases;
  for (const [name, value] of [
    ['NaN', Number.NaN],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['minus Infinity', Number.NEGATIVE_INFINITY],
  ] as const) {
    const values = make.numbers(dtype, 301);
    values[200] = value;
    cases.push({
      title: `${op} with ${name}`,
      operands: [make.in(dtype, 301, 1, values)],
      ulps: 64,
      scale: 301,
      run: (b, e) => b.reduce(op, e[0], 2),
    });
  }
  return cases;
}

const EXTENTS = [
  [0, 3, 2],
  [2, 0, 3],
  [2, 3, 0],
  [1, 1, 1],
  [1, 17, 1],
  [5, 1, 3],
  [3, 7, 1],
  [1, 6, 5],
  [4, 9, 11],
  [2, 600, 3],
] as const;

function axisCases(op: ReduceKernel, dtype: DType): KernelCase[] {
  const make = new Operands(220 + REDUCE_OPS.indexOf(op));
  const result = resultOr(dtype, () => reduceResult(op, dtype));
  const data = dataOf(op, make, dtype);
  // int32 has no infinity, which is the extreme of no elements.
  const extents = EXTENTS.filter(([, n]) => n > 0 || isFloat(dtype));
  const cases = extents.map(
    ([outer, n, inner]): KernelCase => ({
      title: `${op}, [${outer}, ${n}, ${inner}]`,
      operands: [data(outer * n * inner, 2), make.out(result, outer * inner, 1)],
      ...TOLERANCE[op]?.(n),
      run: (b, e) => void b.reduceAxis(op, e[0], [outer, n, inner], e[1], op === 'sumPower' ? 2 : 0.7),
    }),
  );
  if (!isFloat(dtype)) return cases;
  // One line contains NaN, one infinity, and one both.
  return [
    ...cases,
    ...[
      [3, 70, 1],
      [1, 70, 3],
      [1, 5, 40],
    ].map(([outer, n, inner]: readonly number[]): KernelCase => {
      const [o, m, i] = [outer as number, n as number, inner as number];
      const values = make.numbers(dtype, o * m * i);
      const put = (line: number, k: number, value: number) => {
        const element = o > 1 ? line * m + k : k * i + line;
        values[lanesOf(dtype) * element] = value;
      };
      put(0, 2, Number.NaN);
      put(1, 3, Number.NEGATIVE_INFINITY);
      put(2, 1, Number.NaN);
      put(2, 4, Number.POSITIVE_INFINITY);
      return {
        title: `${op} with NaN and infinity, [${o}, ${m}, ${i}]`,
        operands: [make.in(dtype, o * m * i, 1, values), make.out(result, o * i, 1)],
        ulps: 64,
        scale: 70,
        run: (b, e) => void b.reduceAxis(op, e[0], [o, m, i], e[1], 2),
      };
    }),
  ];
}

function dotsCases(dtype: DType): KernelCase[] {
  const make = new Operands(240);
  const cases = RUNS.flatMap(([n, offset]) =>
    [true, false].map(
      (conjugate): KernelCase => ({
        title: `${n} elements from ${offset}, ${conjugate ? 'conjugated' : 'plain'}`,
        operands: [make.in(dtype, n, offset), make.in(dtype, n, 1)],
        ulps: 8,
        scale: 2 * n,
        run: (b, e) => b.dots([{ x: e[0], y: e[1], conjugate }]),
      }),
    ),
  );
  return [
    ...cases,
    {
      title: 'several at once, of several lengths',
      operands: [make.in(dtype, 50), make.in(dtype, 50, 2), make.in(dtype, 9, 1)],
      ulps: 8,
      scale: 100,
      run: (b, [x, y, z]) =>
        b.dots([
          { x, y, conjugate: true },
          { x, y: x, conjugate: true },
          { x: y, y: x, conjugate: false },
          { x: z, y: z, conjugate: false },
        ]),
    },
    { title: 'none', operands: [make.in(dtype, 1)], run: (b) => b.dots([]) },
  ];
}

/** Checks that a reduction gives the same bits each time. */
function repeatCases(dtype: DType): KernelCase[] {
  const make = new Operands(241);
  return [
    {
      title: 'twice the same bits',
      operands: [make.in(dtype, 5001, 1), make.in(dtype, 5001)],
      run: (b, e) => {
        const [x, y] = [e[0], e[1]];
        const [first, again] = [0, 1].map(() =>
          [...b.dots([{ x, y, conjugate: true }]), b.reduce('sumSquares', x)].join(),
        );
        return first === again ? 1 : 0;
      },
    },
  ];
}

function argCases(dtype: DType): KernelCase[] {
  const make = new Operands(242);
  const values = make.numbers(dtype, 500);
  values[401] = Number.NaN;
  values[801 % values.length] = Number.NaN;
  const ties = Array.from({ length: 1200 }, (_, i) => (i % 400 < 200 ? 2 : -2));
  return (['max', 'min'] as const).flatMap((op) => {
    const argCase = (title: string, operand: CaseOperand): KernelCase => ({
      title: `${op}${title}`,
      operands: [operand],
      ulps: 0,
      run: (b, e) => b.argExtreme(op, e[0]),
    });
    return [
      ...RUNS.map(([n, offset]) => argCase(`, ${n} elements from ${offset}`, make.in(dtype, n, offset))),
      argCase(', ties', make.in(dtype, 1200 / lanesOf(dtype), 1, ties)),
      ...(isFloat(dtype) ? [argCase(' with NaN', make.in(dtype, 500, 1, values))] : []),
    ];
  });
}

function argAxisCases(dtype: DType): KernelCase[] {
  const make = new Operands(248);
  return (['max', 'min'] as const).flatMap((op) =>
    [...EXTENTS, [2, 300, 40] as const].flatMap((extents) =>
      [false, true].map((isSpecial): KernelCase => {
        const [outer, , inner] = extents;
        const values = make.numbers(dtype, product(extents));
        // Ties, and NaN of which the first counts
        if (isSpecial)
          for (let i = 0; i < values.length; i++)
            values[i] = isFloat(dtype) && i % 13 === 5 ? Number.NaN : Math.sign(values[i] as number);
        return {
          title: `${op}, [${extents}]${isSpecial ? ' with ties' : ''}`,
          operands: [make.in(dtype, product(extents), 1, values), make.out(INDEX_DTYPE, outer * inner, 2)],
          run: (b, e) => void b.argExtremeAxis(op, e[0], extents, e[1]),
        };
      }),
    ),
  );
}

function orderCases(dtype: DType): KernelCase[] {
  if (isComplex(dtype)) return [];
  const make = new Operands(243);
  const ties = (n: number) => Array.from({ length: n }, (_, i) => (i * 7) % 5);
  return [1, 2, 9, 1000].flatMap((n) =>
    [0, Math.floor(n / 3), Math.floor(n / 2), n - 1].flatMap((k) =>
      [undefined, ties(n)].map(
        (values): KernelCase => ({
          title: `${k} of ${n}${values ? ' with ties' : ''}`,
          operands: [make.in(dtype, n, 2, values)],
          ulps: 0,
          run: (b, e) => b.kthSmallest(e[0], k),
        }),
      ),
    ),
  );
}

function accumulateCases(op: Accumulation, dtype: DType): KernelCase[] {
  const make = new Operands(244 + ACCUMULATIONS.indexOf(op));
  const data = dataOf(op, make, dtype);
  return EXTENTS.map(
    (extents): KernelCase => ({
      title: `[${extents}]`,
      operands: [data(product(extents), 1), make.out(dtype, product(extents), 2)],
      ...TOLERANCE[op]?.(2 * extents[1]),
      run: (b, e) => void b.accumulate(op, e[0], extents, e[1]),
    }),
  );
}

/** Numbers, numbers with ties, and with values that have a place of their own in the order. */
function valuesToSort(dtype: DType, size: number): readonly (readonly number[] | undefined)[] {
  const special = [Number.NaN, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, -0, 0, 5, -5];
  const ties = Array.from({ length: size }, (_, i) => ((i * 7) % 5) - 2);
  if (!isFloat(dtype)) return [undefined, ties];
  return [undefined, ties, ties.map((v, i) => special[i % 11] ?? v)];
}
const EXTENTS_TO_SORT = [...EXTENTS, [1, 5000, 1] as const, [2, 9000, 2] as const];

function argsortCases(dtype: DType): KernelCase[] {
  if (isComplex(dtype)) return [];
  const make = new Operands(247);
  return EXTENTS_TO_SORT.flatMap((extents) =>
    valuesToSort(dtype, product(extents)).map(
      (values): KernelCase => ({
        title: `[${extents}]${values ? ' with ties' : ''}`,
        operands: [make.in(dtype, product(extents), 1, values), make.out(INDEX_DTYPE, product(extents), 2)],
        run: (b, e) => void b.argsort(e[0], extents, e[1]),
      }),
    ),
  );
}

function sortCases(dtype: DType): KernelCase[] {
  if (isComplex(dtype)) return [];
  const make = new Operands(246);
  return EXTENTS_TO_SORT.flatMap((extents) =>
    valuesToSort(dtype, product(extents)).flatMap((values): KernelCase[] => [
      {
        title: `[${extents}]${values ? ' with ties' : ''}`,
        operands: [make.in(dtype, product(extents), 1, values), make.out(dtype, product(extents), 2)],
        ulps: 0,
        run: (b, e) => void b.sort(e[0], extents, e[1]),
      },
      {
        title: `[${extents}] in place${values ? ' with ties' : ''}`,
        operands: [make.out(dtype, product(extents), 1, values)],
        ulps: 0,
        run: (b, e) => void b.sort(e[0], extents, e[0]),
      },
    ]),
  );
}

/** Lines sorted at some places: divided by them, and without the loss of a number. */
function placeCases(dtype: DType): KernelCase[] {
  if (isComplex(dtype)) return [];
  const make = new Operands(249);
  const extents = [
    [1, 1, 1],
    [3, 7, 1],
    [2, 40, 3],
    [1, 600, 1],
    [1, 5000, 1],
    [2, 9000, 2],
  ] as const;
  return extents.flatMap((lines) =>
    valuesToSort(dtype, product(lines)).flatMap((values) =>
      placesOf(lines[1]).map(
        (places): KernelCase => ({
          title: `[${lines}] at ${places}${values ? ' with ties' : ''}`,
          operands: [make.in(dtype, product(lines), 1, values), make.out(dtype, product(lines), 2)],
          ulps: 0,
          run: (b, [x, y]) => {
            b.sort(x, lines, y, places);
            const result = dividedLines(b.download(y), lines, places);
            b.sort(y, lines, y);
            return result;
          },
        }),
      ),
    ),
  );
}

const placesOf = (n: number): number[][] => {
  const [third, middle] = [Math.floor(n / 3), Math.floor(n / 2)];
  return [[0], [n - 1], [middle], [...new Set([0, third, middle, n - 1])]];
};

const isAbove = (a: number, b: number): boolean =>
  Number.isNaN(a) ? !Number.isNaN(b) : a > b || (a === 0 && b === 0 && !Object.is(a, -0) && Object.is(b, -0));

/** How many numbers are on the wrong side of a place. */
function dividedLines(
  y: ArrayLike<number>,
  [outer, n, inner]: readonly [number, number, number],
  places: readonly number[],
): number {
  let faults = 0;
  for (let line = 0; line < outer * inner; line++) {
    const first = Math.floor(line / inner) * n * inner + (line % inner);
    const at = (i: number): number => y[first + i * inner] as number;
    // The largest before each element, and the smallest from each on
    let largest = at(0);
    for (let i = 0, k = 0; i < n; i++) {
      if (isAbove(at(i), largest)) largest = at(i);
      else if (i === places[k] && isAbove(largest, at(i))) faults++;
      if (i === places[k]) k++;
      else if (k > 0 && isAbove(at(places[k - 1] as number), at(i))) faults++;
    }
  }
  return faults;
}

export const reductionCases: readonly KernelCases[] = [
  ...REDUCE_OPS.map((op) => ({ kernel: `reduce ${op}`, cases: (dtype: DType) => reduceCases(op, dtype) })),
  ...REDUCE_OPS.map((op) => ({ kernel: `reduceAxis ${op}`, cases: (dtype: DType) => axisCases(op, dtype) })),
  { kernel: 'dots', cases: (dtype) => [...dotsCases(dtype), ...repeatCases(dtype)] },
  { kernel: 'argExtreme', cases: argCases },
  { kernel: 'argExtremeAxis', cases: argAxisCases },
  { kernel: 'kthSmallest', cases: orderCases },
  { kernel: 'sort', cases: (dtype) => [...sortCases(dtype), ...placeCases(dtype)] },
  { kernel: 'argsort', cases: argsortCases },
  ...ACCUMULATIONS.map((op) => ({
    kernel: `accumulate ${op}`,
    cases: (dtype: DType) => accumulateCases(op, dtype),
  })),
];
