import { expect } from 'chai';
import fc from 'fast-check';
import {
  ArgumentError,
  BackendError,
  DTypeError,
  PartitionError,
  ShapeError,
} from '../../src/core/base/errors.js';
import { product } from '../../src/core/base/shape.js';
import { AxisHaloPlan, BoxHaloPlan, haloBox } from '../../src/core/distributed/halo.js';
import { Layout } from '../../src/core/distributed/layout.js';
import type { Elements } from '../../src/core/ports/backend.js';
import { CpuBackend } from '../../src/cpu/cpu-backend.js';
import {
  download,
  expectedValues,
  globalIndices,
  haloFrames,
  halos,
  inner,
  spoiled,
  upload,
  wholeNumbers,
} from './boxes.js';
import { Mailbox } from './mailbox.js';

const backend = new CpuBackend();
const cells = (elements: Elements | undefined): number[] => (elements ? download(elements) : []);

describe('halo plans', () => {
  for (const ranks of [1, 2, 3, 4]) {
    it(`fill the ghost cells of ${ranks} ranks with slices of the global array`, () => {
      fc.assert(
        fc.property(halos(backend, ranks), ({ layout, axis, front, back, dtype }) => {
          const mailbox = new Mailbox(ranks);
          const plans = mailbox.ports.map((port) =>
            AxisHaloPlan.create(layout, port, { axis, front, back }, dtype, backend),
          );
          const boxes = plans.map((_, r) => layout.box(r));
          const xs = boxes.map((box) =>
            upload(backend, dtype, expectedValues(dtype, globalIndices(layout.globalShape, box))),
          );
          for (let round = 1; round <= 2; round++) {
            plans.forEach((plan, r) => plan.start(xs[r] as Elements));
            plans.forEach((plan) => plan.finish());
            plans.forEach((plan, r) => {
              const { start, shape } = boxes[r] as { start: number[]; shape: number[] };
              const [from, n, total] = [
                start[axis] as number,
                shape[axis] as number,
                layout.globalShape[axis] as number,
              ];
              const owns = product(shape) > 0;
              expect(plan.frontWidth).to.equal(owns ? Math.min(front, from) : 0);
              expect(plan.backWidth).to.equal(owns ? Math.min(back, total - from - n) : 0);
              const along = (first: number, width: number) => ({
                start: start.map((s, k) => (k === axis ? first : s)),
                shape: shape.map((s, k) => (k === axis ? width : s)),
              });
              const slice = (first: number, width: number) =>
                expectedValues(dtype, globalIndices(layout.globalShape, along(first, width)));
              expect(cells(plan.front)).to.deep.equal(slice(from - plan.frontWidth, plan.frontWidth));
              expect(cells(plan.back)).to.deep.equal(slice(from + n, plan.backWidth));
              expect(mailbox.ports[r]?.messages).to.equal(round * plan.sends.length);
              expect(new Set(plan.sends.map((s) => s.peer)).size).to.equal(plan.sends.length);
            });
          }
          expect(mailbox.unread).to.equal(0);
          for (const plan of plans) plan.dispose();
          for (const port of mailbox.ports) expect(port.persistent).to.equal(0);
        }),
        { numRuns: 150 },
      );
    });

    it(`have a true adjoint on ${ranks} ranks`, () => {
      fc.assert(
        fc.property(halos(backend, ranks), ({ layout, axis, front, back, dtype }) => {
          if (layout.replicated) return;
          const mailbox = new Mailbox(ranks);
          const plans = mailbox.ports.map((port) =>
            AxisHaloPlan.create(layout, port, { axis, front, back }, dtype, backend),
          );
          const x = plans.map((_, r) => wholeNumbers(dtype, layout.localSize(r), r));
          plans.forEach((plan, r) => plan.start(upload(backend, dtype, x[r] as number[])));
          plans.forEach((plan) => plan.finish());
          const ghosts = (plan: AxisHaloPlan) => [plan.front, plan.back].filter((e) => e !== undefined);
          let forward = 0;
          const before = plans.map((_, r) => wholeNumbers(dtype, layout.localSize(r), 5 + r));
          plans.forEach((plan, r) => {
            ghosts(plan).forEach((elements, side) => {
              const y = wholeNumbers(dtype, elements.size, 3 * r + side);
              forward += inner(download(elements), y);
              backend.copy(upload(backend, dtype, y), elements);
            });
          });
          const grads = before.map((numbers) => upload(backend, dtype, numbers));
          plans.forEach((plan) => plan.startAdjoint());
          plans.forEach((plan, r) => plan.finishAdjoint(grads[r] as Elements));
          const adjoint = grads.reduce(
            (sum, g, r) =>
              sum +
              inner(
                x[r] as number[],
                download(g).map((v, i) => v - (before[r]?.[i] as number)),
              ),
            0,
          );
          expect(adjoint).to.equal(forward);
          expect(mailbox.unread).to.equal(0);
        }),
        { numRuns: 150 },
      );
    });

    it(`grow the blocks of ${ranks} ranks, corners included, and add them back`, () => {
      fc.assert(
        fc.property(haloFrames(backend, ranks), ({ layout, frame, dtype }) => {
          const mailbox = new Mailbox(ranks);
          const plans = mailbox.ports.map((port) => BoxHaloPlan.create(layout, port, frame, dtype, backend));
          const xs = plans.map((_, r) =>
            upload(backend, dtype, expectedValues(dtype, globalIndices(layout.globalShape, layout.box(r)))),
          );
          const ys = plans.map((plan) => spoiled(backend, dtype, product(plan.box.shape)));
          plans.forEach((plan, r) => plan.start(xs[r] as Elements, ys[r] as Elements));
          plans.forEach((plan) => plan.finish());
          plans.forEach((plan, r) => {
            expect(plan.box).to.deep.equal(haloBox(layout, r, frame));
            expect(download(ys[r] as Elements)).to.deep.equal(
              expectedValues(dtype, globalIndices(layout.globalShape, plan.box)),
            );
            const cropped = spoiled(backend, dtype, layout.localSize(r));
            plan.crop(ys[r] as Elements, cropped);
            expect(download(cropped)).to.deep.equal(download(xs[r] as Elements));
          });
          if (layout.replicated) return;

          const weights = ys.map((y, r) => wholeNumbers(dtype, y.size, r));
          const forward = ys.reduce((sum, y, r) => sum + inner(download(y), weights[r] as number[]), 0);
          for (const mode of ['set', 'add'] as const) {
            const grads = plans.map((_, r) =>
              mode === 'set'
                ? spoiled(backend, dtype, layout.localSize(r))
                : upload(
                    backend,
                    dtype,
                    expectedValues(dtype, globalIndices(layout.globalShape, layout.box(r))),
                  ),
            );
            const old = grads.map((g) => (mode === 'set' ? download(g).map(() => 0) : download(g)));
            plans.forEach((plan, r) => plan.startAdjoint(upload(backend, dtype, weights[r] as number[])));
            plans.forEach((plan, r) => plan.finishAdjoint(grads[r] as Elements, mode));
            const adjoint = grads.reduce(
              (sum, g, r) =>
                sum +
                inner(
                  download(xs[r] as Elements),
                  download(g).map((v, i) => v - (old[r]?.[i] as number)),
                ),
              0,
            );
            expect(adjoint).to.equal(forward);
          }
          expect(mailbox.unread).to.equal(0);
          for (const plan of plans) plan.dispose();
          for (const port of mailbox.ports) expect(port.persistent).to.equal(0);
        }),
        { numRuns: 150 },
      );
    });
  }

  it('send one message to each neighbour that needs cells, straight from memory where it is one run', () => {
    const layout = Layout.split([12, 5], 4, 0);
    const mailbox = new Mailbox(4);
    const plans = mailbox.ports.map((port) =>
      AxisHaloPlan.create(layout, port, { axis: 0, front: 1, back: 2 }, 'float64', backend),
    );
    expect(plans.map((p) => p.sends)).to.deep.equal([
      [{ peer: 1, size: 5 }],
      [
        { peer: 0, size: 10 },
        { peer: 2, size: 5 },
      ],
      [
        { peer: 1, size: 10 },
        { peer: 3, size: 5 },
      ],
      [{ peer: 2, size: 10 }],
    ]);
    expect(plans.map((p) => p.receives.map((m) => m.size))).to.deep.equal([[10], [5, 10], [5, 10], [5]]);
    const before = backend.stats().allocations;
    const xs = plans.map(() => upload(backend, 'float64', new Array<number>(15).fill(1)));
    const uploads = backend.stats().allocations - before;
    plans.forEach((plan, r) => plan.start(xs[r] as Elements));
    plans.forEach((plan) => plan.finish());
    expect(backend.stats().allocations - before).to.equal(uploads);
  });

  it('send nothing across an axis that is not split, nor on one rank', () => {
    const mailbox = new Mailbox(3);
    for (const port of mailbox.ports) {
      expect(
        AxisHaloPlan.create(
          Layout.split([6, 6], 3, 0),
          port,
          { axis: 1, front: 2, back: 2 },
          'float32',
          backend,
        ).sends,
      ).to.deep.equal([]);
      expect(
        AxisHaloPlan.create(
          Layout.replicated([6, 6], 3),
          port,
          { axis: 0, front: 2, back: 2 },
          'float32',
          backend,
        ).receives,
      ).to.deep.equal([]);
    }
  });

  it('reach beyond neighbours with narrow or empty blocks', () => {
    const layout = Layout.tiles([6], 4, [4], [[2, 0, 1, 3]]);
    const plan = AxisHaloPlan.create(
      layout,
      new Mailbox(4).ports[3] as Mailbox['ports'][0],
      { axis: -1, front: 3, back: 3 },
      'int32',
      backend,
    );
    expect(plan.receives).to.deep.equal([
      { peer: 0, size: 2 },
      { peer: 2, size: 1 },
    ]);
    expect([plan.frontWidth, plan.backWidth]).to.deep.equal([3, 0]);
  });

  it('allocate nothing from the second exchange on', () => {
    const layout = Layout.split([9, 8], 3, 1);
    const mailbox = new Mailbox(3);
    const plans = mailbox.ports.map((port) =>
      BoxHaloPlan.create(layout, port, { before: [0, 1], after: [0, 2] }, 'complex64', backend),
    );
    const xs = plans.map((_, r) => spoiled(backend, 'complex64', layout.localSize(r)));
    const ys = plans.map((plan) => spoiled(backend, 'complex64', product(plan.box.shape)));
    const round = (): number => {
      const before = backend.stats().allocations;
      plans.forEach((plan, r) => plan.start(xs[r] as Elements, ys[r] as Elements));
      plans.forEach((plan) => plan.finish());
      plans.forEach((plan, r) => plan.startAdjoint(ys[r] as Elements));
      plans.forEach((plan, r) => plan.finishAdjoint(xs[r] as Elements));
      return backend.stats().allocations - before;
    };
    expect(round()).to.be.greaterThan(0);
    expect(round()).to.equal(0);
  });

  describe('refuse', () => {
    const [port] = new Mailbox(1).ports as [Mailbox['ports'][0]];
    const layout = Layout.split([4, 3], 1, 0);
    const make = (widths = { axis: 0, front: 1, back: 1 }) =>
      AxisHaloPlan.create(layout, port, widths, 'float32', backend);

    it('invalid widths and axes', () => {
      expect(() => make({ axis: 0, front: -1, back: 0 })).to.throw(ArgumentError, 'non-negative');
      expect(() => make({ axis: 0, front: 0.5, back: 0 })).to.throw(ArgumentError);
      expect(() => make({ axis: 2, front: 0, back: 0 })).to.throw(ShapeError, 'axis');
      expect(() =>
        BoxHaloPlan.create(layout, port, { before: [1], after: [1, 1] }, 'float32', backend),
      ).to.throw(ShapeError, 'one for each axis');
      expect(() =>
        BoxHaloPlan.create(layout, port, { before: [1, 1], after: [1, Number.NaN] }, 'float32', backend),
      ).to.throw(ArgumentError);
    });

    it('layouts without neighbours, or of other ranks', () => {
      expect(() =>
        AxisHaloPlan.create(
          Layout.concatenated([[4]]),
          port,
          { axis: 0, front: 1, back: 1 },
          'float32',
          backend,
        ),
      ).to.throw(PartitionError, 'concatenated');
      expect(() =>
        AxisHaloPlan.create(Layout.split([4], 2), port, { axis: 0, front: 1, back: 1 }, 'float32', backend),
      ).to.throw(PartitionError, '1 ranks');
    });

    it('arrays of another size, dtype or backend, and calls out of order', () => {
      const plan = make();
      expect(() => plan.start(spoiled(backend, 'float32', 11))).to.throw(ShapeError, '12 elements');
      expect(() => plan.start(spoiled(backend, 'float64', 12))).to.throw(DTypeError, 'float32');
      expect(() => plan.start(spoiled(new CpuBackend(), 'float32', 12))).to.throw(BackendError);
      expect(() => plan.finish()).to.throw(ArgumentError, 'not started');
      plan.start(spoiled(backend, 'float32', 12));
      expect(() => plan.startAdjoint()).to.throw(ArgumentError, 'under way');
      expect(() => plan.dispose()).to.throw(ArgumentError, 'under way');
      plan.finish();
      plan.dispose();
      plan.dispose();
      expect(() => plan.start(spoiled(backend, 'float32', 12))).to.throw(ArgumentError, 'disposed');
    });
  });
});
