import { expect } from 'chai';
import fc from 'fast-check';
import { ArgumentError } from '../../src/core/base/errors.js';
import { product, type Shape } from '../../src/core/base/shape.js';
import { Exchange } from '../../src/core/distributed/exchange.js';
import { patternOf } from '../../src/core/distributed/exchange-pattern.js';
import { type IndexBox, Layout } from '../../src/core/distributed/layout.js';
import type { Elements } from '../../src/core/ports/backend.js';
import { CpuBackend } from '../../src/cpu/cpu-backend.js';
import {
  download,
  dtypes,
  expectedValues,
  globalIndices,
  inner,
  layouts,
  shapes,
  spoiled,
  upload,
  wholeNumbers,
} from './boxes.js';
import { Mailbox } from './mailbox.js';

const backend = new CpuBackend();

/** Boxes at any place: they overlap, are empty, or lie outside the global array. */
const boxes = (shape: Shape): fc.Arbitrary<IndexBox> =>
  fc
    .tuple(
      ...shape.map((n) =>
        fc.record({ from: fc.integer({ min: -2, max: n }), count: fc.integer({ min: 0, max: n + 2 }) }),
      ),
    )
    .map((sides) => ({
      start: sides.map((s) => s.from),
      shape: sides.map((s) => s.count),
    }));

const cases = (ranks: number) =>
  shapes.chain((shape) =>
    fc.record({
      layout: layouts(shape, ranks).filter((l) => !l.replicated),
      wanted: fc.array(fc.array(boxes(shape), { minLength: 3, maxLength: 3 }), {
        minLength: ranks,
        maxLength: ranks,
      }),
      dtype: dtypes(backend),
    }),
  );

describe('exchanges', () => {
  for (const ranks of [1, 2, 3, 4]) {
    it(`give ${ranks} ranks several boxes in one message from each rank, and add them back`, () => {
      fc.assert(
        fc.property(cases(ranks), ({ layout, wanted, dtype }) => {
          const { globalShape } = layout;
          const mailbox = new Mailbox(ranks);
          const demand = {
            globalShape,
            replicated: false,
            held: (r: number) => layout.box(r),
            wanted: (r: number) => wanted[r] as IndexBox[],
          };
          const exchanges = mailbox.ports.map(
            (port) => new Exchange(patternOf(demand, port.rank, ranks), port, dtype, backend),
          );
          const x = exchanges.map((_, r) => expectedValues(dtype, globalIndices(globalShape, layout.box(r))));
          const targets = wanted.map((list) =>
            list.map((box) => spoiled(backend, dtype, product(box.shape))),
          );
          exchanges.forEach((exchange, r) =>
            exchange.start(upload(backend, dtype, x[r] as number[]), targets[r] as Elements[]),
          );
          for (const exchange of exchanges) exchange.finish();
          for (const port of mailbox.ports) expect(port.messages).to.be.lessThan(ranks);

          let forward = 0;
          const weights = targets.map((list, r) =>
            list.map((target, k) => {
              const values = download(target);
              expect(values).to.deep.equal(
                expectedValues(dtype, globalIndices(globalShape, wanted[r]?.[k] as IndexBox)),
              );
              const w = wholeNumbers(dtype, target.size, 3 * r + k);
              forward += inner(values, w);
              return upload(backend, dtype, w);
            }),
          );
          for (const mode of ['set', 'add'] as const) {
            const grads = x.map((numbers, r) =>
              mode === 'set' ? spoiled(backend, dtype, layout.localSize(r)) : upload(backend, dtype, numbers),
            );
            exchanges.forEach((exchange, r) => exchange.startAdjoint(weights[r] as Elements[]));
            exchanges.forEach((exchange, r) => exchange.finishAdjoint(grads[r] as Elements, mode));
            const old = mode === 'set' ? 0 : x.reduce((sum, numbers) => sum + inner(numbers, numbers), 0);
            expect(grads.reduce((sum, g, r) => sum + inner(x[r] as number[], download(g)), 0) - old).to.equal(
              forward,
            );
          }
          expect(mailbox.unread).to.equal(0);
          for (const exchange of exchanges) exchange.dispose();
          for (const port of mailbox.ports) expect(port.persistent).to.equal(0);
        }),
        { numRuns: 150 },
      );
    });
  }

  it('refuse targets that are missing', () => {
    const layout = Layout.split([4], 1);
    const demand = {
      globalShape: [4],
      replicated: false,
      held: () => layout.box(0),
      wanted: () => [layout.box(0)],
    };
    const exchange = new Exchange(
      patternOf(demand, 0, 1),
      new Mailbox(1).ports[0] as Mailbox['ports'][0],
      'int32',
      backend,
    );
    const x = spoiled(backend, 'int32', 4);
    expect(() => exchange.start(x, [])).to.throw(ArgumentError, '1 target arrays');
    expect(() => exchange.start(x, [undefined])).to.throw(ArgumentError, 'received none');
    expect(exchange.active).to.equal(false);
  });
});
