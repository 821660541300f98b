import { expect } from 'chai';
import { NDArray } from '../../src/core/array/ndarray.js';
import { complexOf, isComplex } from '../../src/core/base/dtype.js';
import { ArgumentError, DTypeError, PartitionError, ShapeError } from '../../src/core/base/errors.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { Layout } from '../../src/core/distributed/layout.js';
import { MatrixMult } from '../../src/local/index.js';
import { MATRIX_MULT_KINDS, MPIMatrixMult, matrixGrid, type ProcessGrid } from '../../src/operators/index.js';
import { compareWithLocal, fewInputs, inputs, oneInput } from '../support/against-local.js';
import { distributed, group } from '../support/distributed.js';
import { expectClose } from '../support/expect-close.js';
import { expectAllThrow, NOTHING, placed, ragged, traffic } from '../support/vectors.js';

/** All grids of at most this number of ranks. */
const allGrids = (ranks: number): ProcessGrid[] =>
  Array.from({ length: ranks }, (_, i) => i + 1).flatMap((rows) =>
    Array.from({ length: Math.floor(ranks / rows) }, (_, j): ProcessGrid => [rows, j + 1]),
  );

/** The grids that use all ranks. */
const gridsOf = (ranks: number): ProcessGrid[] =>
  allGrids(ranks).filter(([rows, columns]) => rows * columns === ranks);

group('matrix product', () => {
  for (const kind of MATRIX_MULT_KINDS)
    distributed(
      `${kind}: equals the local operator, on any grid and in any layout`,
      ({ floats, comm, tolerance }) => {
        for (const dtype of floats) {
          const A = NDArray.normal([7, 5], { dtype, seed: 3 });
          const L = new MatrixMult(A, { otherdims: [3] });
          // every grid in one dtype, every layout on one grid
          for (const grid of dtype === 'float32' ? allGrids(comm.size) : gridsOf(comm.size).slice(-1)) {
            for (const saveAt of kind === 'summa' ? [false, true] : [false]) {
              const op = MPIMatrixMult.fromGlobal(A, 3, { kind, grid, saveAt });
              const layouts = dtype === 'float64' && !saveAt ? inputs : oneInput;
              compareWithLocal(
                op,
                L,
                dtype,
                comm,
                10 * tolerance(dtype),
                `${kind} ${grid} ${saveAt} of ${dtype}`,
                layouts,
              );
            }
          }
        }
      },
    );

  for (const [N, K, M] of [
    [1, 1, 1],
    [2, 1, 5],
    [1, 6, 2],
    [3, 2, 0],
    [0, 3, 2],
    [3, 0, 2],
  ] as const)
    distributed(
      `[${N}, ${K}] times [${K}, ${M}]: takes sizes below those of the grid`,
      ({ comm, reals, tolerance }) => {
        const A = NDArray.normal([N, K], { seed: 0, dtype: reals[0] });
        for (const kind of MATRIX_MULT_KINDS) {
          for (const grid of gridsOf(comm.size)) {
            const op = MPIMatrixMult.fromGlobal(A, M, { kind, grid, saveAt: true });
            const local = new MatrixMult(A, { otherdims: [M] });
            compareWithLocal(
              op,
              local,
              reals[0] ?? 'float32',
              comm,
              10 * tolerance('float32'),
              `${kind} ${grid} ${[N, K, M]}`,
              oneInput,
            );
          }
        }
      },
    );

  distributed('accepts complex vectors with a real matrix', ({ floats, backend, comm, tolerance }) => {
    for (const dtype of floats) {
      if (isComplex(dtype) || !backend.dtypes.includes(complexOf(dtype))) continue;
      const A = NDArray.normal([4, 6], { seed: 0, dtype });
      const op = MPIMatrixMult.fromGlobal(A, 2, { grid: [1, comm.size] });
      compareWithLocal(
        op,
        new MatrixMult(A, { otherdims: [2] }),
        complexOf(dtype),
        comm,
        10 * tolerance(dtype),
        dtype,
        fewInputs,
      );
    }
  });

  distributed('accepts uneven blocks, and distributed matrices', { backends: ['cpu'] }, ({ comm }) => {
    const p = comm.size;
    const A = NDArray.normal([6, 8], { seed: 0 });
    const L = new MatrixMult(A, { otherdims: [3] });
    const x = DistributedArray.random([8, 3]);
    const y = L.matvec(x.asArray());
    const cuts = ragged(8, p);
    const first = cuts.slice(0, comm.rank).reduce((a, b) => a + b, 0);
    const tile = A.slice(null, [first, first + (cuts[comm.rank] as number)]);
    expectClose(new MPIMatrixMult(tile, 3, { grid: [1, p] }).matvec(x), y, 1e-12, 'tiles');
    const rows = ragged(6, p, 2);
    const start = rows.slice(0, comm.rank).reduce((a, b) => a + b, 0);
    const block = A.slice([start, start + (rows[comm.rank] as number)]);
    expectClose(new MPIMatrixMult(block, 3, { kind: 'block', grid: [p, 1] }).matvec(x), y, 1e-12, 'rows');
    for (const layout of [
      Layout.split([6, 8], p, 1),
      Layout.split([6, 8], p),
      Layout.replicated([6, 8], p),
    ]) {
      for (const kind of MATRIX_MULT_KINDS) {
        const op = MPIMatrixMult.fromDistributed(placed(A, layout, comm), 3, { kind });
        expectClose(op.matvec(x), y, 1e-12, `${kind} from ${layout}`);
      }
    }
  });

  for (const shape of [
    [1, 1],
    [1, 5],
    [5, 1],
  ])
    distributed(
      `takes a distributed matrix of [${shape}] on grids with more rows or columns`,
      { backends: ['cpu'] },
      ({ comm }) => {
        const A = NDArray.normal(shape, { seed: 0 });
        const x = DistributedArray.random([shape[1] as number, 3]);
        const y = new MatrixMult(A, { otherdims: [3] }).matvec(x.asArray());
        for (const kind of MATRIX_MULT_KINDS) {
          for (const grid of allGrids(comm.size)) {
            const op = MPIMatrixMult.fromDistributed(placed(A, Layout.split(shape, comm.size), comm), 3, {
              kind,
              grid,
            });
            expectClose(op.matvec(x), y, 1e-12, `${kind} on ${grid}`);
          }
        }
      },
    );

  distributed('sends each panel once to each rank that lacks it', { backends: ['cpu'] }, ({ comm }) => {
    const p = comm.size;
    for (const [rows, columns] of gridsOf(p)) {
      for (const kind of MATRIX_MULT_KINDS) {
        const A = MPIMatrixMult.fromGlobal(NDArray.normal([8, 12], { seed: 0 }), 8, {
          kind,
          grid: [rows, columns],
          saveAt: true,
        });
        const x = A.domain().random();
        const y = A.matvec(x);
        A.rmatvec(y);
        // K is divided into `rows` parts like the rows of X, and into `columns` parts like the
        // columns of A
        const pieces = new Set(
          [...Array(rows).keys()]
            .map((k) => (12 * k) / rows)
            .concat([...Array(columns).keys()].map((k) => (12 * k) / columns)),
        );
        const expected =
          kind === 'block'
            ? rows - 1
            : (pieces.size / columns) * (columns - 1) + (pieces.size / rows) * (rows - 1);
        if (rows === 1 || columns === 1 || rows === columns) {
          expect(
            traffic(comm, () => A.matvec(x)),
            `${kind} ${rows} × ${columns}`,
          ).to.deep.equal({ ...NOTHING, messages: expected });
          if (kind === 'block')
            expect(traffic(comm, () => A.rmatvec(y))).to.deep.equal({ ...NOTHING, messages: expected });
          if (kind === 'summa' && columns === 1) {
            // each rank has complete rows of A: parts of X are sent to their owners
            const once = MPIMatrixMult.fromGlobal(NDArray.normal([8, 12], { seed: 0 }), 8, {
              grid: [rows, 1],
            });
            once.rmatvec(y);
            expect(traffic(comm, () => once.rmatvec(y))).to.deep.equal({ ...NOTHING, messages: rows - 1 });
          }
        }
      }
    }
  });

  distributed('chooses grids for the shape', { ranks: [4], backends: ['cpu'] }, () => {
    expect(matrixGrid(2048, 2048, 2048, 4)).to.deep.equal([2, 2]);
    expect(matrixGrid(100000, 512, 16, 4)).to.deep.equal([4, 1]);
    expect(matrixGrid(16, 512, 100000, 4)).to.deep.equal([1, 4]);
    // the amount of work is too small for messages
    expect(matrixGrid(3, 3, 3, 4)).to.deep.equal([1, 1]);
    expect(matrixGrid(2048, 2048, 2048, 3)[0]).to.be.at.least(1);
    const [rows, columns] = matrixGrid(16, 512, 100000, 4, 'block');
    expect(columns).to.be.at.most(rows);
  });

  distributed('refuses on all ranks what is wrong on one', { backends: ['cpu'] }, ({ comm }) => {
    const p = comm.size;
    const last = comm.rank === p - 1;
    const A = NDArray.ones([4, 4]);
    expectAllThrow(comm, () => new MPIMatrixMult(A, 3, { grid: [p + 1, 1] }), PartitionError);
    expectAllThrow(comm, () => new MPIMatrixMult(last ? NDArray.ones([4]) : A, 3), ShapeError);
    expectAllThrow(
      comm,
      () => new MPIMatrixMult(A, 3, last ? { kind: 'blocks' as 'block' } : {}),
      ArgumentError,
    );
    if (p > 1) {
      expectAllThrow(comm, () => new MPIMatrixMult(A, last ? 3 : 2), ArgumentError);
      expectAllThrow(comm, () => new MPIMatrixMult(last ? A.astype('float32') : A, 3), ArgumentError);
      expectAllThrow(
        comm,
        () => new MPIMatrixMult(last ? NDArray.ones([4, 3]) : A, 3, { grid: [p, 1] }),
        ShapeError,
      );
      expectAllThrow(comm, () => new MPIMatrixMult(A, 3, { grid: [1, 1] }), ShapeError);
    }
    const op = MPIMatrixMult.fromGlobal(A, 3);
    expectAllThrow(comm, () => op.matvec(DistributedArray.zeros([4, 4])), ShapeError);
    expectAllThrow(comm, () => op.matvec(DistributedArray.zeros([4, 3], { dtype: 'float32' })), DTypeError);
    expectAllThrow(
      comm,
      () => op.matvec(DistributedArray.zeros([4, 3], { comm: comm.dup() })),
      PartitionError,
    );
  });
});
