import { expect } from 'chai';
import { ArgumentError, NumericalError, PartitionError, ShapeError } from '../../src/core/base/errors.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { StackedDistributedArray } from '../../src/core/distributed/stacked-distributed-array.js';
import type { LinearOperator } from '../../src/core/operator/linear-operator.js';
import type { Backend } from '../../src/core/ports/backend.js';
import type { Communicator } from '../../src/core/ports/communicator.js';
import { Identity } from '../../src/local/index.js';
import { MPIBlockDiag, MPIFirstDerivative, MPIGradient } from '../../src/operators/index.js';
import {
  admm,
  admml2,
  Box,
  douglasRachford,
  L1,
  L2,
  L21,
  linearizedAdmm,
  type ProximalStep,
  primalDual,
  proximalGradient,
  TV,
} from '../../src/proximal/index.js';
import { distributed, group } from '../support/distributed.js';
import { expectClose, expectSameBits } from '../support/expect-close.js';
import { expectAllThrow } from '../support/vectors.js';

const DIMS = [9, 3];
const SIGMA = 0.3;

/**
 * The operator `I + D/5`, which couples neighbouring ranks. Its singular values are between 0.6 and
 * 1.4.
 */
function coupled(dims: readonly number[]): LinearOperator<DistributedArray> {
  const D = new MPIFirstDerivative([...dims], { kind: 'forward' });
  return D.scale(0.2).add(D.pow(0));
}

/**
 * The distance of x from the minimum of `½‖Op x − b‖² + σ‖x‖₁`: the residual of the fixed point of
 * a proximal step.
 */
function lassoDefect(Op: LinearOperator<DistributedArray>, b: DistributedArray, x: DistributedArray): number {
  const step = x.copy().axpby(1, Op.rmatvec(b.subtract(Op.matvec(x))), 1);
  return new L1({ sigma: SIGMA }).prox(step, 1).subtract(x).norm();
}

type Steps = Iterable<ProximalStep<DistributedArray>>;

/**
 * The costs of every iteration after the first: reductions, other collectives, new vectors,
 * storages and memory.
 */
function costs(steps: Steps, comm: Communicator, backend: Backend): number[][] {
  const marks: number[][] = [];
  for (const { iteration } of steps) {
    const { allocations, poolMisses } = backend.stats();
    const constructed = DistributedArray.constructions + StackedDistributedArray.constructions;
    if (iteration > 0)
      marks.push([comm.counters.reductions, comm.counters.collectives, constructed, allocations, poolMisses]);
  }
  return marks.slice(1).map((mark, k) => mark.map((value, i) => value - (marks[k]?.[i] as number)));
}

interface Method {
  readonly name: string;
  /** Runs the solver on the lasso problem. */
  readonly steps: (Op: LinearOperator<DistributedArray>, b: DistributedArray, niter: number) => Steps;
  /** The number of iterations until the solution is reached. */
  readonly niter: number;
  /** The number of reductions per iteration. */
  readonly reductions: number;
  /**
   * True by default: the cost of the last iteration is close to the minimum. False if the cost
   * combines two points.
   */
  readonly exact?: false;
}

const l1 = new L1({ sigma: SIGMA });
const misfit = (Op: LinearOperator<DistributedArray>, b: DistributedArray, niter?: number) =>
  new L2({ Op, b, ...(niter === undefined ? {} : { niter }) });
const start = (Op: LinearOperator<DistributedArray>, b: DistributedArray) => Op.domainOf(b.space).zeros();
const pg = (options: object) => (Op: LinearOperator<DistributedArray>, b: DistributedArray, niter: number) =>
  proximalGradient.steps(misfit(Op, b), l1, start(Op, b), { niter, tau: 0.5, ...options });

const METHODS: readonly Method[] = [
  { name: 'proximal gradient', steps: pg({}), niter: 300, reductions: 2 },
  { name: 'proximal gradient, fista', steps: pg({ acceleration: 'fista' }), niter: 300, reductions: 2 },
  {
    name: 'proximal gradient, vandenberghe',
    steps: pg({ acceleration: 'vandenberghe' }),
    niter: 300,
    reductions: 2,
  },
  { name: 'proximal gradient, relaxed', steps: pg({ eta: 0.8 }), niter: 400, reductions: 2 },
  {
    name: 'proximal gradient, function restart',
    steps: pg({ acceleration: 'fista', restart: 'function' }),
    niter: 200,
    reductions: 2,
  },
  {
    name: 'proximal gradient, gradient restart',
    steps: pg({ acceleration: 'fista', restart: 'gradient' }),
    niter: 200,
    reductions: 3,
  },
  { name: 'proximal gradient, tolerance', steps: pg({ tol: 1e-300 }), niter: 300, reductions: 3 },
  // a prox of ½‖Op x − b‖² needs two reductions per iteration of CGLS and one more
  {
    name: 'ADMM',
    steps: (Op, b, niter) => admm.steps(misfit(Op, b, 8), l1, start(Op, b), { tau: 1, niter }),
    niter: 150,
    reductions: 19,
  },
  {
    name: 'ADMM, g first, tolerance',
    steps: (Op, b, niter) =>
      admm.steps(misfit(Op, b, 8), l1, start(Op, b), { tau: 1, niter, gfirst: true, tol: 1e-300 }),
    niter: 150,
    reductions: 20,
  },
  {
    name: 'ADMML2',
    steps: (Op, b, niter) =>
      admml2.steps(Op, b, l1, Op.pow(0), { tau: 1, niter, inner: { niter: 6, tol: 0 } }),
    niter: 150,
    reductions: 14,
  },
  {
    name: 'ADMML2, g first, tolerance',
    steps: (Op, b, niter) =>
      admml2.steps(Op, b, l1, Op.pow(0), {
        ...{ tau: 1, niter, inner: { niter: 6, tol: 0 } },
        ...{ gfirst: true, tol: 1e-300 },
      }),
    niter: 150,
    reductions: 15,
  },
  {
    name: 'linearised ADMM',
    steps: (Op, b, niter) =>
      linearizedAdmm.steps(l1, new L2({ b }), Op, start(Op, b), { tau: 1, mu: 0.5, niter }),
    niter: 400,
    reductions: 2,
  },
  {
    name: 'primal-dual, f first',
    steps: (Op, b, niter) =>
      primalDual.steps(l1, new L2({ b }), Op, start(Op, b), { tau: 0.7, mu: 0.7, niter, gfirst: false }),
    niter: 300,
    reductions: 2,
  },
  {
    name: 'primal-dual',
    steps: (Op, b, niter) =>
      primalDual.steps(l1, new L2({ b }), Op, start(Op, b), { tau: 0.7, mu: 0.7, niter }),
    niter: 300,
    reductions: 2,
  },
  {
    name: 'Douglas-Rachford',
    steps: (Op, b, niter) => douglasRachford.steps(misfit(Op, b, 8), l1, start(Op, b), { tau: 1, niter }),
    niter: 150,
    reductions: 19,
    exact: false,
  },
];

group('proximal solvers', () => {
  for (const { name, steps, niter, reductions, exact } of METHODS) {
    distributed(
      `${name}: solves a lasso problem, alike on all ranks`,
      { timeout: 60_000 },
      ({ comm, dtypes }) => {
        for (const dtype of dtypes.filter((d) => d === 'float64' || d === 'complex128')) {
          const Op = coupled(DIMS);
          const b = DistributedArray.random(DIMS, { dtype, seed: 2 });
          let last: ProximalStep<DistributedArray> | undefined;
          for (const step of steps(Op, b, niter)) last = step;
          const x = last?.x as DistributedArray;
          expect(x.dtype).to.equal(dtype);
          expect(lassoDefect(Op, b, x), dtype).to.be.below(1e-6);
          const cost = new L2({ Op, b }).value(x) + l1.value(x);
          if (exact !== false) expect(last?.cost, dtype).to.be.closeTo(cost, 1e-6 * cost);
          for (const other of comm.allgatherObject(last?.cost)) expect(other).to.equal(last?.cost);
        }
      },
    );

    distributed(
      `${name}: ${reductions} reductions an iteration, no other collective, no allocation`,
      ({ comm, backend, floats }) => {
        for (const dtype of floats) {
          const Op = coupled(DIMS);
          const b = DistributedArray.random(DIMS, { dtype, seed: 2 });
          const each = costs(steps(Op, b, 6), comm, backend);
          expect(each).to.have.length(5);
          for (const cost of each) expect(cost, dtype).to.deep.equal([reductions, 0, 0, 0, 0]);
        }
      },
    );
  }

  distributed('backtracking finds its step, whatever the first value', ({ reals }) => {
    for (const dtype of reals.filter((d) => d === 'float64')) {
      const Op = coupled(DIMS);
      const b = DistributedArray.random(DIMS, { dtype, seed: 2 });
      for (const acceleration of ['none', 'fista'] as const) {
        const options = {
          backtracking: true,
          acceleration,
          niter: 400,
          restart: acceleration === 'none' ? 'none' : 'function',
        } as const;
        const { x, cost } = proximalGradient(misfit(Op, b), l1, start(Op, b), options);
        expect(lassoDefect(Op, b, x), acceleration).to.be.below(1e-6);
        if (acceleration === 'none')
          cost.slice(1).forEach((c, k) => expect(c).to.be.at.most((cost[k] as number) * (1 + 1e-12)));
      }
    }
  });

  distributed('douglasRachford and primalDual begin with g by default, ADMM with f', ({ floats }) => {
    for (const dtype of floats) {
      const b = DistributedArray.random(DIMS, { dtype, seed: 2 });
      const x0 = DistributedArray.random(DIMS, { dtype, seed: 3 });
      const f = new L2({ b });
      const first = { tau: 0.7, niter: 1 };
      expectSameBits(douglasRachford(f, l1, x0, first).x, l1.prox(x0, 0.7));
      expectSameBits(douglasRachford(f, l1, x0, { ...first, gfirst: false }).x, f.prox(x0, 0.7));
      expectSameBits(admm(f, l1, x0, { ...first, z0: x0 }).x, f.prox(x0, 0.7));
      const A = new MPIFirstDerivative(DIMS).pow(0);
      const steps = { ...first, mu: 0.5 };
      const dual = l1.proxDual(x0.multiply(0.5), 0.5);
      expectSameBits(primalDual(f, l1, A, x0, steps).y, dual);
      const primal = primalDual(f, l1, A, x0, { ...steps, gfirst: false });
      expectSameBits(primal.x, f.prox(x0, 0.7));
    }
  });

  distributed(
    'the start of z is A x, or z0; admml2 with g first computes z from it',
    ({ floats, tolerance }) => {
      for (const dtype of floats) {
        const Op = coupled(DIMS);
        const b = DistributedArray.random(DIMS, { dtype, seed: 2 });
        const x0 = DistributedArray.random(DIMS, { dtype, seed: 3 });
        const z0 = DistributedArray.random(DIMS, { dtype, seed: 4 });
        const near = 1e3 * tolerance(dtype);
        const A = Op.scale(0.5);
        const f = new L2({ b });
        const once = { tau: 0.7, niter: 1 };
        for (const start of [z0, undefined]) {
          const z = start ?? A.matvec(x0);
          // x = prox_{μf}(x0 − (μ/τ) Aᴴ(A x0 − z)), u = 0
          const gradient = A.rmatvec(A.matvec(x0).subtract(z));
          const linear = linearizedAdmm(f, l1, A, x0, { ...once, mu: 0.4, z0: start });
          expectClose(linear.x, f.prox(x0.copy().axpby(-0.4 / 0.7, gradient, 1), 0.4), near, dtype);
          expect(linear.cost[0]).to.be.closeTo(f.value(x0) + l1.value(A.matvec(x0)), near * f.value(x0));
          // (1 + AᴴA/τ) x = b + Aᴴz/τ
          const split = { ...once, x0, z0: start, inner: { niter: 60, tol: 0 } };
          const system = (x: DistributedArray) => x.copy().axpby(1 / 0.7, A.rmatvec(A.matvec(x)), 1);
          const identity = Op.pow(0);
          const { x } = admml2(identity, b, l1, A, split);
          expectClose(system(x), b.copy().axpby(1 / 0.7, A.rmatvec(z), 1), near, dtype);
          // z = prox_{τg}(A x0), whatever z0
          const first = admml2(identity, b, l1, A, { ...split, gfirst: true });
          const prox = l1.prox(A.matvec(x0), 0.7);
          expectClose(first.z, prox, near, dtype);
          expectClose(system(first.x), b.copy().axpby(1 / 0.7, A.rmatvec(prox), 1), near, dtype);
          // A second iteration begins with A x and u = A x − z
          const second = admml2(identity, b, l1, A, { ...split, gfirst: true, niter: 2 });
          const u = A.matvec(first.x).subtract(prox);
          expectClose(second.z, l1.prox(A.matvec(first.x).add(u), 0.7), near, dtype);
        }
        const z1 = DistributedArray.ones([9, 4], { dtype });
        expect(() => admml2(Op, b, l1, A, { tau: 1, z0: z1 })).to.throw(ShapeError, 'z0');
        expect(() => linearizedAdmm(f, l1, A, b, { tau: 1, mu: 1, z0: z1 })).to.throw(ShapeError, 'z0');
        expect(() => linearizedAdmm(f, l1, A, b, { tau: 1, mu: 1, z0: 1 as never })).to.throw(
          ArgumentError,
          'z0',
        );
        expect(() => admml2(Op, b, l1, A, { tau: 1, gfirst: 1 as never })).to.throw(ArgumentError, 'gfirst');
      }
    },
  );

  distributed('the tolerance ends a run, with the reason', ({ reals }) => {
    for (const dtype of reals.filter((d) => d === 'float64')) {
      const Op = coupled(DIMS);
      const b = DistributedArray.random(DIMS, { dtype, seed: 2 });
      const { x, iterations, reason } = proximalGradient(misfit(Op, b), l1, start(Op, b), {
        tau: 0.5,
        niter: 1000,
        tol: 1e-8,
      });
      expect(reason).to.equal('update within tolerance');
      expect(iterations).to.be.below(900);
      expect(lassoDefect(Op, b, x)).to.be.below(1e-6);
      const again = admml2(Op, b, l1, Op.pow(0), {
        tau: 1,
        niter: 1000,
        tol: 1e-8,
        inner: { niter: 20, tol: 0 },
      });
      expect(again.reason).to.equal('update within tolerance');
      expectClose(again.z, again.x, { norm: 1e-7 });
    }
  });

  distributed('four solvers give the same result for total variation', { timeout: 60_000 }, ({ dtypes }) => {
    for (const dtype of dtypes.filter((d) => d === 'float64' || d === 'complex128')) {
      const dims = [6, 3];
      const b = DistributedArray.random(dims, { dtype, seed: 7 });
      const identity = new MPIFirstDerivative(dims).pow(0);
      const G = new MPIGradient(dims, { kind: 'forward' });
      const norm = new L21(2, { sigma: 0.15 });
      const direct = new TV(dims, { sigma: 0.15, niter: 150 }).prox(b, 1);
      const answers = {
        admml2: admml2(identity, b, norm, G, { tau: 2, niter: 32, inner: { niter: 5, tol: 0 } }).x,
        primalDual: primalDual(new L2({ b }), norm, G, b, { tau: 0.35, mu: 0.35, niter: 100 }).x,
        linearized: linearizedAdmm(new L2({ b }), norm, G, b, { tau: 1, mu: 0.12, niter: 150 }).x,
      };
      for (const [name, x] of Object.entries(answers)) {
        expectClose(x, direct, { norm: 2e-4 * b.norm() }, `${name} ${dtype}`);
      }
    }
  });

  distributed(
    'with a constraint the cost of a start outside is Infinity, and the result is inside',
    ({ reals }) => {
      for (const dtype of reals.filter((d) => d === 'float64')) {
        const b = DistributedArray.random(DIMS, { dtype, seed: 4 });
        const box = new Box({ lower: 0 });
        const { x, cost } = proximalGradient(new L2({ b }), box, b, { tau: 1, niter: 3 });
        expect(cost[0]).to.equal(Number.POSITIVE_INFINITY);
        expect(box.contains(x)).to.equal(true);
        expectClose(x, box.prox(b, 1), 0);
      }
    },
  );

  for (const { name, steps } of METHODS) {
    distributed(
      `${name}: leaving the loop disposes of all vectors but x`,
      ({ backend, reals: [dtype = 'float64'] }) => {
        const Op = coupled(DIMS);
        const b = DistributedArray.random(DIMS, { dtype, seed: 2 });
        // the first run allocates the start in a vector of its own
        for (const { iteration } of steps(Op, b, 3)) if (iteration === 2) break;
        const before = backend.stats().liveBytes;
        const x0 = start(Op, b);
        x0.dispose();
        for (const { iteration, x } of steps(Op, b, 9)) {
          if (iteration < 2) continue;
          x.dispose();
          break;
        }
        const left = backend.stats().liveBytes - before;
        const one = backend.stats().liveBytes;
        const vector = start(Op, b);
        const most = backend.stats().liveBytes - one;
        vector.dispose();
        // x0, which belongs to the caller, and the values that L2 keeps
        expect(left).to.be.at.most(3 * most);
      },
    );

    distributed(`${name}: NaN on one rank is an error on all`, ({ comm, reals: [dtype = 'float64'] }) => {
      const Op = coupled(DIMS);
      const b = DistributedArray.ones(DIMS, { dtype });
      if (comm.rank === comm.size - 1 && b.local.size > 0) b.local.fill(Number.NaN);
      expectAllThrow(comm, () => [...steps(Op, b, 2)], NumericalError);
    });
  }

  distributed('invalid input is refused on all ranks', ({ comm, reals: [dtype = 'float64'] }) => {
    const Op = coupled(DIMS);
    const b = DistributedArray.ones(DIMS, { dtype });
    const f = new L2({ b });
    expectAllThrow(comm, () => proximalGradient(f, l1, b, {}), ArgumentError);
    expectAllThrow(comm, () => proximalGradient(l1, l1, b, { tau: 1 }), ArgumentError);
    expectAllThrow(comm, () => proximalGradient(f, l1, b, { tau: -1 }), ArgumentError);
    // @ts-expect-error misspelled
    expectAllThrow(comm, () => admm(f, l1, b, { tau: 1, gfrist: true }), ArgumentError);
    expectAllThrow(
      comm,
      // @ts-expect-error unknown name
      () => proximalGradient(f, l1, b, { tau: 1, acceleration: 'nesterov' }),
      ArgumentError,
    );
    expectAllThrow(comm, () => admml2(Op, b, l1, coupled([9, 4]), { tau: 1 }), ShapeError);
    expectAllThrow(
      comm,
      () => admml2(Op, DistributedArray.ones([9, 4], { dtype }), l1, Op, { tau: 1 }),
      ShapeError,
    );
    expectAllThrow(
      comm,
      () => primalDual(l1, f, Op, DistributedArray.ones([9, 4], { dtype }), { tau: 1, mu: 1 }),
      ShapeError,
    );
    if (comm.size > 1) {
      const mask = Array.from({ length: comm.size }, (_, r) => (r === 0 ? 0 : 1));
      const block = new MPIBlockDiag([new Identity(3, undefined, { dtype })]);
      const masked = DistributedArray.ones(3 * comm.size, { dtype, mask });
      expectAllThrow(comm, () => primalDual(l1, l1, block, masked, { tau: 0.5, mu: 0.5 }), PartitionError);
      expectAllThrow(
        comm,
        () => admm(new L2({ Op: block, b: masked }), l1, masked, { tau: 0.5 }),
        PartitionError,
      );
      // separable problems have no operator for which ranks would wait for each other
      const { x } = admm(new L2({ b: masked }), l1, masked, { tau: 0.5, niter: 60 });
      expectClose(x, l1.prox(masked, 1), { norm: dtype === 'float64' ? 1e-9 : 1e-4 });
    }
  });
});
