import { DistributedArray } from '../../../../src/core/distributed-array.js';
import { NDArraySpace } from '../../../../src/core/ndarray.js';
import { PARTITIONS } from '../../../../src/core/space.js';
import type { AnyVector, Space } from '../../../../src/core/vector.js';
import {
  Box,
  Euclidean,
  EuclideanBall,
  Huber,
  L0,
  L1,
  L1Ball,
  L2,
  L21,
  MPIL2,
  MPIProxOperator,
  Nuclear,
  type ProxOperator,
  Simplex,
  TV,
} from '../../../../src/proximal/index.js';
import { buildMpi } from '../build-mpi.js';
import { NotSupported } from '../not-supported.js';
import { given, type Params, required } from '../params.js';
import type { Trial } from '../trial.js';
import { modelSpaces, vectorOf } from '../vectors.js';

const sigma = (p: Params) => given({ sigma: p.number('sigma') });
const list = (p: Params, name: string): number[] => [required(p.numberOrList(name), name)].flat();

/** One line a function. Vectors of functions over distributed arrays come from `vector`. */
const FUNCTIONS: Readonly<Record<string, (p: Params) => ProxOperator>> = {
  Box: (p) => new Box(given({ lower: p.number('lower'), upper: p.number('upper') })),
  Euclidean: (p) => new Euclidean(sigma(p)),
  EuclideanBall: (p) => new EuclideanBall({ radius: required(p.number('radius'), 'radius'), center: p.array('center') }),
  Huber: (p) => new Huber({ ...given({ alpha: p.number('alpha') }), ...sigma(p) }),
  L0: (p) => new L0(sigma(p)),
  L1: (p) => (typeof p.values['sigma'] === 'number' ? new L1(sigma(p)) : new L1(given({ sigma: p.array('sigma') }))),
  L1Ball: (p) => new L1Ball(given({ radius: p.number('radius') })),
  L2: (p) => new L2<AnyVector>({ b: p.array('b'), q: p.array('q'), ...given({ alpha: p.number('alpha') }), ...sigma(p) }),
  L21: (p) => new L21(required(p.number('ndim'), 'ndim'), sigma(p)),
  Nuclear: (p) => new Nuclear(list(p, 'dim'), sigma(p)),
  Simplex: (p) => new Simplex(given({ radius: p.number('radius') })),
  TV: (p) => new TV(list(p, 'dims'), { ...given({ niter: p.number('niter') }), ...sigma(p) }),
};

function functionOf(name: string, p: Params): ProxOperator {
  const make = FUNCTIONS[name];
  if (!make) throw new NotSupported(`function ${name}`);
  return make(p);
}

/** The value, which is true or false of an indicator, and the files that the case has. */
function compareProx(trial: Trial, f: ProxOperator, x: AnyVector, tau: number): void {
  const value = f.value(x);
  const expected = trial.expected.values['f'];
  if (typeof expected === 'boolean') trial.compareScalar('f', value === 0 ? 1 : 0, expected ? 1 : 0);
  else if (expected !== undefined) trial.compareScalar('f', value);
  const results: Readonly<Record<string, () => AnyVector>> = {
    y_prox: () => f.prox(x, tau),
    y_proxdual: () => f.proxDual(x, tau),
    y_grad: () => f.grad(x),
  };
  for (const [name, compute] of Object.entries(results)) if (trial.source.has(`${name}.npy`)) trial.compare(name, compute());
}

/** Functions of one rank's array. */
export function localProx(trial: Trial): void {
  const { source, backend, params } = trial;
  const x = trial.input('x.npy');
  const f = functionOf(source.content.family.split('.').at(-1) ?? '', params);
  compareProx(
    trial,
    f,
    NDArraySpace.of(source.content.x_shape ?? x.shape, x.dtype, backend).upload(x.values),
    required(source.content.tau, 'tau'),
  );
}

/** Functions of distributed arrays. */
export function mpiProx(trial: Trial): void {
  const { source, backend, comm, params } = trial;
  const x = trial.input('x.npy');
  const tau = required(params.number('tau'), 'tau');
  if (source.content.family === 'MPIL2') {
    const Op = source.content.op && buildMpi(source.content.op, source, backend, comm);
    const space = Op
      ? required(modelSpaces(Op, x.dtype, 'SCATTER', backend)[0], 'a model')
      : DistributedArray.empty(x.shape, { comm, backend, dtype: x.dtype }).space;
    const vector = (file: string, of: Space<unknown> = space) => (source.has(file) ? vectorOf(of, trial.input(file)) : undefined);
    const inner = params.inside('kwargs_solver');
    const f = new MPIL2({
      Op,
      b: vector('b.npy', Op ? Op.rangeOf(space) : space) as DistributedArray | undefined,
      q: vector('q.npy') as DistributedArray | undefined,
      ...given({ sigma: params.number('sigma'), alpha: params.number('alpha'), niter: params.number('niter'), warm: params.flag('warm') }),
      ...given({ tol: inner.number('tol') }),
    });
    compareProx(trial, f, vectorOf(space, x), tau);
    return;
  }
  const f = functionOf(required(params.string('prox'), 'prox'), params.inside('prox_params'));
  const options = given({ partition: params.oneOf('partition', PARTITIONS) });
  const v = DistributedArray.empty(x.shape, { comm, backend, dtype: x.dtype, ...options }).assignGlobal(x.values);
  compareProx(trial, new MPIProxOperator(f), v, tau);
}
