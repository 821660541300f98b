import { expect } from 'chai';
import { ArgumentError } from '../../src/core/base/errors.js';
import type { BandSegment } from '../../src/core/ports/backend.js';
import { multiplyBands, scaleBand, toeplitzBand } from '../../src/core/schemes/band.js';
import {
  bandReach,
  clipBand,
  DERIVATIVE_KINDS,
  type DerivativeKind,
  type DerivativeOrder,
  firstDerivative,
  secondDerivative,
  transposeBand,
} from '../../src/core/schemes/derivative-scheme.js';
import { expectClose } from '../support/expect-close.js';

type Matrix = number[][];
const EXACT = { atol: 1e-14 };
const zeros = (rows: number, columns: number): Matrix =>
  Array.from({ length: rows }, () => new Array<number>(columns).fill(0));
const at = (m: Matrix, i: number, j: number): number => m[i]?.[j] as number;
const set = (m: Matrix, i: number, j: number, value: number): void => {
  (m[i] as number[])[j] = value;
};

/**
 * The dense matrix of the segments. Also checks that they tile the rows in order and stay inside.
 */
function dense(segments: readonly BandSegment[], rows: number, columns: number): Matrix {
  const m = zeros(rows, columns);
  let next = 0;
  for (const { start, end, lo, taps } of segments) {
    expect(start, 'segments tile the rows').to.equal(next);
    expect(end).to.be.above(start);
    next = end;
    for (let i = start; i < end; i++) {
      taps.forEach((t, k) => {
        expect(
          i + lo + k >= 0 && i + lo + k < columns,
          `row ${i} reads column ${i + lo + k} of ${columns}`,
        ).to.equal(true);
        set(m, i, i + lo + k, t);
      });
    }
  }
  expect(next).to.equal(rows);
  return m;
}

const multiply = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) => (b[0] ?? []).map((_, j) => row.reduce((sum, v, k) => sum + v * at(b, k, j), 0)));
const transpose = (a: Matrix, columns: number): Matrix =>
  Array.from({ length: columns }, (_, j) => a.map((row) => row[j] as number));
const scaled = (a: Matrix, f: number): Matrix => a.map((row) => row.map((v) => v * f));

/** The matrix row by row by the formulas in the conventions, without the tables of the source. */
function firstByFormula(n: number, kind: DerivativeKind, order: DerivativeOrder, edge: boolean): Matrix {
  const m = zeros(n, n);
  const put = (i: number, entries: readonly (readonly [number, number])[]): void => {
    if (entries.some(([j]) => j < 0 || j >= n)) return;
    for (const [j, v] of entries) set(m, i, j, v);
  };
  for (let i = 0; i < n; i++) {
    if (kind === 'forward')
      put(i, [
        [i, -1],
        [i + 1, 1],
      ]);
    else if (kind === 'backward')
      put(i, [
        [i - 1, -1],
        [i, 1],
      ]);
    else if (order === 3)
      put(i, [
        [i - 1, -0.5],
        [i + 1, 0.5],
      ]);
    else
      put(i, [
        [i - 2, 1 / 12],
        [i - 1, -8 / 12],
        [i + 1, 8 / 12],
        [i + 2, -1 / 12],
      ]);
  }
  if (kind === 'centered' && edge && n > 1) {
    if (order === 5 && n > 2) {
      set(m, 1, 0, -0.5);
      set(m, 1, 2, 0.5);
      set(m, n - 2, n - 3, -0.5);
      set(m, n - 2, n - 1, 0.5);
    }
    set(m, 0, 0, -1);
    set(m, 0, 1, 1);
    set(m, n - 1, n - 2, -1);
    set(m, n - 1, n - 1, 1);
  }
  return m;
}

function secondByFormula(n: number, kind: DerivativeKind, edge: boolean): Matrix {
  const m = zeros(n, n);
  const shift = { forward: -1, backward: 1, centered: 0 }[kind];
  const put = (row: number, i: number): void =>
    [1, -2, 1].forEach((v, k) => {
      set(m, row, i - 1 + k, v);
    });
  for (let i = 1; i < n - 1; i++) put(i + shift, i);
  if (kind === 'centered' && edge && n > 2) {
    put(0, 1);
    put(n - 1, n - 2);
  }
  return m;
}

describe('derivative schemes', () => {
  const LENGTHS = Array.from({ length: 13 }, (_, n) => n);

  for (const kind of DERIVATIVE_KINDS) {
    for (const edge of [false, true]) {
      for (const order of [3, 5] as const) {
        for (const n of LENGTHS)
          it(`first derivative: ${kind}, order ${order}, edge ${edge}, n ${n}`, () => {
            const band = firstDerivative({ n, kind, order, edge, sampling: 0.5 });
            const expected = scaled(firstByFormula(n, kind, order, edge), 2);
            expectClose(dense(band, n, n), expected, EXACT);
            const back = dense(transposeBand(band, n, n), n, n);
            expectClose(back, transpose(expected, n), EXACT, 'transpose');
          });
      }
      for (const n of LENGTHS)
        it(`second derivative: ${kind}, edge ${edge}, n ${n}`, () => {
          const band = secondDerivative({ n, kind, edge, sampling: 0.5 });
          const expected = scaled(secondByFormula(n, kind, edge), 4);
          expectClose(dense(band, n, n), expected, EXACT);
          const back = dense(transposeBand(band, n, n), n, n);
          expectClose(back, transpose(expected, n), EXACT, 'transpose');
        });
    }
  }

  it('has one segment for all inner rows, also in the transpose, for any length', () => {
    for (const n of [1000, 2 ** 40]) {
      for (const edge of [false, true]) {
        const band = firstDerivative({ n, order: 5, edge });
        const back = transposeBand(band, n, n);
        for (const segments of [band, back]) {
          expect(segments.length).to.be.at.most(13);
          expect(Math.max(...segments.map((s) => s.end - s.start))).to.be.above(n - 13);
        }
      }
    }
  });

  it('clips rows to a rank and states the ghost cells that they need', () => {
    for (const n of [1, 2, 5, 12]) {
      for (const transposed of [false, true]) {
        const forward = firstDerivative({ n, order: 5, edge: true });
        const band = transposed ? transposeBand(forward, n, n) : forward;
        const whole = dense(band, n, n);
        for (let start = 0; start <= n; start++) {
          for (let count = 0; start + count <= n; count++) {
            const local = clipBand(band, start, count);
            const { before, after } = bandReach(local, count);
            let [least, most] = [0, 0];
            const got = zeros(count, n);
            for (const s of local) {
              for (let i = s.start; i < s.end; i++) {
                s.taps.forEach((t, k) => {
                  const j = i + s.lo + k;
                  [least, most] = [Math.min(least, j), Math.max(most, j - count + 1)];
                  set(got, i, start + j, t);
                });
              }
            }
            expect(got).to.deep.equal(whole.slice(start, start + count));
            expect({ before, after }).to.deep.equal({ before: 0 - least, after: most });
          }
        }
      }
    }
    const band = firstDerivative({ n: 10, order: 5 });
    expect(bandReach(clipBand(band, 4, 3), 3)).to.deep.equal({ before: 2, after: 2 });
    expect(bandReach(clipBand(band, 4, 3), 3, 1, 2)).to.deep.equal({ before: 1, after: 1 });
    expect(bandReach(clipBand(band, 0, 2), 2)).to.deep.equal({ before: 0, after: 0 });
  });

  it('multiplies bands, rectangular Toeplitz ones too', () => {
    for (const n of [1, 2, 3, 7, 12]) {
      for (const lo of [-6, -2, 0, 1]) {
        const taps = [1, -3, 0, 2, 5];
        const w = toeplitzBand(lo, taps, n + 2, n);
        const byHand = zeros(n + 2, n);
        for (let i = 0; i < n + 2; i++)
          taps.forEach((t, k) => {
            if (i + lo + k >= 0 && i + lo + k < n) set(byHand, i, i + lo + k, t);
          });
        expectClose(dense(w, n + 2, n), byHand, EXACT, 'toeplitz');
        expectClose(
          dense(transposeBand(w, n + 2, n), n, n + 2),
          transpose(byHand, n),
          EXACT,
          'transposed toeplitz',
        );
        const d = firstDerivative({ n, edge: true });
        expectClose(
          dense(multiplyBands(w, d, n + 2), n + 2, n),
          multiply(byHand, dense(d, n, n)),
          EXACT,
          `n = ${n}, lo = ${lo}`,
        );
      }
    }
    expect(scaleBand([{ start: 0, end: 2, lo: 1, taps: [1, 2] }], -2)).to.deep.equal([
      { start: 0, end: 2, lo: 1, taps: [-2, -4] },
    ]);
  });

  it('refuses invalid kinds, orders and sizes', () => {
    expect(() => firstDerivative({ n: 4, sampling: 0 })).to.throw(ArgumentError, /sampling/);
    expect(() => firstDerivative({ n: -1 })).to.throw(ArgumentError, /n = -1/);
    expect(() => firstDerivative({ n: 4, order: 4 as DerivativeOrder })).to.throw(ArgumentError, /3 or 5/);
    expect(() => secondDerivative({ n: 4, kind: 'centred' as DerivativeKind })).to.throw(
      ArgumentError,
      /did you mean 'centered'/,
    );
  });
});
