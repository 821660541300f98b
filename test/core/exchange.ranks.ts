import { expect } from 'chai';
import { product } from '../../src/core/base/shape.js';
import { AxisHaloPlan, BoxHaloPlan } from '../../src/core/distributed/halo.js';
import { Layout } from '../../src/core/distributed/layout.js';
import { TransferPlan } from '../../src/core/distributed/transfer.js';
import { distributed, group } from '../support/distributed.js';
import {
  download,
  expectedValues,
  globalIndices,
  haloFrames,
  halos,
  inner,
  sample,
  spoiled,
  transfers,
  upload,
  wholeNumbers,
} from './boxes.js';

group('transfer', () => {
  distributed('moves arrays between any two layouts', ({ comm, backend }) => {
    for (const { from, to, dtype } of sample(transfers(backend, comm.size), 80)) {
      const x = upload(
        backend,
        dtype,
        expectedValues(dtype, globalIndices(from.globalShape, from.box(comm.rank))),
      );
      const plan = TransferPlan.between(from, to, comm);
      for (let round = 0; round < 2; round++) {
        const y = spoiled(backend, dtype, to.localSize(comm.rank));
        const before = { ...comm.counters };
        plan.run(x, y);
        const gathers = to.replicated && !from.replicated && comm.size > 1;
        expect(comm.counters.messages - before.messages, 'messages').to.equal(
          gathers ? 0 : plan.sends.length,
        );
        expect(comm.counters.collectives - before.collectives, 'collectives').to.equal(gathers ? 1 : 0);
        expect(download(y), `${from} -> ${to}`).to.deep.equal(
          expectedValues(dtype, globalIndices(to.globalShape, to.box(comm.rank))),
        );
      }
    }
  });

  distributed(
    'gathers in place where the parts are in order, and otherwise allocates only once',
    ({ comm, backend }) => {
      const shape = [5, 6];
      for (const [axis, extra] of [
        [0, 0],
        [1, comm.size > 1 ? 1 : 0],
      ] as const) {
        const from = Layout.split(shape, comm.size, axis);
        const plan = TransferPlan.between(from, Layout.replicated(shape, comm.size), comm);
        const x = upload(
          backend,
          'float32',
          expectedValues('float32', globalIndices(shape, from.box(comm.rank))),
        );
        const y = spoiled(backend, 'float32', 30);
        const count = (key: 'allocations' | 'poolMisses'): number => {
          const before = backend.stats()[key];
          plan.run(x, y);
          return backend.stats()[key] - before;
        };
        expect(count('allocations')).to.equal(extra);
        expect(count('poolMisses')).to.equal(0);
      }
    },
  );

  distributed('returns its buffers to the pool, and allocates only once', ({ comm, backend }) => {
    const [from, to] = [Layout.split([8, 7, 3], comm.size, 0), Layout.split([8, 7, 3], comm.size, 2)];
    const plan = TransferPlan.between(from, to, comm);
    const [x, y] = [
      spoiled(backend, 'float32', from.localSize(comm.rank)),
      spoiled(backend, 'float32', to.localSize(comm.rank)),
    ];
    const { liveBytes } = backend.stats();
    plan.run(x, y);
    const { poolMisses } = backend.stats();
    plan.run(x, y);
    expect(backend.stats()).to.include({ liveBytes, poolMisses });
    plan.dispose();
    plan.run(x, y);
    expect(plan.sends.length).to.equal(Math.min(comm.size, 3) - (comm.rank < 3 ? 1 : 0));
  });
});

group('halo', () => {
  distributed('fills ghost cells and adds them back', ({ comm, backend }) => {
    const { rank, size } = comm;
    for (const { layout, axis, front, back, dtype } of sample(halos(backend, size), 60)) {
      const plan = AxisHaloPlan.create(layout, comm, { axis, front, back }, dtype, backend);
      const box = layout.box(rank);
      const n = box.shape[axis] as number;
      const numbers = expectedValues(dtype, globalIndices(layout.globalShape, box));
      const x = upload(backend, dtype, numbers);
      const slice = (first: number, width: number) =>
        expectedValues(
          dtype,
          globalIndices(layout.globalShape, {
            start: box.start.map((s, k) => (k === axis ? s + first : s)),
            shape: box.shape.map((s, k) => (k === axis ? width : s)),
          }),
        );
      for (let round = 0; round < 2; round++) {
        const before = { ...comm.counters };
        plan.start(x);
        plan.finish();
        expect(plan.front ? download(plan.front) : []).to.deep.equal(
          slice(-plan.frontWidth, plan.frontWidth),
        );
        expect(plan.back ? download(plan.back) : []).to.deep.equal(slice(n, plan.backWidth));
        expect(comm.counters.messages - before.messages, 'messages').to.equal(plan.sends.length);
        expect(
          comm.counters.collectives - before.collectives + comm.counters.reductions - before.reductions,
          'collectives',
        ).to.equal(0);
      }
      if (!layout.replicated) {
        const sums = new Float64Array(2);
        for (const [side, cells] of [plan.front, plan.back].entries()) {
          if (!cells) continue;
          const weights = wholeNumbers(dtype, cells.size, 2 * rank + side);
          sums[0] = (sums[0] as number) + inner(download(cells), weights);
          backend.copy(upload(backend, dtype, weights), cells);
        }
        const grad = upload(backend, dtype, numbers);
        const before = comm.counters.messages;
        plan.startAdjoint();
        plan.finishAdjoint(grad);
        expect(comm.counters.messages - before, 'messages of the adjoint').to.equal(plan.receives.length);
        sums[1] = inner(
          numbers,
          download(grad).map((v, i) => v - (numbers[i] as number)),
        );
        comm.allreduce(sums, 'sum');
        expect(sums[1], 'adjoint').to.equal(sums[0]);
      }
      plan.dispose();
    }
  });

  distributed('exchanges along several axes at once', ({ comm, backend }) => {
    const layout = Layout.grid([6, 6], comm.size, comm.size === 4 ? [2, 2] : [comm.size, 1]);
    const x = upload(
      backend,
      'float32',
      expectedValues('float32', globalIndices([6, 6], layout.box(comm.rank))),
    );
    const plans = [0, 1, 0].map((axis) =>
      AxisHaloPlan.create(layout, comm, { axis, front: 2, back: 2 }, 'float32', backend),
    );
    for (const plan of plans) plan.start(x);
    for (const plan of [...plans].reverse()) plan.finish();
    const box = layout.box(comm.rank);
    for (const plan of plans) {
      const ghosts = {
        start: box.start.map((s, k) => (k === plan.axis ? s - plan.frontWidth : s)),
        shape: box.shape.map((n, k) => (k === plan.axis ? plan.frontWidth : n)),
      };
      expect(plan.front ? download(plan.front) : []).to.deep.equal(
        expectedValues('float32', globalIndices([6, 6], ghosts)),
      );
      plan.dispose();
    }
  });

  distributed('adds ghost cells to blocks, corners included, with an exact adjoint', ({ comm, backend }) => {
    const { rank, size } = comm;
    for (const { layout, frame, dtype } of sample(haloFrames(backend, size), 60)) {
      const plan = BoxHaloPlan.create(layout, comm, frame, dtype, backend);
      const numbers = expectedValues(dtype, globalIndices(layout.globalShape, layout.box(rank)));
      const x = upload(backend, dtype, numbers);
      const y = spoiled(backend, dtype, product(plan.box.shape));
      const before = comm.counters.messages;
      plan.start(x, y);
      plan.finish();
      expect(comm.counters.messages - before, 'messages').to.equal(plan.sends.length);
      expect(download(y)).to.deep.equal(expectedValues(dtype, globalIndices(layout.globalShape, plan.box)));
      if (!layout.replicated) {
        const weights = wholeNumbers(dtype, y.size, rank);
        const grad = spoiled(backend, dtype, x.size);
        plan.startAdjoint(upload(backend, dtype, weights));
        plan.finishAdjoint(grad);
        const sums = Float64Array.of(inner(download(y), weights), inner(numbers, download(grad)));
        comm.allreduce(sums, 'sum');
        expect(sums[1], 'adjoint').to.equal(sums[0]);
      }
      plan.dispose();
    }
  });
});
