import { realOf } from '../../../src/core/base/dtype.js';
import { Kirchhoff, Radon2D, Radon3D } from '../../../src/local/index.js';
import { dotTable } from '../../support/dot-table.js';

const BOTH = [false, true];
const KINDS = ['linear', 'parabolic', 'hyperbolic'] as const;
const axis = (n: number, step: number, first = 0): number[] =>
  Array.from({ length: n }, (_, i) => first + i * step);

const flat = {
  z: axis(4, 10, 10),
  x: axis(5, 10),
  t: axis(30, 0.004),
  srcs: [
    [0, 20],
    [0, 0],
  ],
  recs: [
    [5, 30, 40],
    [0, 0, 5],
  ],
};
const solid = {
  ...flat,
  y: axis(2, 10),
  srcs: [[0], [20], [0]],
  recs: [
    [5, 10],
    [0, 30],
    [0, 0],
  ],
};
const table = (points: number, count: number): number[][] =>
  Array.from({ length: points }, (_, i) => axis(count, 0.007, 0.001 * (i + 1)));

dotTable('curves and traveltimes', {
  Radon2D: ({ dtype }) =>
    KINDS.flatMap((kind) =>
      BOTH.flatMap((interp) =>
        BOTH.map(
          (onthefly) =>
            new Radon2D(axis(9, 0.004), axis(5, 10), axis(4, 2e-4, -2e-4), {
              kind,
              interp,
              onthefly,
              centeredh: interp,
              dtype,
            }),
        ),
      ),
    ),
  Radon3D: ({ dtype }) =>
    KINDS.flatMap((kind) =>
      BOTH.map(
        (interp) =>
          new Radon3D(axis(9, 0.004), axis(3, 10), axis(4, 5), axis(2, 1e-4), axis(3, 2e-4, -2e-4), {
            kind,
            interp,
            onthefly: !interp,
            dtype,
          }),
      ),
    ),
  Kirchhoff: ({ dtype }) => {
    const wav = [0.5, 1, -2, 1];
    const of = { dtype: realOf(dtype) };
    return [
      new Kirchhoff(flat, wav, 2, { vel: 1500, ...of }),
      new Kirchhoff(flat, wav, 0, { vel: 900, onthefly: true, aperture: 3, angleaperture: [30, 60], ...of }),
      new Kirchhoff(flat, wav, 3, {
        trav: [table(20, 2), table(20, 3)],
        amp: [table(20, 2), table(20, 3)],
        ...of,
      }),
      new Kirchhoff(flat, wav, 1, { trav: table(20, 6), angleaperture: 50, ...of }),
      new Kirchhoff(solid, wav, 2, { vel: 1500, aperture: [1, 2], ...of }),
      new Kirchhoff({ ...flat, srcs: [[], []] }, wav, 2, { vel: 1500, ...of }),
    ];
  },
});
