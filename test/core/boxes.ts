import fc from 'fast-check';
import { type DType, type HostArray, hostArray, isBoolean, lanesOf } from '../../src/core/base/dtype.js';
import { product, type Shape } from '../../src/core/base/shape.js';
import { type IndexBox, Layout } from '../../src/core/distributed/layout.js';
import type { Backend, Elements } from '../../src/core/ports/backend.js';

/** Flat global indices of a box in C order; −1 for cells outside the global array. */
export function globalIndices(globalShape: Shape, box: IndexBox): number[] {
  let flat = [0];
  box.shape.forEach((n, k) => {
    const total = globalShape[k] as number;
    flat = flat.flatMap((base) =>
      Array.from({ length: n }, (_, i) => {
        const at = (box.start[k] as number) + i;
        return base < 0 || at < 0 || at >= total ? -1 : base * total + at;
      }),
    );
  });
  return flat;
}

/**
 * The values of the cells with these indices in a global array whose element `i` is `i + 1`, for
 * complex dtypes `(i + 1) − 2(i + 1)i`. Cells outside the array are 0.
 */
export function expectedValues(dtype: DType, indices: readonly number[]): number[] {
  return indices.flatMap((i) => (lanesOf(dtype) === 2 ? [i + 1, -2 * (i + 1)] : [i + 1])).map((v) => v + 0);
}

/**
 * An array with the given numbers (pairs for complex dtypes), located in the middle of a larger
 * storage.
 */
export function upload(backend: Backend, dtype: DType, numbers: readonly number[]): Elements {
  const size = numbers.length / lanesOf(dtype);
  const elements = { storage: backend.alloc(dtype, size + 5), offset: 3, size };
  const host = hostArray(dtype, size);
  host.set(numbers);
  backend.upload(host, elements);
  return elements;
}

/** An array with contents that no test expects. */
export const spoiled = (backend: Backend, dtype: DType, size: number): Elements =>
  upload(backend, dtype, new Array<number>(size * lanesOf(dtype)).fill(-777));

export const download = (elements: Elements): number[] =>
  Array.from<number>(hostValues(elements)).map((v) => v + 0);
const hostValues = (elements: Elements): HostArray => elements.storage.backend.download(elements);

/** Small whole numbers that make sums exact in every dtype. */
export const wholeNumbers = (dtype: DType, size: number, seed: number): number[] =>
  Array.from({ length: size * lanesOf(dtype) }, (_, i) => ((i * 7 + seed * 13 + 5) % 11) - 5);

/** `Re Σ conj(x) y` of interleaved numbers. */
export const inner = (x: readonly number[], y: readonly number[]): number =>
  x.reduce((sum, v, i) => sum + v * (y[i] as number), 0);

export const shapes = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 3 });

const grids = (ndim: number, ranks: number): fc.Arbitrary<number[]> =>
  fc.array(fc.integer({ min: 1, max: ranks }), { minLength: ndim, maxLength: ndim }).map((grid) => {
    while (product(grid) > ranks) {
      const largest = grid.indexOf(Math.max(...grid));
      grid[largest] = (grid[largest] as number) - 1;
    }
    return grid;
  });

const extents = (n: number, parts: number): fc.Arbitrary<number[]> =>
  fc.array(fc.integer({ min: 0, max: n }), { minLength: parts - 1, maxLength: parts - 1 }).map((inside) => {
    const cuts = [0, ...inside.sort((a, b) => a - b), n];
    return cuts.slice(1).map((c, i) => c - (cuts[i] as number));
  });

/**
 * Layouts of boxes: even and uneven tiles, including empty tiles and idle ranks. Every tenth layout
 * is replicated.
 */
export function layouts(shape: Shape, ranks: number): fc.Arbitrary<Layout> {
  const ndim = shape.length;
  return fc.oneof(
    {
      weight: 3,
      arbitrary: fc.integer({ min: 0, max: ndim - 1 }).map((axis) => Layout.split(shape, ranks, axis)),
    },
    { weight: 2, arbitrary: grids(ndim, ranks).map((grid) => Layout.grid(shape, ranks, grid)) },
    {
      weight: 4,
      arbitrary: grids(ndim, ranks).chain((grid) =>
        fc
          .tuple(...grid.map((parts, k) => extents(shape[k] as number, parts)))
          .map((sizes) => Layout.tiles(shape, ranks, grid, sizes)),
      ),
    },
    { weight: 1, arbitrary: fc.constant(Layout.replicated(shape, ranks)) },
  );
}

export const dtypes = (backend: Backend): fc.Arbitrary<DType> =>
  fc.constantFrom(...backend.dtypes.filter((dtype) => !isBoolean(dtype)));
const widths = fc.integer({ min: 0, max: 8 });

/** Two layouts of one shape. */
export const transfers = (backend: Backend, ranks: number) =>
  shapes.chain((shape) =>
    fc.record({ from: layouts(shape, ranks), to: layouts(shape, ranks), dtype: dtypes(backend) }),
  );

/** A layout and ghost cells along one of its axes. */
export const halos = (backend: Backend, ranks: number) =>
  shapes.chain((shape) =>
    fc.record({
      layout: layouts(shape, ranks),
      axis: fc.integer({ min: 0, max: shape.length - 1 }),
      front: widths,
      back: widths,
      dtype: dtypes(backend),
    }),
  );

/** A layout and ghost cells on all sides. */
export const haloFrames = (backend: Backend, ranks: number) =>
  shapes.chain((shape) => {
    const sides = fc.array(fc.integer({ min: 0, max: 4 }), {
      minLength: shape.length,
      maxLength: shape.length,
    });
    return fc.record({
      layout: layouts(shape, ranks),
      frame: fc.record({
        before: sides,
        after: sides,
        edges: fc.constantFrom('clip' as const, 'zero' as const),
      }),
      dtype: dtypes(backend),
    });
  });

/** The same random cases on every rank. */
export const sample = <T>(cases: fc.Arbitrary<T>, count: number): T[] =>
  fc.sample(cases, { seed: 20250, numRuns: count });
