import { DistributedArray, type DType } from 'lops-mpi';
import type { BenchCase, LimitName } from '../case.js';

interface Arrays {
  readonly x: DistributedArray;
  readonly y: DistributedArray;
  readonly z: DistributedArray;
}

interface VectorCase {
  readonly name: string;
  /** Bytes of memory traffic for an element. */
  readonly bytes: number;
  readonly limit: LimitName;
  readonly run: (arrays: Arrays) => void;
}

/**
 * Arithmetic of vectors. The new array of a sum is disposed, so that the next sum uses its memory
 * again.
 */
const OPERATIONS: readonly VectorCase[] = [
  { name: 'add', bytes: 24, limit: 'axpy', run: ({ x, y }) => x.add(y).dispose() },
  {
    name: 'axpy',
    bytes: 24,
    limit: 'axpy',
    run: ({ x, y, z }) => z.backend.linearCombination([1.5, 1], [x.local, y.local], z.local),
  },
  { name: 'iadd', bytes: 24, limit: 'triad_inplace', run: ({ x, y }) => x.addInPlace(y) },
  { name: 'dot', bytes: 16, limit: 'dot', run: ({ x, y }) => x.dot(y) },
  { name: 'norm2', bytes: 8, limit: 'sumsq', run: ({ x }) => x.norm() },
  { name: 'norm1', bytes: 8, limit: 'sumsq', run: ({ x }) => x.norm(1) },
  { name: 'copy', bytes: 16, limit: 'copy', run: ({ x, z }) => z.assign(x) },
];

const vectorCase = (
  operation: VectorCase,
  name: string,
  n: number,
  dtype: DType = 'float64',
  limited = true,
): BenchCase => ({
  name,
  params: { n, dtype },
  setup: () => {
    const x = DistributedArray.full(n, 1e-3, { dtype });
    const arrays = { x, y: DistributedArray.full(n, 2e-3, { dtype }), z: x.zerosLike() };
    const { limit } = operation;
    return { run: () => operation.run(arrays), bytes: operation.bytes * n, ...(limited ? { limit } : {}) };
  },
});

export const VECTOR_CASES: readonly BenchCase[] = [
  ...OPERATIONS.map((operation) => vectorCase(operation, operation.name, 16_000_000)),
  ...OPERATIONS.map((operation) => vectorCase(operation, `${operation.name}_n1000`, 1000, 'float64', false)),
  vectorCase(
    { name: 'dot_conj', bytes: 16, limit: 'sumsq', run: ({ x }) => x.vdot(x) },
    'dot_conj_c128',
    8_000_000,
    'complex128',
  ),
  vectorCase({ ...(OPERATIONS[1] as VectorCase), bytes: 12 }, 'axpy_f32', 32_000_000, 'float32'),
];
