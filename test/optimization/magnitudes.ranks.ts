import { expect } from 'chai';
import { NDArray } from '../../src/core/array/ndarray.js';
import { type DType, realOf } from '../../src/core/base/dtype.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import type { LinearOperator } from '../../src/core/operator/linear-operator.js';
import { Checkpoint } from '../../src/io/checkpoint/checkpoint.js';
import { Diagonal } from '../../src/local/index.js';
import { MPIBlockDiag } from '../../src/operators/index.js';
import {
  normalEquationsInversion,
  preconditionedInversion,
  regularizedInversion,
} from '../../src/optimization/inversion-drivers.js';
import { cg } from '../../src/optimization/krylov/cg.js';
import { cgPipelined } from '../../src/optimization/krylov/cg-pipelined.js';
import { cgSingleReduction } from '../../src/optimization/krylov/cg-single-reduction.js';
import { cgls } from '../../src/optimization/krylov/cgls.js';
import { cglsSingleReduction } from '../../src/optimization/krylov/cgls-single-reduction.js';
import { lsmr } from '../../src/optimization/krylov/lsmr.js';
import { lsqr } from '../../src/optimization/krylov/lsqr.js';
import { minres } from '../../src/optimization/krylov/minres.js';
import { mixedPrecisionLeastSquares } from '../../src/optimization/krylov/mixed-precision.js';
import { PLAIN_START, type SolverProgress } from '../../src/optimization/solver-state.js';
import { fista } from '../../src/optimization/sparsity/fista.js';
import { irls } from '../../src/optimization/sparsity/irls.js';
import { ista } from '../../src/optimization/sparsity/ista.js';
import { omp } from '../../src/optimization/sparsity/omp.js';
import { spgl1 } from '../../src/optimization/sparsity/spgl1.js';
import { splitBregman } from '../../src/optimization/sparsity/split-bregman.js';
import { THRESHOLD_KINDS } from '../../src/optimization/sparsity/threshold.js';
import { distributed, group } from '../support/distributed.js';
import { withFolder } from '../support/folder.js';
import { definite } from './problems.js';

const DIMS = [4, 2];
/**
 * One of the backends has only single precision. Few numbers of ranks are enough, because the tests
 * do not depend on them.
 */
const few = { backends: ['cpu', 'tfjs:wasm'], ranks: [1, 3] };
type Operator = LinearOperator<DistributedArray>;
interface Answer {
  readonly x: DistributedArray;
  readonly iterations: number;
  readonly cost: readonly number[];
}
interface Start {
  readonly x0?: DistributedArray;
}
/** A solver for data of magnitude s. Options in the units of the data are multiplied by s. */
type Solve = (A: Operator, y: DistributedArray, s: number, start: Start) => Answer;

const relative = { tol: 0, rtol: 1e-6, niter: 12 } as const;
/** Solvers whose result scales with their data. */
const SOLVERS: Readonly<Record<string, Solve>> = {
  cg: (A, y, _, o) => cg(A, y, { ...relative, ...o }),
  cgSingleReduction: (A, y, _, o) => cgSingleReduction(A, y, { ...relative, ...o }),
  cgPipelined: (A, y, _, o) => cgPipelined(A, y, { ...relative, ...o }),
  cgls: (A, y, _, o) => cgls(A, y, { ...relative, ...o, damp: 0.2 }),
  cglsSingleReduction: (A, y, _, o) => cglsSingleReduction(A, y, { ...relative, ...o, damp: 0.2 }),
  lsqr: (A, y, _, o) => lsqr(A, y, { ...o, damp: 0.2 }),
  lsmr: (A, y, _, o) => lsmr(A, y, { ...o, damp: 0.2 }),
  minres: (A, y, s, o) => minres(A, y, { ...o, shift: 0.1, atol: 1e-3 * s }),
  mixedPrecisionLeastSquares: (A, y, _, o) => mixedPrecisionLeastSquares(A, y, { niter: 3, ...o }),
  'irls (data)': (A, y, s, o) => irls(A, y, { niter: 3, eps: 1e-3 * s, tol: 0, ...o }),
  'irls (model)': (A, y, s, o) => irls(A, y, { kind: 'model', niter: 3, eps: 1e-3 * s, tol: 0, ...o }),
  omp: (A, y, s) => omp(A, y, { niter: 3, inner: 8, sigma: 1e-2 * s }),
  'normal equations': (A, y, _, o) =>
    normalEquationsInversion(A, y, {
      ...relative,
      ...o,
      damp: 0.2,
      regularizations: [{ R: A, eps: 0.5, data: y }],
    }),
  'preconditioned inversion': (A, y, _, o) => preconditionedInversion(A, y, A, { ...relative, ...o }),
  'regularized inversion': (A, y, _, o) =>
    regularizedInversion(A, y, { ...relative, ...o, regularizations: [{ R: A, eps: 0.5, data: y }] }),
};
/** Solvers whose costs scale with the square of the data. */
const OF_SQUARES: Readonly<Record<string, Solve>> = {
  ista: (A, y, s, o) => ista(A, y, { niter: 12, eps: 0.1 * s, tol: 0, alpha: 0.04, ...o }),
  fista: (A, y, s, o) => fista(A, y, { niter: 12, eps: 0.1 * s, tol: 0, alpha: 0.04, ...o }),
  'ista, estimated step': (A, y, s, o) => ista(A, y, { niter: 6, eps: 0.1 * s, tol: 0, ...o }),
};

const double = (dtype: DType): boolean => realOf(dtype) === 'float64';
/** Powers of four with squares outside the range of the dtype. */
const magnitudes = (dtype: DType): number[] => (double(dtype) ? [2 ** -600, 2 ** 600] : [2 ** -90, 2 ** 90]);
const scaled = (x: DistributedArray, s: number): DistributedArray => x.copy().scale(s);
const bits = (x: DistributedArray): number[] => [...x.asArray().toHost()];

group('data of any magnitude', () => {
  for (const [name, solve] of Object.entries({ ...SOLVERS, ...OF_SQUARES })) {
    distributed(
      `${name}: an answer that many times as large, bit by bit, from zero or elsewhere`,
      few,
      ({ floats }) => {
        for (const dtype of [floats[0], floats.at(-1)] as DType[]) {
          // in single precision these solvers reach rounding errors of the size of the smallest
          // numbers
          if (/^(mixed|irls)/.test(name) && !double(dtype)) continue;
          const A = definite(DIMS);
          const y = DistributedArray.random(DIMS, { dtype, seed: 3 });
          const x0 = DistributedArray.random(DIMS, { dtype, seed: 5 });
          for (const from of ['zero', 'elsewhere'] as const) {
            const start = (s: number): Start => (from === 'zero' ? {} : { x0: scaled(x0, s) });
            const usual = solve(A, y, 1, start(1));
            expect(usual.x.norm(), name).to.be.above(0);
            for (const s of magnitudes(dtype)) {
              const { x, iterations, cost } = solve(A, scaled(y, s), s, start(s));
              const what = `${dtype}, ${s}, from ${from}`;
              expect(iterations, what).to.equal(usual.iterations);
              expect(bits(scaled(x, 1 / s)), what).to.deep.equal(bits(usual.x));
              if (name in SOLVERS) expect(cost, what).to.deep.equal(usual.cost.map((c) => c * s));
            }
          }
        }
      },
    );
  }

  distributed(
    'weights, thresholds and dampings in units other than those of the data keep their meaning',
    ({ reals: [dtype = 'float64'] }) => {
      const A = definite(DIMS);
      const y = DistributedArray.random(DIMS, { dtype, seed: 3 });
      const d = DistributedArray.random(DIMS, { dtype, seed: 4 });
      const l1 = [{ R: A, eps: 0.1 }];
      const l2 = [{ R: A.pow(0), eps: 0.3, data: d }];
      const irlsOptions = { eps: 1e-2, damp: 0.3, inner: { niter: 4, tol: 1e-6 } };
      const starts: Readonly<
        Record<
          string,
          readonly [(y: DistributedArray, unit: number) => SolverProgress, (state: never) => void]
        >
      > = {
        'irls (data)': [(data, unit) => irls.init(A, data, irlsOptions, { ...PLAIN_START, unit }), irls.step],
        'irls (model)': [
          (data, unit) => irls.init(A, data, { ...irlsOptions, kind: 'model' }, { ...PLAIN_START, unit }),
          irls.step,
        ],
        splitBregman: [
          (data, unit) => splitBregman.init(A, data, { l1, l2, inner: 2 }, { ...PLAIN_START, unit }),
          splitBregman.step,
        ],
        ...Object.fromEntries(
          THRESHOLD_KINDS.map((threshkind) => {
            const options = {
              threshkind,
              eps: 0.5,
              alpha: 0.04,
              ...(threshkind.endsWith('percentile') && { perc: 40 }),
            };
            return [
              `fista, ${threshkind}`,
              [
                (data: DistributedArray, unit: number) =>
                  fista.init(A, data, options, { ...PLAIN_START, unit }),
                fista.step,
              ],
            ] as const;
          }),
        ),
      };
      for (const [name, [init, step]] of Object.entries(starts)) {
        const unit = 4 ** 9;
        const [one, many] = [init(y, 1), init(scaled(y, unit), unit)];
        for (let k = 0; k < 3; k++) for (const state of [one, many]) step(state as never);
        const [x, xMany] = [one.x, many.x].map((v) => v as DistributedArray) as [
          DistributedArray,
          DistributedArray,
        ];
        expect(x.norm(), name).to.be.above(0);
        const cut =
          scaled(xMany, 1 / unit)
            .subtract(x)
            .norm() / x.norm();
        expect(cut, name).to.be.at.most(name.endsWith('half') ? (double(dtype) ? 1e-13 : 1e-5) : 0);
      }
    },
  );

  distributed('norms of results are in the units of the data', few, ({ reals: [dtype = 'float64'] }) => {
    const A = definite(DIMS);
    const y = DistributedArray.random(DIMS, { dtype, seed: 3 });
    for (const s of magnitudes(dtype)) {
      const [one, many] = [lsqr(A, y, { niter: 4 }), lsqr(A, scaled(y, s), { niter: 4 })];
      expect([many.rnorm, many.arnorm, many.xnorm]).to.deep.equal([
        one.rnorm * s,
        one.arnorm * s,
        one.xnorm * s,
      ]);
      expect([many.anorm, many.acond, many.istop]).to.deep.equal([one.anorm, one.acond, one.istop]);
      for (const { iteration, x, cost } of cg.steps(A, scaled(y, s), { niter: 3, tol: 0 })) {
        const step = cg(A, y, { niter: iteration, tol: 0 });
        expect(bits(scaled(x, 1 / s))).to.deep.equal(bits(step.x));
        expect(cost).to.equal((step.cost.at(-1) as number) * s);
      }
    }
  });

  distributed(
    'colours of a mask may have data of other magnitudes',
    { backends: ['cpu'] },
    ({ comm, reals: [dtype = 'float64'] }) => {
      const mask = Array.from({ length: comm.size }, (_, r) => (r < comm.size / 2 ? 0 : 1));
      const s = mask[comm.rank] === 1 ? (magnitudes(dtype)[0] as number) : 1;
      const A = new MPIBlockDiag([new Diagonal(NDArray.array([1, 2, 3, 4], { dtype }), { dtype })]);
      const y = DistributedArray.random([4 * comm.size], { dtype, seed: 2, mask });
      y.local.multiplyInPlace(s);
      const { x, reason } = cgls(A, y, { niter: 20 });
      expect(reason).to.equal('tolerance reached');
      const off = y.subtract(A.matvec(x)).local.norm(Number.POSITIVE_INFINITY);
      expect(off).to.be.below(0.1 * s);
    },
  );

  distributed(
    'a run of scaled data resumes from its checkpoint bit by bit',
    { backends: ['cpu'] },
    ({ comm }) => {
      const A = definite(DIMS);
      const y = scaled(DistributedArray.random(DIMS, { seed: 3 }), 2 ** -600);
      withFolder(comm, (folder) => {
        const whole = cgls(A, y, { niter: 5, tol: 0 });
        cgls(A, y, { niter: 3, tol: 0, checkpoint: new Checkpoint(folder, { every: 100 }) });
        comm.barrier();
        const resumed = cgls(A, y, { niter: 5, tol: 0, checkpoint: new Checkpoint(folder, { every: 100 }) });
        expect(resumed.cost).to.deep.equal(whole.cost);
        expect(bits(resumed.x)).to.deep.equal(bits(whole.x));
      });
    },
  );
});

/** Solvers with their default tolerances. */
const DEFAULTS: Readonly<
  Record<string, (A: Operator, y: DistributedArray, s: number, start: Start) => Answer>
> = {
  cg: (A, y, _, o) => cg(A, y, { niter: 40, ...o }),
  cgSingleReduction: (A, y, _, o) => cgSingleReduction(A, y, { niter: 40, ...o }),
  cgPipelined: (A, y, _, o) => cgPipelined(A, y, { niter: 40, ...o }),
  cgls: (A, y, _, o) => cgls(A, y, { niter: 40, ...o }),
  cglsSingleReduction: (A, y, _, o) => cglsSingleReduction(A, y, { niter: 40, ...o }),
  omp: (A, y) => omp(A, y, { niter: 12 }),
  ista: (A, y, s, o) => ista(A, y, { niter: 30, eps: 0.1 * s, ...o }),
  fista: (A, y, s, o) => fista(A, y, { niter: 30, eps: 0.1 * s, ...o }),
  irls: (A, y, s, o) => irls(A, y, { niter: 4, eps: 1e-3 * s, ...o }),
  splitBregman: (A, y, _, o) => splitBregman(A, y, { niter: 30, l1: [{ R: A, eps: 100 }], ...o }),
  'normal equations': (A, y, _, o) => normalEquationsInversion(A, y, { niter: 40, ...o }),
  'regularized inversion': (A, y, _, o) =>
    regularizedInversion(A, y, { niter: 40, regularizations: [{ R: A }], ...o }),
  'preconditioned inversion': (A, y, _, o) => preconditionedInversion(A, y, A, { niter: 40, ...o }),
};

group('default tolerances', () => {
  for (const [name, solve] of Object.entries(DEFAULTS)) {
    distributed(`${name}: small data are solved as far as those of magnitude 1`, few, ({ reals }) => {
      const dtype = reals.at(-1) as DType;
      const least = double(dtype) ? 2 ** -1022 : 2 ** -126;
      const A = definite(DIMS);
      // the compared values are below 1
      const y = scaled(DistributedArray.random(DIMS, { dtype, seed: 3 }), 2 ** -8);
      for (const x0 of [undefined, scaled(DistributedArray.random(DIMS, { dtype, seed: 5 }), 2 ** -8)]) {
        const start = (s: number): Start => (x0 ? { x0: scaled(x0, s) } : {});
        const usual = solve(A, y, 2 ** -8, start(1));
        expect(usual.iterations, name).to.be.above(0);
        for (const s of [2 ** -16, 2 ** -40]) {
          const { x, iterations } = solve(A, scaled(y, s), 2 ** -8 * s, start(s));
          expect(iterations, `${name}, ${s}`).to.equal(usual.iterations);
          // Elements that are subnormal for the small data lose digits. They count as zero.
          const normal = (v: DistributedArray): number[] =>
            bits(v).map((e) => (Math.abs(e) * s < least ? 0 : e));
          expect(normal(scaled(x, 1 / s)), `${name}, ${s}`).to.deep.equal(normal(usual.x));
        }
      }
    });
  }

  distributed(
    'spgl1: the gap of a Lasso problem is relative to small data',
    few,
    ({ reals: [dtype = 'float64'] }) => {
      const A = definite(DIMS);
      const y = DistributedArray.random(DIMS, { dtype, seed: 3 });
      const exact = spgl1(A, y, { niter: 500, tau: 1, tol: 1e-6 }).cost.at(-1) as number;
      for (const s of [1, 1e-5, double(dtype) ? 1e-150 : 1e-25, double(dtype) ? 1e150 : 1e25]) {
        const { cost, reason } = spgl1(A, scaled(y, s), { niter: 500, tau: s });
        expect(reason).to.equal('tolerance reached');
        expect((cost.at(-1) as number) / s).to.be.closeTo(exact, 2e-4 * exact);
      }
    },
  );

  distributed('a tolerance that is given stays absolute', few, ({ reals: [dtype = 'float64'] }) => {
    const A = definite(DIMS);
    const y = scaled(DistributedArray.random(DIMS, { dtype, seed: 3 }), 1e-5);
    const solvers: readonly ((
      A: Operator,
      y: DistributedArray,
      o: { tol: number },
    ) => Answer & { readonly reason: string })[] = [
      ...[cg, cgSingleReduction, cgPipelined],
      ...[cgls, cglsSingleReduction],
    ];
    for (const solver of solvers) {
      const { iterations, reason, x } = solver(A, y, { tol: 1e-4 });
      expect([iterations, reason, x.norm()]).to.deep.equal([0, 'tolerance reached', 0]);
    }
    expect(omp(A, y, { sigma: 1e-2 }).iterations).to.equal(0);
    expect(ista(A, y, { tol: 1, niter: 9 }).iterations).to.equal(1);
    // also if the solver scales the data
    const tiny = scaled(y, magnitudes(dtype)[0] as number);
    expect(cgls(A, tiny, { tol: 1e-4 }).iterations).to.equal(0);
  });
});
