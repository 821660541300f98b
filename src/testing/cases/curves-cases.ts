import { type DType, hostArray, isFloat, realOf } from '../../core/base/dtype.js';
import type { Backend, Curves } from '../../core/ports/backend.js';
import { type CaseElements, type KernelCase, type KernelCases, Operands } from '../kernel-case.js';

const FORMS: readonly (readonly [points: number, ns: number, nr: number, nt: number])[] = [
  [0, 2, 2, 5],
  [3, 0, 2, 5],
  [3, 2, 1, 1],
  [5, 1, 1, 2],
  [40, 2, 3, 17],
  [700, 2, 2, 33],
];

function curveCases(kernel: 'spreadCurves' | 'sumCurves', dtype: DType): KernelCase[] {
  const make = new Operands(kernel === 'spreadCurves' ? 390 : 391);
  return FORMS.flatMap(([points, ns, nr, nt]) =>
    [false, true].map((weighted): KernelCase => {
      /**
       * Random samples. The sums of some are before the first sample of a trace or after the last.
       */
      const samples = (count: number): Float64Array => {
        const values = hostArray('float64', count * points) as Float64Array;
        const normal = make.numbers('float64', count * points);
        return values.map((_, i) => (normal[i] as number) * nt * 0.3 + nt / 4);
      };
      const curves = (e: CaseElements): Curves => ({
        points,
        ns,
        nr,
        nt,
        srcs: e[2],
        recs: e[3],
        amplitudes: weighted ? e[4] : undefined,
      });
      const [from, to] = kernel === 'spreadCurves' ? [points, ns * nr * nt] : [ns * nr * nt, points];
      return {
        title: `${points} points, ${ns} × ${nr} traces of ${nt}${weighted ? ', amplitudes' : ''}`,
        operands: [
          make.in(dtype, from, 1),
          make.out(dtype, to, 2),
          make.in('float64', ns * points, 1, samples(ns)),
          make.in('float64', nr * points, 3, samples(nr)),
          make.in(realOf(dtype), ns * nr * points, 1),
        ],
        ulps: 16,
        scale: 64,
        run: (b: Backend, e) => void b[kernel]?.(e[0], e[1], curves(e)),
      };
    }),
  );
}

/** The cases of kernels that a backend may lack. */
export const curveCasesByDType: readonly KernelCases[] = (['spreadCurves', 'sumCurves'] as const).map(
  (kernel) => ({
    kernel,
    cases: (dtype) => (isFloat(dtype) ? curveCases(kernel, dtype) : []),
  }),
);
