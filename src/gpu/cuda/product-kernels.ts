import { im, isZero, re } from '../../core/base/complex.js';
import { bytesOf, type DType } from '../../core/base/dtype.js';
import { product } from '../../core/base/shape.js';
import type { Convolution, MatMul, Trans } from '../../core/ports/backend.js';
import type { BlasOp, BlasType, DeviceAddress } from './cuda-addon-interface.js';
import { type CudaEngine, type DeviceTable, elementAt } from './cuda-engine.js';

const BLAS_TYPE: Partial<Readonly<Record<DType, BlasType>>> = {
  float32: 0,
  float64: 1,
  complex64: 2,
  complex128: 3,
};
const BLAS_OP: Readonly<Record<Trans, BlasOp>> = { n: 0, t: 1, c: 2 };
const TILE = 16;
/** Axes of one launch of a convolution. */
const MOST_AXES = 4;

/** A sparse table whose operands lie in device memory; address 0 for weights that there are not. */
export interface DeviceIndexTable {
  readonly outer: number;
  readonly nx: number;
  readonly ny: number;
  readonly inner: number;
  readonly width: number;
  readonly weights: DeviceAddress;
  /** Weights of the dtype of x, where that is complex. */
  readonly pairs: DeviceAddress;
}

/** The entries of a table by the element of x that they belong to. */
export interface TransposedTable {
  readonly starts: DeviceTable;
  readonly entries: DeviceTable;
}

interface ConvolvedAxis {
  readonly nx: number;
  readonly nh: number;
  readonly ny: number;
  readonly offset: number;
}
const NO_AXIS: ConvolvedAxis = { nx: 1, nh: 1, ny: 1, offset: 0 };

/** Matrix products, convolutions and sparse tables. */
export class ProductKernels {
  readonly #engine: CudaEngine;
  readonly #hasBlas: boolean;
  readonly #scalars = new Float64Array(4);

  constructor(engine: CudaEngine, hasBlas: boolean) {
    this.#engine = engine;
    this.#hasBlas = hasBlas;
  }

  matmul(dtype: DType, a: DeviceAddress, b: DeviceAddress, c: DeviceAddress, spec: MatMul): void {
    const { m, n, k, batch, alpha, beta, lda, ldb, ldc, strideA, strideB, strideC } = spec;
    if (m === 0 || n === 0 || batch === 0) return;
    const engine = this.#engine;
    const [opA, opB] = [BLAS_OP[spec.transA], BLAS_OP[spec.transB]];
    const type = BLAS_TYPE[dtype];
    if (type !== undefined && this.#hasBlas && k > 0 && !isZero(alpha)) {
      // Row-major matrices are their own transposes to cuBLAS: Cᵀ = op(B)ᵀ op(A)ᵀ
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
  }

  convolve(
    dtype: DType,
    x: DeviceAddress,
    h: DeviceAddress,
    y: DeviceAddress,
    convolution: Convolution,
  ): void {
    const { xShape, hShape, yShape, offset, direction } = convolution;
    if (product(yShape) === 0) return;
    const axes = yShape.map(
      (ny, k): ConvolvedAxis => ({
        nx: xShape[k] as number,
        nh: hShape[k] as number,
        ny,
        offset: offset[k] as number,
      }),
    );
    // Axes that are not convolved need no loop where they come first or last, and are one where
    // they meet
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
    this.#convolve(
      dtype,
      x,
      h,
      y,
      size(before),
      middle,
      size(after),
      direction === 'forward' ? 1 : -1,
      false,
    );
  }

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

  gather(
    dtype: DType,
    x: DeviceAddress,
    y: DeviceAddress,
    index: DeviceAddress,
    table: DeviceIndexTable,
  ): void {
    const { outer, nx, ny, inner, width, weights, pairs } = table;
    const total = outer * ny * inner;
    if (total === 0) return;
    const engine = this.#engine;
    engine.args
      .start()
      .int(x)
      .int(y)
      .int(index)
      .int(weights)
      .int(pairs)
      .int(nx)
      .int(ny)
      .int(inner)
      .int(width)
      .int(total);
    engine.launchThreads(engine.kernel('products', dtype, 'gather'), total);
  }

  scatterAdd(
    dtype: DType,
    y: DeviceAddress,
    x: DeviceAddress,
    columns: TransposedTable,
    table: DeviceIndexTable,
  ): void {
    const { outer, nx, ny, inner, width, weights, pairs } = table;
    const total = outer * nx * inner;
    if (total === 0 || ny * width === 0) return;
    const engine = this.#engine;
    engine.args
      .start()
      .int(y)
      .int(x)
      .int(columns.starts.address)
      .int(columns.entries.address)
      .int(weights)
      .int(pairs);
    engine.args.int(nx).int(ny).int(inner).int(width).int(total);
    engine.launchThreads(engine.kernel('products', dtype, 'scatter_add'), total);
  }
}

/** The transpose of a table of `nx` columns: entries in the order of the table. */
export function transposedTable(engine: CudaEngine, index: Int32Array, nx: number): TransposedTable {
  const starts = new Int32Array(nx + 1);
  for (const i of index) if (i >= 0) starts[i + 1] = (starts[i + 1] as number) + 1;
  for (let i = 0; i < nx; i++) starts[i + 1] = (starts[i + 1] as number) + (starts[i] as number);
  const next = starts.slice();
  const entries = new Int32Array(starts[nx] as number);
  index.forEach((i, entry) => {
    if (i < 0) return;
    const at = next[i] as number;
    entries[at] = entry;
    next[i] = at + 1;
  });
  return { starts: engine.table(starts), entries: engine.table(entries) };
}
