import fc from 'fast-check';
import type { NDArray } from '../../src/core/array/ndarray.js';
import type { DType } from '../../src/core/base/dtype.js';
import { complexOf } from '../../src/core/base/dtype.js';
import type { Shape } from '../../src/core/base/shape.js';
import { RADON_KINDS } from '../../src/local/geophysics/radon-curves.js';
import {
  type AnyLocalOperator,
  Bilinear,
  DWT2D,
  FirstDerivative,
  FirstDirectionalDerivative,
  Kirchhoff,
  MatrixMult,
  MDC,
  Patch2D,
  PhaseShift,
  Radon2D,
  Radon3D,
  Sliding1D,
  Sliding2D,
  Spread,
  windowDesign,
} from '../../src/local/index.js';
import { TAPER_TYPES } from '../../src/local/signal/windows/tapers.js';

export interface Kit {
  /** A real dtype. */
  readonly dtype: DType;
  /** Random values that do not depend on the backend. */
  data(shape: Shape, dtype?: DType): NDArray;
}

/** Parameters as plain data, and a function that makes the operator from them. */
export interface Draw {
  readonly what: string;
  make(kit: Kit): AnyLocalOperator;
}

const drawn =
  <T>(name: string, make: (data: T, kit: Kit) => AnyLocalOperator) =>
  (data: T): Draw => ({ what: `${name} ${JSON.stringify(data)}`, make: (kit) => make(data, kit) });

const small = fc.integer({ min: 1, max: 6 });
const evenly = (n: number, step: number, first: number): number[] =>
  Array.from({ length: n }, (_, i) => first + i * step);
const axisOf = (step: number) =>
  fc
    .record({ n: small, first: fc.integer({ min: -3, max: 3 }) })
    .map(({ n, first }) => evenly(n, step, first * step));

const radons: fc.Arbitrary<Draw> = fc.oneof(
  fc
    .record({
      t: fc.integer({ min: 2, max: 12 }),
      h: fc.integer({ min: 2, max: 6 }),
      p: axisOf(3e-4),
      kind: fc.constantFrom(...RADON_KINDS),
      interp: fc.boolean(),
      centeredh: fc.boolean(),
      onthefly: fc.boolean(),
    })
    .map(
      drawn(
        'Radon2D',
        ({ t, h, p, ...o }, { dtype }) =>
          new Radon2D(evenly(t, 0.004, 0), evenly(h, 10, -20), p, { ...o, dtype }),
      ),
    ),
  fc
    .record({
      t: fc.integer({ min: 2, max: 9 }),
      h: fc.tuple(fc.integer({ min: 2, max: 4 }), fc.integer({ min: 2, max: 4 })),
      py: axisOf(2e-4),
      px: axisOf(3e-4),
      kind: fc.constantFrom(...RADON_KINDS),
      interp: fc.boolean(),
      centeredh: fc.boolean(),
      onthefly: fc.boolean(),
    })
    .map(
      drawn(
        'Radon3D',
        ({ t, h, py, px, ...o }, { dtype }) =>
          new Radon3D(evenly(t, 0.004, 0), evenly(h[0], 5, 0), evenly(h[1], 10, -10), py, px, {
            ...o,
            dtype,
          }),
      ),
    ),
  fc
    .record({
      x: small,
      t: small,
      nx: small,
      nt: small,
      interp: fc.boolean(),
      slope: fc.constantFrom(-0.7, 0.4, 1),
    })
    .map(
      drawn(
        'Spread',
        ({ x, t, nx, nt, interp, slope }, { dtype }) =>
          new Spread([x, t], [nx, nt], {
            fh: (ix, it) => {
              const at = evenly(nx, 1, 0).map((h) => it + slope * (ix - h));
              const inside = (v: number): number => (v >= 0 && v < nt - 1 ? v : Number.NaN);
              const whole = at.map((v) => Math.floor(inside(v)));
              return interp ? [whole, at.map((v) => inside(v) - Math.floor(v))] : whole;
            },
            interp,
            dtype,
          }),
      ),
    ),
);

/**
 * Windows along an axis. Some samples may lie outside all windows. The overlap is at most the
 * length that tapers on both sides allow.
 */
const windows = fc
  .record({ nwin: small, over: fc.nat(5), extra: fc.nat(14) })
  .map(({ nwin, over, extra }) => ({
    nwin,
    nover: Math.min(over % nwin, Math.floor(nwin / 2)),
    n: nwin + extra,
  }));
const tapertype = fc.constantFrom(...TAPER_TYPES);

const windowed: fc.Arbitrary<Draw> = fc.oneof(
  fc.record({ w: windows, m: small, tapertype }).map(
    drawn('Sliding1D', ({ w: { n, nwin, nover }, m, tapertype }, { data }) => {
      const { dims } = windowDesign(n, nwin, nover, m);
      return new Sliding1D(new MatrixMult(data([nwin, m])), dims, n, nwin, nover, { tapertype });
    }),
  ),
  fc.record({ w: windows, m: small, columns: small, tapertype }).map(
    drawn('Sliding2D', ({ w: { n, nwin, nover }, m, columns, tapertype }, { data }) => {
      const { dims } = windowDesign([n, columns], nwin, nover, [m, columns]);
      return new Sliding2D(
        new MatrixMult(data([nwin, m]), { otherdims: columns }),
        dims,
        [n, columns],
        nwin,
        nover,
        { tapertype },
      );
    }),
  ),
  fc.record({ a: windows, b: windows, axis: fc.nat(1), tapertype }).map(
    drawn('Patch2D', ({ a, b, axis, tapertype }, { dtype }) => {
      const [n, nwin, nover] = [
        [a.n, b.n],
        [a.nwin, b.nwin],
        [a.nover, b.nover],
      ] as [Shape, [number, number], [number, number]];
      const { dims } = windowDesign(n, nwin, nover, nwin);
      return new Patch2D(new FirstDerivative(nwin, { axis, dtype }), dims, n, nwin, nover, { tapertype });
    }),
  ),
);

const spectral: fc.Arbitrary<Draw> = fc.oneof(
  fc
    .record({
      nt: fc.integer({ min: 1, max: 9 }),
      fewer: fc.nat(4),
      matrix: fc.tuple(small, small),
      nv: fc.integer({ min: 1, max: 3 }),
      options: fc.record({
        dt: fc.constantFrom(0.5, 1),
        twosided: fc.boolean(),
        conj: fc.boolean(),
        prescaled: fc.boolean(),
      }),
    })
    .map(
      drawn('MDC', ({ nt, fewer, matrix, nv, options }, { data, dtype }) => {
        const G = data([Math.max(1, Math.floor(nt / 2) + 1 - fewer), ...matrix], complexOf(dtype));
        return new MDC(G, nt, nv, options);
      }),
    ),
  fc
    .record({
      nt: small,
      kx: axisOf(0.25),
      ky: fc.option(axisOf(0.5)),
      vel: fc.constantFrom(0.5, 2),
      dz: fc.constantFrom(-0.3, 0.2),
    })
    .map(
      drawn(
        'PhaseShift',
        ({ nt, kx, ky, vel, dz }, { dtype }) =>
          new PhaseShift(vel, dz, nt, evenly(Math.floor(nt / 2) + 1, 1, 0), kx, { ...(ky && { ky }), dtype }),
      ),
    ),
  fc
    .record({
      dims: fc.tuple(small, small, small),
      level: fc.integer({ min: 1, max: 2 }),
      wavelet: fc.constantFrom('haar', 'db3'),
    })
    .map(drawn('DWT2D', ({ dims, ...o }, { dtype }) => new DWT2D(dims, { axes: [0, 2], ...o, dtype }))),
);

const bilinear = fc
  .record({
    dims: fc.tuple(fc.integer({ min: 2, max: 6 }), fc.integer({ min: 2, max: 6 }), small),
    at: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 12 }),
  })
  .map(
    drawn('Bilinear', ({ dims, at }, { dtype }) => {
      const rows = at.map((v) => v * (dims[0] - 1.01));
      const columns = [...at].reverse().map((v) => v * (dims[1] - 1.01));
      return new Bilinear([rows, columns], dims, { dtype });
    }),
  );

const fields: fc.Arbitrary<Draw> = fc.oneof(
  bilinear,
  fc
    .record({
      dims: fc.tuple(small, small),
      kind: fc.constantFrom('forward' as const, 'centered' as const),
      edge: fc.boolean(),
    })
    .map(
      drawn(
        'FirstDirectionalDerivative',
        ({ dims, ...o }, { data, dtype }) =>
          new FirstDirectionalDerivative(dims, data([2, ...dims]), { ...o, dtype }),
      ),
    ),
  fc
    .record({
      z: small,
      x: small,
      t: fc.integer({ min: 5, max: 40 }),
      srcs: fc.array(fc.nat(50), { maxLength: 3 }),
      recs: fc.array(fc.nat(50), { minLength: 1, maxLength: 4 }),
      wav: fc.array(fc.constantFrom(-1, 0.5, 2), { minLength: 1, maxLength: 5 }),
      centre: fc.nat(4),
      onthefly: fc.boolean(),
      vel: fc.constantFrom(800, 2000),
    })
    .map(
      drawn('Kirchhoff', ({ z, x, t, srcs, recs, wav, centre, ...o }, { dtype }) => {
        const surface = (list: readonly number[]): number[][] => [[...list], list.map(() => 0)];
        const geometry = {
          z: evenly(z, 10, 10),
          x: evenly(x, 10, 0),
          t: evenly(t, 0.004, 0),
          srcs: surface(srcs),
          recs: surface(recs),
        };
        return new Kirchhoff(geometry, wav, centre % wav.length, { ...o, dtype });
      }),
    ),
);

/** Random local operators with long definitions, by groups. */
export const RANDOM_OPERATORS: Readonly<Record<string, fc.Arbitrary<Draw>>> = {
  radons,
  windowed,
  spectral,
  fields,
};
