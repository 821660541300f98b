import { expect } from 'chai';
import { NDArray } from '../../src/core/array/ndarray.js';
import { re, type Scalar } from '../../src/core/base/complex.js';
import { type DType, isComplex, realOf } from '../../src/core/base/dtype.js';
import { PartitionError, ShapeError } from '../../src/core/base/errors.js';
import type { Shape } from '../../src/core/base/shape.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { Layout } from '../../src/core/distributed/layout.js';
import type { Backend } from '../../src/core/ports/backend.js';
import { rdots, startDots, vdots } from '../../src/core/vector/inner-products.js';
import { distributed, group } from '../support/distributed.js';
import { expectClose } from '../support/expect-close.js';
import { expectAllThrow, NOTHING, placed, traffic } from '../support/vectors.js';
import { DOUBLE, everyLayout, numbers, SHAPES } from './distributed-numbers.js';

const ORDERS = [undefined, 2, 1, 0, 3, 0.5, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

function pairs(values: readonly number[], dtype: DType, backend: Backend): NDArray {
  const list = Array.from(
    { length: values.length / 2 },
    (_, i): Scalar => ({ re: values[2 * i] as number, im: values[2 * i + 1] as number }),
  );
  return NDArray.array(list, { dtype, backend });
}

group('DistributedArray reductions', () => {
  distributed(
    'dot, vdot and rdot cost one reduction and give the same bits on every rank',
    ({ comm, backend, dtypes, tolerance }) => {
      for (const dtype of dtypes) {
        for (const shape of [...SHAPES, [0, 3]]) {
          const [a, b] = [numbers(shape, dtype, backend), numbers(shape, dtype, backend, 5)];
          for (const layout of everyLayout(shape, comm)) {
            const [x, y] = [placed(a, layout, comm), placed(b, layout, comm)];
            const values: Scalar[] = [];
            for (const product of [
              () => x.dot(y),
              () => x.vdot(y),
              () => x.rdot(y),
              () => rdots([x, y])[0] as number,
            ]) {
              expect(
                traffic(comm, () => values.push(product())),
                `${layout}`,
              ).to.deep.equal({ ...NOTHING, reductions: 1 });
            }
            const exact = [a.dot(b), a.vdot(b), a.rdot(b), a.rdot(b)];
            values.forEach((v, i) => {
              expectClose(
                v,
                exact[i] as Scalar,
                { rtol: tolerance(dtype), scale: 1 },
                `${i} ${layout} ${dtype}`,
              );
              expect(typeof v).to.equal(typeof exact[i]);
            });
            expect(
              comm.allgatherObject(JSON.stringify(values)).every((v) => v === JSON.stringify(values)),
            ).to.equal(true);
          }
        }
      }
    },
  );

  distributed(
    'several pairs of real and complex arrays cost one reduction',
    DOUBLE,
    ({ comm, backend, tolerance }) => {
      const [a, z] = [numbers([7], 'float32', backend), numbers([7], 'complex64', backend)];
      const [x, y, w] = [
        DistributedArray.toDist(a),
        DistributedArray.toDist(z),
        DistributedArray.toDist(a, { partition: 'BROADCAST' }),
      ];
      const pairs = [
        [x, x],
        [y, y],
        [x, y],
        [y, x],
        [w, w],
      ] as const;
      const spent = traffic(comm, () => {
        const values = vdots(...pairs);
        const exact = [a.vdot(a), z.vdot(z), a.vdot(z), z.vdot(a), a.vdot(a)];
        values.forEach((v, i) => {
          expectClose(v, exact[i] as Scalar, { rtol: tolerance('float32'), scale: 1 }, `${i}`);
        });
        expect(typeof values[2]).to.equal('object');
      });
      expect(spent).to.deep.equal({ ...NOTHING, reductions: 1 });
      expect(traffic(comm, () => expect(rdots(...pairs)).to.have.length(5))).to.deep.equal({
        ...NOTHING,
        reductions: 1,
      });
      const pending = startDots([x, x], [y, y]);
      expect(pending.wait()[0]).to.be.closeTo(re(a.vdot(a)), 1e-4);
      expectAllThrow(comm, () => rdots([x, x], [a, a]), PartitionError);
    },
  );

  distributed(
    'norms of every order, also of empty parts, cost one reduction',
    ({ comm, backend, dtypes, tolerance }) => {
      for (const dtype of dtypes) {
        for (const shape of [...SHAPES, [0]]) {
          const a = numbers(shape, dtype, backend);
          for (const layout of everyLayout(shape, comm)) {
            const x = placed(a, layout, comm);
            for (const order of ORDERS) {
              let value = Number.NaN;
              expect(
                traffic(comm, () => {
                  value = x.norm(order);
                }),
              ).to.deep.equal({ ...NOTHING, reductions: 1 });
              const exact = a.norm(order);
              if (Number.isFinite(exact))
                expectClose(
                  value,
                  exact,
                  { rtol: tolerance(dtype) || 1e-12, scale: 1 },
                  `order ${order} ${layout} ${dtype}`,
                );
              else expect(value).to.equal(exact);
            }
          }
        }
      }
      for (const order of [-1, Number.NaN])
        expectAllThrow(comm, () => DistributedArray.ones([3]).norm(order), ShapeError);
    },
  );

  distributed(
    'norms along an axis equal those of the whole array',
    ({ comm, backend, dtypes, tolerance }) => {
      for (const dtype of dtypes) {
        const single = dtype === 'int32' ? backend.defaultDType : dtype;
        for (const shape of [[7], [5, 3], [3, 2, 4]]) {
          const a = numbers(shape, dtype, backend);
          for (const layout of everyLayout(shape, comm)) {
            const x = placed(a, layout, comm);
            for (const order of ORDERS) {
              for (const axis of [...shape.keys(), -1]) {
                const y = x.norm(order, axis);
                const exact = a.norm(order, axis);
                // An array that is split along several axes is first split along another one
                const isGrid = layout.grid.filter((g) => g > 1).length > 1;
                const across = !isGrid && layout.axis === (axis + shape.length) % shape.length;
                expect(y.dtype).to.equal(realOf(single));
                expect(y.partition).to.equal(layout.replicated || across ? 'BROADCAST' : 'SCATTER');
                expectClose(
                  y,
                  exact.reshape(y.globalShape),
                  10 * tolerance(single),
                  `order ${order} axis ${axis} ${layout}`,
                );
              }
            }
          }
        }
      }
      const flat = placed(
        numbers([5, 3], 'float32', backend),
        Layout.split([5, 3], comm.size, 1),
        comm,
      ).ravel();
      expectAllThrow(comm, () => flat.norm(2, 0), PartitionError);
      expectAllThrow(comm, () => DistributedArray.ones([3]).norm(2, 1), ShapeError);
      expectAllThrow(comm, () => DistributedArray.ones([3]).norm(2, Number.NaN), ShapeError);
    },
  );

  distributed('NaN on one rank is NaN on all', ({ comm, backend }) => {
    for (const position of [0, 4, 8]) {
      const a = NDArray.array(
        Array.from({ length: 9 }, (_, i) => (i === position ? Number.NaN : 1)),
        { backend },
      );
      for (const layout of everyLayout([9], comm)) {
        const x = placed(a, layout, comm);
        for (const order of [2, 1, 3, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
          expect(x.norm(order), `order ${order} ${layout}`).to.satisfy(Number.isNaN);
          expect(
            x.norm(order, 0).asArray().toHost()[0],
            `order ${order} along the axis ${layout}`,
          ).to.satisfy(Number.isNaN);
        }
        expect(x.vdot(x)).to.satisfy(Number.isNaN);
        expect(x.kthSmallestAbs(7), `${layout}`).to.equal(1);
        expect(x.kthSmallestAbs(8)).to.satisfy(Number.isNaN);
      }
    }
  });

  distributed(
    'the k-th smallest modulus equals that of the whole array',
    ({ comm, backend, dtypes, tolerance }) => {
      for (const dtype of dtypes) {
        const a = numbers([5, 4], dtype, backend);
        for (const layout of everyLayout([5, 4], comm)) {
          const x = placed(a, layout, comm);
          for (const k of [0, 1, 7, 19])
            expectClose(
              x.kthSmallestAbs(k),
              a.abs().ravel().kthSmallestAbs(k),
              { rtol: tolerance(dtype), scale: 1 },
              `${k} ${layout} ${dtype}`,
            );
        }
        for (const k of [-1, 20, 0.5])
          expectAllThrow(comm, () => DistributedArray.toDist(a).kthSmallestAbs(k), ShapeError);
      }
    },
  );

  distributed('float32 stays float32', ({ backend, dtypes }) => {
    const x = DistributedArray.toDist(numbers([6, 2], 'float32', backend));
    for (const y of [
      x.add(x),
      x.multiply(0.1),
      x.conj(),
      x.negative(),
      x.norm(2, 0),
      x.norm(1, 1),
      x.copy().scale(0.1),
      x.redistribute(1),
      x.ravel(),
      x.zerosLike(),
    ]) {
      expect(y.dtype).to.equal('float32');
      expect(y.local.dtype).to.equal('float32');
    }
    if (dtypes.includes('complex64')) expect(x.multiply({ re: 0, im: 1 }).dtype).to.equal('complex64');
    expect(x.addGhostCells(1, 1).dtype).to.equal('float32');
  });

  distributed(
    'a mask limits reductions to the ranks of one colour',
    ({ comm, backend, dtypes, tolerance }) => {
      const masks = [
        Array.from({ length: comm.size }, (_, r) => (r < comm.size / 2 ? 0 : 1)),
        Array.from({ length: comm.size }, (_, r) => r % 2),
        new Array<number>(comm.size).fill(3),
      ];
      for (const mask of masks) {
        for (const dtype of dtypes) {
          const [a, b] = [numbers([9, 2], dtype, backend), numbers([9, 2], dtype, backend, 5)];
          for (const axis of [0, 1]) {
            const [x, y] = [
              DistributedArray.toDist(a, { mask, axis }),
              DistributedArray.toDist(b, { mask, axis }),
            ];
            // the parts that this rank's colour owns, combined
            const parts = comm.allgatherObject(Array.from(x.local.toHost()));
            const others = comm.allgatherObject(Array.from(y.local.toHost()));
            const shapes = x.localShapes;
            const mine = shapes.flatMap((_, r) => (mask[r] === mask[comm.rank] ? [r] : []));
            const join = (lists: readonly number[][]): NDArray => {
              const values = mine.flatMap((r) => lists[r] as number[]);
              return isComplex(dtype)
                ? pairs(values, dtype, backend)
                : NDArray.array(values, { dtype, backend });
            };
            const [p, q] = [join(parts), join(others)];
            const before = { ...comm.counters };
            expectClose(x.dot(y), p.dot(q), { rtol: tolerance(dtype), scale: 1 }, 'dot');
            expectClose(x.vdot(y), p.vdot(q), { rtol: tolerance(dtype), scale: 1 }, 'vdot');
            for (const order of ORDERS) {
              const exact = p.norm(order);
              if (Number.isFinite(exact))
                expectClose(
                  x.norm(order),
                  exact,
                  { rtol: tolerance(dtype) || 1e-12, scale: 1 },
                  `norm ${order}`,
                );
              else expect(x.norm(order)).to.equal(exact);
            }
            expect(comm.counters.reductions, 'the reductions are on the sub-communicator').to.equal(
              before.reductions,
            );
            const masked = x.asArray({ masked: true });
            expect(masked.shape).to.deep.equal(
              a.shape.map((n, k) =>
                k === axis ? mine.reduce((sum, r) => sum + ((shapes[r] as Shape)[axis] as number), 0) : n,
              ),
            );
            const first = x.box.start[axis] as number;
            const offset = mine
              .filter((r) => r < comm.rank)
              .reduce((sum, r) => sum + ((shapes[r] as Shape)[axis] as number), 0);
            const own: [number, number][] = [
              [0, 9],
              [0, 2],
            ];
            own[axis] = [offset, offset + (x.localShape[axis] as number)];
            expectClose(masked.slice(...own).copy(), x.local, 0, `from ${first}`);
            expectClose(x, a, 0);
          }
          const w = DistributedArray.toDist(a, { mask, partition: 'BROADCAST' });
          expectClose(
            w.norm(),
            a.norm(),
            { rtol: tolerance(dtype) || 1e-12, scale: 1 },
            'a replicated array counts once',
          );
        }
      }
      expect(
        traffic(comm, () => DistributedArray.zeros([4], { mask: masks[0] as number[] })),
        'a known mask costs nothing',
      ).to.deep.equal(NOTHING);
    },
  );
});
