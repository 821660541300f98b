import { im, isZero, re } from '../../core/base/complex.js';
import { bytesOf, type DType, INDEX_DTYPE, isComplex, isDouble } from '../../core/base/dtype.js';
import type { StorageMemory } from '../../core/kernels/device-memory.js';
import type { Convolution, IndexTable, Trans } from '../../core/ports/backend.js';
import type { BlasOp, DeviceAddress } from './cuda-addon-interface.js';
import { CUDA_DTYPES } from './cuda-dtypes.js';
import { type CudaEngine, elementAt } from './cuda-engine.js';
import { type CudaBlock, type CudaKernelOf, input, output } from './cuda-memory.js';
import { BLOCK_THREADS, FEWEST_INNER, MOST_BLOCKS, threadsAlong } from './launch-grid.js';
import { TransposedTables } from './sorting/transposed-tables.js';

const BLAS_OP: Readonly<Record<Trans, BlasOp>> = { n: 0, t: 1, c: 2 };
const TILE = 16;
/** The threads that exchange values in a step. */
const WARP = 32;
/** Positions within one row of a convolution, and within a table, have 31 bits. */
const MOST_POSITIONS = 2 ** 31;
/** The most axes of one launch of a convolution. */
const MOST_AXES = 4;

type Table = IndexTable<StorageMemory<CudaBlock>>;

/** Indices of more than 2³¹ elements are float64, which these kernels do not read. */
const hasIntegerIndex = ({ index }: Table): boolean => index.storage.dtype === INDEX_DTYPE;

interface ConvolvedAxis {
  readonly nx: number;
  readonly nh: number;
  readonly ny: number;
  readonly offset: number;
}
const NO_AXIS: ConvolvedAxis = { nx: 1, nh: 1, ny: 1, offset: 0 };

/**
 * The launch of a convolution along one axis of `[batch, n, inner]`. A thread has `outputs`
 * outputs: along the axis; or, where cells are short, a block apart or in rows of the batch.
 */
function convolutionAlong(
  { nx, nh, ny, offset }: ConvolvedAxis,
  batch: number,
  inner: number,
  direction: Convolution['direction'],
  outputs: number,
): {
  readonly name: string;
  readonly grid: readonly [number, number, number];
  readonly block: readonly [number, number];
  readonly numbers: readonly number[];
} {
  const [shift, sign] = direction === 'forward' ? [offset - nh + 1, 1] : [-offset, -1];
  const numbers = [batch, inner, nx, nh, ny, shift, sign];
  const blocks = (count: number, each: number): number =>
    Math.max(1, Math.min(MOST_BLOCKS, Math.ceil(count / each)));
  if (inner >= FEWEST_INNER) {
    const threads = threadsAlong(inner);
    const rows = BLOCK_THREADS / threads;
    return {
      name: 'convolve_along',
      grid: [Math.ceil(inner / threads), blocks(ny, outputs * rows), blocks(batch, 1)],
      block: [threads, rows],
      numbers,
    };
  }
  const width = ny * inner;
  const inRows = batch >= outputs;
  const threads = inRows ? threadsAlong(width) : BLOCK_THREADS;
  const rows = inRows ? BLOCK_THREADS / threads : 1;
  return {
    name: 'convolve_across',
    grid: [
      Math.ceil(width / (inRows ? threads : threads * outputs)),
      blocks(batch, inRows ? outputs * rows : 1),
      1,
    ],
    block: [threads, rows],
    numbers: [...numbers, inRows ? 1 : 0],
  };
}

/** Matrix products, convolutions and sparse tables. */
export class ProductKernels {
  readonly #engine: CudaEngine;
  readonly #hasBlas: boolean;
  readonly #scalars = new Float64Array(4);
  readonly #tables: TransposedTables;

  constructor(engine: CudaEngine, hasBlas: boolean) {
    this.#engine = engine;
    this.#tables = new TransposedTables(engine);
    this.#hasBlas = hasBlas;
  }

  readonly matmul: CudaKernelOf<'matmul'> = (left, right, to, spec) => {
    const { m, n, k, batch, alpha, beta, lda, ldb, ldc, strideA, strideB, strideC } = spec;
    const [a, b, c, { dtype }] = [input(left), input(right), output(to), to.storage];
    const engine = this.#engine;
    const [opA, opB] = [BLAS_OP[spec.transA], BLAS_OP[spec.transB]];
    const type = CUDA_DTYPES[dtype].blas;
    if (type !== undefined && this.#hasBlas && k > 0 && !isZero(alpha)) {
      // cuBLAS reads row-major matrices as their transposes: Cᵀ = op(B)ᵀ op(A)ᵀ
      this.#scalars.set([re(alpha), im(alpha), re(beta), im(beta)]);
      const { context } = engine;
      context.gemm(
        type,
        opB,
        opA,
        n,
        m,
        k,
        this.#scalars,
        b,
        ldb,
        strideB,
        a,
        lda,
        strideA,
        c,
        ldc,
        strideC,
        batch,
      );
      return;
    }
    engine.args
      .start()
      .int(a)
      .int(b)
      .int(c)
      .int(m)
      .int(n)
      .int(k)
      .int(opA)
      .int(opB)
      .int(lda)
      .int(ldb)
      .int(ldc)
      .int(batch);
    engine.args
      .int(strideA)
      .int(strideB)
      .int(strideC)
      .real(re(alpha))
      .real(im(alpha))
      .real(re(beta))
      .real(im(beta));
    const kernel = engine.kernel('products', dtype, 'matmul');
    engine.launch(kernel, Math.ceil(n / TILE), Math.ceil(m / TILE), Math.min(batch, 65535), TILE, TILE);
  };

  readonly convolve: CudaKernelOf<'convolve'> = (x, h, y, convolution) => {
    const { xShape, hShape, yShape, offset, direction } = convolution;
    const axes = yShape.map(
      (ny, k): ConvolvedAxis => ({
        nx: xShape[k] as number,
        nh: hShape[k] as number,
        ny,
        offset: offset[k] as number,
      }),
    );
    // Axes that are not convolved need no loop at the start or the end; neighbouring ones in
    // between are merged
    const isPlain = ({ nx, nh, ny, offset: shift }: ConvolvedAxis) => nh === 1 && shift === 0 && nx === ny;
    const [first, last] = [axes.findIndex((a) => !isPlain(a)), axes.findLastIndex((a) => !isPlain(a))];
    const size = (part: readonly ConvolvedAxis[]) => part.reduce((total, { ny }) => total * ny, 1);
    const [before, after] = first < 0 ? [axes, []] : [axes.slice(0, first), axes.slice(last + 1)];
    const middle: ConvolvedAxis[] = [];
    for (const axis of first < 0 ? [] : axes.slice(first, last + 1)) {
      const previous = middle.at(-1);
      if (previous && isPlain(previous) && isPlain(axis)) {
        const n = previous.ny * axis.ny;
        middle[middle.length - 1] = { nx: n, nh: 1, ny: n, offset: 0 };
      } else middle.push(axis);
    }
    const [only] = middle;
    if (only && middle.length === 1 && only.ny * size(after) < MOST_POSITIONS) {
      const engine = this.#engine;
      const { name, grid, block, numbers } = convolutionAlong(
        only,
        size(before),
        size(after),
        direction,
        // OUTPUTS of products.cu
        isComplex(y.storage.dtype) ? 4 : 8,
      );
      engine.args.start().int(input(x)).int(input(h)).int(output(y)).ints(numbers);
      const kernel = engine.kernel('products', y.storage.dtype, name);
      engine.launch(kernel, grid[0], grid[1], grid[2], block[0], block[1]);
      return;
    }
    this.#convolve(
      y.storage.dtype,
      input(x),
      input(h),
      output(y),
      size(before),
      middle,
      size(after),
      direction === 'forward' ? 1 : -1,
      false,
    );
  };

  #convolve(
    dtype: DType,
    x: DeviceAddress,
    h: DeviceAddress,
    y: DeviceAddress,
    batch: number,
    axes: readonly ConvolvedAxis[],
    inner: number,
    sign: 1 | -1,
    add: boolean,
  ): void {
    const engine = this.#engine;
    if (axes.length <= MOST_AXES) {
      const total = axes.reduce((size, { ny }) => size * ny, batch * inner);
      engine.args.start().int(x).int(h).int(y).int(total).int(inner).int(sign);
      engine.args.int(add ? 1 : 0);
      for (let k = axes.length - MOST_AXES; k < axes.length; k++) {
        const { nx, nh, ny, offset } = axes[k] ?? NO_AXIS;
        engine.args.int(nx).int(nh).int(ny).int(offset);
      }
      engine.launchThreads(engine.kernel('products', dtype, 'convolve'), total);
      return;
    }
    const [axis, ...rest] = axes as readonly [ConvolvedAxis, ...ConvolvedAxis[]];
    const size = (of: 'nx' | 'nh' | 'ny') =>
      rest.reduce((total, a) => total * a[of], of === 'nh' ? 1 : inner);
    const [xSize, hSize, ySize] = [size('nx'), size('nh'), size('ny')];
    if (!add) engine.context.memset(y, 0, batch * axis.ny * ySize * bytesOf(dtype));
    for (let b = 0; b < batch; b++) {
      for (let i = 0; i < axis.ny; i++) {
        for (let j = 0; j < axis.nh; j++) {
          const from = i + sign * (axis.offset - j);
          if (from < 0 || from >= axis.nx) continue;
          const [xAt, yAt] = [
            elementAt(x, (b * axis.nx + from) * xSize, dtype),
            elementAt(y, (b * axis.ny + i) * ySize, dtype),
          ];
          this.#convolve(dtype, xAt, elementAt(h, j * hSize, dtype), yAt, 1, rest, inner, sign, true);
        }
      }
    }
  }

  readonly splineSum: CudaKernelOf<'splineSum'> = (x, coordinates, y, { shape, order, points, fill }) => {
    const { dtype } = y.storage;
    if (shape.length > MOST_AXES || !isDouble(coordinates.storage.dtype)) return false;
    const engine = this.#engine;
    engine.args.start().int(input(x)).int(input(coordinates)).int(output(y)).int(points);
    engine.args.int(shape.length).int(order).real(re(fill)).real(im(fill));
    for (let k = 0; k < MOST_AXES; k++) engine.args.int(shape[k] ?? 1);
    engine.launchThreads(engine.kernel('products', dtype, 'spline_sum'), points);
  };

  readonly gather: CudaKernelOf<'gather'> = (x, y, table) => {
    if (!hasIntegerIndex(table)) return false;
    const { outer, nx, ny, inner, width } = table;
    const total = outer * ny * inner;
    const engine = this.#engine;
    engine.args.start().int(input(x)).int(output(y)).int(input(table.index));
    this.#putWeights(table.weights).int(nx).int(ny).int(inner).int(width).int(total);
    engine.launchThreads(engine.kernel('products', x.storage.dtype, 'gather'), total);
  };

  /** Finds the last entry for each place first, so that the order of threads does not matter. */
  readonly put: CudaKernelOf<'put'> = (y, x, table) => {
    if (!hasIntegerIndex(table)) return false;
    const { outer, nx, ny, inner, index } = table;
    const engine = this.#engine;
    const { dtype } = x.storage;
    const total = outer * ny * inner;
    const bytes = nx * bytesOf(INDEX_DTYPE);
    engine.withScratch(bytes, (last) => {
      engine.context.memset(last, 0, bytes);
      engine.args.start().int(input(index)).int(last).int(ny);
      engine.launchThreads(engine.kernel('products', dtype, 'last_entries'), ny);
      engine.args.start().int(input(y)).int(output(x)).int(input(index)).int(last);
      engine.args.int(nx).int(ny).int(inner).int(total);
      engine.launchThreads(engine.kernel('products', dtype, 'put_entries'), total);
    });
  };

  readonly scatterAdd: CudaKernelOf<'scatterAdd'> = (y, x, table) => {
    const { outer, nx, ny, inner, width } = table;
    const total = outer * nx * inner;
    if (ny * width === 0) return;
    // The positions of entries in the table are int32 too
    if (!hasIntegerIndex(table) || ny * width >= MOST_POSITIONS) return false;
    const engine = this.#engine;
    const { starts, entries } = this.#tables.of(table);
    engine.args.start().int(input(y)).int(output(x)).int(starts).int(entries);
    this.#putWeights(table.weights).int(nx).int(ny).int(inner).int(width).int(total);
    engine.launchThreads(engine.kernel('products', x.storage.dtype, 'scatter_add'), total);
  };

  /** Long rows are shared by up to 32 threads. Their number depends on the sizes alone. */
  readonly sparseProduct: CudaKernelOf<'sparseProduct'> = (x, y, product) => {
    const { ny, inner, starts, columns, mode } = product;
    const { dtype } = y.storage;
    const total = ny * inner;
    let group = 1;
    while (inner === 1 && group < WARP && 2 * group * ny < columns.size) group *= 2;
    const engine = this.#engine;
    engine.args.start().int(input(x)).int(output(y)).int(input(starts)).int(input(columns));
    this.#putWeights(product.values).int(inner).int(total);
    engine.args.int(group).int(mode === 'add' ? 1 : 0);
    engine.launchThreads(engine.kernel('products', dtype, 'sparse_product'), group * total);
  };

  /**
   * Adds two arguments: the address of real weights and that of complex weights, 0 if there are
   * none.
   */
  #putWeights(weights: Table['weights']): CudaEngine['args'] {
    const address = weights ? input(weights) : 0;
    const isPairs = weights !== undefined && isComplex(weights.storage.dtype);
    return this.#engine.args.int(isPairs ? 0 : address).int(isPairs ? address : 0);
  }
}
