import { expect } from 'chai';
import { NDArray } from '../../src/core/array/ndarray.js';
import { bytesOf } from '../../src/core/base/dtype.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { Kirchhoff, Radon2D, Radon3D } from '../../src/local/index.js';
import type { LocalOperator } from '../../src/local/local-operator.js';
import {
  MPIConvolveND,
  MPIFFTND,
  MPIFredholm1,
  MPIHalo,
  type MPILinearOperator,
  MPIMatrixMult,
  MPIMDC,
  MPINonStationaryConvolve1D,
} from '../../src/operators/index.js';
import { distributed, group } from '../support/distributed.js';
import { mostBytes } from '../support/peak.js';

/** The memory that an operator may use, in arrays of the size of its larger vector on this rank. */
interface Budget {
  readonly make: () => MPILinearOperator | LocalOperator;
  /**
   * The memory that is kept between calls, in addition to that allocated with the operator: tables,
   * and buffers of ghost cells.
   */
  readonly holds: number;
  /** The largest amount of memory that is allocated during a call. */
  readonly work: number;
}

const uniform = (shape: number[], dtype: 'float64' | 'complex128' = 'float64') =>
  NDArray.uniform(shape, { dtype, seed: 1 });
const axis = (n: number, step = 1): Float64Array => Float64Array.from({ length: n }, (_, i) => step * i);

const stations = (n: number): NDArray =>
  NDArray.array([axis(n, 4), axis(n, 0)].map((row) => Array.from(row)));

const BUDGETS: Readonly<Record<string, Budget>> = {
  'MPIMatrixMult summa': {
    make: () => MPIMatrixMult.fromGlobal(uniform([240, 240]), 240),
    holds: 0,
    work: 3,
  },
  'MPIMatrixMult block': {
    make: () => MPIMatrixMult.fromGlobal(uniform([240, 240]), 240, { kind: 'block' }),
    holds: 0,
    work: 3,
  },
  MPIFredholm1: { make: () => MPIFredholm1.fromGlobal(uniform([48, 20, 20]), 20), holds: 0, work: 1 },
  MPIMDC: { make: () => MPIMDC.fromGlobal(uniform([60, 12, 12], 'complex128'), 127, 12), holds: 0, work: 4 },
  MPIFFTND: { make: () => new MPIFFTND([36, 36, 36]), holds: 0, work: 2 },
  'MPIFFTND real': {
    make: () => new MPIFFTND([36, 36, 36], { real: true, dtype: 'complex128' }),
    holds: 0,
    work: 3,
  },
  MPIConvolveND: { make: () => new MPIConvolveND([96, 120], uniform([5, 5])), holds: 0, work: 1.25 },
  MPINonStationaryConvolve1D: {
    make: () => new MPINonStationaryConvolve1D([4000], uniform([4, 11]), [500, 1500, 2500, 3500]),
    // half an array of indices and one of weights
    holds: 1.5,
    work: 1.1,
  },
  MPIHalo: { make: () => new MPIHalo([96, 120], { halo: 2, adjoint: 'exact' }), holds: 0.25, work: 0 },
  Kirchhoff: {
    make: () =>
      new Kirchhoff(
        { x: axis(20, 4), z: axis(20, 4), t: axis(200, 0.001), srcs: stations(4), recs: stations(10) },
        [1, 2, 1],
        1,
        {
          vel: 1000,
        },
      ),
    // travel times of the sources and the receivers
    holds: (14 * 400) / (40 * 200),
    work: 1,
  },
  // the tables: an index and a weight for each of two samples of every trace
  Radon2D: {
    make: () => new Radon2D(axis(100, 0.01), axis(12), axis(12, 0.001)),
    holds: 2 * 12 * 1.5,
    work: 0,
  },
  Radon3D: {
    make: () => new Radon3D(axis(50, 0.01), axis(4), axis(3), axis(4, 0.001), axis(3, 0.001)),
    holds: 2 * 12 * 1.5,
    work: 0,
  },
};

group('memory of operators', () => {
  for (const [name, { make, holds, work }] of Object.entries(BUDGETS))
    distributed(
      `${name} holds ${holds.toFixed(1)} arrays at most and borrows ${work}`,
      { backends: ['cpu'] },
      ({ backend }) => {
        const A = make();
        const [x, y] = [A.domain().random(1), A.range().random(2)] as [NDArray, NDArray];
        const sizeOf = (v: NDArray | DistributedArray): number =>
          (v instanceof DistributedArray ? v.local.size : v.size) * bytesOf(v.dtype);
        // pools round sizes up by at most an eighth
        const bytes = 1.125 * Math.max(sizeOf(x), sizeOf(y), 1024);
        const both = [
          () => void (A as LocalOperator).matvec(x, y),
          () => void (A as LocalOperator).rmatvec(y, x),
        ];
        const before = backend.stats().liveBytes;
        for (const run of both) run();
        const held = backend.stats().liveBytes - before;
        expect(held / bytes, `${name}: held between calls`).to.be.at.most(holds);
        for (const run of both)
          expect(mostBytes(backend, run) / bytes, `${name}: borrowed during a call`).to.be.at.most(work);
        expect(backend.stats().liveBytes - before, `${name}: held after more calls`).to.equal(held);
        const { pooledBytes, poolMisses } = backend.stats();
        for (const run of both) run();
        expect(backend.stats(), `${name}: once more`).to.include({ pooledBytes, poolMisses });
      },
    );
});
