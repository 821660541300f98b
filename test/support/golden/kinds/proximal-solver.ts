import type { AnyOperator } from '../../../../src/core/operator/linear-operator.js';
import type { AnyVector, Space } from '../../../../src/core/vector/vector.js';
import { admml2, L1, L2, MPIProxOperator, proximalGradient } from '../../../../src/proximal/index.js';
import { ACCELERATIONS } from '../../../../src/proximal/solvers/proximal-gradient.js';
import { buildMpi } from '../build-mpi.js';
import { given, required } from '../params.js';
import type { Trial } from '../trial.js';
import { modelSpaces, vectorOf } from '../vectors.js';

/** The operator of a case, its data, and its start. */
function problem(trial: Trial): { A: AnyOperator; model: Space<AnyVector>; b: AnyVector; x0: AnyVector } {
  const { source, backend, comm } = trial;
  const { op, partition_x = 'SCATTER' } = source.content;
  const [b, x0] = [trial.input('b.npy'), trial.input('x0.npy')];
  const A = buildMpi(required(op, 'op'), source, backend, comm);
  const model: Space<AnyVector> = required(modelSpaces(A, x0.dtype, partition_x, backend)[0], 'a model');
  return { A, model, b: vectorOf(A.rangeOf(model), b), x0: vectorOf(model, x0) };
}

/** Compares a run. The costs of the cases begin after the first iteration. */
function compareRun(trial: Trial, x: AnyVector, cost: readonly number[]): void {
  trial.compare('x', x);
  trial.compare('cost', cost.slice(1));
}

/** One entry per solver. */
export const PROXIMAL_SOLVERS: Readonly<Record<string, (trial: Trial) => void>> = {
  ProximalGradient: (trial) => {
    const { params } = trial;
    const { A, b, x0 } = problem(trial);
    const numbers = {
      tau: params.number('tau'),
      niter: params.number('niter'),
      eta: params.number('eta'),
      epsg: params.number('epsg'),
    };
    const g = new MPIProxOperator(new L1(given({ sigma: params.number('sigma') })));
    const acceleration = params.oneOf('acceleration', ACCELERATIONS) ?? 'none';
    const { x, cost } = proximalGradient<AnyVector>(new L2<AnyVector>({ Op: A, b }), g, x0, {
      ...given(numbers),
      acceleration,
    });
    compareRun(trial, x, cost);
  },
  ADMML2: (trial) => {
    const { params, source, backend, comm } = trial;
    const { A: Op, b, x0 } = problem(trial);
    const A = buildMpi(required(source.content.A, 'A'), source, backend, comm);
    const kwargs = params.inside('kwargs_solver');
    const { x, z, cost } = admml2(Op, b, new L1(given({ sigma: params.number('sigma') })), A, {
      x0,
      tau: required(params.number('tau'), 'tau'),
      inner: given({ niter: kwargs.number('niter'), tol: kwargs.number('tol') }),
      ...given({ niter: params.number('niter') }),
    });
    compareRun(trial, x, cost);
    trial.compare('z', z);
  },
};
