import { join } from 'node:path';
import { expect } from 'chai';
import type { DType } from '../../src/core/base/dtype.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import type { Communicator } from '../../src/core/ports/communicator.js';
import { Checkpoint } from '../../src/io/checkpoint/checkpoint.js';
import { distributed, group } from '../support/distributed.js';
import { expectClose } from '../support/expect-close.js';
import { withFolder } from '../support/folder.js';
import { definite } from './problems.js';
import { finish, fits, SOLVER_TABLE, type SolverRow, widest } from './solver-table.js';

const DIMS = [7, 2];
const ROWS = Object.entries(SOLVER_TABLE);

/** A run on some ranks as in a job: all of its input is created anew. */
function run(row: SolverRow, comm: Communicator, dtype: DType, niter: number, checkpoint?: Checkpoint) {
  const y = DistributedArray.random(DIMS, { dtype, seed: 3, comm });
  return finish(row, definite(DIMS, comm), y, {
    niter,
    reproducible: true,
    ...(checkpoint && { checkpoint }),
  });
}

group('checkpoints', () => {
  for (const [name, row] of ROWS)
    distributed(
      `${name}: resumed, it goes on as if it had not stopped, bit by bit`,
      { backends: ['cpu', 'deferred'] },
      ({ comm, floats }) => {
        // files are slow if many processes share a disk
        for (const dtype of widest(floats).slice(comm.size < 3 ? 0 : -1)) {
          if (!fits(row, dtype)) continue;
          withFolder(comm, (folder) => {
            const whole = run(row, comm, dtype, 5);
            run(row, comm, dtype, 3, new Checkpoint(folder, { every: 100 }));
            comm.barrier();
            expect(new Checkpoint(folder).latest).to.equal(3);
            const resumed = run(row, comm, dtype, 5, new Checkpoint(folder, { every: 100 }));
            expect(resumed.iterations).to.equal(5);
            expect(resumed.cost, dtype).to.deep.equal(whole.cost);
            expect(resumed.x.asArray().toHost(), dtype).to.deep.equal(whole.x.asArray().toHost());
          });
        }
      },
    );

  for (const [name, row] of ROWS)
    distributed(
      `${name}: resumes on another number of ranks, in either direction`,
      { ranks: [2, 3], backends: ['cpu'] },
      ({ comm }) => {
        const self = comm.split(comm.rank) as Communicator;
        const checkpoint = (folder: string, on = comm) => new Checkpoint(folder, { every: 100, comm: on });
        withFolder(comm, (folder) => {
          const expected = run(row, comm, 'float64', 5);
          // from all ranks to one
          run(row, comm, 'float64', 3, checkpoint(join(folder, 'a')));
          comm.barrier();
          if (comm.rank === 0) run(row, self, 'float64', 4, checkpoint(join(folder, 'a'), self));
          comm.barrier();
          // from one rank to all
          const all = run(row, comm, 'float64', 5, checkpoint(join(folder, 'a')));
          expect(all.iterations).to.equal(5);
          // 1-norms are rounded differently on different numbers of ranks
          for (const [k, cost] of expected.cost.entries())
            expect(all.cost[k]).to.be.closeTo(cost, 1e-12 * Math.abs(cost));
          expectClose(all.x, expected.x, { norm: 1e-12 * expected.x.norm() });
        });
        self.free();
      },
    );
});
