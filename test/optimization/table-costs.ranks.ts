import { expect } from 'chai';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { StackedDistributedArray } from '../../src/core/distributed/stacked-distributed-array.js';
import { openWorkspaces } from '../../src/core/vector/workspace.js';
import { distributed, group } from '../support/distributed.js';
import { costs, definite } from './problems.js';
import { Counted, fits, SOLVER_TABLE, widest } from './solver-table.js';

const DIMS = [6, 2];
const ROWS = Object.entries(SOLVER_TABLE);
const constructed = (): number => DistributedArray.constructions + StackedDistributedArray.constructions;

group('every solver', () => {
  for (const [name, row] of ROWS) {
    const [reductions, forwards, adjoints] = row.costs;
    distributed(
      `${name}: reductions, applications and vectors are those of its documentation`,
      { timeout: 60_000 },
      ({ comm, backend, floats }) => {
        for (const dtype of widest(floats).filter((d) => fits(row, d))) {
          const A = new Counted(definite(DIMS));
          const y = DistributedArray.random(DIMS, { dtype, seed: 3 });
          // the workspaces of the operator are allocated before
          const close = openWorkspaces();
          const out = A.rmatvec(A.matvec(y));
          out.dispose();
          const applied: number[][] = [];
          const before = constructed();
          let atStart: number | undefined;
          const counted = function* () {
            for (const step of row.run(A, y, { niter: 5 })) {
              atStart ??= constructed() - before;
              if (step.iteration > 0) applied.push([A.forwards, A.adjoints]);
              yield step;
            }
          };
          const each = costs(counted(), comm, backend);
          close();
          expect(each, dtype).to.have.length(4);
          for (const [used, ...rest] of each) {
            if (reductions !== undefined) expect(used, `${dtype}: reductions`).to.equal(reductions);
            expect(rest, `${dtype}: other collectives, vectors, storages, memory`).to.deep.equal([
              0, 0, 0, 0,
            ]);
          }
          applied.slice(1).forEach(([f = 0, a = 0], k) => {
            const [fBefore = 0, aBefore = 0] = applied[k] as number[];
            if (forwards !== undefined) expect(f - fBefore, `${dtype}: forwards`).to.equal(forwards);
            if (adjoints !== undefined) expect(a - aBefore, `${dtype}: adjoints`).to.equal(adjoints);
          });
          expect(atStart, `${dtype}: vectors`).to.be.within(row.vectors, row.vectors + (row.more ?? 0));
        }
      },
    );
  }
});
