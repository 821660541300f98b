import { expect } from 'chai';
import { NDArray } from '../../src/core/array/ndarray.js';
import { re } from '../../src/core/base/complex.js';
import { type DType, isComplex } from '../../src/core/base/dtype.js';
import { ArgumentError, NumericalError, PartitionError, ShapeError } from '../../src/core/base/errors.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { StackedDistributedArray } from '../../src/core/distributed/stacked-distributed-array.js';
import type { Communicator } from '../../src/core/ports/communicator.js';
import { Identity, MatrixMult } from '../../src/local/index.js';
import {
  MPIBlockDiag,
  MPIGradient,
  MPILaplacian,
  MPIStackedVStack,
  MPIVStack,
} from '../../src/operators/index.js';
import { cg } from '../../src/optimization/krylov/cg.js';
import { cgls } from '../../src/optimization/krylov/cgls.js';
import { distributed, group } from '../support/distributed.js';
import { expectClose } from '../support/expect-close.js';
import { costs, definite, optimality, rounding } from './problems.js';

group('cg', () => {
  distributed(
    'costs two reductions an iteration, no other collective, no allocation',
    ({ comm, backend, floats }) => {
      for (const dtype of floats) {
        const y = DistributedArray.random([9, 4], { dtype, seed: 3 });
        const each = costs(cg.steps(definite([9, 4]), y, { niter: 6, tol: 0 }), comm, backend);
        expect(each).to.have.length(5);
        for (const cost of each) expect(cost, dtype).to.deep.equal([2, 0, 0, 0, 0]);
      }
    },
  );

  distributed('solves on any number of ranks, some of them empty', ({ floats, tolerance }) => {
    for (const dtype of floats) {
      for (const dims of [[11, 3], [2, 5], [1]]) {
        const A = definite(dims);
        const truth = DistributedArray.random(dims, { dtype, seed: 1 });
        const y = A.matvec(truth);
        const { x, reason } = cg(A, y, { niter: 200, tol: (tolerance(dtype) * y.norm()) ** 2 });
        expect(reason).to.be.oneOf(['tolerance reached', 'solved exactly']);
        expect(x.dtype).to.equal(dtype);
        expectClose(x, truth, { norm: 50 * tolerance(dtype) * truth.norm() });
      }
    }
  });
});

group('cgls', () => {
  distributed(
    'costs two reductions an iteration, no other collective, no allocation, damped or not',
    ({ comm, backend, floats }) => {
      for (const dtype of floats) {
        const y = DistributedArray.random([9, 4], { dtype, seed: 3 });
        for (const damp of [0, 0.3]) {
          const each = costs(cgls.steps(definite([9, 4]), y, { niter: 6, tol: 0, damp }), comm, backend);
          expect(each).to.have.length(5);
          for (const cost of each) expect(cost, `${dtype}, damp ${damp}`).to.deep.equal([2, 0, 0, 0, 0]);
        }
      }
    },
  );

  distributed(
    'stacked data cost two reductions an iteration, no allocation, and give the damped solution',
    ({ comm, backend, floats, tolerance }) => {
      for (const dtype of floats) {
        const dims = [7, 3];
        const A = new MPIStackedVStack([
          definite(dims),
          new MPILaplacian(dims).scale(0.5),
          new MPIGradient(dims),
        ]);
        const y = A.range({ dtype }).random(4);
        const each = costs(cgls.steps(A, y, { niter: 4, tol: 0, damp: 0.2 }), comm, backend);
        for (const cost of each) expect(cost, dtype).to.deep.equal([2, 0, 0, 0, 0]);
        const { x } = cgls(A, y, {
          niter: 60,
          tol: rounding(A, y, tolerance(dtype)),
          damp: 0.2,
          x0: A.domain({ dtype }).random(5),
        });
        expect(optimality(A, y, x, 0.2)).to.be.below(100 * tolerance(dtype));
      }
    },
  );

  distributed('solves for stacked models from stacked data', ({ reals, tolerance }) => {
    for (const dtype of reals) {
      const G = new MPIGradient([6, 4], { kind: 'forward' });
      const A = G.H;
      const y = A.range({ dtype }).random(2);
      const { x } = cgls(A, y, { niter: 200, tol: rounding(A, y, tolerance(dtype)), damp: 0.5 });
      expect(x).to.be.instanceOf(StackedDistributedArray);
      expect(optimality(A, y, x, 0.5)).to.be.below(100 * tolerance(dtype));
    }
  });

  distributed('a replicated model has the same bits on every rank', ({ comm, reals, tolerance }) => {
    for (const dtype of reals) {
      const rows = [1, 2, 3, 4].filter((_, k) => k % comm.size === comm.rank);
      const op = (seed: number) => new MatrixMult(NDArray.normal([3, 5], { seed, dtype }), { dtype });
      const A = new MPIVStack(rows.map(op));
      const y = A.range({ dtype }).random(6);
      const { x } = cgls(A, y, { niter: 40, tol: rounding(A, y, tolerance(dtype)), damp: 0.1 });
      x.assertReplicated();
      expect(optimality(A, y, x, 0.1)).to.be.below(100 * tolerance(dtype));
    }
  });

  distributed('real operators accept complex data', ({ dtypes, tolerance }) => {
    for (const dtype of dtypes.filter(isComplex)) {
      const A = definite([5, 3]);
      const y = A.range({ dtype }).random(6);
      const { x } = cgls(A, y, { niter: 60, tol: rounding(A, y, tolerance(dtype)) });
      expect(x.dtype).to.equal(dtype);
      expect(optimality(A, y, x)).to.be.below(100 * tolerance(dtype));
    }
  });

  distributed('an exact start and a zero right-hand side stop at once on all ranks', ({ reals }) => {
    const A = definite([6, 2]);
    for (const dtype of reals) {
      const zero = cgls(A, DistributedArray.zeros([6, 2], { dtype }));
      expect(zero.reason).to.equal('solved exactly');
      expect(zero.iterations).to.equal(0);
      const start = DistributedArray.full([6, 2], 3, { dtype });
      const exact = cgls(A, A.matvec(start), { x0: start, tol: 0 });
      expect(exact.reason).to.equal('solved exactly');
      expectClose(exact.x, start, 0);
    }
  });

  distributed('a flat start whose parts are whole rows is the start', ({ reals: [dtype = 'float64'] }) => {
    const A = definite([8, 2]);
    const start = DistributedArray.random([8, 2], { dtype, seed: 5 });
    const y = DistributedArray.random([8, 2], { dtype, seed: 6 });
    const [natural, flat] = [start, start.ravel()].map((x0) => cgls(A, y, { x0, niter: 3, tol: 0 }));
    expect(flat?.cost).to.deep.equal(natural?.cost);
    expect(flat?.x.asArray().toHost()).to.deep.equal(natural?.x.asArray().toHost());
  });

  distributed('leaving the loop disposes of all vectors but x', ({ backend, reals }) => {
    const [dtype = 'float64'] = reals;
    const A = definite([8, 3]);
    const y = DistributedArray.random([8, 3], { dtype });
    cgls(A, y, { niter: 2, tol: 0 }).x.dispose();
    const before = backend.stats().liveBytes;
    let x: DistributedArray | undefined;
    for (const step of cgls.steps(A, y, { niter: 50, tol: 0 })) {
      x = step.x;
      if (step.iteration === 2) break;
    }
    const left = backend.stats().liveBytes - before;
    const one = backend.stats().liveBytes;
    const again = DistributedArray.empty([8, 3], { dtype });
    expect(left).to.equal(backend.stats().liveBytes - one);
    again.dispose();
    expectClose(x as DistributedArray, cgls(A, y, { niter: 2, tol: 0 }).x, 0);
  });

  distributed('NaN on one rank is an error on all', ({ comm, reals }) => {
    const [dtype = 'float64'] = reals;
    const y = DistributedArray.ones([8, 2], { dtype });
    if (comm.rank === comm.size - 1) y.local.fill(Number.NaN);
    expect(() => cgls(definite([8, 2]), y)).to.throw(NumericalError, /iteration 0/);
    expect(() => cg(definite([8, 2]), y)).to.throw(NumericalError, /iteration 0/);
  });

  distributed('invalid input is refused on all ranks', ({ comm, reals }) => {
    const [dtype = 'float64'] = reals;
    const A = definite([8, 2]);
    expect(() => cgls(A, DistributedArray.ones([8, 3], { dtype }))).to.throw(ShapeError);
    const y = DistributedArray.ones([8, 2], { dtype });
    expect(() => cgls(A, y, { x0: DistributedArray.ones([15], { dtype }) })).to.throw(ShapeError, /x0/);
    const notVectors: unknown[] = [[1, 2], new Float64Array(16), null];
    for (const thing of notVectors) {
      expect(() => cgls(A, thing as typeof y)).to.throw(ArgumentError, /expected y/);
      expect(() => cgls(A, y, { x0: thing as typeof y })).to.throw(ArgumentError, /expected x0/);
      expect(() => cgls(thing as typeof A, y)).to.throw(ArgumentError, /expected a linear operator/);
    }
    // the same elements in other parts are moved
    const starts = [0, 1].map((axis) => DistributedArray.random([8, 2], { dtype, axis, seed: 3 }));
    const [rows, columns] = starts.map((x0) => cgls(A, y, { x0, niter: 3, tol: 0 }).x.asArray());
    expect(String(columns)).to.equal(String(rows));
    const other = comm.dup();
    expect(() => cgls(A, DistributedArray.ones([8, 2], { dtype, comm: other }))).to.throw(PartitionError);
    other.free();
  });
});

group('masks', () => {
  const mask = (size: number): number[] => Array.from({ length: size }, (_, r) => (r < size / 2 ? 0 : 1));

  /**
   * Every colour has a problem with another spectrum, so that colours need different numbers of
   * iterations.
   */
  function problem(comm: Communicator, dtype: DType) {
    const color = mask(comm.size)[comm.rank] as number;
    const block =
      color === 0
        ? new Identity(4, undefined, { dtype })
        : new MatrixMult(NDArray.normal([4, 4], { seed: 10 + comm.rank, dtype }), { dtype });
    const A = new MPIBlockDiag([block]);
    const y = DistributedArray.random([4 * comm.size], { dtype, seed: 2, mask: mask(comm.size) });
    return { color, A, y };
  }

  distributed(
    'every colour solves its own problem, and all iterate until the last has converged',
    ({ comm, reals }) => {
      for (const dtype of reals) {
        const { color, A, y } = problem(comm, dtype);
        const tol = dtype === 'float64' ? 1e-20 : 1e-8;
        const { x, iterations, reason } = cgls(A, y, { niter: 300, tol });
        expect(reason).to.be.oneOf(['tolerance reached', 'solved exactly']);
        const all = comm.allgatherObject({ color, iterations });
        expect(new Set(all.map((a) => a.iterations)).size, 'iterations are one number').to.equal(1);
        if (comm.size > 1) expect(iterations).to.be.above(1);
        const residual = y.subtract(A.matvec(x)).norm();
        expect(residual).to.be.below(1e-2);
        if (color === 0 && comm.size > 1) expectClose(x.local, y.local, 0);
      }
    },
  );

  distributed('NaN in one colour is an error on all ranks', ({ comm, reals }) => {
    const [dtype = 'float64'] = reals;
    const { color, A, y } = problem(comm, dtype);
    if (color === 0) y.local.fill(Number.NaN);
    expect(() => cgls(A, y)).to.throw(NumericalError);
  });
});

group('histories', () => {
  distributed(
    'are the same on all ranks, and nearly so for any number of them',
    ({ comm, reals, tolerance }) => {
      for (const dtype of reals) {
        const A = definite([10, 3]);
        const y = DistributedArray.random([10, 3], { dtype, seed: 8 });
        const { cost } = cgls(A, y, { niter: 8, tol: 0 });
        for (const other of comm.allgatherObject(cost)) expect(other).to.deep.equal(cost);
        // the same problem on this rank alone
        const { x } = cgls(A, y, { niter: 8, tol: 0 });
        const residual = y.subtract(A.matvec(x)).norm();
        expect(cost[0]).to.be.closeTo(re(y.norm()), 10 * tolerance(dtype) * y.norm());
        expect(cost.at(-1)).to.be.closeTo(residual, 10 * tolerance(dtype) * y.norm());
      }
    },
  );
});
