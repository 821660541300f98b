import { NDArraySpace } from '../../../../src/core/array/ndarray.js';
import { DistributedSpace } from '../../../../src/core/distributed/space.js';
import { buildLocal } from '../build-local.js';
import { buildMpi } from '../build-mpi.js';
import { required } from '../params.js';
import type { Trial } from '../trial.js';
import { modelSpaces, vectorOf } from '../vectors.js';

/**
 * The file of the adjoint. PyLops' adjoint of complex filters is wrong; such cases include the
 * correct one.
 */
const adjointFile = ({ source }: Trial): string =>
  source.has('xadj_exact.npy') ? 'xadj_exact.npy' : 'xadj.npy';

/**
 * Groups neighbouring axes of a shape if the other shape has one axis for them. Both shapes
 * describe the same memory.
 */
function grouped(shape: readonly number[], like: readonly number[]): number[] {
  const axes = [...shape];
  return like
    .map((n, k) => {
      let size = axes.shift() ?? 1;
      while (axes.length > like.length - 1 - k && size < n) size *= axes.shift() ?? 1;
      return size;
    })
    .concat(axes);
}

/** Compares local operators, which every rank applies, with vectors in natural and flat shape. */
export function localOperator(trial: Trial): void {
  const { source, backend } = trial;
  const [x, d] = [trial.input('x.npy'), trial.input('d.npy')];
  const A = buildLocal(required(source.content.op, 'op'), source, backend);
  trial.compareNumbers('shape', A.shape, required(source.content.shape, 'shape'));
  for (const side of ['dims', 'dimsd'] as const) {
    const expected = required(source.content[side], side);
    trial.compareNumbers(side, grouped(A[side], expected), expected);
  }
  for (const [model, data] of [
    [A.dims, A.dimsd],
    [[x.values.length], [d.values.length]],
  ] as const) {
    const flat = model !== A.dims;
    trial.compare('y', A.matvec(NDArraySpace.of(flat ? x.shape : model, x.dtype, backend).upload(x.values)));
    trial.compare(
      'xadj',
      A.rmatvec(NDArraySpace.of(flat ? d.shape : data, d.dtype, backend).upload(d.values)),
      adjointFile(trial),
    );
  }
}

/**
 * Compares distributed operators, with flat vectors and, where they exist, with vectors in natural
 * shape and flat ones that cut rows.
 */
export function mpiOperator(trial: Trial): void {
  const { source, backend, comm } = trial;
  const [x, d] = [trial.input('x.npy'), trial.input('d.npy')];
  const A = buildMpi(required(source.content.op, 'op'), source, backend, comm);
  trial.compareNumbers('shape', A.shape, required(source.content.shape, 'shape'));
  for (const space of modelSpaces(A, x.dtype, source.content.partition_x ?? 'SCATTER', backend)) {
    const form = space instanceof DistributedSpace ? ` of ${space.layout}` : '';
    trial.compare(`y${form}`, A.matvec(vectorOf(space, x)), 'y.npy');
    trial.compare(`xadj${form}`, A.rmatvec(vectorOf(A.rangeOf(space), d)), adjointFile(trial));
  }
}
