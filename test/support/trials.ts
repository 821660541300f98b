import fc from 'fast-check';
import { NDArray } from '../../src/core/array/ndarray.js';
import { complexOf, type DType, isComplex } from '../../src/core/base/dtype.js';
import type { Shape } from '../../src/core/base/shape.js';
import { Layout } from '../../src/core/distributed/layout.js';
import type { AnyOperator } from '../../src/core/operator/linear-operator.js';
import type { Backend } from '../../src/core/ports/backend.js';
import type { Communicator } from '../../src/core/ports/communicator.js';
import { DERIVATIVE_KINDS } from '../../src/core/schemes/derivative-scheme.js';
import { FFT_NORMS } from '../../src/core/schemes/fourier-scheme.js';
import { CsrArray } from '../../src/core/sparse/csr-array.js';
import { DistributedCsrArray } from '../../src/core/sparse/distributed-csr-array.js';
import {
  type AnyLocalOperator,
  BlockDiag,
  ConvolveND,
  FFTND,
  FirstDerivative,
  Fredholm1,
  Gradient,
  HStack,
  Identity,
  Laplacian,
  MatrixMult,
  MDC,
  NonStationaryConvolve1D,
  NonStationaryConvolve2D,
  SecondDerivative,
  Smoothing1D,
  Smoothing2D,
  VStack,
} from '../../src/local/index.js';
import {
  MATRIX_MULT_KINDS,
  MPIBlockDiag,
  MPIConvolveND,
  MPIFFT1D,
  MPIFFTND,
  MPIFirstDerivative,
  MPIFredholm1,
  MPIGradient,
  MPIHalo,
  MPIHStack,
  MPILaplacian,
  MPIMatrixMult,
  MPIMDC,
  MPINonStationaryConvolve1D,
  MPINonStationaryConvolve2D,
  MPISecondDerivative,
  MPISmoothing1D,
  MPISmoothing2D,
  MPISparseMatrixMult,
  MPIVStack,
  type ProcessGrid,
} from '../../src/operators/index.js';
import { matrix } from './sparse-matrix.js';
import { placed, ragged } from './vectors.js';

export interface Setting {
  readonly comm: Communicator;
  readonly backend: Backend;
  readonly dtype: DType;
}

/** The options of an array that an operator holds. */
const heldBy = ({ backend, dtype }: Setting) => ({ backend, dtype });

/** A distributed operator built from plain data, and the local operator that computes the same. */
export interface Trial {
  readonly what: string;
  /** The layouts of models that it accepts. */
  readonly layouts: 'any' | 'scattered' | 'its own';
  make(setting: Setting): { readonly A: AnyOperator; readonly local?: AnyLocalOperator };
}

const trial =
  <T>(
    name: string,
    layouts: Trial['layouts'],
    make: (data: T, setting: Setting) => ReturnType<Trial['make']>,
  ) =>
  (data: T): Trial => ({
    what: `${name} ${JSON.stringify(data)}`,
    layouts,
    make: (setting) => make(data, setting),
  });

const extent = fc.integer({ min: 1, max: 6 });
export const shapes = fc.array(extent, { minLength: 1, maxLength: 3 });
const sampling = fc.constantFrom(0.5, 1, 2);
const kinds = fc.constantFrom(...DERIVATIVE_KINDS);
const someAxes = (dims: Shape) =>
  fc.shuffledSubarray(
    dims.map((_, k) => k),
    { minLength: 1 },
  );
/** A shape and some of its axes, in any order. */
const axesOf = shapes.chain((dims) => fc.record({ dims: fc.constant(dims), axes: someAxes(dims) }));
const increasing = (a: number, b: number): number => a - b;

/** Square operators on arrays of one shape. */
export const derivativesOn = (dims: Shape): fc.Arbitrary<Trial> => {
  const axis = fc.nat(dims.length - 1);
  return fc.oneof(
    fc
      .record({
        axis,
        kind: kinds,
        order: fc.constantFrom(3 as const, 5 as const),
        edge: fc.boolean(),
        sampling,
      })
      .map(
        trial(`first derivative of [${dims}]`, 'any', (o) => ({
          A: new MPIFirstDerivative(dims, o),
          local: new FirstDerivative(dims, o),
        })),
      ),
    fc.record({ axis, kind: kinds, edge: fc.boolean(), sampling }).map(
      trial(`second derivative of [${dims}]`, 'any', (o) => ({
        A: new MPISecondDerivative(dims, o),
        local: new SecondDerivative(dims, o),
      })),
    ),
    fc.record({ axes: someAxes(dims), weight: fc.constantFrom(-2, 1), kind: kinds, edge: fc.boolean() }).map(
      trial(`Laplacian of [${dims}]`, 'any', ({ axes, weight, kind, edge }) => {
        const o = {
          axes,
          weights: axes.map((k) => weight + k),
          sampling: axes.map((k) => 1 + k / 2),
          kind,
          edge,
        };
        return { A: new MPILaplacian(dims, o), local: new Laplacian(dims, o) };
      }),
    ),
  );
};

const gradients = fc.record({ dims: shapes, kind: kinds, edge: fc.boolean(), sampling }).map(
  trial('gradient', 'any', ({ dims, ...o }, { dtype }) => ({
    A: new MPIGradient(dims, { ...o, dtype }),
    local: new Gradient(dims, { ...o, dtype }),
  })),
);

/** Matrices, each on a rank of its own choice, in order. */
const blocks = fc.record({
  shared: extent,
  list: fc.array(fc.record({ n: extent, m: extent, rank: fc.nat(3) }), { minLength: 1, maxLength: 4 }),
});
function matrices(
  { list }: { list: { rank: number }[] },
  { comm, backend, dtype }: Setting,
  shapeOf: (k: number) => [number, number],
) {
  const all = list.map((_, k) => new MatrixMult(NDArray.normal(shapeOf(k), { dtype, backend, seed: k })));
  const owners = list.map(({ rank }) => Math.min(rank, comm.size - 1)).sort(increasing);
  return { all, mine: all.filter((_, k) => owners[k] === comm.rank) };
}

const stacks: fc.Arbitrary<Trial> = fc.oneof(
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
);

/** The ways to write a number of ranks as a product, with one factor per axis. */
const gridsOf = (ranks: number, ndim: number): number[][] =>
  ndim === 1
    ? [[ranks]]
    : Array.from({ length: ranks }, (_, i) => i + 1)
        .filter((n) => ranks % n === 0)
        .flatMap((n) => gridsOf(ranks / n, ndim - 1).map((rest) => [n, ...rest]));

const halos = fc
  .record({
    dims: shapes,
    width: fc.array(fc.nat(4), { minLength: 6, maxLength: 6 }),
    form: fc.nat(2),
    grid: fc.nat(20),
    adjoint: fc.constantFrom('crop' as const, 'exact' as const),
  })
  .map(
    trial('halo', 'scattered', ({ dims, width, form, grid, adjoint }, { comm }) => {
      const halo = form === 0 ? (width[0] ?? 0) : width.slice(0, form * dims.length);
      const grids = gridsOf(comm.size, dims.length);
      const A = new MPIHalo(dims, { halo, procGrid: grids[grid % grids.length] ?? [], adjoint });
      // the exact adjoint adds ghost cells, and cropping reverses the growth
      return adjoint === 'exact' ? { A } : { A: A.H.mul(A), local: new Identity(dims, dims) };
    }),
  );

const flags = fc.array(fc.boolean(), { minLength: 3, maxLength: 3 });
const transforms: fc.Arbitrary<Trial> = fc.oneof(
  fc
    .record({
      on: axesOf,
      norm: fc.constantFrom(...FFT_NORMS),
      real: fc.boolean(),
      longer: fc.array(fc.integer({ min: -2, max: 3 }), { minLength: 3, maxLength: 3 }),
      before: flags,
      after: flags,
      sides: fc.array(fc.option(fc.nat(2)), { minLength: 2, maxLength: 2 }),
    })
    .map(
      trial('FFT', 'any', ({ on: { dims, axes }, norm, real, longer, before, after, sides }, { dtype }) => {
        const o = {
          axes,
          norm,
          real: real && !isComplex(dtype),
          nffts: axes.map((axis, k) => Math.max(1, (dims[axis] ?? 1) + (longer[k] ?? 0))),
          ifftshiftBefore: before.slice(0, axes.length),
          fftshiftAfter: after.slice(0, axes.length),
          dtype,
        };
        const [modelAxis, dataAxis] = sides.map((axis) =>
          axis === null ? undefined : Math.min(axis, dims.length - 1),
        );
        const along = {
          ...(modelAxis !== undefined && { modelAxis }),
          ...(dataAxis !== undefined && { dataAxis }),
        };
        return { A: new MPIFFTND(dims, { ...o, ...along }), local: new FFTND(dims, o) };
      }),
    ),
  // One axis with many samples: six steps on 2 to 4 ranks, or the work of one rank if the length
  // has no such factors.
  fc
    .record({
      nfft: fc.constantFrom(256, 257, 289, 320, 576, 600, 1024, 1056),
      longer: fc.integer({ min: -250, max: 250 }),
      norm: fc.constantFrom(...FFT_NORMS),
      real: fc.boolean(),
      ifftshiftBefore: fc.boolean(),
      fftshiftAfter: fc.boolean(),
    })
    .map(
      trial(
        'FFT of one axis',
        'any',
        ({ nfft, longer, real, ifftshiftBefore, fftshiftAfter, norm }, { dtype }) => {
          const n = nfft + longer;
          const common = { norm, real: real && !isComplex(dtype), dtype };
          return {
            A: new MPIFFT1D(n, { ...common, nfft, ifftshiftBefore, fftshiftAfter }),
            local: new FFTND(n, { ...common, axes: [0], nffts: nfft, ifftshiftBefore, fftshiftAfter }),
          };
        },
      ),
    ),
);

/** This rank's share of slices that are divided unevenly. */
function unevenSlices(G: NDArray, { comm }: Setting): NDArray {
  const counts = ragged(G.shape[0] as number, comm.size, 3);
  const start = counts.slice(0, comm.rank).reduce((a, b) => a + b, 0);
  return G.slice([start, start + (counts[comm.rank] as number)]).copy();
}

const slices: fc.Arbitrary<Trial> = fc.oneof(
  fc
    .record({
      kernel: fc.tuple(extent, extent, extent),
      nz: fc.integer({ min: 1, max: 3 }),
      even: fc.boolean(),
    })
    .map(
      trial('Fredholm', 'any', ({ kernel, nz, even }, setting) => {
        const G = NDArray.normal(kernel, { ...heldBy(setting), seed: 0 });
        return {
          A: even ? MPIFredholm1.fromGlobal(G, nz) : new MPIFredholm1(unevenSlices(G, setting), nz),
          local: new Fredholm1(G, nz),
        };
      }),
    ),
  fc
    .record({
      nt: fc.integer({ min: 1, max: 9 }),
      frequencies: fc.nat(4),
      matrix: fc.tuple(extent, extent),
      nv: fc.integer({ min: 1, max: 3 }),
      even: fc.boolean(),
      options: fc.record({
        dt: fc.constantFrom(0.5, 1),
        dr: fc.constantFrom(1, 2),
        twosided: fc.boolean(),
        conj: fc.boolean(),
        prescaled: fc.boolean(),
      }),
    })
    .map(
      trial(
        'multi-dimensional convolution',
        'any',
        ({ nt, frequencies, matrix, nv, even, options }, setting) => {
          const nfmax = Math.max(1, Math.floor(nt / 2) + 1 - frequencies);
          const G = NDArray.normal([nfmax, ...matrix], {
            seed: 0,
            backend: setting.backend,
            dtype: complexOf(setting.dtype),
          });
          const A = even
            ? MPIMDC.fromGlobal(G, nt, nv, options)
            : new MPIMDC(unevenSlices(G, setting), nt, nv, options);
          return { A, local: new MDC(G, nt, nv, options) };
        },
      ),
    ),
);

const products = fc
  .record({
    N: fc.integer({ min: 1, max: 9 }),
    K: fc.integer({ min: 1, max: 9 }),
    M: fc.integer({ min: 0, max: 6 }),
    kind: fc.constantFrom(...MATRIX_MULT_KINDS),
    grid: fc.option(fc.nat(50)),
    saveAt: fc.boolean(),
    source: fc.constantFrom('whole' as const, 'rows' as const, 'columns' as const, 'replicated' as const),
  })
  .map(
    trial('matrix product', 'any', ({ N, K, M, kind, grid, saveAt, source }, setting) => {
      const { comm } = setting;
      const A = NDArray.normal([N, K], { ...heldBy(setting), seed: 0 });
      const grids = Array.from({ length: comm.size }, (_, i) => i + 1).flatMap((rows) =>
        Array.from({ length: Math.floor(comm.size / rows) }, (_, j): ProcessGrid => [rows, j + 1]),
      );
      const chosen = grid === null ? undefined : grids[grid % grids.length];
      const options = { kind, saveAt, ...(chosen && { grid: chosen }) };
      const local = new MatrixMult(A, { otherdims: [M] });
      if (source === 'whole') return { A: MPIMatrixMult.fromGlobal(A, M, options), local };
      const layout =
        source === 'replicated'
          ? Layout.replicated([N, K], comm.size)
          : Layout.split([N, K], comm.size, source === 'rows' ? 0 : 1);
      return { A: MPIMatrixMult.fromDistributed(placed(A, layout, comm), M, options), local };
    }),
  );

const sparseProducts = fc
  .record({
    n: fc.integer({ min: 0, max: 9 }),
    m: fc.integer({ min: 1, max: 9 }),
    k: fc.option(fc.integer({ min: 1, max: 3 })),
    every: fc.integer({ min: 1, max: 6 }),
    even: fc.boolean(),
  })
  .map(
    trial('sparse matrix product', 'any', ({ n, m, k, every, even }, setting) => {
      const { comm, backend, dtype } = setting;
      const A = CsrArray.fromDense(matrix([n, m], dtype, 3, every).to(backend));
      const options = k === null ? {} : { otherdims: k };
      const counts = ragged(n, comm.size, 3);
      const start = counts.slice(0, comm.rank).reduce((a, b) => a + b, 0);
      const rows = even
        ? DistributedCsrArray.distribute(A, { comm })
        : A.sliceRows(start, start + (counts[comm.rank] as number));
      return { A: new MPISparseMatrixMult(rows, { ...options, comm }), local: new MatrixMult(A, options) };
    }),
  );

/** Positions of filters: distinct, increasing, some of them outside the axis. */
const places = fc
  .uniqueArray(fc.integer({ min: -4, max: 16 }), { minLength: 1, maxLength: 4 })
  .map((list) => list.sort(increasing).map((v) => v / 2));
const odd = fc.constantFrom(1, 3, 5, 9);

const convolutions: fc.Arbitrary<Trial> = fc.oneof(
  fc
    .record({
      on: axesOf,
      lengths: fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 3, maxLength: 3 }),
      origin: fc.array(fc.nat(7), { minLength: 3, maxLength: 3 }),
    })
    .map(
      trial('convolution', 'any', ({ on: { dims, axes: some }, lengths, origin }, setting) => {
        const axes = [...some].sort(increasing);
        const hShape = lengths.slice(0, axes.length);
        const h = NDArray.normal(hShape, { ...heldBy(setting), seed: 0 });
        const o = { axes, offset: hShape.map((n, k) => (origin[k] ?? 0) % n) };
        return { A: new MPIConvolveND(dims, h, o), local: new ConvolveND(dims, h, o) };
      }),
    ),
  fc.record({ on: axesOf, widths: fc.tuple(fc.integer({ min: 1, max: 9 }), extent) }).map(
    trial('smoothing', 'any', ({ on: { dims, axes }, widths }) => {
      const [first = 0, second] = axes;
      if (second === undefined) {
        const o = { axis: first };
        return { A: new MPISmoothing1D(widths[0], dims, o), local: new Smoothing1D(widths[0], dims, o) };
      }
      const o = { axes: [first, second] };
      return { A: new MPISmoothing2D(widths, dims, o), local: new Smoothing2D(widths, dims, o) };
    }),
  ),
  fc.record({ on: axesOf, ih: places, L: odd }).map(
    trial('convolution with changing filters', 'any', ({ on: { dims, axes }, ih, L }, setting) => {
      const hs = NDArray.normal([ih.length, L], { ...heldBy(setting), seed: 0 });
      const o = { axis: axes[0] ?? 0 };
      return {
        A: new MPINonStationaryConvolve1D(dims, hs, ih, o),
        local: new NonStationaryConvolve1D(dims, hs, ih, o),
      };
    }),
  ),
  fc
    .record({
      outer: fc.nat(3),
      plane: fc.tuple(extent, extent),
      ihx: places,
      ihz: places,
      lengths: fc.tuple(odd, odd),
    })
    .map(
      trial(
        'convolution with filters changing over a plane',
        'any',
        ({ outer, plane, ihx, ihz, lengths }, setting) => {
          const hs = NDArray.normal([ihx.length, ihz.length, ...lengths], { ...heldBy(setting), seed: 0 });
          const local = new NonStationaryConvolve2D(plane, hs, ihx, ihz);
          if (outer === 0) return { A: new MPINonStationaryConvolve2D(plane, hs, ihx, ihz), local };
          const A = new MPINonStationaryConvolve2D([outer, ...plane], hs, ihx, ihz, { axes: [1, 2] });
          return { A, local: new BlockDiag(new Array<AnyLocalOperator>(outer).fill(local)) };
        },
      ),
    ),
);

/** Every kind of distributed operator whose vectors are single arrays, by name. */
export const TRIALS: Readonly<Record<string, fc.Arbitrary<Trial>>> = {
  derivatives: shapes.chain(derivativesOn),
  gradients,
  stacks,
  halos,
  transforms,
  slices,
  products,
  sparseProducts,
  convolutions,
};
