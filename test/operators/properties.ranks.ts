import { expect } from 'chai';
import fc from 'fast-check';
import type { Backend } from '../../src/core/backend.js';
import type { Communicator } from '../../src/core/communicator.js';
import { abs, type Scalar } from '../../src/core/complex.js';
import { DERIVATIVE_KINDS } from '../../src/core/derivative-scheme.js';
import { type DType, isComplex } from '../../src/core/dtype.js';
import { FFT_NORMS } from '../../src/core/fourier-scheme.js';
import type { Layout } from '../../src/core/layout.js';
import type { AnyOperator } from '../../src/core/linear-operator.js';
import { NDArray } from '../../src/core/ndarray.js';
import { product, type Shape } from '../../src/core/shape.js';
import { DistributedSpace } from '../../src/core/space.js';
import type { AnyVector } from '../../src/core/vector.js';
import {
  type AnyLocalOperator,
  BlockDiag,
  FFTND,
  FirstDerivative,
  Fredholm1,
  Gradient,
  HStack,
  Identity,
  Laplacian,
  MatrixMult,
  SecondDerivative,
  VStack,
} from '../../src/local/index.js';
import {
  MPIBlockDiag,
  MPIFFTND,
  MPIFirstDerivative,
  MPIFredholm1,
  MPIGradient,
  MPIHalo,
  MPIHStack,
  MPILaplacian,
  MPISecondDerivative,
  MPIVStack,
} from '../../src/operators/index.js';
import { inputs } from '../support/against-local.js';
import { distributed, group, type RanksContext } from '../support/distributed.js';
import { difference, layoutsOf, placed } from '../support/vectors.js';

interface Setting {
  readonly comm: Communicator;
  readonly backend: Backend;
  readonly dtype: DType;
}

/** A distributed operator as plain data gives it, and the local one that does the same. */
interface Trial {
  readonly what: string;
  /** Layouts in which it takes models. */
  readonly layouts: 'any' | 'scattered' | 'its own';
  make(setting: Setting): { readonly A: AnyOperator; readonly local?: AnyLocalOperator };
}

const trial =
  <T>(name: string, layouts: Trial['layouts'], make: (data: T, setting: Setting) => ReturnType<Trial['make']>) =>
  (data: T): Trial => ({ what: `${name} ${JSON.stringify(data)}`, layouts, make: (setting) => make(data, setting) });

const extent = fc.integer({ min: 1, max: 6 });
const shapes = fc.array(extent, { minLength: 1, maxLength: 3 });
const sampling = fc.constantFrom(0.5, 1, 2);
const kinds = fc.constantFrom(...DERIVATIVE_KINDS);
/** A shape and some of its axes, in any order. */
const axesOf = shapes.chain((dims) =>
  fc.record({
    dims: fc.constant(dims),
    axes: fc.shuffledSubarray(
      dims.map((_, k) => k),
      { minLength: 1 },
    ),
  }),
);

/** Square operators on arrays of one shape. */
const derivativesOn = (dims: Shape): fc.Arbitrary<Trial> => {
  const axis = fc.nat(dims.length - 1);
  return fc.oneof(
    fc
      .record({ axis, kind: kinds, order: fc.constantFrom(3 as const, 5 as const), edge: fc.boolean(), sampling })
      .map(
        trial(`first derivative of [${dims}]`, 'any', (o) => ({ A: new MPIFirstDerivative(dims, o), local: new FirstDerivative(dims, o) })),
      ),
    fc.record({ axis, kind: kinds, edge: fc.boolean(), sampling }).map(
      trial(`second derivative of [${dims}]`, 'any', (o) => ({
        A: new MPISecondDerivative(dims, o),
        local: new SecondDerivative(dims, o),
      })),
    ),
    fc
      .record({
        axes: fc.shuffledSubarray(
          dims.map((_, k) => k),
          { minLength: 1 },
        ),
        weight: fc.constantFrom(-2, 1),
        edge: fc.boolean(),
      })
      .map(
        trial(`Laplacian of [${dims}]`, 'any', ({ axes, weight, edge }) => {
          const o = { axes, weights: axes.map((k) => weight + k), edge };
          return { A: new MPILaplacian(dims, o), local: new Laplacian(dims, o) };
        }),
      ),
  );
};

/** Matrices, each on a rank of its own choice, in order. */
const blocks = fc.record({
  shared: extent,
  list: fc.array(fc.record({ n: extent, m: extent, rank: fc.nat(3) }), { minLength: 1, maxLength: 4 }),
});
function matrices({ list }: { list: { rank: number }[] }, { comm, backend, dtype }: Setting, shapeOf: (k: number) => [number, number]) {
  const all = list.map((_, k) => new MatrixMult(NDArray.normal(shapeOf(k), { dtype, backend, seed: k })));
  const owners = list.map(({ rank }) => Math.min(rank, comm.size - 1)).sort((a, b) => a - b);
  return { all, mine: all.filter((_, k) => owners[k] === comm.rank) };
}

const trials: fc.Arbitrary<Trial> = fc.oneof(
  shapes.chain(derivativesOn),
  fc.record({ dims: shapes, kind: kinds, edge: fc.boolean(), sampling }).map(
    trial('gradient', 'any', ({ dims, ...o }, { dtype }) => ({
      A: new MPIGradient(dims, { ...o, dtype }),
      local: new Gradient(dims, { ...o, dtype }),
    })),
  ),
  blocks.map(
    trial('block diagonal', 'scattered', (data, setting) => {
      const { all, mine } = matrices(data, setting, (k) => [data.list[k]?.n ?? 1, data.list[k]?.m ?? 1]);
      return { A: new MPIBlockDiag(mine), local: new BlockDiag(all) };
    }),
  ),
  blocks.map(
    trial('vertical stack', 'its own', (data, setting) => {
      const { all, mine } = matrices(data, setting, (k) => [data.list[k]?.n ?? 1, data.shared]);
      return { A: new MPIVStack(mine), local: new VStack(all) };
    }),
  ),
  blocks.map(
    trial('horizontal stack', 'scattered', (data, setting) => {
      const { all, mine } = matrices(data, setting, (k) => [data.shared, data.list[k]?.m ?? 1]);
      return { A: new MPIHStack(mine), local: new HStack(all) };
    }),
  ),
  fc.record({ dims: shapes, halo: fc.nat(3), adjoint: fc.constantFrom('crop' as const, 'exact' as const) }).map(
    trial('halo', 'scattered', ({ dims, halo, adjoint }) => {
      const A = new MPIHalo(dims, { halo, adjoint });
      // the true adjoint adds ghost cells, cropping undoes the growth
      return adjoint === 'exact' ? { A } : { A: A.H.mul(A), local: new Identity(dims, dims) };
    }),
  ),
  fc.record({ on: axesOf, norm: fc.constantFrom(...FFT_NORMS), real: fc.boolean() }).map(
    trial('FFT', 'any', ({ on: { dims, axes }, norm, real }, { dtype }) => {
      const o = { axes, norm, real: real && !isComplex(dtype), dtype };
      return { A: new MPIFFTND(dims, o), local: new FFTND(dims, o) };
    }),
  ),
  fc.record({ kernel: fc.tuple(extent, extent, extent), nz: fc.integer({ min: 1, max: 3 }) }).map(
    trial('Fredholm', 'any', ({ kernel, nz }, { dtype, backend }) => {
      const G = NDArray.normal(kernel, { dtype, backend });
      return { A: MPIFredholm1.fromGlobal(G, nz), local: new Fredholm1(G, nz) };
    }),
  ),
);

function layoutFor(A: AnyOperator, layouts: Trial['layouts'], comm: Communicator, pick: number): Layout {
  const own = A.domain();
  if (!(own instanceof DistributedSpace)) throw new Error(`${A.name} takes no distributed arrays`);
  if (layouts === 'its own') return own.layout;
  const list = layouts === 'any' ? inputs(A.dims, comm) : layoutsOf(A.dims, comm.size);
  return list[pick % list.length] as Layout;
}

/** A random array that is the same on all ranks, and its parts in a layout. */
function modelOf(shape: Shape, layout: Layout, seed: number, { comm, backend, dtype }: Setting) {
  const whole = NDArray.normal(shape, { dtype, backend, seed });
  return { whole, x: placed(whole.reshape(layout.globalShape), layout, comm) };
}

/** Relative to what was added up, since a sum may cancel. */
const relative = (actual: AnyVector, expected: AnyVector, scale: number): number => {
  const error = actual.copy().subtractInPlace(expected).norm();
  return scale > 0 ? error / scale : error;
};

/** Runs a property on all ranks with the same draws; what fails on one rank fails, and is made smaller, on all. */
function holds<T>({ comm }: RanksContext, arbitrary: fc.Arbitrary<T>, numRuns: number, body: (value: T) => string[]): void {
  fc.assert(
    fc.property(arbitrary, (value) => {
      const wrong = comm.allgatherObject(body(value)).flat();
      expect(wrong).deep.equals([]);
    }),
    { seed: 20, numRuns, endOnFailure: false },
  );
}

const within = (what: string, error: number, tolerance: number): string[] => (error <= tolerance ? [] : [`${what}: ${error}`]);

group('properties of distributed operators', () => {
  distributed('linear; a true adjoint; the same on any number of ranks', { backends: ['cpu'], timeout: 60_000 }, (context) => {
    const { comm, backend, floats, tolerance } = context;
    const cases = fc.record({ trial: trials, dtype: fc.constantFrom(...floats), pick: fc.nat(40) });
    holds(context, cases, 60, ({ trial: { what, layouts, make }, dtype, pick }) => {
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
      const wrong = within(`${title}: not linear`, relative(sum, y.copy().scale(a).axpby(b, z, 1), scale), limit);

      if (A.domainOf(y.space).equals(x.space))
        wrong.push(...within(`${title}: dot test`, A.dotTest({ domain: x.space, rtol: 1, raise: false }).error, limit));

      if (local) {
        const exact = local.matvec(whole);
        wrong.push(...within(`${title}: one rank`, difference(y.asArray().reshape(exact.shape), exact), limit));
        const back = local.rmatvec(exact);
        wrong.push(...within(`${title}: one rank and back`, difference(A.rmatvec(y).asArray().reshape(back.shape), back), limit));
      }
      return wrong;
    });
  });

  distributed('adjoints of products and sums', { backends: ['cpu'] }, (context) => {
    const { comm, backend, floats, tolerance } = context;
    const pairs = shapes.chain((dims) =>
      fc.record({ first: derivativesOn(dims), second: derivativesOn(dims), dtype: fc.constantFrom(...floats), pick: fc.nat(40) }),
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
        ...within(`${title}: (A + B)ᴴ`, relative(A.add(B).H.matvec(y), ah.copy().addInPlace(bh), ah.norm() + bh.norm()), limit),
      ];
    });
  });

  distributed('whole models of no elements fail nowhere', { backends: ['cpu'] }, ({ comm }) => {
    const A = new MPIFirstDerivative([comm.size, 0]);
    const x = A.domain().zeros();
    expect(product(A.matvec(x).asArray().shape)).equals(0);
    expect(A.dotTest({ domain: x.space }).passed).equals(true);
  });
});
