import { NDArray } from '../../../../src/core/array/ndarray.js';
import { DistributedArray } from '../../../../src/core/distributed/distributed-array.js';
import { splitCount, splitStart } from '../../../../src/core/distributed/layout.js';
import { StackedDistributedArray } from '../../../../src/core/distributed/stacked-distributed-array.js';
import type { LinearOperator } from '../../../../src/core/operator/linear-operator.js';
import { Convolve1D, Kirchhoff, PoststackLinearModelling, Transpose } from '../../../../src/local/index.js';
import {
  MPIBlockDiag,
  MPIFirstDerivative,
  MPIGradient,
  MPILaplacian,
  MPIMDC,
  MPIStackedVStack,
  MPIVStack,
} from '../../../../src/operators/index.js';
import { cg } from '../../../../src/optimization/krylov/cg.js';
import { cgls } from '../../../../src/optimization/krylov/cgls.js';
import { fista } from '../../../../src/optimization/sparsity/fista.js';
import { ista } from '../../../../src/optimization/sparsity/ista.js';
import { admml2, L1, MPIL2, proximalGradient } from '../../../../src/proximal/index.js';
import { ACCELERATIONS } from '../../../../src/proximal/solvers/proximal-gradient.js';
import { mdc } from '../build-local.js';
import { NotSupported } from '../not-supported.js';
import { given, required } from '../params.js';
import type { Trial } from '../trial.js';
import { vectorOf } from '../vectors.js';

type Part = (trial: Trial) => void;

/** The problems, and the parts of each, in the order of the lines of the report. */
const TUTORIALS: Readonly<Record<string, Readonly<Record<string, Part>>>> = {
  lsm: {
    data: (trial) => {
      const { K, refl } = leastSquaresMigration(trial);
      trial.compare('d', K.matvec(refl));
    },
    madj: (trial) => {
      const { K, d } = leastSquaresMigration(trial);
      trial.compare('madj', K.rmatvec(d));
    },
    minv: (trial) => {
      const { K, refl, d, options } = leastSquaresMigration(trial);
      const { x, cost } = cgls(K, d, { x0: refl.zerosLike(), ...options });
      trial.compare('minv', x);
      trial.compare('cost', cost);
    },
  },
  mdd: {
    data: (trial) => {
      const { M, model } = deconvolution(trial);
      trial.compare('d', M.matvec(model));
    },
    madj: (trial) => {
      const { M, d } = deconvolution(trial);
      trial.compare('madj', M.rmatvec(d));
    },
    minv: (trial) => {
      const { M, model, d, options } = deconvolution(trial);
      const { x, cost } = cgls(M, d, { x0: model.zerosLike(), ...options });
      trial.compare('minv', x);
      trial.compare('cost', cost);
    },
  },
  poststack: {
    data: (trial) => {
      const { B } = poststack(trial);
      trial.compare(
        'd',
        B.matvec(
          vectorOf(
            B.domain({ dtype: trial.source.dtype('float64'), backend: trial.backend }),
            trial.input('m3d.npy'),
          ),
        ),
      );
    },
    cgls: (trial) => {
      const { B, d, x0, options } = poststack(trial);
      inverted(trial, 'cgls', cgls(B, d, { x0, ...options }));
    },
    ne: (trial) => {
      const { B, L, d, x0, epsR, options } = poststack(trial);
      const normal = B.H.mul(B).add(L.H.mul(L).scale(epsR));
      inverted(trial, 'ne', cg(normal, B.rmatvec(d), { x0, ...options }));
    },
    reg: (trial) => {
      const { B, L, d, x0, epsR, options } = poststack(trial);
      const stack = new MPIStackedVStack([B, L.scale(Math.sqrt(epsR))]);
      inverted(
        trial,
        'reg',
        cgls(stack, new StackedDistributedArray([d, d.zerosLike()]), { x0, ...options }),
      );
    },
    tv: (trial) => {
      const { B, d, x0, dims } = poststack(trial);
      const number = (name: string) => required(trial.params.number(name), name);
      const { x, cost } = admml2(
        B,
        d,
        new L1({ sigma: number('sigma_tv') }),
        new MPIGradient(dims, { kind: 'forward', comm: trial.comm }),
        {
          x0,
          tau: number('tau_tv'),
          niter: number('niter_tv'),
          inner: { niter: number('niter_tv_inner'), tol: number('tol') },
        },
      );
      inverted(trial, 'tv', { x, cost: cost.slice(1) });
    },
  },
  reflectivity: {
    data: (trial) => {
      const { C, D, model } = reflectivity(trial);
      const r = D.matvec(model('m3d.npy'));
      trial.compare('r', r);
      trial.compare('d', C.matvec(r));
    },
    fista: (trial) => {
      const { C, data, options } = reflectivity(trial);
      sparse(trial, 'fista', fista(C, data, options));
    },
    ista: (trial) => {
      const { C, data, options } = reflectivity(trial);
      sparse(trial, 'ista', ista(C, data, options));
    },
    pg: (trial) => {
      const { C, data, options } = reflectivity(trial);
      const p = trial.params.inside('pg');
      const number = (name: string) => required(p.number(name), name);
      const f = new MPIL2({ Op: C, b: data });
      const { x, cost } = proximalGradient(f, new L1({ sigma: number('sigma') }), options.x0, {
        tau: number('tau'),
        niter: number('niter'),
        acceleration: required(p.oneOf('acceleration', ACCELERATIONS), 'acceleration'),
      });
      sparse(trial, 'pg', { x, cost: cost.slice(1) });
    },
  },
};

/**
 * The parts of a tutorial, each with a line in the report. An unknown tutorial has one part without
 * a name.
 */
export function tutorialParts(family: string): (string | undefined)[] {
  const parts = TUTORIALS[family];
  return parts ? Object.keys(parts) : [undefined];
}

export function tutorial(trial: Trial): void {
  const { family } = trial.source.content;
  const run = TUTORIALS[family]?.[trial.part ?? ''];
  if (!run) throw new NotSupported(`tutorial ${family}`);
  run(trial);
}

function inverted(trial: Trial, name: string, { x, cost }: { x: DistributedArray; cost: number[] }): void {
  trial.compare(`minv_${name}`, x);
  trial.compare(`cost_${name}`, cost);
}

function sparse(trial: Trial, name: string, { x, cost }: { x: DistributedArray; cost: number[] }): void {
  trial.compare(`rinv_${name}`, x);
  trial.compare(`cost_${name}`, cost);
}

/** Convolution of reflectivity (ny, nx, nz) with a wavelet; ny is distributed over the ranks. */
function reflectivity(trial: Trial) {
  const { params, comm, backend } = trial;
  const number = (name: string) => required(params.number(name), name);
  const [ny, nx, nz] = [number('ny'), number('nx'), number('nz')];
  const wavelet = trial.input('wav.npy');
  const wav = NDArray.fromHost(wavelet.values, wavelet.shape, { backend });
  const rows = splitCount(ny, comm.size, comm.rank);
  const local = new Convolve1D([rows, nx, nz], wav, { offset: number('wavc') });
  const C = new MPIBlockDiag(rows > 0 ? [local] : [], { comm });
  const D = new MPIFirstDerivative([ny, nx, nz], { axis: 2, comm });
  const space = DistributedArray.empty([ny, nx, nz], { comm, backend, dtype: wavelet.dtype }).space;
  const model = (file: string) => space.empty().assignGlobal(trial.input(file).values);
  const data = C.rangeOf(space).empty().assignGlobal(trial.input('d.npy').values);
  const options = {
    x0: space.zeros(),
    niter: number('niter'),
    eps: number('eps'),
    alpha: number('alpha'),
    tol: number('tol'),
  };
  return { C, D, model, data, options };
}

/** Kirchhoff modelling of some of the sources on every rank. The image is replicated. */
function leastSquaresMigration(trial: Trial) {
  const { params, comm, backend } = trial;
  const axis = (file: string) => Float64Array.from(trial.source.readExactly(file).values);
  const wavelet = trial.input('wav.npy');
  const srcs = trial.source.readExactly('srcs.npy');
  const recs = trial.source.readExactly('recs.npy');
  const nr = required(recs.shape[1], 'receivers');
  const ns = required(srcs.shape[1], 'sources');
  const first = splitStart(ns, comm.size, comm.rank);
  const mine = [0, 1].map((row) =>
    Array.from(srcs.values.slice(row * ns + first, row * ns + first + splitCount(ns, comm.size, comm.rank))),
  );
  const stations = [0, 1].map((row) => Array.from(recs.values.slice(row * nr, (row + 1) * nr)));
  const geometry = { z: axis('z.npy'), x: axis('x.npy'), t: axis('t.npy'), srcs: mine, recs: stations };
  const local = new Kirchhoff(
    geometry,
    NDArray.fromHost(wavelet.values, wavelet.shape, { backend }),
    required(params.number('wavcenter'), 'wavcenter'),
    {
      vel: required(params.number('vel'), 'vel'),
      dtype: wavelet.dtype,
    },
  );
  const K: LinearOperator<DistributedArray> = new MPIVStack([local], { comm });
  const refl = vectorOf(K.domain({ dtype: wavelet.dtype, backend }), trial.input('refl.npy'));
  return {
    K,
    refl,
    d: vectorOf(K.rangeOf(refl.space), trial.input('d.npy')),
    options: { niter: required(params.number('niter'), 'niter'), tol: required(params.number('tol'), 'tol') },
  };
}

/**
 * Multi-dimensional convolution with its frequencies distributed over the ranks. Model and data are
 * replicated.
 */
function deconvolution(trial: Trial) {
  const { params, comm, backend } = trial;
  const kernel = trial.input('G.npy');
  const G = NDArray.fromHost(kernel.values, kernel.shape, { dtype: kernel.dtype, backend });
  const M = MPIMDC.fromGlobal(G, required(params.number('nt'), 'nt'), params.number('nv'), {
    ...given(mdc(params)),
    comm,
  });
  const { dtype } = trial.input('m.npy');
  const model = vectorOf(M.domain({ dtype, backend }), trial.input('m.npy'));
  return {
    M,
    model,
    d: vectorOf(M.rangeOf(model.space), trial.input('d.npy')),
    options: { niter: required(params.number('niter'), 'niter'), tol: required(params.number('tol'), 'tol') },
  };
}

/** 3-D post-stack modelling of a model (ny, nx, nz) with ny distributed over the ranks. */
function poststack(trial: Trial) {
  const { params, comm, backend } = trial;
  const [ny, nx, nz] = ['ny', 'nx', 'nz'].map((name) => required(params.number(name), name)) as [
    number,
    number,
    number,
  ];
  const wavelet = trial.input('wav.npy');
  const wav = NDArray.fromHost(wavelet.values, wavelet.shape, { backend });
  const rows = splitCount(ny, comm.size, comm.rank);
  const T = new Transpose([rows, nx, nz], [2, 0, 1]);
  const local = T.H.mul(new PoststackLinearModelling(wav, nz, { spatdims: [rows, nx] }).mul(T));
  const B: LinearOperator<DistributedArray> = new MPIBlockDiag(rows > 0 ? [local] : [], { comm });
  const L: LinearOperator<DistributedArray> = new MPILaplacian([ny, nx, nz], { axes: [0, 1, 2], comm });
  const space = B.domain({ dtype: wavelet.dtype, backend });
  const distribute = (file: string) => space.empty().assignGlobal(trial.input(file).values);
  return {
    B,
    L,
    dims: [ny, nx, nz],
    d: distribute('d.npy'),
    x0: distribute('mback3d.npy'),
    epsR: required(params.number('epsR'), 'epsR'),
    options: { niter: required(params.number('niter'), 'niter'), tol: required(params.number('tol'), 'tol') },
  };
}
