import { realOf } from '../../../src/core/base/dtype.js';
import {
  AVOLinearModelling,
  Bilinear,
  Interp,
  NonStationaryConvolve1D,
  NonStationaryConvolve2D,
  PrestackLinearModelling,
  Restriction,
  Spread,
} from '../../../src/local/index.js';
import { dotTable, onEveryAxis } from '../../support/dot-table.js';

const NONE = Number.NaN;

dotTable('indexed operators', {
  Restriction: ({ dtype }) => [
    ...onEveryAxis(
      [[6], [5, 4], [4, 5, 6]],
      (dims, axis) => new Restriction(dims, [3, 0, 3, -1], { axis, dtype }),
    ),
    new Restriction(4, [], { dtype }),
    new Restriction(1, [0], { dtype }),
  ],
  Interp: ({ dtype }) =>
    (['nearest', 'linear', 'sinc'] as const).flatMap((kind) => [
      ...onEveryAxis(
        [[6], [6, 7], [7, 6, 8]],
        (dims, axis) => new Interp(dims, [0.5, 2.25, 0, 4.9, 5], { axis, kind, dtype }),
      ),
      new Interp([1], [0], { kind, dtype }),
      new Interp([3, 2], [], { kind, axis: 0, dtype }),
    ]),
  Bilinear: ({ dtype }) =>
    [
      [3, 4],
      [3, 4, 2],
      [3, 5, 1, 2],
    ].map(
      (dims) =>
        new Bilinear(
          [
            [0, 1.5, 2, 0.25],
            [3, 2.5, 0.1, 1],
          ],
          dims,
          { dtype },
        ),
    ),
  Spread: ({ dtype }) => {
    const table = [
      [
        [0, 3],
        [NONE, 2],
        [1, 1],
      ],
    ];
    const fractions = [
      [
        [0.5, 0.25],
        [0, NONE],
        [1, 0],
      ],
    ];
    return [
      new Spread([1, 3], [2, 5], { table, dtype }),
      new Spread([1, 3], [2, 5], { table, dtable: fractions, dtype }),
      new Spread([3, 4], [2, 5], { fh: (ix, it) => [(ix + it) % 5, it === 1 ? NONE : 4 - it], dtype }),
      new Spread([3, 4], [2, 5], {
        fh: (ix, it) =>
          [
            [(ix + it) % 4, it],
            [0.25, 0.5],
          ] as const,
        interp: true,
        dtype,
      }),
    ];
  },
  NonStationaryConvolve1D: ({ data }) => [
    ...onEveryAxis(
      [[1], [12], [12, 3], [2, 9, 3]],
      (dims, axis) => new NonStationaryConvolve1D(dims, data([3, 5]), [1, 4, 8], { axis }),
    ),
    new NonStationaryConvolve1D(6, data([1, 3]), [2]),
  ],
  NonStationaryConvolve2D: ({ data }) => [
    new NonStationaryConvolve2D([7, 9], data([2, 3, 3, 5]), [1, 5], [0, 4, 7]),
    new NonStationaryConvolve2D([1, 2], data([1, 1, 3, 1]), [0], [0]),
  ],
});

dotTable('elastic modelling', {
  AVOLinearModelling: ({ dtype }) =>
    (['akirich', 'fatti'] as const).flatMap((linearization) => [
      new AVOLinearModelling([0, 15, 30, 40], { nt0: 5, linearization, dtype }),
      new AVOLinearModelling([5, 25], { vsvp: [0.4, 0.5, 0.6], spatdims: [2, 2], linearization, dtype }),
    ]),
  PrestackLinearModelling: ({ dtype }) =>
    [1, 4, 11].flatMap((nt0) => [
      new PrestackLinearModelling([1, -2, 3, 0.5], [0, 20, 35], { nt0, dtype }),
      new PrestackLinearModelling([1, -2, 3], [10], {
        nt0,
        spatdims: 2,
        linearization: 'fatti',
        kind: 'forward',
        dtype: realOf(dtype),
      }),
    ]),
});
