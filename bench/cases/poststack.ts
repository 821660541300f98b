import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ImpedanceModel, layeredModel, sections } from '../../examples/impedance-model.js';
import {
  cg,
  cgls,
  DistributedArray,
  hostArray,
  type LinearOperator,
  MPIBlockDiag,
  MPILaplacian,
  NDArray,
  PoststackLinearModelling,
  readNpz,
  ricker,
  smooth,
} from '../../src/index.js';
import type { BenchCase, Details, Work } from '../case.js';

const SECTIONS = 20;
const TRACE_STEP = 3;
const ITERATIONS = 50;

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** The real section, every third trace, where LOPS_DATA or ../shared/data has it; otherwise one of the same size that is built. */
function impedance(): { readonly model: ImpedanceModel; readonly source: string } {
  for (const folder of [process.env['LOPS_DATA'], join(root, '../shared/data')]) {
    const path = folder && join(folder, 'poststack_model.npz');
    if (!path || !existsSync(path)) continue;
    const section = readNpz(path).get('model')?.read();
    if (section?.shape.length !== 2) throw new Error(`${path}: expected an array 'model' of depth × x`);
    const [nz, columns] = section.shape as [number, number];
    const values = section.toHost();
    return {
      model: {
        nx: Math.ceil(columns / TRACE_STEP),
        nz,
        value: (iy, _ny, ix, iz) => Math.log(values[iz * columns + ix * TRACE_STEP] as number) * (1 + 0.02 * iy),
      },
      source: 'poststack_model.npz',
    };
  }
  return { model: layeredModel(267, 550, 42), source: 'layered model, no poststack_model.npz' };
}

interface Problem {
  readonly dims: readonly number[];
  readonly B: MPIBlockDiag;
  readonly truth: DistributedArray;
  readonly background: DistributedArray;
  readonly details: () => Details;
}

function problem(): Problem {
  const { model, source } = impedance();
  const { nx, nz } = model;
  const dims = [SECTIONS, nx, nz];
  const truth = DistributedArray.empty(dims);
  const background = truth.emptyLike();
  const [count] = truth.localShape as [number];
  const values = sections(model, truth.box.start[0] as number, SECTIONS, hostArray('float64', truth.local.size));
  truth.local.assign(NDArray.fromHost(values, truth.localShape));
  background.local.assign(smooth(truth.local, [15, 35], { axes: [1, 2] }));
  const { wavelet } = ricker(
    Float64Array.from({ length: 21 }, (_, i) => 0.004 * i),
    15,
  );
  const B = new MPIBlockDiag([new PoststackLinearModelling(wavelet, nz, { spatdims: [count, nx], axis: 2 })]);
  return { dims, B, truth, background, details: () => ({ model: source, dims: dims.join('x') }) };
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

const traffic = ({ dims }: Problem): number => 16 * dims.reduce((a, b) => a * b, 1);

/** `BᴴB + 100 LᴴL` */
function regularised({ B, dims }: Problem): LinearOperator<DistributedArray> {
  const L = new MPILaplacian(dims, { axes: [0, 1, 2] });
  return B.H.mul(B).add(L.H.mul(L).scale(100));
}

export const POSTSTACK_CASES: readonly BenchCase[] = [
  poststack('poststack_fwd', {}, (p) => {
    const y = p.B.matvec(p.truth);
    return { run: () => p.B.matvec(p.truth, y), bytes: traffic(p), limit: 'copy' };
  }),
  poststack('poststack_adj', {}, (p) => {
    const y = p.B.matvec(p.truth);
    const x = p.B.rmatvec(y);
    return { run: () => p.B.rmatvec(y, x), bytes: traffic(p), limit: 'copy' };
  }),
  poststack('poststack_cgls50', { niter: ITERATIONS }, (p) => {
    const d = p.B.matvec(p.truth);
    return { run: () => cgls(p.B, d, { x0: p.background, niter: ITERATIONS, tol: 0 }).x.dispose() };
  }),
  poststack('poststack_cg50_laplacian', { niter: ITERATIONS, epsR: 100 }, (p) => {
    const A = regularised(p);
    const d = p.B.rmatvec(p.B.matvec(p.truth));
    return { run: () => cg(A, d, { x0: p.background, niter: ITERATIONS, tol: 0 }).x.dispose() };
  }),
];
