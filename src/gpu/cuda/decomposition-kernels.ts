import { bytesOf, type DType, INDEX_DTYPE, isComplex } from '../../core/base/dtype.js';
import { ArgumentError } from '../../core/base/errors.js';
import { product } from '../../core/base/shape.js';
import type { Decomposition, Matrices } from '../../core/ports/backend.js';
import type { BlasType, DeviceAddress } from './cuda-addon-interface.js';
import { CUDA_DTYPES } from './cuda-dtypes.js';
import type { CudaEngine } from './cuda-engine.js';
import { type CudaKernelOf, type CudaRun, input, output } from './cuda-memory.js';
import type { VectorKernels } from './vector-kernels.js';

/** The triangles of the kernels, and those of cuSOLVER. */
const [WHOLE, LOWER, UPPER] = [0, 1, 2] as const;
const [FILL_LOWER, FILL_UPPER] = [0, 1] as const;
/** The letters N, S and A. */
const [NO_VECTORS, SOME_VECTORS, ALL_VECTORS] = [78, 83, 65] as const;
/** The bytes of an exchange of rows of 64 bits, and of an address. */
const WIDE_BYTES = 8;
/** The most rows of the matrices of a stack that are factorized by one call. */
const MOST_ROWS = 64;
const isBatch = (count: number, rows: number): boolean => count > 1 && rows <= MOST_ROWS;

/** The sizes of a stack of matrices. */
type Stack = readonly [count: number, rows: number, columns: number];

/** What one decomposition works on. */
interface Work extends Matrices {
  readonly dtype: DType;
  readonly type: BlasType;
  readonly least: number;
  readonly x: DeviceAddress;
  readonly parts: readonly (CudaRun | undefined)[];
  /** An int32 for each matrix, which is 0 where cuSOLVER succeeded. */
  readonly info: DeviceAddress;
  /** The same, for matrices with elements that are not finite. */
  readonly failed: DeviceAddress;
}

/**
 * Decompositions by cuSOLVER, which takes matrices column by column. A matrix row by row is the
 * transposed one there. It is transposed in memory where that one has other factors.
 */
export class DecompositionKernels {
  readonly #engine: CudaEngine;
  readonly #vectors: VectorKernels;
  readonly #kinds: Readonly<Record<Decomposition, (work: Work) => void>> = {
    lu: (work) => this.#lu(work),
    cholesky: (work) => this.#cholesky(work),
    qr: (work) => this.#qr(work),
    svd: (work) => this.#svd(work),
    eigh: (work) => this.#eigh(work),
    eig: (work) => this.#eig(work),
  };

  constructor(engine: CudaEngine, vectors: VectorKernels) {
    this.#engine = engine;
    this.#vectors = vectors;
  }

  /** An older cuSOLVER leaves general eigenvalues to the host. */
  readonly decompose: CudaKernelOf<'decompose'> = (kind, x, parts, of) => {
    if (kind === 'eig' && !this.#engine.context.hasGeev()) return false;
    const run = this.#kinds[kind];
    const { dtype } = x.storage;
    const { count, rows, columns } = of;
    const flags = new Int32Array(2 * count);
    this.#engine.withScratch(flags.byteLength, (info) => {
      this.#engine.context.memset(info, 0, flags.byteLength);
      const type = CUDA_DTYPES[dtype].blas as BlasType;
      const failed = info + flags.byteLength / 2;
      run({ ...of, dtype, type, least: Math.min(rows, columns), x: input(x), parts, info, failed });
      this.#engine.context.download(info, flags.buffer, 0, flags.byteLength);
    });
    const refused = flags.find((flag) => flag < 0);
    if (refused !== undefined)
      throw new ArgumentError(`decompose: cuSOLVER refused argument ${-refused} of '${kind}'`);
    for (let k = 0; k < count; k++) if (flags[k] !== 0 || flags[count + k] !== 0) return k;
    return -1;
  };

  readonly solveLu: CudaKernelOf<'solveLu'> = (factors, pivots, b, { count, rows: n, columns }) => {
    const { dtype } = b.storage;
    const engine = this.#engine;
    const type = CUDA_DTYPES[dtype].blas as BlasType;
    const total = count * n;
    engine.withScratch(total * n * bytesOf(dtype), (a) =>
      engine.withScratch(total * columns * bytesOf(dtype), (y) =>
        engine.withScratch(total * WIDE_BYTES, (rows) =>
          engine.withScratch(count * bytesOf(INDEX_DTYPE), (info) => {
            const batch = isBatch(count, n);
            engine.args
              .start()
              .int(input(pivots))
              .int(rows)
              .int(batch ? 1 : 2)
              .int(n)
              .int(total);
            engine.launchThreads(engine.kernel('factors', dtype, 'pivots_in'), total);
            this.#toColumns(dtype, [count, n, n], input(factors), a);
            this.#toColumns(dtype, [count, n, columns], input(b), y);
            if (batch)
              this.#withAddresses(dtype, count, n * n, a, (matrices) =>
                this.#withAddresses(dtype, count, n * columns, y, (right) =>
                  engine.context.getrsBatched(type, count, n, columns, matrices, rows, right),
                ),
              );
            else engine.context.getrs(type, count, n, columns, a, rows, y, info);
            this.#toRows(dtype, [count, n, columns], y, output(b));
          }),
        ),
      ),
    );
  };

  #lu({ dtype, type, count, rows, columns, least, x, parts, info }: Work): void {
    const engine = this.#engine;
    const [factors, exchanges] = parts as readonly [CudaRun, CudaRun];
    const shape = [count, rows, columns] as const;
    const total = count * least;
    engine.withScratch(product(shape) * bytesOf(dtype), (a) =>
      engine.withScratch(total * WIDE_BYTES, (pivots) => {
        const batch = rows === columns && isBatch(count, rows);
        this.#toColumns(dtype, shape, x, a);
        if (batch)
          this.#withAddresses(dtype, count, rows * rows, a, (matrices) =>
            engine.context.getrfBatched(type, count, rows, matrices, pivots, info),
          );
        else engine.context.getrf(type, count, rows, columns, a, pivots, info);
        this.#toRows(dtype, shape, a, output(factors));
        engine.args
          .start()
          .int(pivots)
          .int(output(exchanges))
          .int(batch ? 1 : 2)
          .int(total);
        engine.launchThreads(engine.kernel('factors', dtype, 'pivots_out'), total);
      }),
    );
  }

  /** The lower triangle row by row is the upper one column by column, of the conjugated matrix. */
  #cholesky({ dtype, type, count, rows, x, parts, info }: Work): void {
    const to = output(parts[0] as CudaRun);
    const shape = [count, rows, rows] as const;
    this.#engine.copy(x, to, product(shape) * bytesOf(dtype));
    const { context } = this.#engine;
    if (isBatch(count, rows))
      this.#withAddresses(dtype, count, rows * rows, to, (matrices) =>
        context.potrfBatched(type, count, rows, FILL_UPPER, matrices, info),
      );
    else context.potrf(type, count, rows, FILL_UPPER, to, info);
    this.#keepTriangle(dtype, shape, to, LOWER);
  }

  #qr({ dtype, type, count, rows, columns, least, full, x, parts, info }: Work): void {
    const engine = this.#engine;
    const [q, r] = parts as readonly [CudaRun | undefined, CudaRun];
    const width = full ? rows : least;
    const size = rows * Math.max(columns, width);
    engine.withScratch(count * size * bytesOf(dtype), (a) =>
      engine.withScratch(count * least * bytesOf(dtype), (tau) => {
        this.#toColumns(dtype, [count, rows, columns], x, a, size);
        engine.context.geqrf(type, count, rows, columns, a, size, tau, info);
        const [shape, to] = [[count, width, columns] as const, output(r)];
        this.#toRows(dtype, shape, a, to, rows, size);
        this.#keepTriangle(dtype, shape, to, UPPER);
        if (!q) return;
        engine.context.orgqr(type, count, rows, width, least, a, size, tau, info);
        this.#toRows(dtype, [count, rows, width], a, output(q), rows, size);
      }),
    );
  }

  /**
   * cuSOLVER takes matrices with at least as many rows as columns. Others are such matrices when
   * they are read as transposed, with U and Vᴴ exchanged.
   */
  #svd(work: Work): void {
    const { dtype, type, count, rows, columns, least: n, full, parts, info } = work;
    const engine = this.#engine;
    const { context } = engine;
    const [s, u, vh] = parts;
    const m = Math.max(rows, columns);
    const width = full ? m : n;
    const bytes = bytesOf(dtype);
    const values = output(s as CudaRun);
    engine.withScratch(count * m * n * bytes, (a) => {
      this.#takeFinite(work, a, rows > columns ? [1, rows] : [columns, 1], WHOLE, false);
      const run = (job: number, left: DeviceAddress, right: DeviceAddress) =>
        context.gesvd(type, count, m, n, job, a, values, left, width, right, info);
      if (!u || !vh) return run(NO_VECTORS, 0, 0);
      const job = full ? ALL_VECTORS : SOME_VECTORS;
      if (rows <= columns) return run(job, output(vh), output(u));
      engine.withScratch(count * m * width * bytes, (left) =>
        engine.withScratch(count * n * n * bytes, (right) => {
          run(job, left, right);
          this.#toRows(dtype, [count, m, width], left, output(u));
          this.#toRows(dtype, [count, n, n], right, output(vh));
        }),
      );
    });
  }

  /** The conjugated matrix row by row is the matrix column by column. */
  #eigh(work: Work): void {
    const { dtype, type, count, rows, lower = true, parts, info } = work;
    const [values, vectors] = parts;
    const shape = [count, rows, rows] as const;
    this.#engine.withScratch(product(shape) * bytesOf(dtype), (a) => {
      this.#takeFinite(work, a, [rows, 1], lower ? LOWER : UPPER, isComplex(dtype));
      const [uplo, to] = [lower ? FILL_UPPER : FILL_LOWER, output(values as CudaRun)];
      this.#engine.context.syevd(type, count, rows, vectors !== undefined, uplo, a, to, info);
      if (vectors) this.#toRows(dtype, shape, a, output(vectors));
    });
  }

  #eig(work: Work): void {
    const { dtype, type, count, rows, parts, info } = work;
    const [values, vectors] = parts;
    const engine = this.#engine;
    const shape = [count, rows, rows] as const;
    const total = product(shape);
    const to = output(values as CudaRun);
    engine.withScratch(total * bytesOf(dtype), (a) => {
      this.#takeFinite(work, a, [1, rows], WHOLE, false);
      if (!vectors) return engine.context.geev(type, count, rows, a, to, 0, info);
      engine.withScratch(total * bytesOf(dtype), (right) => {
        engine.context.geev(type, count, rows, a, to, right, info);
        if (isComplex(dtype)) return this.#toRows(dtype, shape, right, output(vectors));
        engine.args.start().int(right).int(to).int(output(vectors)).int(rows).int(rows).int(total);
        engine.launchThreads(engine.kernel('factors', dtype, 'pair_vectors'), total);
      });
    });
  }

  /** Copies a stack to columns, `size` elements from matrix to matrix. */
  #toColumns(
    dtype: DType,
    [count, rows, columns]: Stack,
    x: DeviceAddress,
    a: DeviceAddress,
    size = rows * columns,
  ): void {
    const from = [rows * columns, columns, 1];
    this.#vectors.stridedCopy(dtype, [count, rows, columns], x, from, a, [size, 1, rows], 'set');
  }

  /** Copies a stack from columns of `length` elements, `size` elements from matrix to matrix. */
  #toRows(
    dtype: DType,
    [count, rows, columns]: Stack,
    a: DeviceAddress,
    y: DeviceAddress,
    length = rows,
    size = rows * columns,
  ): void {
    const to = [rows * columns, columns, 1];
    this.#vectors.stridedCopy(dtype, [count, rows, columns], a, [size, 1, length], y, to, 'set');
  }

  /** Calls back with an array of the addresses of matrices of `size` elements. */
  #withAddresses(
    dtype: DType,
    count: number,
    size: number,
    a: DeviceAddress,
    use: (addresses: DeviceAddress) => void,
  ): void {
    const engine = this.#engine;
    engine.withScratch(count * WIDE_BYTES, (to) => {
      engine.args
        .start()
        .int(a)
        .int(size * bytesOf(dtype))
        .int(to)
        .int(count);
      engine.launchThreads(engine.kernel('factors', dtype, 'addresses'), count);
      use(to);
    });
  }

  /** Zeros outside a triangle. */
  #keepTriangle(dtype: DType, shape: Stack, y: DeviceAddress, triangle: number): void {
    const engine = this.#engine;
    const [, rows, columns] = shape;
    const total = product(shape);
    engine.args.start().int(y).int(rows).int(columns).int(triangle).int(total);
    engine.launchThreads(engine.kernel('factors', dtype, 'keep_triangle'), total);
  }

  /** Copies a triangle of the matrices. What is not finite becomes 0, and its matrix has failed. */
  #takeFinite(
    { dtype, count, rows, columns, x, failed }: Work,
    a: DeviceAddress,
    strides: readonly number[],
    triangle: number,
    conjugate: boolean,
  ): void {
    const engine = this.#engine;
    const total = count * rows * columns;
    engine.args.start().int(x).int(a).int(failed).int(rows).int(columns).ints(strides);
    engine.args
      .int(triangle)
      .int(conjugate ? 1 : 0)
      .int(total);
    engine.launchThreads(engine.kernel('factors', dtype, 'take_finite'), total);
  }
}
