import { expect } from 'chai';
import { fillNormal } from '../../src/core/base/random.js';
import { product } from '../../src/core/base/shape.js';
import { NDArray, tidy } from '../../src/core/index.js';
import type { Backend, Decomposition } from '../../src/core/ports/backend.js';
import { decompositionParts } from '../../src/core/ports/decompositions.js';
import { type CudaBackend, type CudaCounters, cudaAddon } from '../../src/gpu/cuda/index.js';
import {
  type AnyLocalOperator,
  Convolve1D,
  Convolve2D,
  FirstDerivative,
  Laplacian,
  Restriction,
  SecondDerivative,
} from '../../src/local/index.js';
import { cgls } from '../../src/optimization/index.js';
import { testCudaBackend } from '../support/emulated-cuda.js';
import { skip } from '../support/skip.js';
import { counted as countedOn } from './counted.js';

const backend: CudaBackend = testCudaBackend();

const counted = (work: () => void): CudaCounters => countedOn(backend, work);

const launches = (count: number): CudaCounters => ({
  launches: count,
  libraryCalls: 0,
  synchronizations: 0,
  bytesToDevice: 0,
  bytesToHost: 0,
});
const answers = (count: number, kernels: number): CudaCounters => ({
  ...launches(kernels),
  synchronizations: 1,
  bytesToHost: 16 * count,
});

const random = (shape: readonly number[], seed = 1, on: Backend = backend): NDArray =>
  NDArray.fromHost(fillNormal(seed, 0, new Float64Array(product(shape))), shape, { backend: on });
const run = (x: NDArray) => ({ storage: x.storage, offset: x.offset, size: x.size });

describe('the cost of calls of the CUDA backend', () => {
  const [x, y, z] = [random([40, 50]), random([40, 50], 2), random([40, 50], 3)];
  const [a, b, c] = [run(x), run(y), run(z)];

  it('elementwise kernels: one launch, no copy, no synchronization', () => {
    const works: Record<string, () => void> = {
      unary: () => backend.unary('exp', a, c),
      binary: () => backend.binary('add', a, b, c),
      'with a scalar': () => backend.binary('multiply', a, 3, c),
      'two terms': () => backend.linearCombination([2, 3], [a, b], c),
      'eight terms': () => backend.linearCombination([1, 2, 3, 4, 5, 6, 7, 8], [a, b, a, b, a, b, a, b], c),
      threshold: () => backend.threshold('soft', 0.5, a, c),
      fill: () => backend.fill(c, 3),
      random: () =>
        backend.random(c, {
          distribution: 'normal',
          seed: 1,
          draw: 0,
          shape: [40, 50],
          start: 0,
          strides: [50, 1],
          parameters: [0, a],
        }),
      transpose: () =>
        backend.stridedCopy(
          [50, 40],
          { elements: a, start: 0, strides: [1, 50] },
          { elements: c, start: 0, strides: [40, 1] },
          'set',
        ),
      'reduceAxis, rows': () => backend.reduceAxis('sum', a, [1, 2000, 1], { ...c, size: 1 }),
      'reduceAxis, columns': () => backend.reduceAxis('sum', a, [1, 40, 50], { ...c, size: 50 }),
    };
    for (const [name, work] of Object.entries(works)) expect(counted(work), name).to.deep.equal(launches(1));
    for (const nothing of [() => backend.copy(a, c), () => backend.fill(c, 0)])
      expect(counted(nothing)).to.deep.equal(launches(0));
  });

  it('reductions: one launch, one transfer of a pair for each result, one synchronization', () => {
    const inner = (p: typeof a, q: typeof a) => ({ x: p, y: q, conjugate: true });
    expect(counted(() => backend.dots([inner(a, b)]))).to.deep.equal(answers(1, 1));
    expect(counted(() => backend.dots([inner(a, b), inner(a, a), inner(b, b), inner(a, c)]))).to.deep.equal(
      answers(4, 1),
    );
    expect(counted(() => backend.dots([a, b, c, a, b].map((e) => inner(e, e))))).to.deep.equal(answers(5, 2));
    expect(counted(() => backend.reduce('sumSquares', a))).to.deep.equal(answers(1, 1));
    expect(counted(() => backend.argExtreme('max', a))).to.deep.equal(answers(1, 1));
    expect(counted(() => backend.kthSmallest(a, 7))).to.deep.equal(answers(1, 8));
  });

  it('sort: one launch for short lines, one for each pass over more than a tile', () => {
    expect(counted(() => backend.sort(a, [1, 2000, 1], c))).to.deep.equal(launches(1));
    const [long] = [NDArray.zeros([9000], { backend })];
    // three doublings of tiles of 2048: 1, 2 and 3 passes over all, and each time one within tiles
    expect(counted(() => backend.sort(run(long), [1, 9000, 1], run(long)))).to.deep.equal(launches(10));
  });

  const rows = Array.from({ length: 17 }, (_, i) => (7 * i) % 40);
  const ONE_LAUNCH: Readonly<Record<string, () => AnyLocalOperator>> = {
    'FirstDerivative along axis 0': () => new FirstDerivative([40, 50], { axis: 0, edge: true }),
    'FirstDerivative along axis 1': () => new FirstDerivative([40, 50], { axis: 1, order: 5 }),
    SecondDerivative: () => new SecondDerivative([40, 50], { axis: 0 }),
    Laplacian: () => new Laplacian([40, 50]),
    'Convolve1D along axis 0': () => new Convolve1D([40, 50], random([9]), { axis: 0, offset: 4 }),
    'Convolve1D along axis 1': () => new Convolve1D([40, 50], random([9]), { axis: 1, offset: 0 }),
    Convolve2D: () => new Convolve2D([40, 50], random([3, 5]), { offset: [1, 2] }),
    Restriction: () => new Restriction([40, 50], rows, { axis: 0 }),
  };
  for (const [name, make] of Object.entries(ONE_LAUNCH))
    it(`${name}: one launch, in both directions`, () => {
      const A = make();
      const to = A.matvec(x);
      expect(counted(() => void A.matvec(x, to))).to.deep.equal(launches(1));
      expect(
        counted(() => void A.rmatvec(to, z)),
        'adjoint',
      ).to.deep.equal(launches(1));
    });

  it('gather and scatterAdd: one launch', () => {
    const [index, half] = [
      NDArray.fromHost(Int32Array.from(rows), [17], { backend }),
      NDArray.zeros([17, 50], { backend }),
    ];
    const table = { outer: 1, nx: 40, ny: 17, inner: 50, width: 1, index: run(index) };
    expect(counted(() => backend.gather(a, run(half), table))).to.deep.equal(launches(1));
    expect(counted(() => backend.scatterAdd(run(half), c, table))).to.deep.equal(launches(1));
  });

  it('matrix products and Fourier transforms: one call of the library', () => {
    const m = {
      m: 40,
      n: 40,
      k: 50,
      transA: 'n',
      transB: 't',
      lda: 50,
      ldb: 50,
      ldc: 40,
      batch: 1,
      strideA: 0,
      strideB: 0,
      strideC: 0,
      alpha: 1,
      beta: 0,
    } as const;
    expect(counted(() => backend.matmul(a, b, { ...c, size: 1600 }, m))).to.deep.equal({
      ...launches(0),
      libraryCalls: 1,
    });
    const spectrum = run(NDArray.zeros([40, 26], { dtype: 'complex128', backend }));
    const plan = { kind: 'r2c', shape: [40, 50], axes: [0, 1], direction: 'forward', scale: 1 } as const;
    expect(counted(() => backend.fft(a, spectrum, plan))).to.deep.equal({ ...launches(0), libraryCalls: 1 });
  });

  it('scatterAdd makes its table by columns on the device, and again when the index was written', () => {
    const [index, from, to] = [
      NDArray.fromHost(Int32Array.of(0, 1, 1, 2), [4], { backend }),
      random([4]),
      NDArray.zeros([3], { backend }),
    ];
    const table = { outer: 1, nx: 3, ny: 4, inner: 1, width: 1, index: run(index) };
    backend.upload(Int32Array.of(2, 2, 2, -1), run(index));
    expect(counted(() => backend.scatterAdd(run(from), run(to), table))).to.deep.equal(launches(1));
    backend.fill(run(to), 0);
    backend.upload(Int32Array.of(2, 2, 2, 0), run(index));
    const before = backend.counters();
    backend.scatterAdd(run(from), run(to), table);
    const after = backend.counters();
    expect(after.launches - before.launches).to.equal(3);
    expect(after.bytesToHost).to.equal(before.bytesToHost);
    const [p, q, r, s] = from.toArray() as number[];
    expect(to.toArray()).to.deep.equal([s, 0, (p as number) + (q as number) + (r as number)]);
  });

  it('decompositions: a call of the library for each matrix or for all, few launches, one wait', function () {
    const state = cudaAddon();
    if (!state.available || !state.libraries.cusolver.available) skip(this, 'there is no cuSOLVER');
    const count = 5;
    const [tall, square] = [random([count, 6, 4]), random([count, 4, 4])];
    const factors = square.matmul(square.transpose([0, 2, 1])).add(NDArray.eye(4, { backend }));
    const costs = (calls: number, kernels: number): CudaCounters => ({
      ...launches(kernels),
      libraryCalls: calls,
      synchronizations: 1,
      bytesToHost: 8 * count,
    });
    const decomposed = (kind: Decomposition, m: NDArray, n = Number.POSITIVE_INFINITY): CudaCounters => {
      const [, rows, columns] = m.shape as [number, number, number];
      const of = { count, rows, columns };
      const parts = decompositionParts(kind, of, 'float64').map(({ shape, dtype }, k) =>
        k < n ? run(NDArray.zeros([count, ...shape], { dtype, backend })) : undefined,
      );
      return counted(() => expect(backend.decompose(kind, run(m), parts, of)).to.equal(-1));
    };
    expect(decomposed('lu', square), 'lu').to.deep.equal(costs(1, 4));
    expect(decomposed('lu', tall), 'lu').to.deep.equal(costs(count, 3));
    expect(decomposed('cholesky', factors), 'cholesky').to.deep.equal(costs(1, 2));
    expect(decomposed('qr', tall), 'qr').to.deep.equal(costs(2 * count, 4));
    expect(decomposed('svd', tall), 'svd').to.deep.equal(costs(count, 3));
    expect(decomposed('svd', tall.transpose([0, 2, 1]).contiguous()), 'svd').to.deep.equal(costs(count, 1));
    expect(decomposed('svd', tall, 1), 'singular values').to.deep.equal(costs(count, 1));
    expect(decomposed('eigh', factors), 'eigh').to.deep.equal(costs(count, 2));
    expect(decomposed('eigh', factors, 1), 'eigenvalues').to.deep.equal(costs(count, 1));
    expect(decomposed('eig', square), 'eig').to.deep.equal(costs(count, 2));
    const pivots = NDArray.zeros([count, 4], { dtype: 'int32', backend });
    const right = random([count, 4, 2]);
    expect(
      counted(() => backend.solveLu(run(square), run(pivots), run(right), { count, rows: 4, columns: 2 })),
    ).to.deep.equal({ ...launches(6), libraryCalls: 1 });
  });

  it('CGLS: at most six launches for vectors and two synchronizations in an iteration', () => {
    const D = new FirstDerivative([40, 50], { axis: 0, edge: true });
    const solve = (niter: number) => counted(() => tidy(() => void cgls(D, y, { niter, tol: 0, damp: 0.1 })));
    const [few, many] = [solve(4), solve(9)];
    const each = (key: keyof CudaCounters): number => (many[key] - few[key]) / 5;
    // the operator has one launch in each direction
    expect(each('launches') - 2).to.be.at.most(6);
    expect(each('synchronizations')).to.equal(2);
    expect(each('bytesToHost')).to.be.at.most(6 * 16);
    expect(each('bytesToDevice')).to.equal(0);
  });

  it('a thousand runs of a solver allocate nothing after the first', () => {
    const D = new FirstDerivative([12], { edge: true });
    const data = random([12]);
    const solve = () => tidy(() => void cgls(D, data, { niter: 2 }));
    solve();
    const before = backend.poolStats();
    for (let k = 0; k < 1000; k++) solve();
    const after = backend.poolStats();
    expect(after.driverAllocations).to.equal(before.driverAllocations);
    // arrays of other tests may be collected during this one
    expect(after.liveBytes).to.be.at.most(before.liveBytes);
    expect(after.peakBytes).to.equal(before.peakBytes);
    expect(backend.stats().hostFallbacks).to.equal(0);
  }).timeout(60_000);
});
