/** One row for every distributed operator, with a few elements per rank. */

import type { AnyOperator } from '../../src/core/operator/linear-operator.js';
import { type Communicator, CsrArray, NDArray } from '../../src/index.js';
import { MatrixMult } from '../../src/local/index.js';
import * as operators from '../../src/operators/index.js';

export interface CrowdRow {
  readonly name: string;
  /** True if the operator depends only on its shape and not on the number of ranks. */
  readonly same?: true;
  make(comm: Communicator): AnyOperator;
}

/**
 * Fewer rows than ranks, so that most ranks have none; and more rows than ranks, two or three per
 * rank.
 */
const ROWS = [5, 130];
const onEach = (name: string, make: (rows: number, comm: Communicator) => AnyOperator): CrowdRow[] =>
  ROWS.map((rows) => ({ name: `${name} of ${rows} rows`, same: true, make: (comm) => make(rows, comm) }));
const matrix = (comm: Communicator, shape: [number, number]) =>
  new MatrixMult(NDArray.normal(shape, { seed: comm.rank }));

const {
  MPIBlockDiag,
  MPIConvolve1D,
  MPIConvolveND,
  MPIFFT1D,
  MPIFFT2D,
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
  MPIStackedBlockDiag,
  MPIStackedVStack,
  MPIVStack,
} = operators;

export const CROWD: readonly CrowdRow[] = [
  ...onEach('MPIFirstDerivative', (n, comm) => new MPIFirstDerivative([n, 3], { order: 5, comm })),
  ...onEach('MPISecondDerivative', (n, comm) => new MPISecondDerivative([n, 3], { kind: 'forward', comm })),
  ...onEach('MPILaplacian', (n, comm) => new MPILaplacian([n, 3], { axes: [0, 1], comm })),
  ...onEach('MPIGradient', (n, comm) => new MPIGradient([n, 3], { comm })),
  ...onEach('MPIFFT1D', (n, comm) => new MPIFFT1D([n, 4], { axis: 0, comm })),
  ...onEach('MPIFFT2D', (n, comm) => new MPIFFT2D([n, 4], { real: true, dtype: 'float64', comm })),
  ...onEach('MPIFFTND', (n, comm) => new MPIFFTND([n, 4, 3], { comm })),
  ...onEach(
    'MPIConvolve1D',
    (n, comm) => new MPIConvolve1D([n, 3], [1, 2, 1, 3], { axis: 0, offset: 1, comm }),
  ),
  ...onEach(
    'MPIConvolveND',
    (n, comm) =>
      new MPIConvolveND(
        [n, 5],
        [
          [1, 2],
          [3, 4],
        ],
        { comm },
      ),
  ),
  ...onEach(
    'MPINonStationaryConvolve1D',
    (n, comm) =>
      new MPINonStationaryConvolve1D(
        [n],
        [
          [1, 2, 1],
          [0, 1, 0],
        ],
        [1, 3],
        { comm },
      ),
  ),
  ...onEach(
    'MPINonStationaryConvolve2D',
    (n, comm) =>
      new MPINonStationaryConvolve2D([n, 6], NDArray.normal([2, 2, 3, 3], { seed: 0 }), [1, 3], [1, 4], {
        comm,
      }),
  ),
  ...onEach('MPISmoothing1D', (n, comm) => new MPISmoothing1D(5, [n, 3], { axis: 0, comm })),
  ...onEach('MPISmoothing2D', (n, comm) => new MPISmoothing2D(3, [n, 4], { comm })),
  {
    name: 'MPIFredholm1',
    make: (comm) => new MPIFredholm1(NDArray.normal([1, 2, 3], { seed: comm.rank }), 2, { comm }),
  },
  {
    name: 'MPIMDC',
    make: (comm) =>
      new MPIMDC(NDArray.normal([1, 2, 2], { seed: comm.rank, dtype: 'complex128' }), 2 * comm.size - 1, 2, {
        comm,
      }),
  },
  {
    name: 'MPIMatrixMult by summa',
    make: (comm) => new MPIMatrixMult(NDArray.normal([2, 3], { seed: comm.rank }), 9, { comm }),
  },
  {
    name: 'MPIMatrixMult by blocks',
    make: (comm) =>
      new MPIMatrixMult(NDArray.normal([1, 3], { seed: comm.rank }), 4, {
        kind: 'block',
        grid: [comm.size, 1],
        comm,
      }),
  },
  {
    name: 'MPISparseMatrixMult',
    make: (comm) =>
      new MPISparseMatrixMult(
        CsrArray.fromDense(NDArray.normal([comm.rank % 3, 7], { seed: comm.rank }).clip(0, null)),
        { comm },
      ),
  },
  {
    name: 'MPIBlockDiag',
    make: (comm) => new MPIBlockDiag(comm.rank % 3 === 0 ? [matrix(comm, [2, 3])] : [], { comm }),
  },
  { name: 'MPIVStack', make: (comm) => new MPIVStack([matrix(comm, [2, 3])], { comm }) },
  { name: 'MPIHStack', make: (comm) => new MPIHStack([matrix(comm, [3, 2])], { comm }) },
  {
    name: 'MPIHalo',
    make: (comm) => new MPIHalo([70, 3], { halo: [2, 0], procGrid: [comm.size, 1], adjoint: 'exact', comm }),
  },
  {
    name: 'MPIStackedBlockDiag',
    same: true,
    make: (comm) =>
      new MPIStackedBlockDiag([new MPILaplacian([5, 4], { comm }), new MPIFirstDerivative([70], { comm })]),
  },
  {
    name: 'MPIStackedVStack',
    same: true,
    make: (comm) =>
      new MPIStackedVStack([new MPIFirstDerivative([70, 4], { comm }), new MPILaplacian([70, 4], { comm })]),
  },
];

/** The names of the exported operators, without their base classes. */
export const exported = (): string[] =>
  Object.keys(operators).filter(
    (name) => name.startsWith('MPI') && !/^MPI(Stacked)?LinearOperator$|^MPIFourierOperator$/.test(name),
  );
