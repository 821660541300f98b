import { expect } from 'chai';
import {
  abs,
  add,
  complex,
  conj,
  div,
  isZero,
  mul,
  re,
  type Scalar,
  sub,
} from '../../src/core/base/complex.js';
import { type DType, isComplex, realOf } from '../../src/core/base/dtype.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import type { AnyOperator } from '../../src/core/operator/linear-operator.js';
import type { AnyVector } from '../../src/core/vector/vector.js';
import { MPIFirstDerivative, MPIGradient } from '../../src/operators/index.js';
import { powerIteration } from '../../src/optimization/power-iteration.js';
import {
  admm,
  admml2,
  Box,
  douglasRachford,
  EuclideanBall,
  L1,
  L2,
  L21,
  linearizedAdmm,
  type ProxOperator,
  primalDual,
  proximalGradient,
  TV,
} from '../../src/proximal/index.js';
import { type Matrix, normalSolution, randomMatrix, solveDense } from '../optimization/dense.js';
import { PLACEMENTS, withElements } from '../optimization/placements.js';
import { widest } from '../optimization/solver-table.js';
import { distributed, group } from '../support/distributed.js';
import { expectClose } from '../support/expect-close.js';

/** The problem `min ½‖A x − b‖² + g(x)`. `bound` is at least `‖A‖²`. */
interface Task {
  readonly A: AnyOperator;
  readonly b: AnyVector;
  readonly g: ProxOperator;
  readonly x0: AnyVector;
  readonly bound: number;
}
interface Answer {
  readonly x: AnyVector;
  readonly iterations: number;
}
const inner = { niter: 6, tol: 0 };
const SOLVERS: Readonly<Record<string, (task: Task) => Answer>> = {
  proximalGradient: ({ A, b, g, x0, bound }) =>
    proximalGradient(new L2({ Op: A, b }), g, x0, { tau: 1 / bound, niter: 140 }),
  'proximalGradient, fista': ({ A, b, g, x0, bound }) =>
    proximalGradient(new L2({ Op: A, b }), g, x0, {
      tau: 1 / bound,
      niter: 80,
      acceleration: 'fista',
      restart: 'function',
    }),
  admm: ({ A, b, g, x0 }) => admm(new L2({ Op: A, b, ...inner }), g, x0, { tau: 1, niter: 40 }),
  admml2: ({ A, b, g, x0 }) => admml2(A, b, g, A.H.mul(A).pow(0), { tau: 1, niter: 40, x0, inner }),
  linearizedAdmm: ({ A, b, g, x0, bound }) =>
    linearizedAdmm(g, new L2({ b }), A, x0, { tau: 1, mu: 1 / bound, niter: 160 }),
  primalDual: ({ A, b, g, x0, bound }) =>
    primalDual(g, new L2({ b }), A, x0, {
      tau: 0.99 / Math.sqrt(bound),
      mu: 0.99 / Math.sqrt(bound),
      niter: 140,
    }),
  douglasRachford: ({ A, b, g, x0 }) =>
    douglasRachford(new L2({ Op: A, b, ...inner }), g, x0, { tau: 1, niter: 40 }),
};

/** A well-conditioned matrix of full column rank: `(I; 0)` plus a small random matrix. */
const matrixOf = (rows: number, columns: number, seed: number, dtype: DType = 'float64'): Matrix =>
  randomMatrix(rows, columns, seed, dtype).map((row, i) =>
    row.map((v, j) => add(mul(0.25, v), i === j ? 1 : 0)),
  );
const product = (a: Matrix, x: readonly Scalar[]): Scalar[] =>
  a.map((row) => row.reduce<Scalar>((total, v, j) => add(total, mul(v, x[j] as Scalar)), 0));
const length = (x: readonly Scalar[]): number => Math.hypot(...x.map(abs));

interface Problem {
  readonly matrix: Matrix;
  readonly complex?: true;
  /** The solution. */
  readonly x: readonly Scalar[];
  /** `Aᴴ(b − A x)`, which lies in `∂g(x)`. */
  readonly slope: readonly Scalar[];
  readonly g: () => ProxOperator;
  /** True if b has a part outside the range of A. */
  readonly inconsistent?: true;
  /**
   * The start.
   *
   * @default zeros
   */
  readonly from?: 'solution' | 'elsewhere';
}

/** The data for which x is the solution: `b = A(x + w) + e`, `AᴴA w` the slope, `Aᴴe = 0`. */
function dataOf({ matrix, x, slope, inconsistent }: Problem): Scalar[] {
  const columns = x.map((_, j) => matrix.map((row) => row[j] as Scalar));
  const gram = columns.map((c) =>
    columns.map((d) => c.reduce<Scalar>((total, v, i) => add(total, mul(conj(v), d[i] as Scalar)), 0)),
  );
  const w = solveDense(gram, slope);
  const b = product(
    matrix,
    x.map((v, j) => add(v, w[j] as Scalar)),
  );
  if (!inconsistent) return b;
  const v = randomMatrix(matrix.length, 1, 77).map(([value]) => value as Scalar);
  const reached = product(matrix, normalSolution(matrix, v));
  return b.map((value, i) => add(value, sub(v[i] as Scalar, reached[i] as Scalar)));
}

const WEIGHT = 0.3;
/**
 * A lasso problem: the slope has the phase of x where x is not zero, and a smaller modulus
 * elsewhere.
 */
const lasso = (matrix: Matrix, x: readonly Scalar[]): Problem => ({
  matrix,
  x,
  slope: x.map((v, j) => mul(WEIGHT, isZero(v) ? 0.7 * Math.cos(j) : div(v, abs(v)))),
  g: () => new L1({ sigma: WEIGHT }),
});
const SPARSE = [0, 1.5, 0, -2, 0];
const PHASES = [complex(1, -1), 0, complex(0, 2), 0, -1];

const PROBLEMS: Readonly<Record<string, Problem>> = {
  lasso: lasso(matrixOf(7, 5, 1), SPARSE),
  'lasso, inconsistent': { ...lasso(matrixOf(7, 5, 2), SPARSE), inconsistent: true },
  'lasso, complex': { ...lasso(matrixOf(7, 5, 3, 'complex128'), PHASES), complex: true, inconsistent: true },
  'lasso, one element': lasso(matrixOf(7, 1, 4), [-1.2]),
  'lasso from its solution': { ...lasso(matrixOf(7, 5, 5), SPARSE), from: 'solution' },
  'zero right-hand side': {
    ...lasso(matrixOf(7, 5, 6), [0, 0, 0, 0, 0]),
    slope: [0, 0, 0, 0, 0],
    from: 'elsewhere',
  },
  'nonnegative least squares': {
    matrix: matrixOf(7, 5, 7),
    x: [0, 1, 0.3, 0, 2],
    slope: [-1, 0, 0, -0.4, 0],
    g: () => new Box({ lower: 0 }),
    inconsistent: true,
  },
  'least squares in a ball': {
    matrix: matrixOf(7, 5, 8),
    x: SPARSE,
    slope: SPARSE.map((v) => 0.4 * v),
    g: () => new EuclideanBall({ radius: length(SPARSE) }),
  },
  'least squares in a ball, complex': {
    matrix: matrixOf(7, 5, 9, 'complex128'),
    complex: true,
    x: PHASES,
    slope: PHASES.map((v) => mul(0.4, v)),
    g: () => new EuclideanBall({ radius: length(PHASES) }),
  },
};

const toleranceOf = (dtype: DType): number => (realOf(dtype) === 'float64' ? 1e-6 : 1e-3);

group('standard problems', () => {
  for (const [name, problem] of Object.entries(PROBLEMS))
    for (const [placement, place] of Object.entries(PLACEMENTS))
      distributed(
        `${name}, ${placement}: every proximal solver finds the solution`,
        { ranks: [1, 2, 3], backends: ['cpu', 'deferred'], timeout: 60_000 },
        ({ comm, floats }) => {
          const dtype = widest(floats)[problem.complex ? 1 : 0] as DType;
          const A = place(problem.matrix, dtype, comm);
          const b: AnyVector = withElements(A.range({ dtype }).zeros(), dataOf(problem));
          const x0: AnyVector =
            problem.from === 'elsewhere' ? A.domain({ dtype }).random(5) : A.domain({ dtype }).zeros();
          if (problem.from === 'solution') withElements(x0, problem.x);
          const bound = 1.05 * re(powerIteration(A.H.mul(A), { niter: 60, domain: x0.space }).maxeig);
          for (const [solver, solve] of Object.entries(SOLVERS)) {
            const { x } = solve({ A, b, g: problem.g(), x0, bound });
            expectClose(x, problem.x, { atol: toleranceOf(dtype) }, solver);
            if (x instanceof DistributedArray && x.layout.replicated) x.assertReplicated();
          }
        },
      );

  distributed(
    'iterates that start at the primal and dual solution stay there',
    { backends: ['cpu', 'deferred'] },
    ({ comm, floats }) => {
      const problem = PROBLEMS['lasso from its solution'] as Problem;
      const dtype = widest(floats)[0] as DType;
      const [most, g] = [toleranceOf(dtype) / 100, problem.g()];
      for (const [placement, place] of Object.entries(PLACEMENTS)) {
        const A = place(problem.matrix, dtype, comm);
        const b: AnyVector = withElements(A.range({ dtype }).zeros(), dataOf(problem));
        const x0: AnyVector = withElements(A.domain({ dtype }).zeros(), problem.x);
        const y0 = A.matvec(x0).subtract(b);
        const first = proximalGradient(new L2({ Op: A, b }), g, x0, { tau: 0.1, niter: 50, tol: most });
        expect(first.iterations, `${placement}: ${first.reason}`).to.equal(1);
        const second = primalDual(g, new L2({ b }), A, x0, { tau: 0.3, mu: 0.3, y0, niter: 50, tol: most });
        expect(second.iterations, `${placement}: ${second.reason}`).to.equal(1);
      }
    },
  );

  distributed(
    'every solver finds the projection onto an orthant and a ball',
    { backends: ['cpu', 'deferred'] },
    ({ floats }) => {
      const dtype = widest(floats)[0] as DType;
      const b = DistributedArray.random([7, 3], { dtype, seed: 4 }).multiply(2);
      const [orthant, ball] = [new Box({ lower: 0 }), new EuclideanBall({ radius: 1.5 })];
      // the projection onto a cone and a ball around its tip is one projection after the other
      const expected = ball.prox(orthant.prox(b, 1), 1);
      const near = orthant.addQuadratic({ rho: 1, b });
      const identity = new MPIFirstDerivative([7, 3]).pow(0);
      const answers = {
        admm: admm(near, ball, b, { tau: 1, niter: 100 }).x,
        douglasRachford: douglasRachford(near, ball, b, { tau: 1, niter: 100 }).x,
        linearizedAdmm: linearizedAdmm(near, ball, identity, b, { tau: 1, mu: 1, niter: 100 }).x,
        primalDual: primalDual(near, ball, identity, b, { tau: 0.9, mu: 0.9, niter: 200 }).x,
        proximalGradient: proximalGradient(new L2({ b }), orthant.add(ball, { niter: 400 }), b, {
          tau: 1,
          niter: 2,
        }).x,
      };
      for (const [solver, x] of Object.entries(answers))
        expectClose(x, expected, { norm: solver === 'proximalGradient' ? 1e-3 : toleranceOf(dtype) }, solver);
    },
  );

  distributed(
    'every solver finds the minimum of total variation for a step',
    { ranks: [1, 2, 3], backends: ['cpu', 'deferred'], timeout: 60_000 },
    ({ floats }) => {
      const [n, from, weight] = [11, 4, 0.8];
      for (const dtype of widest(floats)) {
        // for complex values the step has a constant phase
        const phase: Scalar = isComplex(dtype) ? complex(0.6, 0.8) : 1;
        const steps = (low: number, high: number) =>
          withElements(
            DistributedArray.zeros([n], { dtype }),
            Array.from({ length: n }, (_, k) => mul(phase, k < from ? low : high)),
          );
        const b = steps(-1, 2);
        // both levels move towards each other, by the weight divided by their lengths
        const expected = steps(-1 + weight / from, 2 - weight / (n - from));
        const identity = new MPIFirstDerivative([n]).pow(0);
        const G = new MPIGradient([n], { kind: 'forward' });
        const [f, norm, tv] = [
          new L2({ b }),
          new L21(1, { sigma: weight }),
          new TV([n], { sigma: weight, niter: 150 }),
        ];
        const answers = {
          proximalGradient: proximalGradient(f, tv, b, { tau: 1, niter: 1 }).x,
          admm: admm(f, tv, b, { tau: 2, niter: 8 }).x,
          douglasRachford: douglasRachford(f, tv, b, { tau: 2, niter: 8 }).x,
          admml2: admml2(identity, b, norm, G, { tau: 1, niter: 100, inner: { niter: 11, tol: 0 } }).x,
          linearizedAdmm: linearizedAdmm(f, norm, G, b, { tau: 1, mu: 0.24, niter: 250 }).x,
          primalDual: primalDual(f, norm, G, b, { tau: 0.49, mu: 0.49, niter: 250 }).x,
        };
        for (const [solver, x] of Object.entries(answers))
          expectClose(x, expected, { norm: 2e-3 }, `${solver}, ${dtype}`);
      }
    },
  );
});
