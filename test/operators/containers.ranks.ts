import { expect } from 'chai';
import { NDArray, NDArraySpace } from '../../src/core/array/ndarray.js';
import { complexOf, type DType } from '../../src/core/base/dtype.js';
import { DTypeError, ShapeError } from '../../src/core/base/errors.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import type { DistributedSpace } from '../../src/core/distributed/space.js';
import type { AnyOperator } from '../../src/core/operator/linear-operator.js';
import type { Communicator } from '../../src/core/ports/communicator.js';
import type { AnyVector } from '../../src/core/vector/vector.js';
import {
  type AnyLocalOperator,
  Conj,
  FFT,
  Identity,
  MatrixMult,
  PoststackLinearModelling,
  Real,
} from '../../src/local/index.js';
import {
  MPIBlockDiag,
  MPIHStack,
  MPILinearOperator,
  MPIStackedBlockDiag,
  MPIStackedVStack,
  MPIVStack,
} from '../../src/operators/index.js';
import { DOT_TABLES } from '../local/tables/index.js';
import { distributed, group, type RanksContext } from '../support/distributed.js';
import { differenceOf, expectClose } from '../support/expect-close.js';
import { expectAllThrow } from '../support/vectors.js';

/** At most `count` operators of a list. Another `turn` selects other ones. */
function some<T>(list: readonly T[], count: number, turn: number): T[] {
  if (list.length <= count) return [...list];
  return Array.from(
    { length: count },
    (_, k) => list[(Math.floor((k * list.length) / count) + turn) % list.length] as T,
  );
}

/** The pairs to compare for a container whose blocks on every rank are those of one operator. */
type Check = (
  A: MPILinearOperator,
  op: AnyLocalOperator,
  x: DistributedArray,
  comm: Communicator,
) => readonly (readonly [NDArray, NDArray])[];

/** This rank's part of a vector, in the shape that an operator accepts. */
const part = (x: DistributedArray, shape: readonly number[]): NDArray => x.local.copy().reshape(shape);

/**
 * Every container of one operator per rank, with the expected results of the container and of its
 * adjoint on this rank.
 */
const CONTAINERS: Readonly<Record<string, readonly [(op: AnyLocalOperator) => MPILinearOperator, Check]>> = {
  MPIBlockDiag: [
    (op) => new MPIBlockDiag([op]),
    (A, op, x) => {
      const y = A.matvec(x);
      const data = part(y, op.dimsd);
      return [
        [data, op.matvec(part(x, op.dims))],
        [part(A.rmatvec(y), op.dims), op.rmatvec(data)],
      ];
    },
  ],
  MPIVStack: [
    (op) => new MPIVStack([op]),
    (A, op, x, comm) => {
      const y = A.matvec(x);
      const data = part(y, op.dimsd);
      return [
        [data, op.matvec(part(x, op.dims))],
        [part(A.rmatvec(y), op.dims), op.rmatvec(data).scale(comm.size)],
      ];
    },
  ],
  MPIHStack: [
    (op) => new MPIHStack([op.H]),
    (A, op, x, comm) => {
      // all ranks have the same model, so that the sum is a multiple of one part
      x.local.assign(NDArraySpace.of(x.localShape, x.dtype, x.backend).random(5));
      const y = A.matvec(x);
      const data = part(y, op.dims);
      return [
        [data, op.rmatvec(part(x, op.dimsd)).scale(comm.size)],
        [part(A.rmatvec(y), op.dimsd), op.matvec(data)],
      ];
    },
  ],
  'MPILinearOperator.wrap': [
    (op) => MPILinearOperator.wrap(op),
    (A, op, x) => {
      const y = A.matvec(x);
      const data = part(y, op.dimsd);
      return [
        [data, op.matvec(part(x, op.dims))],
        [part(A.rmatvec(y), op.dims), op.rmatvec(data)],
      ];
    },
  ],
};

/** Operators made of a container, for which the dot test must pass. */
const madeOf = (A: MPILinearOperator): readonly (readonly [string, AnyOperator])[] => [
  ['AᴴA', A.H.mul(A)],
  ['A + 2 A', A.add(A.scale(2))],
  ['(1 − 2i) A', A.scale({ re: 1, im: -2 })],
  ['A of a stack', new MPIStackedBlockDiag([A, A.scale(-3)])],
  ['A above A', new MPIStackedVStack([A, A.scale(-3)])],
];

const refuses = (op: AnyLocalOperator, dtype: DType, adjoint = false): boolean => {
  try {
    const space = (shape: readonly number[]) => NDArraySpace.of(shape, dtype, op.domain().backend);
    if (adjoint) op.domainOf(space(op.dimsd));
    else op.rangeOf(space(op.dims));
    return false;
  } catch (error) {
    if (error instanceof DTypeError) return true;
    throw error;
  }
};

function checkOperator(op: AnyLocalOperator, vectors: DType, { comm, tolerance }: RanksContext): string[] {
  const wrong: string[] = [];
  for (const [name, [make, check]] of Object.entries(CONTAINERS)) {
    const A = make(op);
    const what = `${name} of ${op}, dims [${op.dims}], with ${vectors}`;
    const limit = 20 * tolerance(vectors);
    if (refuses(op, vectors, name === 'MPIHStack')) {
      expectAllThrow(
        comm,
        () => A.rangeOf(A.domain({ dtype: vectors }) as DistributedSpace),
        DTypeError,
        what,
      );
      continue;
    }
    const domain = A.domain({ dtype: vectors }) as DistributedSpace;
    for (const [actual, expected] of check(A, op, domain.withDType(vectors).random(3), comm)) {
      const found = differenceOf(actual, expected, limit);
      if (found) wrong.push(`${what}: ${found}`);
    }
    for (const [part, composed] of [['A', A] as const, ...(vectors === op.dtype ? madeOf(A) : [])]) {
      const { error } = composed.dotTest({
        domain: composed.domain({ dtype: vectors }),
        rtol: 1,
        raise: false,
      });
      if (!(error <= limit)) wrong.push(`${what}: dot test of ${part} ${error}`);
    }
  }
  return wrong;
}

group('containers of local operators', () => {
  for (const [title, table] of DOT_TABLES) {
    distributed(
      `${title}: give what each operator gives, in its dtype`,
      { ranks: [1, 2], backends: ['cpu'], timeout: 120_000 },
      (context) => {
        const { backend, comm, floats } = context;
        const wrong: string[] = [];
        floats.forEach((dtype, turn) => {
          const kit = {
            dtype,
            complex: true,
            data: (shape: readonly number[], seed = 3) => NDArraySpace.of(shape, dtype, backend).random(seed),
          };
          for (const make of Object.values(table)) {
            for (const op of some(make(kit), 1, turn)) {
              for (const vectors of new Set([dtype, complexOf(dtype)]))
                wrong.push(...checkOperator(op, vectors, context));
            }
          }
        });
        expect(comm.allgatherObject(wrong).flat()).to.deep.equal([]);
      },
    );
  }

  distributed(
    'equal the local ones where the operators have images of different dtypes',
    ({ comm, backend, reals, dtypes, tolerance }) => {
      for (const dtype of reals) {
        if (!dtypes.includes(complexOf(dtype))) continue;
        const matrix = new MatrixMult(NDArray.normal([3, 3], { dtype, backend, seed: 2 }));
        const transform = new FFT(4, { real: true, dtype });
        const others = [new Real(3), new Conj(3), new Identity(3, 3, { dtype })];
        for (const mine of [
          [matrix, transform, ...others],
          comm.rank % 2 === 0 ? [transform] : [matrix],
          comm.rank === 0 ? [transform, matrix] : others,
        ]) {
          const A = new MPIBlockDiag(mine);
          for (const vectors of [dtype, complexOf(dtype)]) {
            const x = (A.domain() as DistributedSpace).withDType(vectors).random(3);
            const y = A.matvec(x);
            let [from, to] = [0, 0];
            for (const op of mine) {
              const [n, m] = op.shape;
              const exact = op.matvec(x.local.slice([from, from + m]).copy());
              const got = y.local.slice([to, to + n]).copy();
              const wanted = exact.dtype === y.dtype ? exact : exact.astype(y.dtype);
              expectClose(got, wanted, 20 * tolerance(dtype), `${op} of ${vectors}`);
              [from, to] = [from + m, to + n];
            }
            A.dotTest({ domain: x.space, rtol: 20 * tolerance(dtype) });
          }
        }
      }
    },
  );

  distributed(
    'equal the local ones where the operator is a real transform',
    { backends: ['cpu'] },
    ({ comm }) => {
      const A = new MPIBlockDiag([new FFT(4, { real: true, dtype: 'float64' })]);
      const x = (A.domain() as DistributedSpace).empty();
      x.local.assign(NDArray.array([1, 2, 3, 5]));
      const y = A.matvec(x);
      const expected = NDArray.array([5.5, { re: -Math.SQRT2, im: 1.5 * Math.SQRT2 }, -1.5], {
        dtype: 'complex128',
      });
      expect([y.dtype, y.localShape]).to.deep.equal(['complex128', [3]]);
      expectClose(y.local, expected, 1e-12);
      const back = A.rmatvec(y);
      expect([back.dtype, comm.size]).to.deep.equal(['float64', comm.size]);
      expectClose(back.local, x.local, 1e-12);
    },
  );

  distributed(
    'refuse on all ranks a dtype that an operator of one refuses',
    { backends: ['cpu'] },
    ({ comm }) => {
      const last = comm.rank === comm.size - 1;
      const mine = last ? [new Real(3, { dtype: 'float64' })] : [new Identity(3, 3)];
      for (const A of [new MPIBlockDiag(mine), new MPIVStack(mine), new MPIHStack(mine)] as AnyOperator[]) {
        const x: AnyVector = (A.domain() as DistributedSpace).withDType('complex128').zeros();
        expectAllThrow(comm, () => A.matvec(x), DTypeError, A.name);
      }
    },
  );

  distributed(
    'model traces with wavelets that change with time as one rank does, cut unevenly',
    { backends: ['cpu', 'reference'] },
    ({ comm, reals, tolerance }) => {
      const [traces, nt] = [7, 30];
      for (const dtype of reals) {
        const wav = NDArray.normal([nt, 9], { seed: 3, dtype });
        const whole = new PoststackLinearModelling(wav, nt, { spatdims: traces, axis: 1 });
        const x = DistributedArray.random([traces, nt], { comm, dtype, seed: 4 });
        const mine = x.localShape[0] as number;
        const A = new MPIBlockDiag([new PoststackLinearModelling(wav, nt, { spatdims: mine, axis: 1 })], {
          comm,
        });
        const y = A.matvec(x);
        expectClose(y.asArray(), whole.matvec(x.asArray()), 100 * tolerance(dtype));
        expectClose(A.rmatvec(y).asArray(), whole.rmatvec(y.asArray()), 1000 * tolerance(dtype));
        A.dotTest({ domain: x.space, rtol: 20 * tolerance(dtype) });
      }
      expect(() => new PoststackLinearModelling(NDArray.ones([nt - 1, 9]), nt)).to.throw(ShapeError);
    },
  );
});
