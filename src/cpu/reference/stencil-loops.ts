import { type HostArray, lanesOf } from '../../core/base/dtype.js';
import { around, product, type Shape } from '../../core/base/shape.js';
import type { StorageMemory } from '../../core/kernels/device-memory.js';
import type { AxisBand } from '../../core/ports/backend.js';
import { allRows, ghostWidth } from '../../core/ports/kernel-sizes.js';
import type { CpuKernel, CpuKernels } from '../host-memory.js';

/** `acc[0 … count) += tap · from[at …)`. Adds nothing if there is no such memory. */
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

type HostBand = AxisBand<StorageMemory<HostArray>>;
/** The ghost cells of a band, and their numbers along its axis. */
interface Ghosts extends Pick<HostBand, 'front' | 'back'> {
  readonly frontWidth: number;
  readonly backWidth: number;
}

/**
 * Adds `tap · (cell at of the band's axis)` to the accumulator. Cells are runs of `width` lanes.
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
  { front, frontWidth, back, backWidth }: Ghosts,
  lanes: number,
): void {
  if (cell < 0) {
    if (cell + frontWidth >= 0) {
      addRun(
        acc,
        to,
        tap,
        front?.storage.memory,
        lanes * (front?.offset ?? 0) + (o * frontWidth + frontWidth + cell) * width + shift,
        count,
      );
    }
  } else if (cell >= n) {
    if (cell - n < backWidth)
      addRun(
        acc,
        to,
        tap,
        back?.storage.memory,
        lanes * (back?.offset ?? 0) + (o * backWidth + cell - n) * width + shift,
        count,
      );
  } else addRun(acc, to, tap, x, xAt + (o * n + cell) * width + shift, count);
}

/** Adds one row of the last axis: cells `first ≤ c < last` of row `row`, in lanes of `acc`. */
function addBand(
  acc: Float64Array,
  row: number,
  first: number,
  last: number,
  x: HostArray,
  xAt: number,
  band: HostBand,
  shape: Shape,
  lanes: number,
): void {
  const [, n, inner] = around(shape, band.axis);
  const length = shape[shape.length - 1] as number;
  const isLast = band.axis === shape.length - 1;
  // The rows in one cell of the axis, and the place of the row among them
  const rowsPerCell = isLast ? 1 : inner / length;
  const place = row % rowsPerCell;
  const above = Math.floor(row / rowsPerCell);
  const width = inner * lanes;
  const ghosts: Ghosts = {
    front: band.front,
    frontWidth: ghostWidth(band.front, shape, band.axis),
    back: band.back,
    backWidth: ghostWidth(band.back, shape, band.axis),
  };
  for (const { start, end, lo, taps } of band.segments) {
    if (isLast) {
      const [from, to] = [Math.max(start, first), Math.min(end, last)];
      for (let k = 0; k < taps.length; k++) {
        const tap = taps[k] as number;
        // The cell of a zero tap is not read: it may be NaN
        if (tap === 0) continue;
        const reach = lo + k;
        // Cells within the row are one run; those before and after come from the ghost cells
        const low = Math.min(Math.max(from, -reach), to);
        const high = Math.max(Math.min(to, n - reach), low);
        for (let i = from; i < low; i++)
          addCell(acc, i * lanes, tap, i + reach, above, n, width, 0, lanes, x, xAt, ghosts, lanes);
        addRun(acc, low * lanes, tap, x, xAt + (above * n + low + reach) * lanes, (high - low) * lanes);
        for (let i = high; i < to; i++)
          addCell(acc, i * lanes, tap, i + reach, above, n, width, 0, lanes, x, xAt, ghosts, lanes);
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
        ghosts,
        lanes,
      );
    }
  }
}

/**
 * Computes row by row of the last axis. The sum over all bands and taps of a row is in double
 * precision and is stored once. Cells beyond the ghost cells count as zero.
 */
const prepareStencil: CpuKernel<'prepareStencil'> = (dtype, { shape, bands, mode, range }) => {
  const lanes = lanesOf(dtype);
  const { axis, start, end } = range ?? allRows(shape);
  const ndim = shape.length;
  const length = ndim === 0 ? 1 : (shape[ndim - 1] as number);
  const rows = product(shape) / length;
  const byRow = axis < ndim - 1;
  const [, n, inner] = ndim === 0 ? [1, 1, 1] : around(shape, axis);
  const rowsPerCell = byRow ? inner / length : 1;
  const [first, last] = byRow || ndim === 0 ? [0, length] : [Math.max(0, start), Math.min(length, end)];
  const acc = new Float64Array(length * lanes);
  return (from, to) => {
    const [x, xo, y, yo] = [from.storage.memory, from.offset, to.storage.memory, to.offset];
    for (let row = 0; row < rows; row++) {
      if (byRow) {
        const i = Math.floor(row / rowsPerCell) % n;
        if (i < start || i >= end) continue;
      }
      acc.fill(0);
      for (const band of bands) addBand(acc, row, first, last, x, lanes * xo, band, shape, lanes);
      const at = lanes * (yo + row * length);
      if (mode === 'set') for (let l = first * lanes; l < last * lanes; l++) y[at + l] = acc[l] as number;
      else
        for (let l = first * lanes; l < last * lanes; l++)
          y[at + l] = (y[at + l] as number) + (acc[l] as number);
    }
  };
};

export const stencilKernels = { prepareStencil } satisfies CpuKernels;
