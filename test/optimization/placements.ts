import { NDArray } from '../../src/core/array/ndarray.js';
import { complex, type Scalar } from '../../src/core/base/complex.js';
import { type DType, isComplex } from '../../src/core/base/dtype.js';
import type { AnyOperator } from '../../src/core/operator/linear-operator.js';
import type { Communicator } from '../../src/core/ports/communicator.js';
import type { AnyVector } from '../../src/core/vector/vector.js';
import { MatrixMult } from '../../src/local/index.js';
import { MPIHStack, MPIStackedVStack, MPIVStack } from '../../src/operators/index.js';
import type { Matrix } from './dense.js';

const multiply = (matrix: Matrix, dtype: DType): MatrixMult =>
  new MatrixMult(NDArray.array(matrix as Scalar[][], { dtype }), { dtype });

/** The range of this rank's share of n rows or columns. */
const shareOf = (n: number, { rank, size }: Communicator) =>
  [rank, rank + 1].map((r) => Math.floor((r * n) / size));

const byRows = (matrix: Matrix, dtype: DType, comm: Communicator): MPIVStack => {
  const mine = matrix.slice(...shareOf(matrix.length, comm));
  return new MPIVStack(mine.length > 0 ? [multiply(mine, dtype)] : [], { comm });
};

const byColumns = (matrix: Matrix, dtype: DType, comm: Communicator): MPIHStack => {
  const [from, to] = shareOf(matrix[0]?.length ?? 0, comm);
  return new MPIHStack(from !== to ? [multiply(columns(matrix, from, to), dtype)] : [], { comm });
};

const columns = (matrix: Matrix, from?: number, to?: number): Matrix =>
  matrix.map((row) => row.slice(from, to));

/** A matrix, which is the same on all ranks, as an operator between vectors of several kinds. */
export const PLACEMENTS: Readonly<
  Record<string, (matrix: Matrix, dtype: DType, comm: Communicator) => AnyOperator>
> = {
  'NDArray to NDArray': multiply,
  'BROADCAST to SCATTER': byRows,
  'SCATTER to BROADCAST': byColumns,
  'BROADCAST to stacked': (matrix, dtype, comm) => {
    const half = Math.floor(matrix.length / 2);
    return new MPIStackedVStack([
      byRows(matrix.slice(0, half), dtype, comm),
      byRows(matrix.slice(half), dtype, comm),
    ]);
  },
  'stacked to SCATTER': (matrix, dtype, comm) => {
    const first = Math.ceil((matrix[0]?.length ?? 0) / 2);
    const blocks = [columns(matrix, 0, first), columns(matrix, first)].filter(
      (block) => block[0]?.length !== 0,
    );
    return new MPIStackedVStack(blocks.map((block) => byRows(block, dtype, comm).H)).H;
  },
};

/** The elements of a vector of any kind. Collective. */
export function elements(x: AnyVector): Scalar[] {
  const values = Array.from(x.asArray().toHost() as Float64Array);
  if (!isComplex(x.dtype)) return values;
  return Array.from({ length: values.length / 2 }, (_, k) =>
    complex(values[2 * k] as number, values[2 * k + 1] as number),
  );
}

/** Sets the elements of a vector and returns it. Never communicates. */
export function withElements<V extends AnyVector>(x: V, values: readonly Scalar[]): V {
  for (const [k, value] of values.entries()) x.setAt(k, value);
  return x;
}
