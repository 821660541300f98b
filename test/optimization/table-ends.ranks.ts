import { expect } from 'chai';
import { NumericalError } from '../../src/core/base/errors.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { distributed, group } from '../support/distributed.js';
import { definite } from './problems.js';
import { finish, fits, SOLVER_TABLE } from './solver-table.js';

const ROWS = Object.entries(SOLVER_TABLE);

group('ends', () => {
  distributed(
    'NaN, infinity on one rank: an error on all, that says where',
    ({ comm, reals: [dtype = 'float64'] }) => {
      const A = definite([8, 2]);
      for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
        const y = DistributedArray.ones([8, 2], { dtype });
        if (comm.rank === comm.size - 1) y.local.fill(value);
        for (const [name, row] of ROWS) {
          if (!fits(row, dtype) || row.finds === 'eigenvector') continue;
          expect(() => finish(row, A, y, { niter: 3 }), `${name}, ${value}`).to.throw(
            NumericalError,
            /iteration \d|gradient is/,
          );
        }
      }
    },
  );

  distributed('an operator that overflows: an error on all', ({ reals: [dtype = 'float64'] }) => {
    const A = definite([8, 2]).scale(dtype === 'float64' ? 1e200 : 1e30);
    const y = DistributedArray.random([8, 2], { dtype, seed: 1 });
    for (const [name, row] of ROWS) {
      if (!fits(row, dtype)) continue;
      try {
        const { x } = finish(row, A, y.copy().scale(dtype === 'float64' ? 1e200 : 1e30), { niter: 30 });
        expect(Number.isFinite(x.norm()), name).to.equal(true);
      } catch (error) {
        expect(error, name).to.be.instanceOf(NumericalError);
      }
    }
  });

  distributed(
    'a time limit of one rank and a limit of iterations end a run of all, and say so',
    ({ comm, reals: [dtype = 'float64'] }) => {
      const A = definite([8, 2]);
      const y = DistributedArray.random([8, 2], { dtype, seed: 3 });
      for (const [name, row] of ROWS) {
        if (!fits(row, dtype)) continue;
        const late = finish(row, A, y, { niter: 1000, maxTime: comm.rank === 0 ? 0 : 1000 });
        expect([late.reason, late.iterations], name).to.deep.equal(['time limit reached', 1]);
        const two = finish(row, A, y, { niter: 2 });
        expect([two.reason, two.iterations], name).to.deep.equal(['iteration limit reached', 2]);
        const none = finish(row, A, y, { niter: 0 });
        expect([none.reason, none.iterations], name).to.deep.equal(['iteration limit reached', 0]);
      }
    },
  );
});
