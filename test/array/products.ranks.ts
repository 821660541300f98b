import { expect } from 'chai';
import type { ArrayLike } from '../../src/array/index.js';
import * as xp from '../../src/array/index.js';
import { NDArray } from '../../src/core/array/ndarray.js';
import type { Scalar } from '../../src/core/base/complex.js';
import { ArgumentError, DTypeError, PartitionError, ShapeError } from '../../src/core/base/errors.js';
import { product, stridesOf } from '../../src/core/base/shape.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { Layout } from '../../src/core/distributed/layout.js';
import { distributed, group } from '../support/distributed.js';
import { expectClose } from '../support/expect-close.js';
import { expectAllThrow, layoutsOf, NOTHING, placed, traffic } from '../support/vectors.js';

type Either = NDArray | DistributedArray;

/** Whole numbers, so that sums are exact in every dtype. */
const numbers = (shape: readonly number[], seed: number): NDArray =>
  NDArray.array(
    Array.from({ length: product([...shape]) }, (_, i) => ((i * 7 + seed * 5) % 11) - 4),
    { dtype: 'int32' },
  ).reshape([...shape]);

/** Einstein's sums in plain loops over all labels. */
function einsum(subscripts: string, ...operands: readonly NDArray[]): NDArray {
  const [left, to] = subscripts.split('->') as [string, string];
  const terms = left.split(',');
  const sizes = new Map(
    terms.flatMap((term, k) => [...term].map((l, a) => [l, operands[k]?.shape[a] as number])),
  );
  const labels = [...sizes.keys()];
  const shape = [...to].map((l) => sizes.get(l) as number);
  const lists = operands.map((x) => x.toHost());
  const sums = new Array<number>(product(shape)).fill(0);
  const at = new Map<string, number>();
  const placeIn = (term: string, of: readonly number[]): number => {
    const strides = stridesOf([...of]);
    return [...term].reduce((sum, l, k) => sum + (at.get(l) as number) * (strides[k] as number), 0);
  };
  const visit = (depth: number): void => {
    const label = labels[depth];
    if (label === undefined) {
      const value = terms.reduce(
        (p, term, k) => p * (lists[k]?.[placeIn(term, operands[k]?.shape ?? [])] as number),
        1,
      );
      sums[placeIn(to, shape)] = (sums[placeIn(to, shape)] as number) + value;
      return;
    }
    for (let i = 0; i < (sizes.get(label) as number); i++) {
      at.set(label, i);
      visit(depth + 1);
    }
  };
  visit(0);
  return NDArray.array(sums).reshape(shape);
}

const wholeOf = (y: Either | Scalar): NDArray => {
  if (typeof y === 'number') return NDArray.full([], y);
  return y instanceof DistributedArray ? y.asArray() : (y as NDArray);
};

type Call = (a: ArrayLike, b: ArrayLike) => Either | Scalar;
/** A call, the sums that it stands for, and the shapes of two operands. */
const CALLS: readonly (readonly [string, Call, string, readonly number[], readonly number[]])[] = [
  ['dot of vectors', xp.dot, 'i,i->', [5], [5]],
  ['dot of matrices', xp.dot, 'ij,jk->ik', [5, 3], [3, 4]],
  ['dot of more axes', xp.dot, 'abj,cjk->abck', [3, 2, 4], [2, 4, 3]],
  ['inner', xp.inner, 'ij,kj->ik', [5, 3], [4, 3]],
  ['outer', xp.outer, 'i,j->ij', [5], [3]],
  ['vdot', xp.vdot, 'ij,ij->', [3, 4], [3, 4]],
  ['tensordot', xp.tensordot, 'ijk,jkl->il', [5, 2, 3], [2, 3, 4]],
  ['tensordot of axes', (a, b) => xp.tensordot(a, b, { axes: [[0], [1]] }), 'ij,ki->jk', [5, 3], [4, 5]],
  ['matmul', xp.matmul, 'bij,bjk->bik', [3, 5, 2], [3, 2, 4]],
  ['matmul with a vector', xp.matmul, 'ij,j->i', [5, 3], [3]],
  ['matmul of a vector', xp.matmul, 'j,bjk->bk', [3], [4, 3, 2]],
  ['einsum of columns', (a, b) => xp.einsum('ij,ij->j', a, b), 'ij,ij->j', [5, 3], [5, 3]],
  ['einsum in another order', (a, b) => xp.einsum('ij,k->kji', a, b), 'ij,k->kji', [5, 3], [2]],
  ['einsum with dots', (a, b) => xp.einsum('...ij,jk->...ik', a, b), 'bij,jk->bik', [2, 5, 3], [3, 4]],
];

group('products of arrays', () => {
  distributed(
    'are sums of products, whichever operand is split',
    { timeout: 240_000 },
    ({ comm, dtypes }) => {
      for (const dtype of dtypes.filter((d) => ['float32', 'float64', 'int32'].includes(d)))
        for (const [name, call, sums, first, second] of CALLS) {
          const [a, b] = [numbers(first, 1), numbers(second, 2)];
          const [x, y] = [a.astype(dtype), b.astype(dtype)];
          const expected = einsum(sums, a, b).astype('float32');
          const check = (z: Either | Scalar, what: string): void =>
            expectClose(wholeOf(z).astype('float32'), expected, 1e-6, { what: `${name}, ${dtype}, ${what}` });
          check(call(x, y), 'one rank');
          for (const layout of layoutsOf([...first], comm.size))
            check(call(placed(x, layout, comm), y), `${layout}`);
          for (const layout of layoutsOf([...second], comm.size))
            check(call(x, placed(y, layout, comm)), `${layout}`);
        }
    },
  );

  distributed('of complex numbers', ({ dtypes, comm }) => {
    if (!dtypes.includes('complex128')) return;
    const x = NDArray.array([
      [
        { re: 1, im: 2 },
        { re: 0, im: -1 },
      ],
      [
        { re: 3, im: 0 },
        { re: 1, im: 1 },
      ],
    ]);
    const vdot = { re: 17, im: 0 };
    expect(xp.vdot(x, x)).to.deep.equal(vdot);
    expect(xp.vdot(placed(x, Layout.split([2, 2], comm.size), comm), x)).to.deep.equal(vdot);
    expect((xp.matmul(x, x) as NDArray).toArray()).to.deep.equal([
      [
        { re: -3, im: 1 },
        { re: 3, im: -2 },
      ],
      [
        { re: 6, im: 9 },
        { re: 0, im: -1 },
      ],
    ]);
  });

  distributed('and what NumPy has beside them', ({ comm }) => {
    const x = numbers([3, 3], 1);
    const calls: Readonly<Record<string, (x: Either) => Either | Scalar>> = {
      'the diagonal': (m) => xp.einsum('ii->i', m),
      'the trace': (m) => xp.einsum('ii->', m),
      'sums of rows': (m) => xp.einsum('ij->i', m),
      'another order': (m) => xp.einsum('ij', xp.einsum('ji->ij', m)),
      'three operands': (m) => xp.einsum('ij,jk,kl->il', m, x, x),
      diagonal: (m) => xp.diagonal(m),
      'diagonal below': (m) => xp.diagonal(m, { offset: -1 }),
      'diagonal outside': (m) => xp.diagonal(m, { offset: 7 }),
      trace: (m) => xp.trace(m),
      cross: (m) => xp.cross(m, [1, 2, -1]),
      kron: (m) => xp.kron(m, [[1, 2]]),
    };
    const wanted: Readonly<Record<string, unknown>> = {
      'the diagonal': [1, -4, 2],
      diagonal: [1, -4, 2],
      'diagonal below': [0, 6],
      'diagonal outside': [],
      trace: -1,
    };
    for (const [name, call] of Object.entries(calls)) {
      const expected = wholeOf(call(x));
      const literal = wanted[name];
      if (literal !== undefined)
        expect(expected.ndim === 0 ? expected.get() : expected.toArray(), name).to.deep.equal(literal);
      for (const layout of layoutsOf([3, 3], comm.size))
        expectClose(
          wholeOf(call(placed(x, layout, comm))).astype('float32'),
          expected.astype('float32'),
          1e-12,
          { what: `${name} of ${layout}` },
        );
    }
    expect(
      (
        xp.kron(
          [1, 10],
          [
            [1, 2],
            [3, 4],
          ],
        ) as NDArray
      ).toArray(),
    ).to.deep.equal([
      [1, 2, 10, 20],
      [3, 4, 30, 40],
    ]);
    expect((xp.cross([1, 2, 3], [4, 5, 6]) as NDArray).toArray()).to.deep.equal([-3, 6, -3]);
  });

  distributed('norms of vectors and matrices', ({ comm }) => {
    const x = NDArray.array([
      [3, -4, 0],
      [1, 2, -2],
    ]);
    const cases: readonly (readonly [xp.ArrayNormOptions, unknown])[] = [
      [{}, Math.sqrt(34)],
      [{ ord: 'fro' }, Math.sqrt(34)],
      [{ ord: 1 }, 6],
      [{ ord: -1 }, 2],
      [{ ord: Number.POSITIVE_INFINITY }, 7],
      [{ ord: Number.NEGATIVE_INFINITY }, 5],
      [{ axis: 1 }, [5, 3]],
      [{ axis: 1, ord: 1 }, [7, 5]],
      [{ axis: 1, ord: 0 }, [2, 3]],
      [{ axis: 1, ord: -1 }, [0, 0.5]],
      [{ axis: 0, ord: Number.POSITIVE_INFINITY }, [3, 4, 2]],
      [{ axis: 1, keepdims: true }, [[5], [3]]],
      [{ axis: [0, 1], keepdims: true }, [[Math.sqrt(34)]]],
    ];
    for (const [options, value] of cases) {
      const expected = NDArray.array(value as number[]);
      const check = (y: Either | number, what: string): void =>
        expectClose(wholeOf(y), expected, 1e-6, { what: `${JSON.stringify(options)} of ${what}` });
      check(xp.linalg.norm(x, options), 'one rank');
      for (const layout of layoutsOf([2, 3], comm.size))
        check(xp.linalg.norm(placed(x, layout, comm), options), `${layout}`);
    }
    expectAllThrow(comm, () => xp.linalg.norm(x, { ord: 'nuclear' as never }), ArgumentError);
    expectAllThrow(comm, () => xp.linalg.norm(x, { ord: 3 }), ArgumentError);
  });

  distributed('send nothing along axes of the result, and one reduction over others', ({ comm }) => {
    if (comm.size === 1) return;
    const n = 2 * comm.size;
    const whole = numbers([n, n], 3).astype('float32');
    const rows = placed(whole, Layout.split([n, n], comm.size, 0), comm);
    const columns = placed(whole, Layout.split([n, n], comm.size, 1), comm);
    expect(traffic(comm, () => void xp.matmul(rows, whole))).to.deep.equal(NOTHING);
    expect(traffic(comm, () => void xp.matmul(whole, columns))).to.deep.equal(NOTHING);
    expect(traffic(comm, () => void xp.matmul(columns, whole)).reductions).to.equal(1);
    expect(traffic(comm, () => void xp.diagonal(rows))).to.deep.equal(NOTHING);
    expectAllThrow(comm, () => xp.matmul(rows, rows.redistribute(0)), PartitionError);
  });

  distributed('refuse what does not fit, on all ranks', ({ comm }) => {
    const x = DistributedArray.ones([4, 3]);
    expectAllThrow(comm, () => xp.dot(x, NDArray.ones([4])), ShapeError);
    expectAllThrow(comm, () => xp.dot(xp.equal(x, 1), NDArray.ones([3], { dtype: 'bool' })), DTypeError);
    expectAllThrow(comm, () => xp.matmul(x, 2), ShapeError);
    expectAllThrow(comm, () => xp.einsum('ij,jk', x), ArgumentError);
    expectAllThrow(comm, () => xp.einsum('i->', x), ShapeError);
    expectAllThrow(comm, () => xp.einsum('i1->', x), ArgumentError);
    expectAllThrow(comm, () => xp.einsum('ij->iij', x), ArgumentError);
    expectAllThrow(comm, () => xp.einsum('ii->i', x), ShapeError);
    expectAllThrow(comm, () => xp.tensordot(x, x, { axes: 3 }), ArgumentError);
    expectAllThrow(comm, () => xp.cross(NDArray.ones([4]), NDArray.ones([4])), ShapeError);
    expectAllThrow(comm, () => xp.diagonal(NDArray.ones([4])), ShapeError);
  });
});
