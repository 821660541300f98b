import { mkdirSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { DistributedArray } from '../../src/core/distributed-array.js';
import { ArgumentError } from '../../src/core/errors.js';
import { NDArray } from '../../src/core/ndarray.js';
import { Checkpoint } from '../../src/io/checkpoint.js';
import { MatrixMult } from '../../src/local/index.js';
import { MPIBlockDiag, MPIGradient, MPIStackedVStack, MPIVStack } from '../../src/operators/index.js';
import { cg } from '../../src/optimization/cg.js';
import { cgls } from '../../src/optimization/cgls.js';
import { minres } from '../../src/optimization/minres.js';
import { definite } from '../optimization/problems.js';
import { distributed, group } from '../support/distributed.js';
import { withFolder } from '../support/folder.js';

group('Checkpoint', () => {
  distributed('stacked data: a solver resumed after 5 iterations goes on as if it had not stopped, bit by bit', ({ comm, floats }) => {
    // files are slow where many share a disk
    for (const dtype of new Set([floats[0] ?? 'float64', ...(comm.size < 3 ? [floats.at(-1) ?? 'float64'] : [])])) {
      const S = new MPIStackedVStack([definite([7, 3], comm), new MPIGradient([7, 3])]);
      const d = S.range({ dtype }).random(3);
      const solve = (o: { niter: number; checkpoint?: Checkpoint }) => cgls(S, d, { ...o, tol: 0, damp: 0.1 });
      withFolder(comm, (folder) => {
        const whole = solve({ niter: 9 });
        solve({ niter: 5, checkpoint: new Checkpoint(folder, { every: 3 }) });
        comm.barrier();
        expect(new Checkpoint(folder).latest).to.equal(5);
        const resumed = solve({ niter: 9, checkpoint: new Checkpoint(folder) });
        expect(resumed.cost, dtype).to.deep.equal(whole.cost);
        expect(resumed.x.asArray().toHost()).to.deep.equal(whole.x.asArray().toHost());
      });
    }
  });

  distributed(
    'keeps the last whole ones, skips what is cut short, removes what ended jobs left',
    ({ comm, reals: [dtype = 'float64'] }) => {
      const A = definite([9], comm);
      const y = DistributedArray.random([9], { dtype, seed: 2, comm });
      const run = (folder: string, niter: number) => cg(A, y, { niter, tol: 0, checkpoint: new Checkpoint(folder, { every: 2, keep: 3 }) });
      withFolder(comm, (folder) => {
        expect(new Checkpoint(folder).restore(cg.init(A, y))).to.equal(false);
        if (comm.rank === 0) {
          mkdirSync(join(folder, '0000000003.12-abc.partial'));
          writeFileSync(join(folder, '0000000003.12-abc.partial', 'x.0.0.npy'), 'half');
          writeFileSync(join(folder, 'notes.txt'), 'mine');
        }
        comm.barrier();
        run(folder, 8);
        comm.barrier();
        expect(readdirSync(folder).sort()).to.deep.equal(['0000000004', '0000000006', '0000000008', 'notes.txt']);
        comm.barrier();
        if (comm.rank === 0) {
          truncateSync(join(folder, '0000000008', 'r.0.0.npy'), 70);
          rmSync(join(folder, '0000000006', 'state.json'));
        }
        comm.barrier();
        const state = cg.init(A, y);
        expect(new Checkpoint(folder).latest).to.equal(4);
        expect(new Checkpoint(folder).restore(state)).to.equal(true);
        expect(state.iteration).to.equal(4);
        expect(state.history).to.deep.equal(cg(A, y, { niter: 4, tol: 0 }).cost);
      });
    },
  );

  distributed('refuses on all ranks what does not fit, or cannot be written', ({ comm, reals: [dtype = 'float64'] }) => {
    const A = definite([9], comm);
    const y = DistributedArray.random([9], { dtype, seed: 2, comm });
    withFolder(comm, (folder) => {
      cg(A, y, { niter: 2, checkpoint: new Checkpoint(folder) });
      const longer = DistributedArray.ones([10], { dtype, comm });
      expect(() => cg(definite([10], comm), longer, { checkpoint: new Checkpoint(folder) })).to.throw(ArgumentError, /shape/);
      expect(() => minres(A, y, { checkpoint: new Checkpoint(folder) })).to.throw(ArgumentError, /another solver/);
      comm.barrier();
      if (comm.rank === 0) writeFileSync(join(folder, 'file'), '');
      comm.barrier();
      expect(() => cg(A, y, { tol: 0, checkpoint: new Checkpoint(join(folder, 'file')) })).to.throw(ArgumentError, /rank \d/);
    });
    expect(() => new Checkpoint('x', { every: 0 })).to.throw(ArgumentError, /every/);
    // @ts-expect-error misspelt
    expect(() => new Checkpoint('x', { evry: 1 })).to.throw(ArgumentError, /did you mean 'every'/);
  });

  distributed('replicated models; colours of a mask, whose scalars differ', ({ comm, reals: [dtype = 'float64'] }) => {
    const rows = [1, 2, 3, 4].filter((_, k) => k % comm.size === comm.rank);
    const V = new MPIVStack(
      rows.map((seed) => new MatrixMult(NDArray.normal([3, 5], { seed, dtype }), { dtype })),
      { comm },
    );
    const mask = Array.from({ length: comm.size }, (_, r) => (r < comm.size / 2 ? 0 : 1));
    const color = mask[comm.rank] as number;
    const B = new MPIBlockDiag([new MatrixMult(NDArray.normal([4, 4], { seed: 10 + color, dtype }), { dtype })], { comm });
    const masked = DistributedArray.random([4 * comm.size], { dtype, seed: 2, mask, comm });
    const data = V.range({ dtype }).random(6);
    for (const solve of [(o: object) => cgls(V, data, { ...o, tol: 0 }), (o: object) => cgls(B, masked, { ...o, tol: 0 })]) {
      withFolder(comm, (folder) => {
        const whole = solve({ niter: 4 });
        solve({ niter: 2, checkpoint: new Checkpoint(folder) });
        const resumed = solve({ niter: 4, checkpoint: new Checkpoint(folder) });
        expect(resumed.cost).to.deep.equal(whole.cost);
        expect(resumed.x.asArray().toHost()).to.deep.equal(whole.x.asArray().toHost());
      });
    }
  });
});
