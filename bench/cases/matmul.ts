import { COMM_WORLD, type DType, NDArray } from '../../src/index.js';
import type { BenchCase, LimitName } from '../case.js';

const N = 2048;

/** The local matrix product, on every rank its own: what the distributed ones are made of. */
const gemm = (name: string, dtype: DType, limit: LimitName): BenchCase => ({
  name,
  params: { shape: `${N}x${N}x${N}`, dtype },
  setup: () => {
    const [a, b] = [NDArray.uniform([N, N], { dtype, seed: 1 }), NDArray.uniform([N, N], { dtype, seed: 2 })];
    return { run: () => a.matmul(b).dispose(), flops: 2 * N ** 3 * COMM_WORLD.size, limit };
  },
});

export const MATMUL_CASES: readonly BenchCase[] = [gemm('gemm_f64', 'float64', 'dgemm'), gemm('gemm_f32', 'float32', 'sgemm')];
