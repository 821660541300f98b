import { COMM_WORLD, type DType, MPIFredholm1, MPIMatrixMult, matrixGrid, NDArray } from 'lops-mpi';
import type { MatrixMultKind } from 'lops-mpi/extend';
import type { BenchCase, LimitName } from '../case.js';
import { both } from './derivatives.js';

const N = 2048;

/** The local matrix product, separately on every rank. The distributed products consist of it. */
const gemm = (name: string, dtype: DType, limit: LimitName): BenchCase => ({
  name,
  params: { shape: `${N}x${N}x${N}`, dtype },
  setup: () => {
    const [a, b] = [NDArray.uniform([N, N], { dtype, seed: 1 }), NDArray.uniform([N, N], { dtype, seed: 2 })];
    return { run: () => a.matmul(b).dispose(), flops: 2 * N ** 3 * COMM_WORLD.size, limit };
  },
});

/** The distributed product. The limit is the rate of the local product. */
const product = (kind: MatrixMultKind, suffix: string, dtype: DType, limit: LimitName): BenchCase[] =>
  both(
    `matmul_${kind}_${suffix}`,
    { shape: `${N}x${N}x${N}`, dtype, grid: matrixGrid(N, N, N, COMM_WORLD.size, kind).join('x') },
    () => MPIMatrixMult.fromGlobal(NDArray.uniform([N, N], { dtype, seed: 1 }), N, { kind }),
    { flops: 2 * N ** 3, limit },
  );

const [SLICES, SIDE, WIDTH] = [256, 200, 8] as const;

/** Every rank makes its own slices, because the whole array is large. */
const fredholm = (suffix: string, dtype: DType, limit: LimitName, adjointLimit: LimitName): BenchCase[] =>
  both(
    `fredholm_${suffix}`,
    { slices: SLICES, matrix: `${SIDE}x${SIDE}`, nz: WIDTH, dtype },
    () => {
      const { rank, size } = COMM_WORLD;
      const count = Math.floor((SLICES * (rank + 1)) / size) - Math.floor((SLICES * rank) / size);
      return new MPIFredholm1(NDArray.uniform([count, SIDE, SIDE], { dtype, seed: rank }), WIDTH);
    },
    { flops: 8 * SLICES * SIDE * SIDE * WIDTH, limit, adjointLimit },
  );

export const MATMUL_CASES: readonly BenchCase[] = [
  gemm('gemm_f64', 'float64', 'dgemm'),
  gemm('gemm_f32', 'float32', 'sgemm'),
  ...product('summa', 'f64', 'float64', 'dgemm'),
  ...product('summa', 'f32', 'float32', 'sgemm'),
  ...product('block', 'f64', 'float64', 'dgemm'),
  ...product('block', 'f32', 'float32', 'sgemm'),
  ...fredholm('c128', 'complex128', 'zgemm_batch', 'zgemm_batch_adj'),
  ...fredholm('c64', 'complex64', 'cgemm_batch', 'cgemm_batch_adj'),
];
