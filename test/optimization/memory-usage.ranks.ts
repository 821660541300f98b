import { expect } from 'chai';
import { bytesOf } from '../../src/core/base/dtype.js';
import { ArgumentError, ShapeError } from '../../src/core/base/errors.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { SizingBackend } from '../../src/core/kernels/sizing-backend.js';
import type { LinearOperator } from '../../src/core/operator/linear-operator.js';
import { MPIGradient } from '../../src/operators/index.js';
import {
  cg,
  cgls,
  cglsSingleReduction,
  cgPipelined,
  cgSingleReduction,
  fista,
  irls,
  ista,
  lsmr,
  lsqr,
  minres,
  mixedPrecisionLeastSquares,
  omp,
  powerIteration,
  spgl1,
  splitBregman,
} from '../../src/optimization/index.js';
import { vectorsOf } from '../../src/optimization/solver-state.js';
import {
  admm,
  admml2,
  douglasRachford,
  L1,
  L2,
  L21,
  linearizedAdmm,
  primalDual,
  proximalGradient,
} from '../../src/proximal/index.js';
import { distributed, group } from '../support/distributed.js';
import { expectAllThrow } from '../support/vectors.js';
import { definite } from './problems.js';

/** Every rank has multiples of 64 bytes, by which the CPU backend counts. */
const DIMS = [48, 16];
type A = LinearOperator<DistributedArray>;
/** A solver, and a call of it. */
interface Solver {
  readonly init: (...args: never[]) => object;
  readonly memoryUsage: (...args: never[]) => number;
}
type Call = readonly [solver: Solver, ...args: unknown[]];

/** Calls that hold vectors of different numbers, kinds and dtypes. */
const CALLS: Readonly<Record<string, (A: A, y: DistributedArray) => Call>> = {
  cg: (A, y) => [cg, A, y],
  'cg from a start, preconditioned': (A, y) => [cg, A, y, { M: A, x0: y }],
  cgSingleReduction: (A, y) => [cgSingleReduction, A, y, { replace: 3 }],
  cgPipelined: (A, y) => [cgPipelined, A, y],
  cgls: (A, y) => [cgls, A, y, { damp: 0.1 }],
  'cgls, preconditioned': (A, y) => [cgls, A, y, { M: A, x0: y }],
  cglsSingleReduction: (A, y) => [cglsSingleReduction, A, y],
  lsqr: (A, y) => [lsqr, A, y],
  lsmr: (A, y) => [lsmr, A, y],
  minres: (A, y) => [minres, A, y, { M: A }],
  ista: (A, y) => [ista, A, y],
  'ista, transform': (A, y) => [ista, A, y, { alpha: 0.1, SOp: A }],
  fista: (A, y) => [fista, A, y],
  irls: (A, y) => [irls, A, y],
  'irls of models': (A, y) => [irls, A, y, { kind: 'model' }],
  omp: (A, y) => [omp, A, y],
  'omp, normalised': (A, y) => [omp, A, y, { normalizecols: true, inner: 0 }],
  spgl1: (A, y) => [spgl1, A, y],
  splitBregman: (A, y) => [
    splitBregman,
    A,
    y,
    { l1: [{ R: new MPIGradient(DIMS) }], l2: [{ R: A, data: y }] },
  ],
  powerIteration: (A, y) => [powerIteration, A, { domain: y.space }],
  'powerIteration from a start': (A, y) => [powerIteration, A, { x0: y }],
  proximalGradient: (A, y) => [
    proximalGradient,
    new L2({ Op: A, b: y }),
    new L1(),
    y,
    { tau: 0.1, acceleration: 'fista' },
  ],
  admm: (_, y) => [admm, new L2({ b: y }), new L1(), y, { tau: 1, z0: y }],
  admml2: (A, y) => [admml2, A, y, new L21(2), new MPIGradient(DIMS), { tau: 1 }],
  linearizedAdmm: (A, y) => [linearizedAdmm, new L1(), new L2({ b: y }), A, y, { tau: 1, mu: 0.1 }],
  douglasRachford: (_, y) => [douglasRachford, new L2({ b: y }), new L1(), y, { tau: 1 }],
  primalDual: (A, y) => [primalDual, new L1(), new L2({ b: y }), A, y, { tau: 0.1, mu: 0.1, c: y }],
};

group('memory usage of solvers', () => {
  for (const [name, make] of Object.entries(CALLS))
    distributed(
      `${name}: the bytes that init allocates; itself it allocates nothing`,
      { backends: ['cpu', 'reference'] },
      ({ comm, backend, floats }) => {
        for (const dtype of floats) {
          const y = DistributedArray.random(DIMS, { dtype, seed: 1 });
          const [solver, ...args] = make(definite(DIMS, comm), y) as [Solver, ...never[]];
          const before = [backend.stats().allocations, comm.counters.collectives + comm.counters.reductions];
          const bytes = solver.memoryUsage(...args);
          const after = [backend.stats().allocations, comm.counters.collectives + comm.counters.reductions];
          // spgl1 has norms of vectors themselves
          if (name !== 'spgl1') expect(after, dtype).to.deep.equal(before);
          // The first run allocates what operators and functions keep
          for (const v of vectorsOf(solver.init(...args))) v.dispose();
          const { liveBytes } = backend.stats();
          const state = solver.init(...args);
          expect(backend.stats().liveBytes - liveBytes, dtype).to.equal(bytes);
          for (const v of vectorsOf(state)) v.dispose();
        }
      },
    );

  distributed('includes vectors of another precision, and wrong arguments are refused', ({ comm, reals }) => {
    if (!reals.includes('float32') || !reals.includes('float64')) return;
    const y = DistributedArray.random(DIMS, { dtype: 'float64', seed: 1 });
    const A = definite(DIMS, comm);
    const bytes = mixedPrecisionLeastSquares.memoryUsage(A, y);
    // x, g, y, r in double; the gradient and the five of cg in single precision
    expect(bytes).to.equal(y.local.size * (4 * 8 + 5 * 4));
    expectAllThrow(comm, () => cgls.memoryUsage(A, DistributedArray.ones(4)), ShapeError);
    expect(() => cgls.memoryUsage(A, y, { dmap: 1 } as object)).to.throw(
      ArgumentError,
      "did you mean 'damp'",
    );
    expect(() => cgls.memoryUsage(A, y, { niter: -1 })).to.throw(ArgumentError, 'niter');
    expect(() => cgls.memoryUsage(1 as never, y)).to.throw(ArgumentError);
  });

  distributed('a backend of sizes makes arrays of any size', { ranks: [1] }, ({ backend }) => {
    const sizes = SizingBackend.of(backend);
    expect(SizingBackend.of(sizes)).to.equal(sizes);
    expect(SizingBackend.of(backend)).to.equal(sizes);
    const x = DistributedArray.zeros([2 ** 20, 2 ** 20], { backend: sizes });
    expect(x.copy().axpby(2, x, 1).dot(x)).to.equal(1);
    expect(cgls.memoryUsage(definite([2 ** 20, 2 ** 20], x.comm), x)).to.equal(
      2 ** 40 * bytesOf(x.dtype) * 5,
    );
  });
});
