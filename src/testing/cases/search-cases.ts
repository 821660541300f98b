import { type DType, FLAG_DTYPE, INDEX_DTYPE, isComplex, isFloat } from '../../core/base/dtype.js';
import type { SearchSide } from '../../core/ports/backend.js';
import {
  type CaseOperand,
  type KernelCase,
  type KernelCases,
  Operands,
  RUNS,
  SPECIAL,
} from '../kernel-case.js';

/** All, none, half, and one of the elements are true; the output has room for all or for some. */
function truePositionsCases(dtype: DType): KernelCase[] {
  if (dtype !== FLAG_DTYPE) return [];
  const make = new Operands(390);
  const flags: readonly ((i: number, n: number) => boolean)[] = [
    () => true,
    () => false,
    (i) => (i * 7919) % 13 < 6,
    (i, n) => i === n - 1,
  ];
  return RUNS.flatMap(([n, offset]) =>
    flags.flatMap((isTrue, kind) =>
      [1, 0.5].map((share): KernelCase => {
        const values = Array.from({ length: n }, (_, i) => Number(isTrue(i, n)));
        const count = Math.ceil(share * values.reduce((sum, v) => sum + v, 0));
        return {
          title: `${count} of ${n} elements from ${offset}, kind ${kind}`,
          operands: [make.in(dtype, n, offset, values), make.out(INDEX_DTYPE, count, 2)],
          run: (b, e) => void b.truePositions(e[0], e[1]),
        };
      }),
    ),
  );
}

/** Sorts numbers as {@link Kernels.searchSorted} expects them. */
const ascending = (values: readonly number[]): number[] =>
  [...values].sort((a, b) =>
    Number.isNaN(a) || Number.isNaN(b) ? +Number.isNaN(a) - +Number.isNaN(b) : a - b,
  );

function searchCases(dtype: DType): KernelCase[] {
  const make = new Operands(391);
  const searchCase = (side: SearchSide, sorted: CaseOperand, queries: CaseOperand): KernelCase => ({
    title: `${side} of ${queries.size} in ${sorted.size}`,
    operands: [sorted, queries, make.out(INDEX_DTYPE, queries.size, 3)],
    run: (b, e) => void b.searchSorted(e[0], e[1], side, e[2]),
  });
  // Refused
  if (isComplex(dtype)) return [searchCase('left', make.in(dtype, 4), make.in(dtype, 3))];
  const special = isFloat(dtype) ? SPECIAL : [0, 1, 1];
  return [0, 1, 2, 9, 1000].flatMap((n) =>
    (['left', 'right'] as const).flatMap((side) =>
      [[], special].map((extra) => {
        const sorted = ascending([...make.numbers(dtype, n), ...extra]);
        const queries = [...sorted.slice(0, 200), ...make.numbers(dtype, 300), ...special];
        return searchCase(
          side,
          make.in(dtype, sorted.length, 1, sorted),
          make.in(dtype, queries.length, 2, queries),
        );
      }),
    ),
  );
}

function countCases(dtype: DType): KernelCase[] {
  if (dtype !== INDEX_DTYPE) return [];
  const make = new Operands(392);
  return RUNS.flatMap(([n, offset]) =>
    [0, 1, 5, 1000].map((m): KernelCase => {
      const places = make.integers(n, m + 3).map((i) => i - 1);
      return {
        title: `${n} into ${m}`,
        operands: [make.in(dtype, n, offset, places), make.out(dtype, m, 1)],
        run: (b, e) => void b.countInto(e[0], e[1]),
      };
    }),
  );
}

export const searchCasesByDType: readonly KernelCases[] = [
  { kernel: 'truePositions', cases: truePositionsCases },
  { kernel: 'searchSorted', cases: searchCases },
  { kernel: 'countInto', cases: countCases },
];
