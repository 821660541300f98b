import {
  cg,
  cgls,
  type DistributedArray,
  fista,
  type LinearOperator,
  MPIBlockDiag,
  MPIFirstDerivative,
  MPIGradient,
  MPILaplacian,
  powerIteration,
} from 'lops-mpi';
import { Convolve1D, PoststackLinearModelling, smooth } from 'lops-mpi/local';
import { admml2, L1 } from 'lops-mpi/proximal';
import type { BenchCase, Details, Passes, Work } from '../case.js';
import { realModel, SECTIONS, TRACE_STEP, wavelet41 } from './real-model.js';

const ITERATIONS = 50;
const TV = { sigma: 0.01, tau: 0.99 / 12, outer: 4, inner: 10 } as const;
const EPS = 0.02;

interface Problem {
  readonly dims: readonly number[];
  readonly B: MPIBlockDiag;
  readonly truth: DistributedArray;
  readonly background: DistributedArray;
  readonly details: () => Details;
}

function problem(): Problem {
  const { truth, details } = realModel();
  const dims = truth.globalShape;
  const background = truth.emptyLike();
  const [count, nx, nz] = truth.localShape as [number, number, number];
  background.local.assign(smooth(truth.local, [15, 35], { axes: [1, 2] }));
  const B = new MPIBlockDiag([
    new PoststackLinearModelling(wavelet41().wavelet, nz, { spatdims: [count, nx], axis: 2 }),
  ]);
  return { dims, B, truth, background, details };
}

const params = { sections: SECTIONS, trace_step: TRACE_STEP, wavelet: '41 samples, 15 Hz, 4 ms' };

/** A case on the problem of post-stack inversion. */
const poststack = (name: string, more: Details, prepare: (p: Problem) => Work): BenchCase => ({
  name,
  params: { ...params, ...more },
  setup: () => {
    const p = problem();
    return { details: p.details, ...prepare(p) };
  },
});

/** The operator is a wavelet of 41 samples times a derivative of three: 43 taps a sample. */
const TAPS = 43;
const product = (dims: readonly number[]): number => dims.reduce((a, b) => a * b, 1);
const elementsOf = ({ dims }: Problem): number => product(dims);
const flops = (p: Problem): number => 2 * TAPS * elementsOf(p);

/** The passes of some applications of an operator with so many taps for each sample. */
const applications = (elements: number, times: number, taps: number): Passes => ({
  elements,
  flops: 2 * taps * elements * times,
  bytes: 16 * elements * times,
});

/** The operator `BᴴB + 100 LᴴL`. */
function regularised({ B, dims }: Problem): LinearOperator<DistributedArray> {
  const L = new MPILaplacian(dims, { axes: [0, 1, 2] });
  return B.H.mul(B).add(L.H.mul(L).scale(100));
}

export const POSTSTACK_CASES: readonly BenchCase[] = [
  poststack('poststack_fwd', {}, (p) => {
    const y = p.B.matvec(p.truth);
    return { run: () => p.B.matvec(p.truth, y), flops: flops(p) };
  }),
  poststack('poststack_adj', {}, (p) => {
    const y = p.B.matvec(p.truth);
    const x = p.B.rmatvec(y);
    return { run: () => p.B.rmatvec(y, x), flops: flops(p) };
  }),
  poststack('poststack_cgls50', { niter: ITERATIONS }, (p) => {
    const d = p.B.matvec(p.truth);
    return {
      run: () => cgls(p.B, d, { x0: p.background, niter: ITERATIONS, tol: 0 }).x.dispose(),
      // one more for the start
      passes: applications(elementsOf(p), 2 * ITERATIONS + 2, TAPS),
    };
  }),
  poststack('poststack_cg50_laplacian', { niter: ITERATIONS, epsR: 100 }, (p) => {
    const A = regularised(p);
    const d = p.B.rmatvec(p.B.matvec(p.truth));
    return {
      run: () => cg(A, d, { x0: p.background, niter: ITERATIONS, tol: 0 }).x.dispose(),
      passes: applications(elementsOf(p), 2 * ITERATIONS + 2, TAPS),
    };
  }),
  poststack('poststack_admml2_tv', TV, (p) => {
    const d = p.B.matvec(p.truth);
    const G = new MPIGradient(p.dims, { kind: 'forward' });
    const inner = { niter: TV.inner, tol: 0 };
    return {
      run: () => {
        const { x, z } = admml2(p.B, d, new L1({ sigma: TV.sigma }), G, {
          x0: p.background,
          tau: TV.tau,
          niter: TV.outer,
          inner,
        });
        x.dispose();
        z.dispose();
      },
      // each inner solve applies both once more for its start
      passes: applications(elementsOf(p), 2 * TV.outer * (TV.inner + 1), TAPS),
    };
  }),
  {
    name: 'reflectivity_fista50',
    params: { ...params, niter: ITERATIONS, eps: EPS },
    setup: () => {
      const { truth, details } = realModel();
      const reflectivity = new MPIFirstDerivative(truth.globalShape, { axis: 2 }).matvec(truth);
      truth.dispose();
      const elements = product(reflectivity.globalShape);
      const { wavelet, center } = wavelet41();
      const W = new MPIBlockDiag([
        new Convolve1D(reflectivity.localShape, wavelet, { offset: center, axis: 2 }),
      ]);
      const d = W.matvec(reflectivity);
      // the step is computed before, so that only the iterations are timed
      const { maxeig } = powerIteration(W.H.mul(W), { niter: 30, tol: 1e-3 });
      const alpha = 0.95 / (typeof maxeig === 'number' ? maxeig : maxeig.re);
      return {
        details,
        run: () => fista(W, d, { niter: ITERATIONS, eps: EPS, alpha, tol: 0 }).x.dispose(),
        passes: applications(elements, 2 * ITERATIONS, wavelet.length),
      };
    },
  },
];
