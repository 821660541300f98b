import { NDArraySpace } from '../../../../src/core/array/ndarray.js';
import { product } from '../../../../src/core/base/shape.js';
import { DistributedSpace } from '../../../../src/core/distributed/space.js';
import {
  MATRIX_MULT_KINDS,
  MPIMatrixMult,
  matrixGrid,
  type ProcessGrid,
} from '../../../../src/operators/index.js';
import { given, required } from '../params.js';
import type { Trial } from '../trial.js';
import { modelSpaces, vectorOf } from '../vectors.js';

/**
 * Compares products with a matrix on the fastest grid and on all other grids with as many ranks.
 */
export function matmul(trial: Trial): void {
  const { params, backend, comm } = trial;
  const [N, K, M] = ['N', 'K', 'M'].map((name) => required(params.number(name), name)) as [
    number,
    number,
    number,
  ];
  const [a, x, d] = [trial.input('A.npy'), trial.input('X.npy'), trial.input('D.npy')];
  const A = NDArraySpace.of([N, K], a.dtype, backend).upload(a.values);
  const kind = params.oneOf('kind', MATRIX_MULT_KINDS);
  const whole = Array.from(
    { length: comm.size },
    (_, k): ProcessGrid => [k + 1, Math.floor(comm.size / (k + 1))],
  );
  const grids = [
    matrixGrid(N, K, M, comm.size, kind),
    ...whole.filter((grid) => product(grid) === comm.size),
  ];
  for (const grid of grids) {
    const op = MPIMatrixMult.fromGlobal(A, M, given({ kind, grid, saveAt: params.flag('saveAt'), comm }));
    for (const space of modelSpaces(op, x.dtype, 'SCATTER', backend)) {
      if (!(space instanceof DistributedSpace)) continue;
      const y = op.matvec(vectorOf(space, x));
      trial.compare(`Y of ${grid}`, y, 'Y.npy');
      trial.compare(`H of ${grid}`, op.rmatvec(vectorOf(y.space, d)), 'H.npy');
    }
  }
}
