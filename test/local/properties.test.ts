/**
 * Tests local operators with random parameters: they are linear, their adjoint is exact, and native
 * and TypeScript kernels give the same results.
 */
import { expect } from 'chai';
import fc from 'fast-check';
import { NDArray } from '../../src/core/array/ndarray.js';
import { complexOf, type DType } from '../../src/core/base/dtype.js';
import type { Backend } from '../../src/core/ports/backend.js';
import { makeBackend } from '../support/backends.js';
import { MORE, SEED } from '../support/draws.js';
import { expectClose } from '../support/expect-close.js';
import { tolerance } from '../support/tolerance.js';
import { RANDOM_OPERATORS } from './random-operators.js';

describe('properties of local operators', () => {
  let native: Backend;
  let reference: Backend;
  before(async () => {
    native = await makeBackend('cpu');
    reference = await makeBackend('reference');
  });

  for (const [group, draws] of Object.entries(RANDOM_OPERATORS)) {
    it(`${group}: linear; a true adjoint; the same by other kernels`, () => {
      const cases = fc.record({
        draw: draws,
        real: fc.constantFrom<DType>('float32', 'float64'),
        complex: fc.boolean(),
      });
      fc.assert(
        fc.property(cases, ({ draw: { what, make }, real, complex }) => {
          const on = (backend: Backend) =>
            make({
              dtype: real,
              data: (shape, dtype = real) => NDArray.normal(shape, { dtype, backend, seed: 3 }),
            });
          const [A, B] = [on(native), on(reference)];
          const dtype = complex && A.complexLinear ? complexOf(real) : real;
          const limit = 30 * tolerance(real);
          const vector = (backend: Backend, seed: number): NDArray =>
            NDArray.normal(A.dims, { dtype, backend, seed });
          const title = `${what} of ${dtype}`;

          const [x, z] = [vector(native, 1), vector(native, 2)];
          const [y, w] = [A.matvec(x), A.matvec(z)];
          // relative to the size of the terms, because a sum may cancel
          const scale = 2 * y.norm() + 3 * w.norm();
          const off = A.matvec(x.multiply(-2).addInPlace(z.multiply(3)))
            .subtractInPlace(y.copy().scale(-2).axpby(3, w, 1))
            .norm();
          expect(off, `${title}: not linear`).to.be.at.most(limit * scale);
          expect(
            A.dotTest({ domain: x.space, rtol: 1, raise: false }).error,
            `${title}: dot test`,
          ).to.be.at.most(limit);
          const other = B.matvec(vector(reference, 1));
          expectClose(y, other, limit, `${title}: forward by other kernels`);
          expectClose(A.rmatvec(y), B.rmatvec(other), limit, `${title}: adjoint by other kernels`);
        }),
        { seed: SEED, numRuns: 60 * MORE, includeErrorInReport: true },
      );
    }).timeout(60_000 * MORE);
  }
});
