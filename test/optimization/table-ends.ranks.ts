import { expect } from 'chai';
import { NumericalError } from '../../src/core/base/errors.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { distributed, group } from '../support/distributed.js';
import { definite } from './problems.js';
import { finish, fits, SOLVER_TABLE } from './solver-table.js';

group('ends', () => {
  for (const [name, row] of Object.entries(SOLVER_TABLE)) {
    if (row.finds !== 'eigenvector')
      distributed(
        `${name}: NaN or infinity on one rank is an error on all, which names the place`,
        ({ comm, reals: [dtype = 'float64'], skip }) => {
          if (!fits(row, dtype)) skip(`no ${dtype}`);
          const A = definite([8, 2]);
          for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
            const y = DistributedArray.ones([8, 2], { dtype });
            if (comm.rank === comm.size - 1) y.local.fill(value);
            expect(() => finish(row, A, y, { niter: 3 }), `${value}`).to.throw(
              NumericalError,
              /iteration \d|gradient is/,
            );
          }
        },
      );

    distributed(
      `${name}: an operator that overflows is an error on all ranks`,
      ({ reals: [dtype = 'float64'], skip }) => {
        if (!fits(row, dtype)) skip(`no ${dtype}`);
        const large = dtype === 'float64' ? 1e200 : 1e30;
        const A = definite([8, 2]).scale(large);
        const y = DistributedArray.random([8, 2], { dtype, seed: 1 }).scale(large);
        try {
          const { x } = finish(row, A, y, { niter: 30 });
          expect(Number.isFinite(x.norm())).to.equal(true);
        } catch (error) {
          expect(error).to.be.instanceOf(NumericalError);
        }
      },
    );

    distributed(
      `${name}: a time limit of one rank and a limit of iterations end the run on all, with the reason`,
      ({ comm, reals: [dtype = 'float64'], skip }) => {
        if (!fits(row, dtype)) skip(`no ${dtype}`);
        const A = definite([8, 2]);
        const y = DistributedArray.random([8, 2], { dtype, seed: 3 });
        const late = finish(row, A, y, { niter: 1000, maxTime: comm.rank === 0 ? 0 : 1000 });
        expect([late.reason, late.iterations]).to.deep.equal(['time limit reached', 1]);
        for (const niter of [2, 0]) {
          const { reason, iterations } = finish(row, A, y, { niter });
          expect([reason, iterations]).to.deep.equal(['iteration limit reached', niter]);
        }
      },
    );
  }
});
