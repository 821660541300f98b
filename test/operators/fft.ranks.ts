import { expect } from 'chai';
import { type DType, isComplex } from '../../src/core/base/dtype.js';
import { ArgumentError, PartitionError, ShapeError } from '../../src/core/base/errors.js';
import type { Shape } from '../../src/core/base/shape.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { Layout } from '../../src/core/distributed/layout.js';
import type { AnyOperator } from '../../src/core/operator/linear-operator.js';
import type { Communicator } from '../../src/core/ports/communicator.js';
import { FFT_NORMS } from '../../src/core/schemes/fourier-scheme.js';
import type { AnyVector } from '../../src/core/vector/vector.js';
import { type AnyLocalOperator, FFT, FFTND } from '../../src/local/index.js';
import { MPIFFT1D, MPIFFT2D, MPIFFTND, type MPILinearOperator } from '../../src/operators/index.js';
import { compareWithLocal, fewInputs, inputs } from '../support/against-local.js';
import { distributed, group } from '../support/distributed.js';
import { expectClose } from '../support/expect-close.js';
import { expectAllThrow, NOTHING, placed, traffic } from '../support/vectors.js';

type Pair = readonly [MPILinearOperator, AnyLocalOperator];

const nd = (
  dims: number[],
  options: ConstructorParameters<typeof MPIFFTND>[1] & { axes: number[] },
): Pair => {
  const { modelAxis: _m, dataAxis: _d, comm: _c, ...local } = options;
  return [new MPIFFTND(dims, options), new FFTND(dims, { norm: 'none', ...local })];
};

group('FFT', () => {
  /** Transforms of a dtype beside the local ones, by what they are. */
  const CASES: Readonly<Record<string, (real: boolean, dtype: DType) => Pair>> = {
    '[5, 6] over both axes': (real, dtype) => nd([5, 6], { axes: [0, 1], real, dtype }),
    '[7, 4] over axes 1 and 0, norm 1/n': (real, dtype) =>
      nd([7, 4], { axes: [1, 0], real, norm: '1/n', dtype }),
    '[4, 3, 5] over axes 2 and 0, other lengths, shifted': (real, dtype) =>
      nd([4, 3, 5], {
        axes: [2, 0],
        real,
        nffts: [3, 7],
        norm: 'ortho',
        ifftshiftBefore: true,
        fftshiftAfter: [true, false],
        dtype,
      }),
    '[3, 4, 2] over all axes, data split along axis 1': (real, dtype) =>
      nd([3, 4, 2], { axes: [0, 1, 2], real, dataAxis: 1, dtype }),
    '[6, 3] over axis 1, complex, shifted': (_, dtype) =>
      nd([6, 3], { axes: [1], real: false, fftshiftAfter: true, dtype }),
    '[4, 6] over axis 0 alone, padded': (real, dtype) => [
      new MPIFFT1D([4, 6], { axis: 0, real, nfft: 8, dtype }),
      new FFT([4, 6], { axis: 0, real, nfft: 8, norm: 'none', dtype }),
    ],
    '[9] alone': (real, dtype) => [
      new MPIFFT1D(9, { real, norm: 'ortho', dtype }),
      new FFT(9, { real, dtype }),
    ],
  };
  for (const [name, make] of Object.entries(CASES))
    distributed(`${name}: div is the inverse, or solves least squares`, ({ floats, tolerance }) => {
      for (const dtype of floats)
        for (const A of make(!isComplex(dtype), dtype)) {
          const near = 30 * tolerance(dtype);
          const domain = A.domain({ dtype: A.dtype });
          const x: AnyVector = domain.random(1);
          const y: AnyVector = A.matvec(x as never);
          // Where axes are not cut, x is the only solution
          const solution: AnyVector = A.div(y as never);
          if (!name.includes('other lengths')) expectClose(solution as never, x as never, near, name);
          for (const B of [A, A.H] as AnyOperator[]) {
            const data: AnyVector = B.rangeOf(B === A ? domain : y.space).random(2);
            const found: AnyVector = B.div(data);
            const residual = (B.matvec(found) as AnyVector).axpby(1, data, -1);
            const gradient = B.rmatvec(residual).norm() / B.rmatvec(data).norm();
            expect(gradient, `${name} ${dtype}`).to.be.below(near);
          }
          expect(A.frameBound).to.be.above(0);
          for (const niter of [1.5, Number.NaN])
            expect(() => A.div(y as never, { niter })).to.throw(ArgumentError, 'expected niter');
        }
    });

  for (const [name, make] of Object.entries(CASES))
    distributed(`${name}: equals the local operator, in any layout`, ({ floats, comm, tolerance }) => {
      for (const dtype of floats) {
        const [A, L] = make(!isComplex(dtype), dtype);
        const layouts = dtype === 'float64' ? inputs : fewInputs;
        compareWithLocal(A, L, dtype, comm, 10 * tolerance(dtype), dtype, layouts);
      }
    });

  /** The usual layouts, and all elements on rank 0. */
  const withOnOne = (comm: Communicator) => (dims: Shape) => [
    ...inputs(dims, comm),
    Layout.fromLocalShapes(
      Array.from({ length: comm.size }, (_, r) => [r === 0 ? (dims[0] as number) : 0, ...dims.slice(1)]),
      0,
    ),
  ];
  for (const dims of [[0], [1], [2], [1, 3], [4, 1], [2, 1, 2], [0, 2]])
    distributed(
      `[${dims}]: equals the local operator where an axis has one sample or none`,
      { backends: ['cpu'] },
      ({ comm, floats, tolerance }) => {
        for (const axes of [[0], dims.map((_, k) => k)].slice(dims.length > 1 ? 0 : 1)) {
          for (const dtype of floats.slice(1, 3)) {
            const nffts = axes.map((axis) => Math.max(1, dims[axis] as number));
            const [A, L] = nd(dims, { axes, nffts, real: !isComplex(dtype), dtype });
            const what = `${dtype}, axes ${axes}`;
            compareWithLocal(A, L, dtype, comm, 10 * tolerance(dtype), what, withOnOne(comm));
          }
        }
      },
    );

  distributed(
    'one sample and zeros: equals the local operator',
    { backends: ['cpu'] },
    ({ comm, tolerance }) => {
      const dtype = 'float32';
      const [A, L] = nd([1], { axes: [0], nffts: [5], real: true, dtype });
      compareWithLocal(A, L, dtype, comm, 10 * tolerance(dtype), dtype, withOnOne(comm));
    },
  );

  for (const [n, options] of [
    [1024, {}],
    [1155, { norm: 'ortho' }],
    [1056, { nfft: 1155, ifftshiftBefore: true, fftshiftAfter: true }],
    [1300, { nfft: 1056, norm: '1/n', fftshiftAfter: true }],
    [1031, { ifftshiftBefore: true }],
  ] as const)
    distributed(`of one axis of ${n} samples equals the local operator`, ({ floats, comm, tolerance }) => {
      for (const dtype of floats) {
        for (const real of isComplex(dtype) ? [false] : [true, false]) {
          const o = { ...options, real, dtype };
          const [A, L] = [new MPIFFT1D(n, o), new FFT(n, { norm: 'none', ...o })];
          const layouts = real || isComplex(dtype) ? inputs : fewInputs;
          const what = `${dtype}, real ${real}`;
          compareWithLocal(A, L, dtype, comm, 30 * tolerance(dtype), what, layouts);
        }
      }
    });

  distributed(
    'of one axis sends three transfers, and of a prime length two',
    { backends: ['cpu'] },
    ({ comm }) => {
      const p = comm.size;
      const sent = (n: number) => {
        const [A, x] = [new MPIFFT1D(n), DistributedArray.random(n, { dtype: 'complex128' })];
        A.matvec(x);
        return traffic(comm, () => A.matvec(x));
      };
      expect(sent(1296)).to.deep.equal({ ...NOTHING, messages: 3 * (p - 1) });
      // all data move to one rank and back
      expect(sent(1031).messages).to.equal(comm.rank === 0 ? p - 1 : 1);
    },
  );

  for (const norm of FFT_NORMS)
    distributed(
      `has the norm '${norm}' of the local operator`,
      { ranks: [2], backends: ['cpu'] },
      ({ comm }) => {
        const options = { axes: [0, 1, 2], norm, real: true, dtype: 'float64' } as const;
        const layouts = () => [Layout.split([3, 2, 4], comm.size)];
        compareWithLocal(
          new MPIFFTND([3, 2, 4], options),
          new FFTND([3, 2, 4], options),
          'float64',
          comm,
          1e-12,
          norm,
          (dims) => (dims[2] === 4 ? layouts() : [Layout.split(dims, comm.size)]),
        );
      },
    );

  distributed(
    'sends nothing along whole axes, and along others each way once',
    { backends: ['cpu'] },
    ({ comm }) => {
      const p = comm.size;
      const sent = (A: MPILinearOperator, layout: Layout) => {
        const x = placed(
          DistributedArray.random(A.dims, { dtype: 'complex128', partition: 'UNSAFE_BROADCAST' }).local,
          layout,
          comm,
        );
        A.matvec(x);
        return traffic(comm, () => A.matvec(x));
      };
      const dims = [8, 8, 8];
      const slabs = (axis: number) => Layout.split(dims, p, axis);
      const messages = (n: number) => ({ ...NOTHING, messages: n * (p - 1) });
      // whole axes need no messages, other axes need messages in both directions, and a result in
      // another layout needs messages in one direction only
      expect(sent(new MPIFFT2D(dims, { axes: [1, 2] }), slabs(0))).to.deep.equal(NOTHING);
      expect(sent(new MPIFFTND(dims), slabs(0))).to.deep.equal(messages(2));
      expect(sent(new MPIFFTND(dims), slabs(2))).to.deep.equal(messages(2));
      expect(sent(new MPIFFTND(dims, { dataAxis: 1 }), slabs(0))).to.deep.equal(messages(1));
      expect(sent(new MPIFFT1D(dims, { axis: 0 }), slabs(0))).to.deep.equal(messages(2));
      // pencils: two transfers between two ranks each, and two back
      if (p === 4)
        expect(sent(new MPIFFTND(dims), Layout.grid(dims, p, [2, 2, 1])).messages).to.be.at.most(8);
      // a replicated model: each rank uses its own part of it
      expect(sent(new MPIFFTND(dims), Layout.replicated(dims, p))).to.deep.equal(messages(2));
    },
  );

  distributed('keeps single precision, and the space of products', ({ comm }) => {
    const F = new MPIFFTND([4, 3, 2], { real: true });
    const x = DistributedArray.random([4, 3, 2], { dtype: 'float32' });
    const y = F.matvec(x);
    expect(y.dtype).to.equal('complex64');
    expect(y.globalShape).to.deep.equal([4, 3, 2]);
    expect(F.H.mul(F).matvec(x).space).to.equal(x.space);
    const G = new MPIFFTND([4, 3, 2], { dataAxis: 1 });
    expect(G.domainOf(G.range()).equals(G.domain())).to.equal(true);
    expect(G.rangeOf(G.domain()).layout.equals(Layout.split([4, 3, 2], comm.size, 1))).to.equal(true);
  });

  distributed('refuses arguments that do not fit, on all ranks', { backends: ['cpu'] }, ({ comm }) => {
    expectAllThrow(comm, () => new MPIFFT2D([4, 4], { axes: [0] }), ShapeError);
    expectAllThrow(comm, () => new MPIFFTND([4, 4], { axes: [0, 0] }), ShapeError);
    expectAllThrow(comm, () => new MPIFFTND([4, 4], { axes: [0, 1], nffts: [3] }), ShapeError);
    expectAllThrow(comm, () => new MPIFFTND([4, 4], { axes: [0, 1], nffts: [0, 4] }), ArgumentError);
    expectAllThrow(
      comm,
      () => new MPIFFTND([4, 4], { axes: [0, 1], norm: 'backward' as 'none' }),
      ArgumentError,
    );
    expectAllThrow(comm, () => new MPIFFT2D([4, 4]).matvec(DistributedArray.zeros([4, 5])), ShapeError);
    expectAllThrow(
      comm,
      () => new MPIFFT2D([4, 4]).matvec(DistributedArray.zeros([4, 4], { comm: comm.dup() })),
      PartitionError,
    );
  });
});
