import { expect } from 'chai';
import { NDArray } from '../../src/core/array/ndarray.js';
import type { DType } from '../../src/core/base/dtype.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import type { LinearOperator } from '../../src/core/operator/linear-operator.js';
import type { AnyVector, Vector } from '../../src/core/vector/vector.js';
import { FirstDerivative, MatrixMult } from '../../src/local/index.js';
import { MPIGradient, MPIVStack } from '../../src/operators/index.js';
import { distributed, group } from '../support/distributed.js';
import { definite } from './problems.js';
import { defect, finish, fits, SOLVER_TABLE, widest } from './solver-table.js';

const DIMS = [6, 2];
const ROWS = Object.entries(SOLVER_TABLE);

/** A positive definite operator on vectors of each kind, and a right-hand side. */
const KINDS: Readonly<
  Record<
    string,
    (dtype: DType, size: number, rank: number) => { A: LinearOperator<never, never>; y: AnyVector }
  >
> = {
  NDArray: (dtype) => {
    const D = new FirstDerivative([5, 2], { kind: 'forward' });
    return pair(D.H.mul(D).add(D.pow(0)), NDArray.normal([5, 2], { seed: 4, dtype }));
  },
  SCATTER: (dtype) => pair(definite(DIMS), DistributedArray.random(DIMS, { dtype, seed: 4 })),
  BROADCAST: (dtype, size, rank) => {
    const rows = [1, 2, 3, 4].filter((_, k) => k % size === rank);
    const V = new MPIVStack(
      rows.map(
        (seed) => new MatrixMult(NDArray.normal([2, 6], { seed, dtype }).multiplyInPlace(0.3), { dtype }),
      ),
    );
    const B = V.H.mul(V);
    return pair(B.add(B.pow(0)), V.domain({ dtype }).random(4));
  },
  stacked: (dtype) => {
    const G = new MPIGradient([4, 2], { kind: 'forward' });
    const B = G.mul(G.H).scale(0.5);
    return pair(B.add(B.pow(0)), B.range({ dtype }).random(4));
  },
};
function pair<V extends Vector<V>>(
  A: LinearOperator<V, V>,
  y: V,
): { A: LinearOperator<never, never>; y: AnyVector } {
  return { A: A as LinearOperator<never, never>, y };
}

group('vectors of every kind', () => {
  for (const kind of Object.keys(KINDS)) {
    distributed(
      `${kind}: every solver solves, alike on all ranks`,
      { timeout: 60_000 },
      ({ comm, backend, floats, tolerance }) => {
        for (const dtype of widest(floats).slice(
          backend.name === 'cpu' && comm.size === 2 ? -1 : 0,
          backend.name === 'cpu' && comm.size === 2 ? 2 : 1,
        )) {
          const { A, y } = (KINDS[kind] as (typeof KINDS)[string])(dtype, comm.size, comm.rank);
          for (const [name, row] of ROWS) {
            // this solver also needs the operator in single precision; it is tested with the other
            // drivers
            if (!fits(row, dtype) || (row.double && A.holdsData)) continue;
            const { x, iterations } = finish(row, A as LinearOperator<AnyVector, AnyVector>, y, {
              niter: row.niter,
              tight: true,
            });
            expect(x.dtype, name).to.equal(dtype);
            expect(
              defect(row, A as LinearOperator<AnyVector, AnyVector>, y, x),
              `${name}, ${dtype}`,
            ).to.be.below(row.finite ? Math.max(1e-6, 1e4 * tolerance(dtype)) : 2e-2);
            if (x instanceof DistributedArray && x.layout.replicated) x.assertReplicated();
            for (const other of comm.allgatherObject(iterations)) expect(other, name).to.equal(iterations);
          }
        }
      },
    );
  }
});
