import { expect } from 'chai';
import type { DType } from '../../src/core/base/dtype.js';
import { product, type Shape } from '../../src/core/base/shape.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { Layout } from '../../src/core/distributed/layout.js';
import type { Communicator } from '../../src/core/ports/communicator.js';
import type { AnyLocalOperator } from '../../src/local/index.js';
import type { MPILinearOperator } from '../../src/operators/index.js';
import { expectClose } from './expect-close.js';
import { layoutsOf, placed, ragged } from './vectors.js';

/**
 * Layouts of vectors of a shape that an operator must accept: natural layouts, flat layouts that
 * cut rows and that do not, and replicated ones.
 */
export function inputs(dims: Shape, comm: Communicator): Layout[] {
  const n = product(dims);
  const natural = [...layoutsOf(dims, comm.size), Layout.replicated(dims, comm.size)];
  if (dims.length === 1) return natural;
  return [
    ...natural,
    Layout.split([n], comm.size),
    Layout.fromLocalShapes(ragged(n, comm.size, 2).map((k) => [k])),
    Layout.replicated([n], comm.size),
  ];
}

/**
 * One even and one uneven layout of these, for the further dtypes of an operator that was tested in
 * all layouts.
 */
export const fewInputs = (dims: Shape, comm: Communicator): Layout[] =>
  layoutsOf(dims, comm.size).slice(0, 2);

/** The even split along the first axis, as a list of one layout. */
export const oneInput = (dims: Shape, comm: Communicator): Layout[] => [Layout.split(dims, comm.size)];

/**
 * Compares both directions of a distributed operator with a local operator on the whole array, in
 * all layouts, and runs its dot test.
 */
export function compareWithLocal(
  A: MPILinearOperator,
  local: AnyLocalOperator,
  dtype: DType,
  comm: Communicator,
  tolerance: number,
  what: string,
  layouts: (dims: Shape, comm: Communicator) => Layout[] = inputs,
): void {
  expect(A.dims, what).to.deep.equal(local.dims);
  expect(A.dimsd, what).to.deep.equal(local.dimsd);
  const options = { partition: 'UNSAFE_BROADCAST', seed: 4 } as const;
  const model = DistributedArray.random(A.dims, { dtype, ...options }).local;
  const y = local.matvec(model);
  const data = DistributedArray.random(A.dimsd, { dtype: y.dtype, ...options }).local;
  const x = local.rmatvec(data);
  for (const layout of layouts(A.dims, comm)) {
    const u = placed(model.reshape(layout.globalShape), layout, comm);
    const result = A.matvec(u);
    expectClose(result.asArray().reshape(y.shape), y, tolerance, { what, layout });
    // if the adjoint returns another layout, the two vectors cannot be combined
    if (!A.domainOf(result.space).equals(u.space)) continue;
    const { error } = A.dotTest({ domain: u.space, rtol: tolerance, raise: false });
    expect(error, `${what}: dot test of ${layout}`).to.be.at.most(tolerance);
  }
  for (const layout of layouts(A.dimsd, comm)) {
    const v = placed(data.reshape(layout.globalShape), layout, comm);
    expectClose(A.rmatvec(v).asArray().reshape(x.shape), x, tolerance, {
      what: `${what}, adjoint`,
      layout,
    });
  }
}
