import { type DType, isComplex, realOf } from '../../src/core/base/dtype.js';
import { LinearOperator, type SpaceOptions } from '../../src/core/operator/linear-operator.js';
import type { Space, Vector } from '../../src/core/vector/vector.js';
import { cg } from '../../src/optimization/krylov/cg.js';
import { cgPipelined } from '../../src/optimization/krylov/cg-pipelined.js';
import { cgSingleReduction } from '../../src/optimization/krylov/cg-single-reduction.js';
import { cgls } from '../../src/optimization/krylov/cgls.js';
import { cglsSingleReduction } from '../../src/optimization/krylov/cgls-single-reduction.js';
import { lsmr } from '../../src/optimization/krylov/lsmr.js';
import { lsqr } from '../../src/optimization/krylov/lsqr.js';
import { minres } from '../../src/optimization/krylov/minres.js';
import { mixedPrecisionLeastSquares } from '../../src/optimization/krylov/mixed-precision.js';
import { powerIteration } from '../../src/optimization/power-iteration.js';
import type { RunOptions } from '../../src/optimization/solver.js';
import type { SolverProgress, StopReason } from '../../src/optimization/solver-state.js';
import { fista } from '../../src/optimization/sparsity/fista.js';
import { irls } from '../../src/optimization/sparsity/irls.js';
import { ista } from '../../src/optimization/sparsity/ista.js';
import { omp } from '../../src/optimization/sparsity/omp.js';
import { spgl1 } from '../../src/optimization/sparsity/spgl1.js';
import { splitBregman } from '../../src/optimization/sparsity/split-bregman.js';
import {
  admm,
  admml2,
  douglasRachford,
  L1,
  L2,
  linearizedAdmm,
  primalDual,
  proximalGradient,
} from '../../src/proximal/index.js';

/** The weight w of `½‖y − A x‖² + w‖x‖₁`, for solvers that minimise it. */
export const WEIGHT = 0.2;

export interface TableOptions<V extends Vector<V>> extends RunOptions {
  readonly niter: number;
  readonly x0?: V | undefined;
  /**
   * Runs until the solution is reached within the precision, instead of for a number of iterations.
   */
  readonly tight?: boolean;
}

interface Ended {
  readonly x: unknown;
  readonly iterations: number;
  readonly reason: StopReason;
  readonly cost: readonly number[];
}

/** One solver on `A x = y` for a positive definite A. */
export interface SolverRow {
  /**
   * The meaning of x: a solution, the minimum with the sparsity term, or an eigenvector. For irls
   * it is the limit of a perfect fit.
   */
  readonly finds: 'solution' | 'sparse' | 'eigenvector';
  /**
   * The numbers of reductions, forward and adjoint applications of A in an iteration after the
   * first. Undefined if they depend on the data.
   */
  readonly costs: readonly [
    reductions: number | undefined,
    forwards: number | undefined,
    adjoints: number | undefined,
  ];
  /**
   * The number of vectors that the start allocates, including x, as in the doc comment of the
   * solver.
   */
  readonly vectors: number;
  /** The largest number of additional vectors: x0, vectors that functions hold, and workspaces. */
  readonly more?: number;
  /** The number of iterations until the defect is 2e-2, or 1e-6 for finite solvers. */
  readonly niter: number;
  /** True if the solver finds the solution in finitely many iterations, apart from rounding. */
  readonly finite?: true;
  /** False if the solver has no option x0. */
  readonly starts?: false;
  /** True if the solver needs double precision. */
  readonly double?: true;
  readonly run: <V extends Vector<V>>(A: LinearOperator<V, V>, y: V, options: TableOptions<V>) => Running<V>;
}
type Running<V> = Generator<
  { readonly iteration: number; readonly x: V; readonly state: SolverProgress },
  Ended,
  void
>;

const zeros = <V extends Vector<V>>(A: LinearOperator<V, V>, y: V, x0: V | undefined): V =>
  x0 ?? A.domainOf(y.space).zeros();
/** Options that give inner solvers a fixed number of iterations. */
const fixed = { tol: 0, rtol: 0 } as const;

/** The steps of a solver with options O. */
type StepsOf<O extends object> = <V extends Vector<V>>(
  A: LinearOperator<V, V>,
  y: V,
  options: Omit<TableOptions<V>, 'tight'> & O,
) => Running<V>;
const EXACT = { finds: 'solution', finite: true, niter: 40 } as const;
const krylov = (
  costs: SolverRow['costs'],
  vectors: number,
  steps: StepsOf<{ readonly tol: number; readonly rtol: number }>,
  rtol: number,
): SolverRow => ({
  ...EXACT,
  costs,
  vectors,
  run: (A, y, { tight, ...o }) => steps(A, y, { ...o, tol: 0, rtol: tight ? rtol : 0 }),
});
const bidiagonal = (
  vectors: number,
  steps: StepsOf<{ readonly atol: number; readonly btol: number; readonly conlim: number }>,
): SolverRow => ({
  ...EXACT,
  costs: [2, 1, 1],
  vectors,
  run: (A, y, { tight: _, ...o }) => steps(A, y, { ...o, atol: 0, btol: 0, conlim: 0 }),
});

/** A preconditioner for every kind of vector. */
class Halving<V extends Vector<V>> extends LinearOperator<V, V> {
  readonly #domain: (options?: SpaceOptions) => Space<V>;
  constructor(A: LinearOperator<V, V>) {
    super({ dims: A.dims, dimsd: A.dims, dtype: A.dtype, comm: A.comm });
    this.#domain = (options) => A.domain(options);
  }
  override domain(options?: SpaceOptions): Space<V> {
    return this.#domain(options);
  }
  override rangeOf(x: Space<V>): Space<V> {
    return x;
  }
  override domainOf(y: Space<V>): Space<V> {
    return y;
  }
  protected override forward(x: V, y: V): void {
    y.assign(x).scale(0.5);
  }
  protected override adjoint(y: V, x: V): void {
    this.forward(y, x);
  }
}

/** One row per solver. Its costs are those in the doc comment of the solver. */
export const SOLVER_TABLE: Readonly<Record<string, SolverRow>> = {
  cg: krylov([2, 1, 0], 4, cg.steps, 1e-13),
  cgSingleReduction: krylov([1, 1, 0], 5, cgSingleReduction.steps, 1e-12),
  cgPipelined: krylov([1, 1, 0], 8, cgPipelined.steps, 1e-12),
  'cgSingleReduction, preconditioned': krylov(
    [1, 1, 0],
    6,
    (A, y, o) => cgSingleReduction.steps(A, y, { ...o, M: new Halving(A) }),
    1e-12,
  ),
  'cglsSingleReduction, preconditioned': krylov(
    [1, 1, 1],
    7,
    (A, y, o) => cglsSingleReduction.steps(A, y, { ...o, M: new Halving(A) }),
    1e-12,
  ),
  'cgPipelined, preconditioned': krylov(
    [1, 1, 0],
    11,
    (A, y, o) => cgPipelined.steps(A, y, { ...o, M: new Halving(A) }),
    1e-12,
  ),
  minres: {
    finds: 'solution',
    finite: true,
    costs: [2, 1, 0],
    vectors: 6,
    niter: 40,
    run: (A, y, { tight, ...o }) => minres.steps(A, y, { ...o, rtol: tight ? 1e-13 : 0 }),
  },
  cgls: krylov([2, 1, 1], 5, cgls.steps, 1e-13),
  cglsSingleReduction: krylov([1, 1, 1], 6, cglsSingleReduction.steps, 1e-12),
  lsqr: bidiagonal(4, lsqr.steps),
  lsmr: bidiagonal(5, lsmr.steps),
  ista: {
    finds: 'sparse',
    costs: [2, 1, 1],
    vectors: 4,
    niter: 150,
    run: (A, y, { tight: _, ...o }) => ista.steps(A, y, { ...o, alpha: 0.04, eps: 2 * WEIGHT, tol: 0 }),
  },
  fista: {
    finds: 'sparse',
    costs: [2, 1, 1],
    vectors: 6,
    niter: 80,
    run: (A, y, { tight: _, ...o }) => fista.steps(A, y, { ...o, alpha: 0.04, eps: 2 * WEIGHT, tol: 0 }),
  },
  'ista, estimated step': {
    finds: 'sparse',
    costs: [2, 1, 1],
    vectors: 5,
    // the vectors of the power iteration
    more: 6,
    niter: 150,
    run: (A, y, { tight: _, ...o }) => ista.steps(A, y, { ...o, eps: 2 * WEIGHT, tol: 0 }),
  },
  'fista, estimated step': {
    finds: 'sparse',
    costs: [2, 1, 1],
    vectors: 7,
    more: 6,
    niter: 80,
    run: (A, y, { tight: _, ...o }) => fista.steps(A, y, { ...o, eps: 2 * WEIGHT, tol: 0 }),
  },
  // one reduction, and those of the weighted problem: its start and two per iteration
  'irls (data)': {
    finds: 'solution',
    costs: [1 + 1 + 2 * 4, 1 + 1 + 4, 1 + 4],
    vectors: 6 + 5,
    niter: 30,
    run: (A, y, { tight, ...o }) =>
      irls.steps(A, y, {
        ...o,
        tol: 0,
        eps: 1e-6,
        inner: tight ? { niter: 60, tol: 0, rtol: 1e-12 } : { niter: 4, ...fixed },
      }),
  },
  'irls (model)': {
    finds: 'solution',
    costs: [1 + 1 + 2 * 4, 1 + 4, 1 + 4],
    vectors: 5 + 5,
    niter: 5,
    run: (A, y, { tight, ...o }) =>
      irls.steps(A, y, {
        ...o,
        kind: 'model',
        tol: 0,
        eps: 1e-2,
        inner: tight ? { niter: 100, tol: 0, rtol: 1e-13 } : { niter: 4, ...fixed },
      }),
  },
  omp: {
    finds: 'solution',
    finite: true,
    costs: [undefined, undefined, undefined],
    vectors: 8 + 5,
    niter: 24,
    starts: false,
    run: (A, y, { tight: _, x0: __, ...o }) => omp.steps(A, y, { ...o, sigma: 0 }),
  },
  'matching pursuit': {
    finds: 'solution',
    costs: [2, 1, 1],
    vectors: 9,
    niter: 250,
    starts: false,
    run: (A, y, { tight: _, x0: __, ...o }) =>
      omp.steps(A, y, { ...o, sigma: 0, inner: 0, normalizecols: true }),
  },
  spgl1: {
    finds: 'solution',
    costs: [undefined, undefined, 1],
    vectors: 7,
    more: 3,
    niter: 100,
    run: (A, y, { tight, ...o }) => spgl1.steps(A, y, { ...o, sigma: 0, tol: tight ? 1e-9 : 0 }),
  },
  // the squares, the L1 term, and two reductions for each of the start and 3 iterations of cg
  splitBregman: {
    finds: 'sparse',
    costs: [1 + 1 + 2 * (1 + 2 * 3), undefined, undefined],
    vectors: 6 + 3 + 4,
    niter: 40,
    run: (A, y, { tight, ...o }) =>
      splitBregman.steps(A, y, {
        ...o,
        l1: [{ R: A.pow(0), eps: Math.sqrt(WEIGHT) }],
        inner: 2,
        tol: 0,
        solver: tight ? { niter: 40, tol: 0, rtol: 1e-12 } : { niter: 3, ...fixed },
      }),
  },
  mixedPrecisionLeastSquares: {
    finds: 'solution',
    finite: true,
    costs: [1 + 1 + 2 * 4, 1 + 4, 1 + 4],
    vectors: 5 + 4,
    niter: 8,
    double: true,
    run: (A, y, { tight, ...o }) =>
      mixedPrecisionLeastSquares.steps(A, y, {
        ...o,
        rtol: 0,
        inner: tight ? 50 : 4,
        gain: tight ? 1e-4 : 0,
      }),
  },
  powerIteration: {
    finds: 'eigenvector',
    costs: [1, 1, 0],
    vectors: 2,
    niter: 250,
    starts: false,
    run: (A, y, { tight: _, x0: __, ...o }) => powerIteration.steps(A, { ...o, tol: 0, domain: y.space }),
  },
  proximalGradient: {
    finds: 'sparse',
    costs: [2, 1, 1],
    vectors: 3,
    more: 2,
    niter: 150,
    run: (A, y, { tight: _, x0, ...o }) =>
      proximalGradient.steps(new L2({ Op: A, b: y }), new L1({ sigma: WEIGHT }), zeros(A, y, x0), {
        ...o,
        tau: 0.04,
      }),
  },
  'proximalGradient (fista)': {
    finds: 'sparse',
    costs: [2, 1, 1],
    vectors: 5,
    more: 2,
    niter: 80,
    run: (A, y, { tight: _, x0, ...o }) =>
      proximalGradient.steps(new L2({ Op: A, b: y }), new L1({ sigma: WEIGHT }), zeros(A, y, x0), {
        ...o,
        tau: 0.04,
        acceleration: 'fista',
      }),
  },
  // The values of f and g, and the start and 4 iterations of the inner CGLS, which starts from the
  // previous result.
  admm: {
    finds: 'sparse',
    costs: [2 + 1 + 2 * 4, 1 + 1 + 4, 1 + 4],
    vectors: 3,
    // including the result that L2 keeps, and the view of it in the state
    more: 4,
    niter: 40,
    run: (A, y, { tight, x0, ...o }) =>
      admm.steps(new L2({ Op: A, b: y, niter: tight ? 30 : 4 }), new L1({ sigma: WEIGHT }), zeros(A, y, x0), {
        ...o,
        tau: 0.2,
      }),
  },
  admml2: {
    finds: 'sparse',
    costs: [1 + 1 + 2 * 4, 1 + 4, 1 + 4],
    vectors: 5,
    more: 1,
    niter: 40,
    run: (A, y, { tight, ...o }) =>
      admml2.steps(A, y, new L1({ sigma: WEIGHT }), A.pow(0), {
        ...o,
        tau: 0.2,
        inner: { niter: tight ? 30 : 4, tol: 0 },
      }),
  },
  linearizedAdmm: {
    finds: 'sparse',
    costs: [2, 1, 1],
    vectors: 6,
    more: 1,
    niter: 250,
    run: (A, y, { tight: _, x0, ...o }) =>
      linearizedAdmm.steps(new L1({ sigma: WEIGHT }), new L2({ b: y }), A, zeros(A, y, x0), {
        ...o,
        tau: 1,
        mu: 0.039,
      }),
  },
  primalDual: {
    finds: 'sparse',
    costs: [2, 1, 1],
    vectors: 5,
    more: 1,
    niter: 150,
    run: (A, y, { tight: _, x0, ...o }) =>
      primalDual.steps(new L1({ sigma: WEIGHT }), new L2({ b: y }), A, zeros(A, y, x0), {
        ...o,
        tau: 0.19,
        mu: 0.2,
      }),
  },
  douglasRachford: {
    finds: 'sparse',
    costs: [2 + 1 + 2 * 4, 1 + 1 + 4, 1 + 4],
    vectors: 3,
    more: 2,
    niter: 40,
    run: (A, y, { tight, x0, ...o }) =>
      douglasRachford.steps(
        new L2({ Op: A, b: y, niter: tight ? 30 : 4, warm: false }),
        new L1({ sigma: WEIGHT }),
        zeros(A, y, x0),
        { ...o, tau: 0.2 },
      ),
  },
};

/** Runs a row until it ends. */
export function finish<V extends Vector<V>>(
  row: SolverRow,
  A: LinearOperator<V, V>,
  y: V,
  options: TableOptions<V>,
): Ended & { readonly x: V } {
  const steps = row.run(A, y, options);
  for (let last: V | undefined; ; ) {
    const { done, value } = steps.next();
    if (done) return { ...value, x: last as V };
    last = value.x;
  }
}

/** The residual of x as the result that the row names, relative to y. */
export function defect<V extends Vector<V>>(
  { finds }: SolverRow,
  A: LinearOperator<V, V>,
  y: V,
  x: V,
): number {
  if (finds === 'eigenvector') {
    const image = A.matvec(x);
    return image.axpby(-x.rdot(image), x, 1).norm();
  }
  const residual = y.subtract(A.matvec(x));
  if (finds === 'solution') return residual.norm() / y.norm();
  const step = x.copy().axpby(1, A.rmatvec(residual), 1);
  return new L1({ sigma: WEIGHT }).prox(step, 1).subtract(x).norm() / y.norm();
}

/** An operator that counts its applications. */
export class Counted<V extends Vector<V>> extends LinearOperator<V, V> {
  readonly A: LinearOperator<V, V>;
  forwards = 0;
  adjoints = 0;
  constructor(A: LinearOperator<V, V>) {
    super({ dims: A.dims, dimsd: A.dimsd, dtype: A.dtype, comm: A.comm, holdsData: A.holdsData });
    this.A = A;
  }
  override domain(options?: SpaceOptions): Space<V> {
    return this.A.domain(options);
  }
  override rangeOf(x: Space<V>): Space<V> {
    return this.A.rangeOf(x);
  }
  override domainOf(y: Space<V>): Space<V> {
    return this.A.domainOf(y);
  }
  protected override forward(x: V, y: V): void {
    this.forwards++;
    this.A.matvec(x, y);
  }
  protected override adjoint(y: V, x: V): void {
    this.adjoints++;
    this.A.rmatvec(y, x);
  }
}

/** The real and the complex dtype of the highest precision. */
export function widest(floats: readonly DType[]): DType[] {
  const ofMost = (of: readonly DType[]) => of.find((d) => realOf(d) === 'float64') ?? of[0];
  return [ofMost(floats.filter((d) => !isComplex(d))), ofMost(floats.filter(isComplex))].filter(
    (d) => d !== undefined,
  );
}
export const fits = ({ double }: SolverRow, dtype: DType): boolean => !double || realOf(dtype) === 'float64';
