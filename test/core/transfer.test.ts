import { expect } from 'chai';
import fc from 'fast-check';
import {
  ArgumentError,
  BackendError,
  DTypeError,
  PartitionError,
  ShapeError,
} from '../../src/core/base/errors.js';
import { Exchange } from '../../src/core/distributed/exchange.js';
import { patternOf } from '../../src/core/distributed/exchange-pattern.js';
import { Layout } from '../../src/core/distributed/layout.js';
import { TransferPlan } from '../../src/core/distributed/transfer.js';
import type { Elements } from '../../src/core/ports/backend.js';
import { CpuBackend } from '../../src/cpu/cpu-backend.js';
import { SelfCommunicator } from '../../src/mpi/communicator/self-communicator.js';
import { download, expectedValues, globalIndices, spoiled, transfers, upload } from './boxes.js';
import { Mailbox } from './mailbox.js';

const backend = new CpuBackend();

describe('transfers', () => {
  for (const ranks of [1, 2, 3, 4]) {
    it(`move arrays between any two layouts of ${ranks} ranks`, () => {
      fc.assert(
        fc.property(transfers(backend, ranks), ({ from, to, dtype }) => {
          const { globalShape, replicated } = from;
          const mailbox = new Mailbox(ranks);
          const demand = {
            globalShape,
            replicated,
            held: (r: number) => from.box(r),
            wanted: (r: number) => [to.box(r)],
          };
          const exchanges = mailbox.ports.map(
            (port) => new Exchange(patternOf(demand, port.rank, ranks), port, dtype, backend),
          );
          const xs = exchanges.map((_, r) =>
            upload(backend, dtype, expectedValues(dtype, globalIndices(globalShape, from.box(r)))),
          );
          const ys = exchanges.map((_, r) => spoiled(backend, dtype, to.localSize(r)));
          for (let round = 0; round < 2; round++) {
            exchanges.forEach((exchange, r) => exchange.start(xs[r] as Elements, [ys[r] as Elements]));
            for (const exchange of exchanges) exchange.finish();
            ys.forEach((y, r) =>
              expect(download(y)).to.deep.equal(expectedValues(dtype, globalIndices(globalShape, to.box(r)))),
            );
          }
          expect(mailbox.unread).to.equal(0);
        }),
        { numRuns: 200 },
      );
    });
  }

  it('send only to ranks with boxes that intersect', () => {
    const mailbox = new Mailbox(4);
    const plans = mailbox.ports.map((port) => {
      const from = Layout.tiles([10], 4, [4], [[4, 2, 2, 2]]);
      return TransferPlan.between(from, Layout.split([10], 4), port);
    });
    expect(plans.map((p) => p.sends)).to.deep.equal([[{ peer: 1, size: 1 }], [], [], []]);
    expect(plans.map((p) => p.receives)).to.deep.equal([[], [{ peer: 0, size: 1 }], [], []]);
  });

  it('keep recent plans, per communicator and pair of layouts', () => {
    const [one, two] = [new SelfCommunicator(), new SelfCommunicator()];
    const [a, b] = [Layout.split([4, 3], 1, 0), Layout.split([4, 3], 1, 1)];
    const plan = TransferPlan.between(a, b, one);
    expect(TransferPlan.between(Layout.split([4, 3], 1, 0), b, one)).to.equal(plan);
    expect(TransferPlan.between(b, a, one)).to.not.equal(plan);
    expect(TransferPlan.between(a, b, two)).to.not.equal(plan);
    for (let n = 0; n < 64; n++) TransferPlan.between(Layout.split([n], 1), Layout.split([n], 1), one);
    expect(TransferPlan.between(a, b, one)).to.not.equal(plan);
  });

  it('copy on one rank without a message, also between flat blocks and boxes', () => {
    const comm = new SelfCommunicator();
    const x = upload(
      backend,
      'complex128',
      expectedValues('complex128', globalIndices([7], { start: [0], shape: [7] })),
    );
    for (const [from, to] of [
      [Layout.concatenated([[7]]), Layout.split([7], 1)],
      [Layout.split([7], 1), Layout.replicated([7], 1)],
      [Layout.replicated([7], 1), Layout.concatenated([[7]])],
    ] as const) {
      const y = spoiled(backend, 'complex128', 7);
      TransferPlan.between(from, to, comm).run(x, y);
      expect(download(y)).to.deep.equal(download(x));
    }
    expect({ ...comm.counters }).to.deep.equal({ messages: 0, bytes: 0, reductions: 0, collectives: 0 });
  });

  it('refuse layouts and arrays that do not fit', () => {
    const comm = new SelfCommunicator();
    const [a, b] = [Layout.split([4, 3], 1, 0), Layout.split([4, 3], 1, 1)];
    expect(() => TransferPlan.between(a, Layout.concatenated([[4, 3]]), comm)).to.throw(
      PartitionError,
      'concatenated',
    );
    expect(() => TransferPlan.between(Layout.split([4, 3], 2), b, comm)).to.throw(PartitionError, '1 ranks');
    expect(() => TransferPlan.between(a, Layout.split([3, 4], 1), comm)).to.throw(
      ShapeError,
      'one global shape',
    );
    const plan = TransferPlan.between(a, b, comm);
    const x = spoiled(backend, 'float32', 12);
    expect(() => plan.run(x, spoiled(backend, 'float32', 11))).to.throw(ShapeError, '12 elements');
    expect(() => plan.run(x, spoiled(backend, 'float64', 12))).to.throw(DTypeError, 'float32');
    expect(() => plan.run(x, spoiled(new CpuBackend(), 'float32', 12))).to.throw(BackendError);
    expect(() => plan.run(x, x)).to.throw(ArgumentError, 'shares no memory');
  });
});
