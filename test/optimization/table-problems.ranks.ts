import { expect } from 'chai';
import { complex, type Scalar } from '../../src/core/base/complex.js';
import { type DType, isComplex, realOf } from '../../src/core/base/dtype.js';
import type { AnyOperator } from '../../src/core/operator/linear-operator.js';
import type { AnyVector } from '../../src/core/vector/vector.js';
import { cg } from '../../src/optimization/krylov/cg.js';
import { cgPipelined } from '../../src/optimization/krylov/cg-pipelined.js';
import { cgSingleReduction } from '../../src/optimization/krylov/cg-single-reduction.js';
import { cgls } from '../../src/optimization/krylov/cgls.js';
import { cglsSingleReduction } from '../../src/optimization/krylov/cgls-single-reduction.js';
import { lsmr } from '../../src/optimization/krylov/lsmr.js';
import { lsqr } from '../../src/optimization/krylov/lsqr.js';
import { minres } from '../../src/optimization/krylov/minres.js';
import { mixedPrecisionLeastSquares } from '../../src/optimization/krylov/mixed-precision.js';
import { distributed, group } from '../support/distributed.js';
import { expectClose } from '../support/expect-close.js';
import { normalSolution, randomMatrix } from './dense.js';
import { elements, PLACEMENTS } from './placements.js';
import { widest } from './solver-table.js';

interface Options {
  readonly niter: number;
  readonly x0?: AnyVector;
}
interface Answer {
  readonly x: AnyVector;
  readonly iterations: number;
}
/** A solver. `single` is A in single precision. */
type Solve = (A: AnyOperator, y: AnyVector, options: Options, single: AnyOperator) => Answer;

const LEAST_SQUARES: Readonly<Record<string, Solve>> = {
  cgls: (A, y, o) => cgls(A, y, { ...o, tol: 0, rtol: 1e-12 }),
  cglsSingleReduction: (A, y, o) => cglsSingleReduction(A, y, { ...o, tol: 0, rtol: 1e-12 }),
  lsqr: (A, y, o) => lsqr(A, y, { ...o, atol: 0, btol: 0, conlim: 0 }),
  lsmr: (A, y, o) => lsmr(A, y, { ...o, atol: 0, btol: 0, conlim: 0 }),
  mixedPrecisionLeastSquares: (A, y, o, single) => mixedPrecisionLeastSquares(A, y, { ...o, single }),
};
const SQUARE: Readonly<Record<string, Solve>> = {
  cg: (A, y, o) => cg(A, y, { ...o, tol: 0, rtol: 1e-12 }),
  cgSingleReduction: (A, y, o) => cgSingleReduction(A, y, { ...o, tol: 0, rtol: 1e-12 }),
  cgPipelined: (A, y, o) => cgPipelined(A, y, { ...o, tol: 0, rtol: 1e-12 }),
  minres: (A, y, o) => minres(A, y, { ...o, rtol: 1e-12 }),
};

const ROWS = 12;
interface Problem {
  readonly matrix: Scalar[][];
  readonly complex?: true;
  /** True if y is in the range of A. */
  readonly consistent?: true;
  /** True if y = 0. */
  readonly zero?: true;
  /** True if the start is the solution. */
  readonly exact?: true;
  /** True if the normal equations determine no digit of the solution in single precision. */
  readonly ill?: true;
  /** True if the last two columns are equal. The expected solution is the one of minimal norm. */
  readonly twice?: true;
}
const scaled = (matrix: Scalar[][], scales: readonly number[]): Scalar[][] =>
  matrix.map((row) => row.map((value, j) => (value as number) * (scales[j] as number)));
const doubled = (matrix: Scalar[][]): Scalar[][] => matrix.map((row) => [...row, row.at(-1) as Scalar]);

const PROBLEMS: Readonly<Record<string, Problem>> = {
  consistent: { matrix: randomMatrix(ROWS, 5, 1), consistent: true },
  inconsistent: { matrix: randomMatrix(ROWS, 5, 2) },
  'ill-conditioned': {
    matrix: scaled(randomMatrix(ROWS, 5, 3), [1, 0.3, 0.1, 0.03, 0.01]),
    ill: true,
    consistent: true,
  },
  'ill-conditioned, inconsistent': {
    matrix: scaled(randomMatrix(ROWS, 5, 4), [1, 0.3, 0.1, 0.03, 0.01]),
    ill: true,
  },
  'rank-deficient': { matrix: doubled(randomMatrix(ROWS, 4, 5)), twice: true, consistent: true },
  'rank-deficient, inconsistent': { matrix: doubled(randomMatrix(ROWS, 4, 6)), twice: true },
  complex: { matrix: randomMatrix(ROWS, 5, 7, 'complex128'), complex: true },
  'complex, rank-deficient': {
    matrix: doubled(randomMatrix(ROWS, 4, 8, 'complex128')),
    complex: true,
    twice: true,
  },
  'zero right-hand side': { matrix: randomMatrix(ROWS, 5, 9), zero: true },
  'exact start': { matrix: randomMatrix(ROWS, 5, 10), exact: true },
  'one element': { matrix: randomMatrix(ROWS, 1, 11) },
};

/** The solution of the problem by a dense solver. */
function solution({ matrix, twice }: Problem, y: readonly Scalar[]): Scalar[] {
  if (!twice) return normalSolution(matrix, y);
  const x = normalSolution(
    matrix.map((row) => row.slice(0, -1)),
    y,
  );
  const last = x.pop() ?? complex(0);
  const half = complex(last.re / 2, last.im / 2);
  return [...x, half, half];
}

group('standard problems', () => {
  for (const [name, problem] of Object.entries(PROBLEMS))
    for (const [placement, place] of Object.entries(PLACEMENTS))
      distributed(
        `${name}, ${placement}: every linear solver agrees with a dense one`,
        { backends: ['cpu', 'deferred'] },
        ({ comm, floats }) => {
          const { matrix, zero, exact, consistent, twice, ill } = problem;
          const dtype = widest(floats)[problem.complex ? 1 : 0] as DType;
          const A = place(matrix, dtype, comm);
          const single = place(matrix, isComplex(dtype) ? 'complex64' : 'float32', comm);
          const truth: AnyVector = A.domain({ dtype }).random(3);
          const y: AnyVector = zero
            ? A.range({ dtype }).zeros()
            : consistent || exact
              ? A.matvec(truth)
              : A.range({ dtype }).random(4);
          const expected = exact ? elements(truth) : solution(problem, elements(y));
          const options: Options = exact ? { niter: 40, x0: truth } : { niter: 40 };
          const normal = A.H.mul(A);
          const right = A.rmatvec(y);
          const double = realOf(dtype) === 'float64';
          const runs = [
            ...Object.entries(LEAST_SQUARES)
              .filter(([solver]) => double || !solver.startsWith('mixed'))
              .map(
                ([solver, solve]) => [solver, solve(A, y, options, single), double ? 1e-8 : 1e-3] as const,
              ),
            ...Object.entries(SQUARE).map(
              ([solver, solve]) =>
                [solver, solve(normal, right, options, single), double ? 1e-6 : 1e-2] as const,
            ),
          ];
          for (const [solver, { x, iterations }, most] of runs) {
            // the single-precision solution has a part in the null space, which the refinement
            // cannot remove
            const allowed = twice && solver.startsWith('mixed') ? 1e-5 : most;
            const residual = ill && !double && solver in SQUARE;
            if (residual)
              expect(right.subtract(normal.matvec(x)).norm() / right.norm(), solver).to.be.below(allowed);
            else expectClose(x, expected, { atol: allowed }, solver);
            if (zero || exact) expect(iterations, solver).to.equal(0);
            for (const other of comm.allgatherObject(iterations)) expect(other, solver).to.equal(iterations);
          }
        },
      );
});
