import type { AnyOperator } from '../../../../src/core/linear-operator.js';
import type { AnyVector } from '../../../../src/core/vector.js';
import { cg } from '../../../../src/optimization/cg.js';
import { cgls } from '../../../../src/optimization/cgls.js';
import { fista } from '../../../../src/optimization/fista.js';
import { ista } from '../../../../src/optimization/ista.js';
import { powerIteration } from '../../../../src/optimization/power-iteration.js';
import { THRESHOLD_KINDS } from '../../../../src/optimization/threshold.js';
import { buildMpi } from '../build-mpi.js';
import { NotSupported } from '../not-supported.js';
import { given, type Params, required } from '../params.js';
import type { Trial } from '../trial.js';
import { modelSpaces, vectorOf } from '../vectors.js';
import { PROXIMAL_SOLVERS } from './proximal-solver.js';

interface Answer {
  readonly x: AnyVector;
  readonly cost: readonly number[];
  /** Results under their names in the case. */
  readonly scalars: Readonly<Record<string, number>>;
}

type Solve = (A: AnyOperator, d: AnyVector, x0: AnyVector, p: Params, SOp: AnyOperator | undefined) => Answer;

const sparse =
  (solve: typeof ista | typeof fista): Solve =>
  (A, d, x0, p, SOp) => {
    const numbers = {
      niter: p.number('niter'),
      eps: p.number('eps'),
      alpha: p.number('alpha'),
      tol: p.number('tol'),
      perc: p.number('perc'),
    };
    const rest = { decay: p.numbers('decay'), threshkind: p.oneOf('threshkind', THRESHOLD_KINDS), monitorres: p.flag('monitorres') };
    const { x, cost, iterations } = solve(A, d, { x0, SOp, ...given({ ...numbers, ...rest }) });
    return { x, cost, scalars: { iiter: iterations } };
  };

/** One line a solver. */
const SOLVERS: Readonly<Record<string, Solve>> = {
  cg: (A, d, x0, p) => {
    const { x, cost, iterations } = cg(A, d, { x0, ...given({ niter: p.number('niter'), tol: p.number('tol') }) });
    return { x, cost, scalars: { iiter: iterations } };
  },
  cgls: (A, d, x0, p) => {
    const options = given({ niter: p.number('niter'), damp: p.number('damp'), tol: p.number('tol') });
    const { x, cost, iterations, istop, r1norm, r2norm } = cgls(A, d, { x0, ...options });
    return { x, cost, scalars: { iiter: iterations, istop, r1norm, r2norm } };
  },
  ista: sparse(ista),
  fista: sparse(fista),
};

/** Cases without data. */
function largestEigenvalue(trial: Trial): void {
  const { source, backend, comm, params } = trial;
  const A = buildMpi(required(source.content.op, 'op'), source, backend, comm);
  const domain = A.domain({ ...given({ dtype: params.dtype() }), backend });
  const { maxeig } = powerIteration(A, { domain, ...given({ niter: params.number('niter'), tol: params.number('tol') }) });
  trial.compareScalar('maxeig', maxeig);
}

export function solver(trial: Trial): void {
  const { source, backend, comm } = trial;
  const { family, op, partition_x = 'SCATTER', expected = {} } = source.content;
  if (family === 'power_iteration') {
    largestEigenvalue(trial);
    return;
  }
  const proximal = PROXIMAL_SOLVERS[family];
  if (proximal) {
    proximal(trial);
    return;
  }
  const solve = SOLVERS[family];
  if (!solve) throw new NotSupported(`solver ${family}`);
  const [d, x0] = [trial.input('d.npy'), trial.input('x0.npy')];
  const A = buildMpi(required(op, 'op'), source, backend, comm);
  const [space] = modelSpaces(A, x0.dtype, partition_x, backend);
  const model = required(space, 'a model');
  const SOp = source.content.SOp && buildMpi(source.content.SOp, source, backend, comm);
  const { x, cost, scalars } = solve(A, vectorOf(A.rangeOf(model), d), vectorOf(model, x0), trial.params, SOp);
  trial.compare('x', x);
  trial.compare('cost', cost);
  for (const name of Object.keys(expected)) trial.compareScalar(name, scalars[name] ?? Number.NaN);
}
