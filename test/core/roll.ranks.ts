import { expect } from 'chai';
import { PartitionError } from '../../src/core/base/errors.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { Layout } from '../../src/core/distributed/layout.js';
import { fftshift, ifftshift, roll } from '../../src/core/distributed/roll-and-fftshift.js';
import type { DistributedArrayOptions } from '../../src/core/distributed/space.js';
import { distributed, group } from '../support/distributed.js';

group('roll', () => {
  const kinds: DistributedArrayOptions[] = [
    { axis: 0 },
    { axis: 1 },
    { axis: -1 },
    { partition: 'BROADCAST' },
  ];

  distributed('equals that of the whole array, for every split, axis and shift', ({ floats, comm }) => {
    for (const dtype of floats) {
      for (const options of kinds) {
        for (const shape of [
          [7, 5, 3],
          [1, 2, 6],
        ]) {
          const x = DistributedArray.random(shape, { ...options, dtype, seed: 3 });
          const whole = x.asArray();
          for (const axis of [0, 1, 2]) {
            for (const shift of [1, -2, 11]) {
              const y = roll(x, shift, axis);
              expect(y.space.equals(x.space)).to.equal(true);
              expect(
                y.asArray().toHost(),
                `${shape} by ${shift} along ${axis} of ${comm.size}`,
              ).to.deep.equal(whole.roll(shift, axis).toHost());
            }
          }
        }
      }
    }
  });

  distributed(
    'equals that of the whole array, over a process grid and of uneven parts',
    { ranks: [4] },
    ({ reals, comm }) => {
      for (const dtype of reals) {
        for (const options of [
          { grid: [2, 2] },
          {
            localShapes: [
              [1, 6],
              [0, 6],
              [5, 6],
              [3, 6],
            ],
          },
        ]) {
          const x = DistributedArray.random([9, 6], { ...options, dtype, comm });
          const expected = x.asArray().roll(-4, 0).roll(2, 1).toHost();
          expect(
            roll(roll(x, 2, 1), -4, 0)
              .asArray()
              .toHost(),
          ).to.deep.equal(expected);
        }
      }
    },
  );

  distributed('fftshift and ifftshift are inverse, and keep their input', ({ floats }) => {
    for (const dtype of floats) {
      const x = DistributedArray.random([5, 4], { dtype, seed: 2 });
      const before = x.local.toHost();
      for (const axes of [undefined, 0, [1], [0, 1], []]) {
        expect(ifftshift(fftshift(x, axes), axes).local.toHost()).to.deep.equal(before);
        expect(x.local.toHost()).to.deep.equal(before);
      }
      const middle = DistributedArray.zeros([5, 4], { dtype }).set([0, 0], 1);
      expect(fftshift(middle).get([2, 2])).to.deep.equal(middle.get([0, 0]));
    }
  });

  distributed('refuses concatenated arrays on all ranks', ({ reals: [dtype = 'float64'], comm, backend }) => {
    const x = DistributedArray.zeros([4 * comm.size], { dtype });
    const blocks = x.space.withLayout(Layout.concatenated(x.localShapes)).empty();
    expect(blocks.backend).to.equal(backend);
    expect(() => roll(blocks, 1)).to.throw(PartitionError, /concatenated/);
    expect(() => roll(x, 0.5)).to.throw(/integer/);
  });
});
