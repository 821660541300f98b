import { type NDArray, NDArraySpace } from '../../../../src/core/array/ndarray.js';
import { DistributedArray } from '../../../../src/core/distributed/distributed-array.js';
import { PARTITIONS } from '../../../../src/core/distributed/space.js';
import type { AnyVector, Space } from '../../../../src/core/vector/vector.js';
import type { AnyLocalOperator } from '../../../../src/local/index.js';
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
  Orthogonal,
  type ProxOperator,
  ProxSum,
  Simplex,
  TV,
} from '../../../../src/proximal/index.js';
import { buildLocal } from '../build-local.js';
import { buildMpi } from '../build-mpi.js';
import { NotSupported } from '../not-supported.js';
import { given, type Params, required } from '../params.js';
import type { Trial } from '../trial.js';
import { modelSpaces, vectorOf } from '../vectors.js';

const sigma = (p: Params) => given({ sigma: p.number('sigma') });
const list = (p: Params, name: string): number[] => [required(p.numberOrList(name), name)].flat();

/** A parameter that is a number or an array. */
const numberOrArray = (p: Params, name: string): number | NDArray | undefined =>
  typeof p.values[name] === 'object' && p.values[name] !== null && 'npy' in p.values[name]
    ? p.array(name)
    : p.number(name);

/** A local operator. */
const operator = (p: Params, name: string): AnyLocalOperator | undefined => {
  const node = p.operator(name);
  return node && buildLocal(node, p.source, p.backend);
};

/** A function within another one: `{ prox: NAME, params: { … } }`. */
const inner = (p: Params): ProxOperator => functionOf(required(p.string('prox'), 'prox'), p.inside('params'));

/**
 * The number of iterations of the least-squares problems within proxes. PyProximal solves them by
 * factorization if the matrix is explicit.
 */
const TO_THE_END = 100;

function l2(p: Params): ProxOperator {
  const Op = operator(p, 'Op');
  return new L2<AnyVector>({
    ...given({
      Op,
      b: p.array('b'),
      q: p.array('q'),
      x0: p.array('x0'),
      alpha: p.number('alpha'),
      warm: p.flag('warm'),
    }),
    ...sigma(p),
    niter: TO_THE_END,
  });
}

/** One line per function. */
const FUNCTIONS: Readonly<Record<string, (p: Params) => ProxOperator>> = {
  Box: (p) => new Box(given({ lower: numberOrArray(p, 'lower'), upper: numberOrArray(p, 'upper') })),
  Euclidean: (p) => new Euclidean(sigma(p)),
  EuclideanBall: (p) =>
    new EuclideanBall({
      radius: required(p.number('radius'), 'radius'),
      ...given({ center: numberOrArray(p, 'center') }),
    }),
  Huber: (p) => new Huber({ ...given({ alpha: p.number('alpha') }), ...sigma(p) }),
  L0: (p) => new L0(given({ sigma: numberOrArray(p, 'sigma') })),
  L1: (p) => {
    const f = new L1(given({ sigma: numberOrArray(p, 'sigma') }));
    const g = p.array('g');
    return g ? f.translate(g) : f;
  },
  L1Ball: (p) => new L1Ball(given({ radius: p.number('radius') })),
  L2: l2,
  L21: (p) => new L21(required(p.number('ndim'), 'ndim'), sigma(p)),
  Nuclear: (p) => new Nuclear(list(p, 'dim'), sigma(p)),
  Orthogonal: (p) =>
    new Orthogonal<AnyVector>(
      inner(p.inside('f')),
      required(operator(p, 'Q'), 'Q'),
      given({ b: p.array('b'), alpha: p.number('alpha') }),
    ),
  Simplex: (p) => new Simplex(given({ radius: p.number('radius') })),
  Sum: (p) =>
    new ProxSum(
      Object.keys(p.inside('ops').values).map((k) => inner(p.inside('ops').inside(k))),
      { niter: 1000 },
    ),
  TV: (p) => new TV(list(p, 'dims'), { ...given({ niter: p.number('niter') }), ...sigma(p) }),
  // the results of the addition of a vector, the multiplication by a number, and precomposition
  _SumOperator: (p) => inner(p.inside('f')).addQuadratic({ q: p.array('v') }),
  _PostcompositionOperator: (p) => inner(p.inside('f')).scale(required(p.number('sigma'), 'sigma')),
  _PrecompositionOperator: (p) =>
    inner(p.inside('f')).precompose(required(p.number('a'), 'a'), numberOrArray(p, 'b')),
};

function functionOf(name: string, p: Params): ProxOperator {
  const make = FUNCTIONS[name];
  if (!make) throw new NotSupported(`function ${name}`);
  return make(p);
}

/** Compares the value, which is true or false for an indicator, and the files of the case. */
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
  for (const [name, compute] of Object.entries(results))
    if (trial.source.has(`${name}.npy`)) trial.compare(name, compute());
}

/** Compares functions of a local array. */
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

/** Compares functions of distributed arrays. */
export function mpiProx(trial: Trial): void {
  const { source, backend, comm, params } = trial;
  const x = trial.input('x.npy');
  const tau = required(params.number('tau'), 'tau');
  if (source.content.family === 'MPIL2') {
    const Op = source.content.op && buildMpi(source.content.op, source, backend, comm);
    const space = Op
      ? required(modelSpaces(Op, x.dtype, 'SCATTER', backend)[0], 'a model')
      : DistributedArray.empty(x.shape, { comm, backend, dtype: x.dtype }).space;
    const vector = (file: string, of: Space<unknown> = space) =>
      source.has(file) ? vectorOf(of, trial.input(file)) : undefined;
    const inner = params.inside('kwargs_solver');
    const f = new MPIL2({
      Op,
      b: vector('b.npy', Op ? Op.rangeOf(space) : space) as DistributedArray | undefined,
      q: vector('q.npy') as DistributedArray | undefined,
      ...given({
        sigma: params.number('sigma'),
        alpha: params.number('alpha'),
        niter: params.number('niter'),
        warm: params.flag('warm'),
      }),
      ...given({ tol: inner.number('tol') }),
    });
    compareProx(trial, f, vectorOf(space, x), tau);
    return;
  }
  const f = functionOf(required(params.string('prox'), 'prox'), params.inside('prox_params'));
  const options = given({ partition: params.oneOf('partition', PARTITIONS) });
  const v = DistributedArray.empty(x.shape, { comm, backend, dtype: x.dtype, ...options }).assignGlobal(
    x.values,
  );
  compareProx(trial, new MPIProxOperator(f), v, tau);
}
