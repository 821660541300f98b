import { type HostArray, lanesOf } from '../../core/base/dtype.js';
import { around, product } from '../../core/base/shape.js';
import type { CpuBand, CpuKernels, CpuStencil } from '../kernels.js';

/** `acc[0 … count) += tap · from[at …)`; nothing where there is no such memory. */
function addRun(
  acc: Float64Array,
  to: number,
  tap: number,
  from: HostArray | undefined,
  at: number,
  count: number,
): void {
  if (!from) return;
  for (let l = 0; l < count; l++) acc[to + l] = (acc[to + l] as number) + tap * (from[at + l] as number);
}

/**
 * Adds `tap · (cell at of the band's axis)` to the accumulator, where cells are runs of `width`
 * lanes.
 */
function addCell(
  acc: Float64Array,
  to: number,
  tap: number,
  cell: number,
  o: number,
  n: number,
  width: number,
  shift: number,
  count: number,
  x: HostArray,
  xAt: number,
  band: CpuBand,
  lanes: number,
): void {
  if (cell < 0) {
    if (cell + band.frontWidth >= 0) {
      addRun(
        acc,
        to,
        tap,
        band.front,
        lanes * band.frontOffset + (o * band.frontWidth + band.frontWidth + cell) * width + shift,
        count,
      );
    }
  } else if (cell >= n) {
    if (cell - n < band.backWidth)
      addRun(
        acc,
        to,
        tap,
        band.back,
        lanes * band.backOffset + (o * band.backWidth + cell - n) * width + shift,
        count,
      );
  } else addRun(acc, to, tap, x, xAt + (o * n + cell) * width + shift, count);
}

/** One row of the last axis: cells `first ≤ c < last` of row `row`, in lanes of `acc`. */
function addBand(
  acc: Float64Array,
  row: number,
  first: number,
  last: number,
  x: HostArray,
  xAt: number,
  band: CpuBand,
  stencil: CpuStencil,
  lanes: number,
): void {
  const { shape } = stencil;
  const [, n, inner] = around(shape, band.axis);
  const length = shape[shape.length - 1] as number;
  const isLast = band.axis === shape.length - 1;
  // Rows in one cell of the axis; the row's place among them
  const rowsPerCell = isLast ? 1 : inner / length;
  const place = row % rowsPerCell;
  const above = Math.floor(row / rowsPerCell);
  const width = inner * lanes;
  for (const { start, end, lo, taps } of band.segments) {
    if (isLast) {
      const [from, to] = [Math.max(start, first), Math.min(end, last)];
      for (let k = 0; k < taps.length; k++) {
        const tap = taps[k] as number;
        // What a tap of 0 would meet is not read: it may be no number
        if (tap === 0) continue;
        const reach = lo + k;
        // Cells within the row as one run, those before and after from the ghosts
        const low = Math.min(Math.max(from, -reach), to);
        const high = Math.max(Math.min(to, n - reach), low);
        for (let i = from; i < low; i++)
          addCell(acc, i * lanes, tap, i + reach, above, n, width, 0, lanes, x, xAt, band, lanes);
        addRun(acc, low * lanes, tap, x, xAt + (above * n + low + reach) * lanes, (high - low) * lanes);
        for (let i = high; i < to; i++)
          addCell(acc, i * lanes, tap, i + reach, above, n, width, 0, lanes, x, xAt, band, lanes);
      }
      continue;
    }
    const i = above % n;
    if (i < start || i >= end) continue;
    const shift = (place * length + first) * lanes;
    for (let k = 0; k < taps.length; k++) {
      if (taps[k] === 0) continue;
      addCell(
        acc,
        first * lanes,
        taps[k] as number,
        i + lo + k,
        Math.floor(above / n),
        n,
        width,
        shift,
        (last - first) * lanes,
        x,
        xAt,
        band,
        lanes,
      );
    }
  }
}

/**
 * Row by row of the last axis; all bands and taps of a row add up in double precision before they
 * are stored. Cells beyond the ghosts count as zero.
 */
export const stencil: CpuKernels['stencil'] = (dtype, x, xo, y, yo, spec) => {
  const lanes = lanesOf(dtype);
  const { shape, axis, start, end } = spec;
  const ndim = shape.length;
  if (product(shape) === 0) return;
  const length = ndim === 0 ? 1 : (shape[ndim - 1] as number);
  const rows = product(shape) / length;
  const byRow = axis < ndim - 1;
  const [, n, inner] = ndim === 0 ? [1, 1, 1] : around(shape, axis);
  const rowsPerCell = byRow ? inner / length : 1;
  const [first, last] = byRow || ndim === 0 ? [0, length] : [Math.max(0, start), Math.min(length, end)];
  const acc = new Float64Array(length * lanes);
  for (let row = 0; row < rows; row++) {
    if (byRow) {
      const i = Math.floor(row / rowsPerCell) % n;
      if (i < start || i >= end) continue;
    }
    acc.fill(0);
    for (const band of spec.bands) addBand(acc, row, first, last, x, lanes * xo, band, spec, lanes);
    const to = lanes * (yo + row * length);
    if (spec.mode === 'set') for (let l = first * lanes; l < last * lanes; l++) y[to + l] = acc[l] as number;
    else
      for (let l = first * lanes; l < last * lanes; l++)
        y[to + l] = (y[to + l] as number) + (acc[l] as number);
  }
};
