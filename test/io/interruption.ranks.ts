import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ArgumentError } from '../../src/core/base/errors.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { type StopSignal, setSignalSource } from '../../src/core/vector/interruption.js';
import { Checkpoint } from '../../src/io/checkpoint/checkpoint.js';
import { nativeSignals } from '../../src/mpi/signals.js';
import { MPIGradient, MPIStackedVStack } from '../../src/operators/index.js';
import {
  cg,
  cgls,
  cgPipelined,
  fista,
  lsmr,
  lsqr,
  minres,
  powerIteration,
  type SolverProgress,
} from '../../src/optimization/index.js';
import { definite } from '../optimization/problems.js';
import { distributed, group, type RanksContext } from '../support/distributed.js';

interface Keep {
  niter: number;
  checkpoint?: Checkpoint;
}
interface Answer {
  readonly reason: string;
  readonly iterations: number;
}

/**
 * A checkpoint that stores nothing and records the calls of the loop. After iteration 3 the last
 * rank has received a signal.
 */
class Probe extends Checkpoint {
  readonly lasts: number[] = [];
  told = false;
  override restore(): boolean {
    return false;
  }
  override keep(state: SolverProgress, last: boolean): void {
    if (last) this.lasts.push(state.iteration);
    if (state.iteration === 3) this.told = true;
  }
}

function solversOf(
  { comm, reals: [dtype = 'float64'] }: RanksContext,
  mask?: number[],
): Record<string, (o: Keep) => Answer> {
  const A = definite([7, 3], comm);
  const y = DistributedArray.random([7, 3], { dtype, seed: 2, comm, ...(mask ? { mask } : {}) });
  if (mask) return { cg: (o) => cg(A, y, { ...o, tol: 0 }), cgls: (o) => cgls(A, y, { ...o, tol: 0 }) };
  const S = new MPIStackedVStack([A, new MPIGradient([7, 3])]);
  const d = S.range({ dtype }).random(3);
  return {
    cg: (o) => cg(A, y, { ...o, tol: 0 }),
    cgPipelined: (o) => cgPipelined(A, y, { ...o, tol: 0, replace: 4 }),
    minres: (o) => minres(A, y, { ...o, rtol: 0 }),
    cgls: (o) => cgls(S, d, { ...o, tol: 0, damp: 0.1 }),
    lsqr: (o) => lsqr(S, d, { ...o, atol: 0, btol: 0 }),
    lsmr: (o) => lsmr(S, d, { ...o, atol: 0, btol: 0 }),
    fista: (o) => fista(S, d, { ...o, alpha: 0.02 }),
    powerIteration: (o) => powerIteration(A, { ...o, tol: 0, domain: y.space }),
    reproducible: (o) => cg(A, y, { ...o, tol: 0, reproducible: true }),
  };
}

group('interruption', () => {
  const body = (context: RanksContext, mask?: number[]): void => {
    const { comm } = context;
    const probes: Probe[] = [];
    const expected: StopSignal[] = [];
    setSignalSource({
      expect: (signals) => expected.push(...signals),
      received: () => comm.rank === comm.size - 1 && probes.at(-1)?.told === true,
    });
    try {
      for (const [name, solve] of Object.entries(solversOf(context, mask))) {
        const probe = new Probe('x', { stopOn: ['SIGUSR1'] });
        probes.push(probe);
        const { reason, iterations } = solve({ niter: 9, checkpoint: probe });
        expect(reason, name).to.equal('signal received');
        // reductions that are pending when the signal arrives belong to the previous iteration
        expect(iterations, name).to.be.within(4, 5);
        expect(comm.allgatherObject(iterations), name).to.deep.equal(Array(comm.size).fill(iterations));
        expect(probe.lasts, name).to.deep.equal([iterations]);
      }
      expect(new Set(expected)).to.deep.equal(new Set(['SIGUSR1']));
    } finally {
      setSignalSource(nativeSignals);
    }
  };

  distributed('a signal to one rank stops all after the same iteration, and the state is written', body);

  distributed('a signal to one rank stops all after the same iteration where a mask splits them', (context) =>
    body(
      context,
      Array.from({ length: context.comm.size }, (_, r) => r % 2),
    ),
  );

  distributed(
    'the votes on signals are part of the reductions of a step and cost no message more',
    (context) => {
      const { comm } = context;
      for (const [name, solve] of Object.entries(solversOf(context))) {
        const count = (checkpoint: Checkpoint): object => {
          comm.counters.reset();
          solve({ niter: 6, checkpoint });
          const { reductions, collectives, messages } = comm.counters;
          return { reductions, collectives, messages };
        };
        expect(count(new Probe('x', { stopOn: ['SIGUSR1'] })), name).to.deep.equal(count(new Probe('x')));
      }
    },
  );

  distributed('the iterates with and without a vote on signals are the same', (context) => {
    const { comm } = context;
    for (const [name, solve] of Object.entries(solversOf(context))) {
      const run = (checkpoint: Checkpoint): unknown => Reflect.get(solve({ niter: 6, checkpoint }), 'cost');
      expect(run(new Probe('x', { stopOn: ['SIGUSR1'] })), `${name} ${comm.size}`).to.deep.equal(
        run(new Probe('x')),
      );
    }
  });

  distributed(
    'an interrupted run resumes to the result of a run without a stop',
    ({ comm, reals: [dtype = 'float64'] }) => {
      const A = definite([7, 3], comm);
      const y = DistributedArray.random([7, 3], { dtype, seed: 2, comm });
      const folder = comm.bcastObject(comm.rank === 0 ? mkdtempSync(join(tmpdir(), 'lops-checkpoint-')) : '');
      let told = false;
      setSignalSource({ expect: () => undefined, received: () => told });
      try {
        const whole = cg(A, y, { niter: 9, tol: 0 });
        const checkpoint = new Checkpoint(folder, { every: 100, stopOn: ['SIGTERM'] });
        let last = 0;
        for (const { iteration } of cg.steps(A, y, { niter: 9, tol: 0, checkpoint })) {
          if (iteration === 3) told = true;
          last = iteration;
        }
        expect(last).to.equal(4);
        told = false;
        const resumed = cg(A, y, { niter: 9, tol: 0, checkpoint });
        expect(resumed.cost).to.deep.equal(whole.cost);
        expect(resumed.reason).to.equal(whole.reason);
      } finally {
        setSignalSource(nativeSignals);
        comm.barrier();
        if (comm.rank === 0) rmSync(folder, { recursive: true, force: true });
      }
    },
  );

  distributed('refuses names that are no signals', { ranks: [1] }, () => {
    const wrong = ['SIGKILL'] as string[] as StopSignal[];
    expect(() => new Checkpoint('x', { stopOn: wrong })).to.throw(ArgumentError, /SIGKILL/);
    const none = 'SIGTERM' as string as never;
    expect(() => new Checkpoint('x', { stopOn: none })).to.throw(ArgumentError, /list of signals/);
  });
});
