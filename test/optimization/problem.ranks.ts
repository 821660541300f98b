/**
 * Tests how problems are distinguished: a solver does not resume from a checkpoint of another
 * problem.
 */
import { join } from 'node:path';
import { expect } from 'chai';
import { ArgumentError } from '../../src/core/base/errors.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import type { LinearOperator } from '../../src/core/operator/linear-operator.js';
import type { Communicator } from '../../src/core/ports/communicator.js';
import { differences, type Problem } from '../../src/core/vector/problem-description.js';
import { CpuBackend } from '../../src/cpu/index.js';
import { Checkpoint } from '../../src/io/checkpoint/checkpoint.js';
import { MPIFirstDerivative } from '../../src/operators/index.js';
import { cgls, irls, ista, lsqr, minres, omp, spgl1, splitBregman } from '../../src/optimization/index.js';
import {
  admm,
  Box,
  Euclidean,
  EuclideanBall,
  Huber,
  L0,
  L1,
  L1Ball,
  L2,
  Orthogonal,
  type ProxOperator,
  primalDual,
  Simplex,
  TV,
} from '../../src/proximal/index.js';
import { distributed, group } from '../support/distributed.js';
import { expectClose } from '../support/expect-close.js';
import { withFolder } from '../support/folder.js';
import { definite } from './problems.js';
import { finish, fits, SOLVER_TABLE } from './solver-table.js';

const DIMS = [6, 2];

/** A checkpoint that records the solver's description of its problem. */
class Scribe {
  problem: Problem | undefined;
  restore(_: unknown, problem: () => Problem): void {
    this.problem = problem();
  }
  keep(): void {}
}
/** The description of the problem of the solver that `solve` starts. */
function problemOf(solve: (o: { niter: number; checkpoint: Scribe }) => { x: { dispose(): void } }): Problem {
  const checkpoint = new Scribe();
  solve({ niter: 0, checkpoint }).x.dispose();
  return checkpoint.problem as Problem;
}

const times = (A: LinearOperator<DistributedArray>, k: number): LinearOperator<DistributedArray> =>
  A.scale(k) as LinearOperator<DistributedArray>;

group('checkpoints of another problem', () => {
  for (const [name, row] of Object.entries(SOLVER_TABLE))
    distributed(
      `${name}: its checkpoint is refused for other data and another operator`,
      { ranks: [1, 2], backends: ['cpu'] },
      ({ comm }) => {
        for (const dtype of ['float64', 'float32'] as const) {
          if (!fits(row, dtype)) continue;
          const A = definite(DIMS, comm);
          const y = DistributedArray.random(DIMS, { dtype, seed: 3, comm });
          const run = (
            B: LinearOperator<DistributedArray>,
            data: DistributedArray,
            niter: number,
            checkpoint?: Checkpoint,
          ) => finish(row, B, data, { niter, reproducible: true, ...(checkpoint && { checkpoint }) });
          withFolder(comm, (folder) => {
            run(A, y, 2, new Checkpoint(folder));
            const checkpoint = () => new Checkpoint(folder);
            const swapped = y.copy();
            // data with the same norm
            const [a, b] = [y.get([0, 0]), y.get([5, 1])];
            swapped.setAt(0, b).setAt(11, a);
            if (row.finds !== 'eigenvector') {
              for (const other of [y.multiply(2), y.negative(), swapped])
                expect(() => run(A, other, 4, checkpoint()), `${dtype} data`).to.throw(
                  ArgumentError,
                  /of another problem: .*fresh: true/,
                );
            }
            expect(() => run(times(A, 1.01), y, 4, checkpoint()), `${dtype} operator`).to.throw(
              ArgumentError,
              /of another problem/,
            );
            const resumed = run(A, y, 4, checkpoint());
            const whole = run(A, y, 4);
            expect(resumed.cost).to.deep.equal(whole.cost);
            // started over with the new operator
            const over = run(times(A, 1.01), y, 3, new Checkpoint(folder, { fresh: true }));
            expect(over.cost).to.deep.equal(run(times(A, 1.01), y, 3).cost);
            expect(new Checkpoint(folder).latest).to.equal(3);
            expect(run(times(A, 1.01), y, 4, checkpoint()).iterations).to.equal(4);
          });
        }
      },
    );

  distributed(
    'differ in options that define the problem, and not in limits',
    { ranks: [1, 2], backends: ['cpu'] },
    ({ comm }) => {
      const A = definite(DIMS, comm);
      const D = new MPIFirstDerivative(DIMS, { kind: 'forward', comm });
      const y = DistributedArray.random(DIMS, { seed: 3, comm });
      const x0 = DistributedArray.random(DIMS, { seed: 4, comm });
      const M = (k: number) => times(A.pow(0) as LinearOperator<DistributedArray>, k);
      type Options = Readonly<Record<string, unknown>>;
      type Case = readonly [
        solve: (o: never) => { x: DistributedArray },
        base: Options,
        other: readonly Options[],
        limits: readonly Options[],
      ];
      const term = (R: LinearOperator<DistributedArray>, eps: number, data?: DistributedArray) => [
        { R, eps, ...(data && { data }) },
      ];
      // data with squares that underflow or overflow
      for (const size of [1e-170, 1e170]) {
        const problem = (k: number) => problemOf((o) => cgls(A, y.multiply(k * size), { damp: 0.1, ...o }));
        expect(differences(problem(1), problem(1.5)).join(), `${size}`).to.include('y differs');
        expect(differences(problem(1), problem(1)), `${size}`).to.deep.equal([]);
      }
      const cases: Readonly<Record<string, Case>> = {
        cgls: [
          (o: object) => cgls(A, y, o),
          { damp: 0.1, tol: 0 },
          [{ damp: 0.2 }, { x0 }, { M: M(2) }],
          [
            { tol: 1e-3 },
            { rtol: 1e-3 },
            { damp: 0.1 * (1 + 1e-12) },
            { x0: x0.zerosLike() },
            { maxTime: 100 },
            { reproducible: true },
          ],
        ],
        'cgls with M': [
          (o: object) => cgls(A, y, o),
          { M: M(2) },
          [{ M: M(3) }, { M: undefined }],
          [{ M: M(2) }],
        ],
        lsqr: [
          (o: object) => lsqr(A, y, o),
          {},
          [{ damp: 0.1 }],
          [{ damp: 0, atol: 0, btol: 0, conlim: 10 }],
        ],
        minres: [
          (o: object) => minres(A, y, o),
          {},
          [{ shift: 0.1 }],
          [{ shift: 0, rtol: 0, atol: 1, conlim: 5 }],
        ],
        ista: [
          (o: object) => ista(A, y, o),
          { eps: 0.1, alpha: 0.05 },
          [{ eps: 0.2 }, { alpha: 0.04 }, { threshkind: 'hard' }, { decay: [1, 0.5] }, { SOp: D }],
          [{ tol: 1 }, { threshkind: 'soft' }, { monitorres: true }, { eigs: { niter: 3 } }],
        ],
        irls: [
          (o: object) => irls(A, y, o),
          {},
          [{ kind: 'model' }, { eps: 1e-3 }, { threshold: true }, { damp: 1 }],
          [{ threshold: false, kind: 'data' }, { inner: { niter: 7, tol: 0 } }],
        ],
        omp: [
          (o: object) => omp(A, y, o),
          {},
          [{ inner: 3 }, { normalizecols: true }],
          [{ sigma: 1e-2 }, { normalizecols: false, inner: 40 }],
        ],
        spgl1: [
          (o: object) => spgl1(A, y, o),
          { sigma: 0.1 },
          [{ sigma: 0.2 }, { sigma: undefined, tau: 0.1 }],
          [{ tol: 1e-7 }],
        ],
        splitBregman: [
          (o: object) => splitBregman(A, y, o as { l1: [] }),
          { l1: term(D, 0.1), l2: term(D, 0.3, y) },
          [
            { l1: term(D, 0.2) },
            { l1: term(times(D, 2), 0.1) },
            { l2: term(D, 0.3, x0) },
            { l2: [] },
            { mu: 2 },
            { tau: 0.5 },
            { inner: 2 },
          ],
          [
            { tol: 1, solver: { niter: 3, rtol: 0 } },
            { mu: 1, tau: 1, inner: 5 },
          ],
        ],
        primalDual: [
          (o: object) => primalDual(new L2({ b: y }), new L1(), D, x0, o as { tau: number; mu: number }),
          { tau: 0.3, mu: 0.3 },
          [{ tau: 0.2 }, { mu: 0.2 }, { theta: 0.5 }, { c: y }, { y0: x0 }, { gfirst: false }],
          [{ theta: 1, gfirst: true, tol: 1e-3, y0: x0.zerosLike() }],
        ],
      };
      for (const [name, [solve, base, other, limits]] of Object.entries(cases)) {
        const problem = (o: Options) => problemOf((run) => solve({ ...base, ...o, ...run } as never));
        const before = problem({});
        for (const change of other) {
          const found = differences(before, problem(change));
          const [key = ''] = Object.keys(change);
          expect(found.length, `${name} ${key}`).to.be.above(0);
          expect(found.join('; '), name).to.include(key);
        }
        for (const change of limits)
          expect(differences(before, problem(change)), `${name} ${Object.keys(change)}`).to.deep.equal([]);
      }
    },
  );

  distributed('differ in the parameters of functions', { ranks: [1, 2], backends: ['cpu'] }, ({ comm }) => {
    const x0 = DistributedArray.random(DIMS, { seed: 4, comm });
    const b = DistributedArray.random(DIMS, { seed: 5, comm });
    const D = new MPIFirstDerivative(DIMS, { kind: 'forward', comm });
    const A = definite(DIMS, comm);
    const I = A.pow(0) as LinearOperator<DistributedArray>;
    type F = ProxOperator<DistributedArray>;
    const families: Readonly<Record<string, readonly (() => F)[]>> = {
      L0: [() => new L0(), () => new L0({ sigma: 1.01 }), () => new L0({ sigma: 1e-8 })],
      L1: [1, 1.001, 1e-7, 2e-7, 1e5, 2e5].map((sigma) => () => new L1({ sigma })),
      L2: [
        () => new L2({ b }),
        () => new L2({ b, sigma: 2 }),
        () => new L2({ b: x0 }),
        () => new L2({ b, Op: A }),
        () => new L2({ b, Op: D }),
        () => new L2({ b, Op: A, q: x0 }),
        () => new L2({ b, Op: A, q: x0, alpha: 2 }),
      ],
      'others of no smoothness': [
        () => new Euclidean(),
        () => new Euclidean({ sigma: 2 }),
        () => new EuclideanBall({ radius: 1 }),
        () => new EuclideanBall({ radius: 1e4 }),
        () => new EuclideanBall({ radius: 1, center: b }),
        () => new Simplex(),
        () => new Simplex({ radius: 2 }),
        () => new L1Ball(),
        () => new L1Ball({ radius: 3e5 }),
        () => new TV(DIMS, { sigma: 0.1 }),
        () => new TV(DIMS, { sigma: 0.1, isotropic: false }),
      ] as unknown as readonly (() => F)[],
      Box: [
        () => new Box({ lower: -1 }),
        () => new Box({ lower: -2 }),
        () => new Box({ lower: -1e5 }),
        () => new Box({ lower: -1, upper: 1 }),
      ],
      Huber: [
        () => new Huber({ alpha: 1 }),
        () => new Huber({ alpha: 2 }),
        () => new Huber({ alpha: 1e4 }),
      ] as unknown as readonly (() => F)[],
      made: [
        () => new L1().translate(b),
        () => new L1().translate(x0),
        () => new L1().scale(2),
        () => new L1().conjugate(),
        () => new L1().addQuadratic({ rho: 1 }),
        () => new L1().addQuadratic({ rho: 1, b }),
        () => new L1().add(new Box({ lower: 0 })),
        () => new Orthogonal(new L1(), times(I, 3), { alpha: 9 }) as unknown as F,
      ],
    };
    for (const [name, family] of Object.entries(families)) {
      const problems = family.map((f) => problemOf((o) => admm(f(), new L1(), x0, { tau: 1, ...o })));
      for (const [k, p] of problems.entries()) {
        const again = problemOf((o) => admm((family[k] as () => F)(), new L1(), x0, { tau: 1, ...o }));
        expect(differences(p, again), `${name} ${k} again`).to.deep.equal([]);
        for (const [j, q] of problems.entries())
          if (j !== k)
            expect(differences(p, q).join('; '), `${name} ${k} and ${j}`).to.include(
              'the function f differs',
            );
      }
    }
    // the values that a function keeps are unchanged
    const f = new L2({ b, Op: A, warm: true });
    admm(f, new L1(), x0, { tau: 1, niter: 3 });
    const [memory] = f.memories(x0.space);
    const kept = memory?.vector.copy();
    expect(memory?.filled).to.equal(true);
    const one = problemOf((o) => admm(f, new L1(), x0, { tau: 1, ...o }));
    expect(memory?.filled).to.equal(true);
    expectClose((memory as NonNullable<typeof memory>).vector, kept as DistributedArray, 0);
    expect(
      differences(
        one,
        problemOf((o) => admm(new L2({ b, Op: A, warm: true }), new L1(), x0, { tau: 1, ...o })),
      ),
    ).to.deep.equal([]);
  });

  distributed(
    'are equal on other numbers of ranks and other backends',
    ({ comm, reals: [dtype = 'float64'] }) => {
      const self = comm.split(comm.rank) as Communicator;
      const host = new CpuBackend();
      for (const [name, row] of Object.entries(SOLVER_TABLE)) {
        if (!fits(row, dtype)) continue;
        const problem = (on: Communicator, more: object) =>
          problemOf(
            (o) =>
              finish(
                row,
                definite(DIMS, on),
                DistributedArray.random(DIMS, { dtype, seed: 3, comm: on, ...more }),
                o,
              ) as never,
          );
        const here = problem(comm, {});
        expect(differences(here, problem(self, {})), `${name} on one rank`).to.deep.equal([]);
        expect(differences(here, problem(comm, { backend: host })), `${name} on the host`).to.deep.equal([]);
      }
      self.free();
    },
  );

  distributed(
    'are refused on all ranks, and in the folder of a running job',
    { ranks: [2, 3], backends: ['cpu'] },
    ({ comm }) => {
      const A = definite(DIMS, comm);
      const y = DistributedArray.random(DIMS, { seed: 3, comm });
      withFolder(comm, (folder) => {
        const checkpoint = () => new Checkpoint(join(folder, 'run'));
        cgls(A, y, { niter: 2, checkpoint: checkpoint() });
        let words = '';
        try {
          cgls(A, y, { niter: 2, damp: 1, checkpoint: checkpoint() });
        } catch (error) {
          words = String(error);
        }
        expect(comm.allgatherObject(words)).to.deep.equal(Array(comm.size).fill(words));
        expect(words).to.match(/^ArgumentError: .*damp is 1, it was 0/);
      });
    },
  );
});
