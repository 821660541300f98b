import { Layout } from '../../../../src/core/distributed/layout.js';
import { FirstDerivative } from '../../../../src/local/index.js';
import { MPIBlockDiag, MPIHalo } from '../../../../src/operators/index.js';
import { given, required } from '../params.js';
import type { Trial } from '../trial.js';
import { vectorOf } from '../vectors.js';

/**
 * Compares blocks with their ghost cells. If the case has a result for the whole array, it compares
 * a derivative between halos.
 */
export function halo(trial: Trial): void {
  if (trial.source.has('y_global.npy')) sandwich(trial);
  else blocks(trial);
}

function blocks(trial: Trial): void {
  const { params, comm, backend } = trial;
  const dims = required(params.numbers('dims'), 'dims');
  const [x, d] = [trial.input('x_global.npy'), trial.input('d.npy')];
  const A = new MPIHalo(dims, {
    halo: required(params.numberOrList('halo'), 'halo'),
    comm,
    ...given({ procGrid: params.numbers('proc_grid_shape') }),
  });
  const extent = required(
    trial.expected.inside('ranks').inside(`${comm.rank}`).numbers('local_extent'),
    'local_extent',
  );
  const y = A.matvec(vectorOf(A.domain({ dtype: x.dtype, backend }), x));
  trial.compareNumbers('local_extent', y.local.shape, extent);
  trial.compare('y', y.local, `y_r${comm.rank}.npy`);
  trial.compare('h', A.rmatvec(vectorOf(y.space, d)).local, `h_r${comm.rank}.npy`);
}

/** `Haloᴴ BlockDiag(FirstDerivative) Halo` is the derivative of the whole array. */
function sandwich(trial: Trial): void {
  const { params, comm, backend } = trial;
  const dims = required(params.numbers('dims'), 'dims');
  const axis = required(params.number('grid_axis'), 'grid_axis');
  const x = trial.input('x_global.npy');
  const H = new MPIHalo(dims, {
    halo: required(params.number('halo'), 'halo'),
    procGrid: dims.map((_, k) => (k === axis ? comm.size : 1)),
    comm,
  });
  const D = new MPIBlockDiag(
    [new FirstDerivative(required(H.localExtents[comm.rank], 'a block'), { axis })],
    { comm },
  );
  const A = H.H.mul(D.mul(H));
  const space = H.domain({ dtype: x.dtype, backend });
  for (const layout of [space.layout, Layout.split(dims, comm.size, 0)]) {
    trial.compare(`y of ${layout}`, A.matvec(vectorOf(space.withLayout(layout), x)), 'y_global.npy');
  }
}
