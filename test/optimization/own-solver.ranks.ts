/** Tests of a solver that is defined outside of the package, from `lops-mpi/extend` alone. */
import { expect } from 'chai';
import {
  ArgumentError,
  type Communicator,
  copyInto,
  DistributedArray,
  defineSolver,
  finishIteration,
  initialState,
  type LinearOperator,
  MPIBlockDiag,
  makeSolve,
  makeSteps,
  NDArray,
  PLAIN_START,
  type RunOptions,
  type SolverCall,
  type SolverProgress,
  solverSpaces,
  type Vector,
  withDefaults,
} from '../../src/extend.js';
import { Checkpoint } from '../../src/io/checkpoint/checkpoint.js';
import { Diagonal } from '../../src/local/index.js';
import { distributed, group } from '../support/distributed.js';
import { withFolder } from '../support/folder.js';
import { definite } from './problems.js';

interface StartOptions {
  readonly tol?: number;
}
interface State<M extends Vector<M>, D extends Vector<D>> extends SolverProgress {
  readonly A: LinearOperator<M, D>;
  readonly x: M;
  readonly tol: number;
  readonly r: D;
  readonly g: M;
  readonly q: D;
  slope: number;
}
interface Report {
  readonly slope: number;
}

const DEFAULTS = { tol: 0 };

function init<M extends Vector<M>, D extends Vector<D>>(
  A: LinearOperator<M, D>,
  y: D,
  options?: StartOptions,
  { dots } = PLAIN_START,
): State<M, D> {
  const { tol } = withDefaults('descent.init', options, DEFAULTS);
  const { model, data } = solverSpaces('descent', A, y, undefined);
  const scratch = { g: model.empty(), q: data.empty() };
  const r = copyInto(data, y);
  const state = { ...initialState(A, model.zeros(), dots, scratch), tol, r, slope: 0 };
  const cost = dots.norm(r);
  finishIteration('descent', state, { cost, scalars: [cost] });
  return state;
}

/** Steepest descent: `g = Aᴴ r`, `x += α g` with `α = ‖g‖² / ‖A g‖²`. */
function step<M extends Vector<M>, D extends Vector<D>>(state: State<M, D>): void {
  const { A, x, tol, r, g, q, dots } = state;
  A.matvec(A.rmatvec(r, g), q);
  const [gg = 0, qq = 0] = dots.rdots([g, g], [q, q]);
  const alpha = state.reason === undefined && qq > 0 ? gg / qq : 0;
  x.axpby(alpha, g, 1);
  r.axpby(-alpha, q, 1);
  const cost = Math.sqrt(dots.rdot(r, r));
  state.slope = Math.sqrt(gg);
  state.iteration++;
  const reason = state.slope <= tol ? 'gradient within tolerance' : undefined;
  finishIteration('descent', state, { cost, reason, scalars: [cost, gg] });
}

const call = <M extends Vector<M>, D extends Vector<D>>(
  A: LinearOperator<M, D>,
  y: D,
  options: StartOptions & RunOptions = {},
): SolverCall<State<M, D>, StartOptions, Report, Report> => ({
  name: 'descent',
  options,
  defaults: DEFAULTS,
  niter: 25,
  data: y,
  init: (own, start) => init(A, start.scaled(y), own, start),
  step,
  degrees: { slope: 1 },
  report: ({ slope }) => ({ slope }),
  result: ({ slope }) => ({ slope }),
});

const descent = defineSolver('descent', makeSolve(call), { init, step, steps: makeSteps(call) });

const DIMS = [7, 2];

group('a solver of a user', () => {
  distributed(
    'finds the solution, with the default niter and the numbers of its steps',
    ({ comm, reals }) => {
      for (const dtype of reals) {
        const A = definite(DIMS, comm);
        const y = DistributedArray.random(DIMS, { dtype, seed: 3, comm });
        const { x, iterations, reason, slope, cost } = descent(A, y);
        expect([iterations, reason]).to.deep.equal([25, 'iteration limit reached']);
        expect(cost).to.have.length(26);
        expect(cost[25]).to.be.below(0.1 * (cost[0] as number));
        const found = A.matvec(x).subtract(y);
        expect(found.norm()).to.be.closeTo(cost[25] as number, 1e-4 * y.norm());
        const slopes = [...descent.steps(A, y)].map((taken) => taken.slope);
        expect(slopes).to.have.length(26);
        expect(slopes[25]).to.equal(slope);
      }
    },
  );

  distributed('stops at its tolerance, at maxTime, and refuses other options', ({ comm, reals }) => {
    const A = definite(DIMS, comm);
    const y = DistributedArray.random(DIMS, { dtype: reals[0] ?? 'float64', seed: 3, comm });
    expect(descent(A, y, { tol: 0.5 * y.norm(), niter: 90 }).reason).to.equal('gradient within tolerance');
    const { reason, iterations } = descent(A, y, { maxTime: 0, niter: Number.POSITIVE_INFINITY });
    expect([reason, iterations]).to.deep.equal(['time limit reached', 1]);
    const misspelt = { maxtime: 1 } as object;
    expect(() => descent(A, y, misspelt)).to.throw(ArgumentError, /descent: .*'maxTime'/);
    const foreign = { ...descent.init(A, y) };
    expect(() => descent.step(foreign)).to.throw(ArgumentError, /state that descent\.init\(\) made/);
  });

  distributed('has an init whose options have a default, and checks its start', ({ comm, reals }) => {
    const A = definite(DIMS, comm);
    const y = DistributedArray.random(DIMS, { dtype: reals[0] ?? 'float64', comm });
    const open = defineSolver('open', makeSolve(call), {
      init: (Op: typeof A, data: typeof y, options: StartOptions = {}, start = PLAIN_START) =>
        init(Op, data, options, start),
      step,
    });
    expect(open.init(A, y, { tol: 1 }).tol).to.equal(1);
    expect(() => open.init(A, y, 3 as never)).to.throw(ArgumentError, 'open.init: expected options');
    for (const wrong of [{ dots: [] }, { unit: 1 }, { ...PLAIN_START, scaled: 2 }])
      expect(() => open.init(A, y, {}, wrong as never)).to.throw(ArgumentError, 'open.init: expected');
  });

  distributed('finishIteration refuses a name, a state and a verdict that are none', ({ comm, reals }) => {
    const A = definite(DIMS, comm);
    const state = descent.init(A, DistributedArray.random(DIMS, { dtype: reals[0] ?? 'float64', comm }));
    const none = undefined as never;
    for (const [message, call] of [
      ['expected a name, received 3', () => finishIteration(3 as never, state, { scalars: [] })],
      ['own: expected a state', () => finishIteration('own', none, { scalars: [] })],
      ['own: expected a state', () => finishIteration('own', { iteration: 1 } as never, { scalars: [] })],
      ['own: expected scalars', () => finishIteration('own', state, none)],
      ['own: expected scalars', () => finishIteration('own', state, { scalars: 1 as never })],
    ] as const)
      expect(call).to.throw(ArgumentError, message);
  });

  distributed(
    'resumes from a checkpoint with the same bits',
    { backends: ['cpu', 'deferred'] },
    (context) => {
      const { comm, reals } = context;
      const A = definite(DIMS, comm);
      const y = DistributedArray.random(DIMS, { dtype: reals[0] ?? 'float64', seed: 3, comm });
      withFolder(comm, (folder) => {
        const whole = descent(A, y, { niter: 6 });
        descent(A, y, { niter: 4, checkpoint: new Checkpoint(folder) });
        comm.barrier();
        const resumed = descent(A, y, { niter: 6, checkpoint: new Checkpoint(folder) });
        expect(resumed.cost).to.deep.equal(whole.cost);
        expect(resumed.slope).to.equal(whole.slope);
        const other = y.multiply(2);
        expect(() => descent(A, other, { niter: 6, checkpoint: new Checkpoint(folder) })).to.throw(
          ArgumentError,
          /another problem/,
        );
      });
    },
  );

  distributed('two reductions and no allocation in an iteration', ({ comm, backend, reals }) => {
    const A = definite(DIMS, comm);
    const y = DistributedArray.random(DIMS, { dtype: reals[0] ?? 'float64', seed: 3, comm });
    const counts: number[][] = [];
    for (const { iteration } of descent.steps(A, y, { niter: 4 })) {
      if (iteration > 1) counts.push([comm.counters.reductions, backend.stats().allocations]);
      comm.counters.reset();
    }
    expect(counts.map(([reductions]) => reductions)).to.deep.equal([2, 2, 2]);
    expect(new Set(counts.map(([, allocations]) => allocations)).size).to.equal(1);
  });

  distributed('solves the problem of each colour of a mask', ({ comm, reals }) => {
    const dtype = reals[0] ?? 'float64';
    const colour = comm.split(comm.rank % 2) as Communicator;
    const values = NDArray.arange(1, 6, { dtype }).multiply(1 + (comm.rank % 3));
    const weights = Array.from({ length: 5 }, (_, k) => 1 + k + (comm.rank % 3));
    const run = (on: Communicator, mask?: number[]) => {
      const y = DistributedArray.empty([5 * on.size], { dtype, comm: on, ...(mask && { mask }) });
      y.local.assign(values);
      return descent(new MPIBlockDiag([new Diagonal(weights, { dtype })], { comm: on }), y, { niter: 8 });
    };
    const masked = run(
      comm,
      Array.from({ length: comm.size }, (_, r) => r % 2),
    );
    const alone = run(colour);
    expect(masked.cost).to.deep.equal(alone.cost);
    expect([...masked.x.local.toHost()]).to.deep.equal([...alone.x.local.toHost()]);
    colour.free();
  });

  distributed(
    'has the same bits on any number of ranks if sums are exact',
    { backends: ['cpu'] },
    ({ comm }) => {
      const self = comm.split(comm.rank) as Communicator;
      const [many, one] = [comm, self].map((on) => {
        const y = DistributedArray.random(DIMS, { seed: 3, comm: on });
        return descent(definite(DIMS, on), y, { niter: 8, reproducible: true }).cost;
      });
      expect(many).to.deep.equal(one);
      self.free();
    },
  );

  distributed('serves local arrays', { ranks: [1] }, ({ reals }) => {
    const y = NDArray.ones([4], { dtype: reals[0] ?? 'float64' });
    const { x } = descent(new Diagonal([1, 2, 3, 4], { dtype: y.dtype }), y, { niter: 100 });
    expect(Number(x.get(3))).to.be.closeTo(0.25, 1e-3);
  });
});
