import { expect } from 'chai';
import { complex, type Scalar } from '../../src/core/complex.js';
import type { DistributedArray } from '../../src/core/distributed-array.js';
import { type DType, isComplex } from '../../src/core/dtype.js';
import type { LinearOperator } from '../../src/core/linear-operator.js';
import { NDArray } from '../../src/core/ndarray.js';
import { MatrixMult } from '../../src/local/index.js';
import { MPIVStack } from '../../src/operators/index.js';
import { cg } from '../../src/optimization/cg.js';
import { cgPipelined } from '../../src/optimization/cg-pipelined.js';
import { cgSingleReduction } from '../../src/optimization/cg-single-reduction.js';
import { cgls } from '../../src/optimization/cgls.js';
import { cglsSingleReduction } from '../../src/optimization/cgls-single-reduction.js';
import { lsmr } from '../../src/optimization/lsmr.js';
import { lsqr } from '../../src/optimization/lsqr.js';
import { minres } from '../../src/optimization/minres.js';
import { distributed, group } from '../support/distributed.js';
import { distance, normalSolution, randomMatrix } from './dense.js';

type Operator = LinearOperator<DistributedArray>;
interface Options {
  readonly niter: number;
  readonly x0?: DistributedArray;
}
interface Answer {
  readonly x: DistributedArray;
  readonly iterations: number;
}
type Solve = (A: Operator, y: DistributedArray, options: Options) => Answer;

const LEAST_SQUARES: Readonly<Record<string, Solve>> = {
  cgls: (A, y, o) => cgls(A, y, { ...o, tol: 0, rtol: 1e-12 }),
  cglsSingleReduction: (A, y, o) => cglsSingleReduction(A, y, { ...o, tol: 0, rtol: 1e-12 }),
  lsqr: (A, y, o) => lsqr(A, y, { ...o, atol: 0, btol: 0, conlim: 0 }),
  lsmr: (A, y, o) => lsmr(A, y, { ...o, atol: 0, btol: 0, conlim: 0 }),
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
  readonly dtype?: DType;
  /** y is A times something. */
  readonly consistent?: true;
  /** y = 0. */
  readonly zero?: true;
  /** The start is the solution. */
  readonly exact?: true;
  /** The last column is the one before once more: of the solutions, the shortest is expected. */
  readonly twice?: true;
}
const scaled = (matrix: Scalar[][], scales: readonly number[]): Scalar[][] =>
  matrix.map((row) => row.map((value, j) => (value as number) * (scales[j] as number)));
const doubled = (matrix: Scalar[][]): Scalar[][] => matrix.map((row) => [...row, row.at(-1) as Scalar]);

const PROBLEMS: Readonly<Record<string, Problem>> = {
  consistent: { matrix: randomMatrix(ROWS, 5, 1), consistent: true },
  inconsistent: { matrix: randomMatrix(ROWS, 5, 2) },
  'ill-conditioned': { matrix: scaled(randomMatrix(ROWS, 5, 3), [1, 0.3, 0.1, 0.03, 0.01]), consistent: true },
  'ill-conditioned, inconsistent': { matrix: scaled(randomMatrix(ROWS, 5, 4), [1, 0.3, 0.1, 0.03, 0.01]) },
  'rank-deficient': { matrix: doubled(randomMatrix(ROWS, 4, 5)), twice: true, consistent: true },
  'rank-deficient, inconsistent': { matrix: doubled(randomMatrix(ROWS, 4, 6)), twice: true },
  complex: { matrix: randomMatrix(ROWS, 5, 7, 'complex128'), dtype: 'complex128' },
  'complex, rank-deficient': { matrix: doubled(randomMatrix(ROWS, 4, 8, 'complex128')), dtype: 'complex128', twice: true },
  'zero right-hand side': { matrix: randomMatrix(ROWS, 5, 9), zero: true },
  'exact start': { matrix: randomMatrix(ROWS, 5, 10), exact: true },
  'one element': { matrix: randomMatrix(ROWS, 1, 11) },
};

function scalars(array: NDArray): Scalar[] {
  const values = Array.from(array.toHost() as Float64Array);
  if (!isComplex(array.dtype)) return values;
  return Array.from({ length: values.length / 2 }, (_, k) => complex(values[2 * k] as number, values[2 * k + 1] as number));
}

/** Of the problem, by a dense solve. */
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
  for (const [name, problem] of Object.entries(PROBLEMS)) {
    distributed(`${name}: every linear solver agrees with a dense one`, { backends: ['cpu'] }, ({ comm }) => {
      const { matrix, dtype = 'float64', zero, exact, consistent } = problem;
      const [from, to] = [comm.rank, comm.rank + 1].map((r) => Math.floor((r * ROWS) / comm.size));
      const rows = NDArray.array(matrix.slice(from, to), { dtype });
      const A: Operator = new MPIVStack([new MatrixMult(rows, { dtype })]);
      const truth = A.domain({ dtype }).random(3);
      const y = zero ? A.range({ dtype }).zeros() : consistent || exact ? A.matvec(truth) : A.range({ dtype }).random(4);
      const expected = exact ? scalars(truth.asArray()) : solution(problem, scalars(y.asArray()));
      const options: Options = exact ? { niter: 40, x0: truth } : { niter: 40 };
      const normal = A.H.mul(A);
      const right = A.rmatvec(y);
      const runs = [
        ...Object.entries(LEAST_SQUARES).map(([solver, solve]) => [solver, solve(A, y, options), 1e-8] as const),
        ...Object.entries(SQUARE).map(([solver, solve]) => [solver, solve(normal, right, options), 1e-6] as const),
      ];
      for (const [solver, { x, iterations }, most] of runs) {
        expect(distance(x.asArray(), expected), solver).to.be.below(most);
        if (zero || exact) expect(iterations, solver).to.equal(0);
        for (const other of comm.allgatherObject(iterations)) expect(other, solver).to.equal(iterations);
      }
    });
  }
});
