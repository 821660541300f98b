import { expect } from 'chai';
import fc from 'fast-check';
import { NDArray } from '../../src/core/array/ndarray.js';
import { abs, type Scalar } from '../../src/core/base/complex.js';
import { isComplex, realOf } from '../../src/core/base/dtype.js';
import { product, type Shape } from '../../src/core/base/shape.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import type { Layout } from '../../src/core/distributed/layout.js';
import { DistributedSpace } from '../../src/core/distributed/space.js';
import type { AnyOperator } from '../../src/core/operator/linear-operator.js';
import type { Communicator } from '../../src/core/ports/communicator.js';
import type { AnyVector } from '../../src/core/vector/vector.js';
import { MPIConvolve1D, MPIFirstDerivative } from '../../src/operators/index.js';
import { inputs } from '../support/against-local.js';
import { distributed, group, type RanksContext } from '../support/distributed.js';
import { MORE, SEED } from '../support/draws.js';
import { differenceOf } from '../support/expect-close.js';
import { derivativesOn, type Setting, shapes, TRIALS, type Trial } from '../support/trials.js';
import { layoutsOf, placed } from '../support/vectors.js';

function layoutFor(A: AnyOperator, layouts: Trial['layouts'], comm: Communicator, pick: number): Layout {
  const own = A.domain();
  if (!(own instanceof DistributedSpace)) throw new Error(`${A.name} takes no distributed arrays`);
  if (layouts === 'its own') return own.layout;
  const list = layouts === 'any' ? inputs(A.dims, comm) : layoutsOf(A.dims, comm.size);
  return list[pick % list.length] as Layout;
}

/** A random array that is the same on all ranks, and its distributed form in a layout. */
function modelOf(shape: Shape, layout: Layout, seed: number, { comm, backend, dtype }: Setting) {
  const whole = NDArray.normal(shape, { dtype, backend, seed });
  return { whole, x: placed(whole.reshape(layout.globalShape), layout, comm) };
}

/** The error relative to the size of the terms, because a sum may cancel. */
const relative = (actual: AnyVector, expected: AnyVector, scale: number): number => {
  const error = actual.copy().subtractInPlace(expected).norm();
  return scale > 0 ? error / scale : error;
};

/**
 * Checks a property on all ranks with the same draws. A failure on one rank is a failure on all,
 * and all ranks shrink it together.
 */
function holds<T>(
  { comm }: RanksContext,
  arbitrary: fc.Arbitrary<T>,
  numRuns: number,
  body: (value: T) => string[],
): void {
  fc.assert(
    fc.property(arbitrary, (value) => {
      const wrong = comm.allgatherObject(body(value)).flat();
      expect(wrong).to.deep.equal([]);
    }),
    { seed: SEED, numRuns: numRuns * MORE, includeErrorInReport: true },
  );
}

const within = (what: string, error: number, tolerance: number): string[] =>
  error <= tolerance ? [] : [`${what}: ${error}`];

group('properties of distributed operators', () => {
  for (const [name, trials] of Object.entries(TRIALS)) {
    distributed(
      `${name}: linear; a true adjoint; the same on any number of ranks`,
      { backends: ['cpu'], timeout: 60_000 * MORE },
      (context) => {
        const { comm, backend, floats, tolerance } = context;
        const cases = fc.record({ trial: trials, dtype: fc.constantFrom(...floats), pick: fc.nat(40) });
        holds(context, cases, 15, ({ trial: { what, layouts, make }, dtype, pick }) => {
          const setting = { comm, backend, dtype };
          const { A, local } = make(setting);
          const layout = layoutFor(A, layouts, comm, pick);
          const { whole, x } = modelOf(A.dims, layout, 1, setting);
          const other = modelOf(A.dims, layout, 2, setting).x;
          const title = `${what} of ${dtype}, ${layout}`;
          const limit = 30 * tolerance(dtype);

          const [y, z]: [AnyVector, AnyVector] = [A.matvec(x), A.matvec(other)];
          const [a, b]: [Scalar, Scalar] =
            isComplex(dtype) && A.complexLinear
              ? [
                  { re: 1, im: -2 },
                  { re: 0.5, im: 3 },
                ]
              : [-2, 3];
          const sum = A.matvec(x.multiply(a).addInPlace(other.multiply(b)));
          const scale = abs(a) * y.norm() + abs(b) * z.norm();
          const wrong = within(
            `${title}: not linear`,
            relative(sum, y.copy().scale(a).axpby(b, z, 1), scale),
            limit,
          );

          if (A.domainOf(y.space).equals(x.space))
            wrong.push(
              ...within(
                `${title}: dot test`,
                A.dotTest({ domain: x.space, rtol: 1, raise: false }).error,
                limit,
              ),
            );

          if (local) {
            const exact = local.matvec(whole.reshape(local.dims));
            const back = local.rmatvec(exact);
            const found = {
              'one rank': differenceOf(y.asArray().reshape(exact.shape), exact, limit),
              'one rank and back': differenceOf(A.rmatvec(y).asArray().reshape(back.shape), back, limit),
            };
            for (const [what, text] of Object.entries(found))
              if (text) wrong.push(`${title}: ${what}: ${text}`);
          }
          return wrong;
        });
      },
    );

    distributed(`${name}: adjoints of products`, { backends: ['cpu'], timeout: 60_000 * MORE }, (context) => {
      const { comm, backend, floats, tolerance } = context;
      const cases = fc.record({
        trial: trials,
        dtype: fc.constantFrom(...floats),
        pick: fc.nat(40),
        axes: fc.tuple(fc.nat(3), fc.nat(3)),
      });
      holds(context, cases, 8, ({ trial: { what, layouts, make }, dtype, pick, axes }) => {
        const setting = { comm, backend, dtype };
        const { A } = make(setting);
        const { x } = modelOf(A.dims, layoutFor(A, layouts, comm, pick), 3, setting);
        const z: AnyVector = A.matvec(x);
        const title = `${what} of ${dtype}, ${x.layout}`;
        const limit = 30 * tolerance(dtype);
        const wrong: string[] = [];
        const check = (P: AnyOperator, parts: readonly AnyOperator[], label: string): void => {
          const y: AnyVector = P.matvec(x);
          const expected = parts.reduce((v: AnyVector, part): AnyVector => part.rmatvec(v), y);
          wrong.push(
            ...within(`${title}: ${label}`, relative(P.H.matvec(y), expected, expected.norm()), limit),
          );
          if (P.domainOf(y.space).equals(x.space))
            wrong.push(
              ...within(
                `${title}: dot test of ${label}`,
                P.dotTest({ domain: x.space, rtol: 1, raise: false }).error,
                limit,
              ),
            );
        };
        check(A.H.mul(A), [A.H, A], 'AᴴA');
        // an operator without a null space, so that the result does not consist of rounding errors
        // alone
        const smoothing = (dims: Shape, axis: number): AnyOperator =>
          new MPIConvolve1D(dims, [3, 1], { axis: axis % dims.length, dtype: realOf(dtype) });
        if (layouts !== 'its own') {
          const D = smoothing(A.dims, axes[0]);
          check(A.mul(D), [A, D], '(AD)ᴴ');
        }
        if (
          z instanceof DistributedArray &&
          z.layout.kind === 'boxes' &&
          (layouts === 'any' || !z.layout.replicated)
        ) {
          const D = smoothing(A.dimsd, axes[1]);
          check(D.mul(A), [D, A], '(DA)ᴴ');
        }
        return wrong;
      });
    });
  }

  distributed('adjoints of products and sums', { backends: ['cpu'] }, (context) => {
    const { comm, backend, floats, tolerance } = context;
    const pairs = shapes.chain((dims) =>
      fc.record({
        first: derivativesOn(dims),
        second: derivativesOn(dims),
        dtype: fc.constantFrom(...floats),
        pick: fc.nat(40),
      }),
    );
    holds(context, pairs, 30, ({ first, second, dtype, pick }) => {
      const setting = { comm, backend, dtype };
      const [A, B] = [first.make(setting).A, second.make(setting).A];
      const { x } = modelOf(A.dims, layoutFor(A, 'any', comm, pick), 3, setting);
      const y: AnyVector = A.mul(B).matvec(x);
      const title = `${first.what} and ${second.what} of ${dtype}, ${x.layout}`;
      const limit = 30 * tolerance(dtype);
      const [ah, bh]: [AnyVector, AnyVector] = [A.rmatvec(y), B.rmatvec(y)];
      const expected: AnyVector = B.rmatvec(ah);
      return [
        ...within(`${title}: (AB)ᴴ`, relative(A.mul(B).H.matvec(y), expected, expected.norm()), limit),
        ...within(`${title}: BᴴAᴴ`, relative(B.H.mul(A.H).matvec(y), expected, expected.norm()), limit),
        ...within(
          `${title}: (A + B)ᴴ`,
          relative(A.add(B).H.matvec(y), ah.copy().addInPlace(bh), ah.norm() + bh.norm()),
          limit,
        ),
      ];
    });
  });

  distributed('models without elements are accepted', { backends: ['cpu'] }, ({ comm }) => {
    const A = new MPIFirstDerivative([comm.size, 0]);
    const x = A.domain().zeros();
    expect(product(A.matvec(x).asArray().shape)).to.equal(0);
    expect(A.dotTest({ domain: x.space }).passed).to.equal(true);
  });
});
