import { ArgumentError } from '../../../core/base/errors.js';
import { textOf } from '../../../core/base/text-of.js';
import type { BandSegment } from '../../../core/ports/backend.js';
import { multiplyBands, toeplitzBand } from '../../../core/schemes/band.js';

/**
 * A running mean of `width` samples, applied once in each direction and therefore without a shift.
 * The result has triangular weights over `2·width − 1` samples. The signal is extended
 * point-symmetrically beyond its ends, `x[−k] = 2x[0] − x[k]`, so that straight lines do not
 * change.
 *
 * @throws {@link ArgumentError} unless `width ≤ n`
 */
export function zeroPhaseAverage(n: number, width: number): BandSegment[] {
  if (!Number.isSafeInteger(width) || width < 1 || width > n) {
    throw new ArgumentError(
      `smooth: expected a running mean of 1 to ${n} samples, the axis's length, received ${textOf(width)}`,
    );
  }
  const reach = width - 1;
  const triangle = Array.from(
    { length: 2 * width - 1 },
    (_, k) => (width - Math.abs(k - reach)) / (width * width),
  );
  return multiplyBands(toeplitzBand(0, triangle, n, n + 2 * reach), extension(n, reach), n);
}

/** The matrix that adds `reach` samples on either side of the signal: `[n + 2·reach, n]`. */
function extension(n: number, reach: number): BandSegment[] {
  const entry = (row: number, column: number, value: number): BandSegment => ({
    start: row,
    end: row + 1,
    lo: column - row,
    taps: [value],
  });
  const entries: BandSegment[] = [{ start: reach, end: reach + n, lo: -reach, taps: [1] }];
  for (let k = 1; k <= reach; k++) {
    entries.push(entry(reach - k, 0, 2), entry(reach - k, k, -1));
    entries.push(entry(reach + n - 1 + k, n - 1, 2), entry(reach + n - 1 + k, n - 1 - k, -1));
  }
  return entries;
}
