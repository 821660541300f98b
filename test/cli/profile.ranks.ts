import { expect } from 'chai';
import { formatProfile, profile, TIME_PARTS, type TimeSplit } from '../../src/cli/profile.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { LinearOperator } from '../../src/core/operator/linear-operator.js';
import type { Communicator } from '../../src/core/ports/communicator.js';
import { MPIFirstDerivative } from '../../src/operators/index.js';
import { distributed, group } from '../support/distributed.js';

const sumOf = (split: TimeSplit): number => TIME_PARTS.reduce((sum, part) => sum + split.parts[part], 0);
const callsIn = (split: TimeSplit, part: string): string[] =>
  split.calls.filter((c) => c.part === part).map((c) => c.name);

/** Computes a derivative and an inner product. */
function work(comm: Communicator): void {
  const x = DistributedArray.random([24, 4], { comm, seed: 1 });
  const y = new MPIFirstDerivative([24, 4], { comm }).matvec(x);
  y.axpby(2, x, 1);
  y.norm();
  for (const v of [x, y]) v.dispose();
}

group('profile', () => {
  distributed('the parts add up to the time that has passed', ({ backend, comm }) => {
    const before = performance.now();
    const profiling = profile({ backend, comm });
    const began = performance.now();
    work(comm);
    const inside = (performance.now() - began) / 1000;
    const split = profiling.stop();
    const outside = (performance.now() - before) / 1000;
    expect(sumOf(split)).to.be.closeTo(split.total, 1e-9);
    expect(split.total).to.be.within(inside, outside);
    for (const part of TIME_PARTS) expect(split.parts[part], part).to.be.at.least(0);
    expect(profiling.stop()).to.equal(split);
  });

  distributed('counts kernels of products as the operator’s, others as vector work', ({ backend, comm }) => {
    const profiling = profile({ backend, comm });
    work(comm);
    const split = profiling.stop();
    expect(callsIn(split, 'operator')).to.include('stencil');
    expect(callsIn(split, 'vector work')).to.not.include('stencil');
    expect(callsIn(split, 'vector work')).to.include('linearCombination');
    expect(split.parts.operator).to.be.greaterThan(0);
    for (const part of ['operator', 'vector work', 'communication'] as const) {
      const counted = split.calls.filter((c) => c.part === part).reduce((sum, c) => sum + c.seconds, 0);
      expect(counted, part).to.be.closeTo(split.parts[part], 1e-9);
    }
  });

  distributed('counts reductions, and waits for halos', { ranks: [2, 3] }, ({ backend, comm }) => {
    const profiling = profile({ backend, comm });
    work(comm);
    const calls = callsIn(profiling.stop(), 'communication');
    expect(calls).to.include('allreduce');
    expect(calls.some((name) => name.startsWith('wait'))).to.equal(true);
  });

  distributed('counts communicators that are split from its own', { ranks: [2] }, ({ backend, comm }) => {
    const profiling = profile({ backend, comm });
    comm.split(0).barrier();
    expect(callsIn(profiling.stop(), 'communication')).to.include.members(['split', 'barrier']);
  });

  distributed(
    'may run beside another one, and at its end restores the methods that it measured',
    ({ backend, comm }) => {
      const methods = () => [
        LinearOperator.prototype.matvec,
        Reflect.get(backend, 'stencil'),
        Reflect.get(backend, 'dots'),
        Reflect.get(comm, 'allreduce'),
      ];
      const before = methods();
      const profiling = profile({ backend, comm });
      expect(methods()).to.not.include.members([before[0]]);
      const inner = profile({ backend, comm });
      work(comm);
      const splits = [profiling.stop(), inner.stop()];
      expect(methods()).to.deep.equal(before);
      const [outside, inside] = splits.map((split) => callsIn(split, 'operator'));
      expect(outside).to.include('stencil');
      expect(inside).to.have.members(outside as string[]);
    },
  );

  distributed('prints all ranks in one table, the same text everywhere', ({ backend, comm }) => {
    const profiling = profile({ backend, comm });
    work(comm);
    const text = formatProfile(profiling.stop(), comm);
    for (const part of [...TIME_PARTS, 'total', 'slowest [s]']) expect(text).to.include(part);
    expect(new Set(comm.allgatherObject(text)).size).to.equal(1);
  });
});
