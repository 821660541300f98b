import type { DType } from '../../core/base/dtype.js';
import { ShapeError } from '../../core/base/errors.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import { formatShape, type Shape, toShape } from '../../core/base/shape.js';
import { DeviceConstants, type OperatorData } from '../device-constants.js';
import { IndexedOperator } from '../parts/indexed-operator.js';
import { IndexedRows, type RowSource } from '../parts/indexed-rows.js';
import { type Between, checkOdd, filterPlaces, filtersAt } from './filter-bank.js';

/** Options of {@link NonStationaryConvolve2D}. */
export interface NonStationaryConvolve2DOptions {
  /** @default that of the filters; float64 for lists of numbers */
  readonly dtype?: DType;
}

export const NON_STATIONARY_2D_DEFAULTS = {
  dtype: undefined,
} satisfies Defaults<NonStationaryConvolve2DOptions>;

/**
 * Convolution with a filter that changes over the plane:
 * `y[i + k − ⌊L₀/2⌋, j + l − ⌊L₁/2⌋] += hᵢⱼ[k, l] · x[i, j]`. hᵢⱼ is interpolated bilinearly
 * between the filters `hs` of `[len(ihx), len(ihz), L₀, L₁]` at the samples `ihx`, `ihz` of the
 * axes, and is constant outside. L₀, L₁ are odd. Shapes: `[nx, nz]` to the same. Cost: about
 * `10·L₀·L₁` flops a sample. Memory: some megabytes, because the interpolated filters are computed
 * in blocks at each use.
 *
 * @example new NonStationaryConvolve2D([5, 6], NDArray.normal([2, 2, 3, 3]), [1, 3], [1, 4])
 */
export class NonStationaryConvolve2D extends IndexedOperator {
  constructor(
    dims: Shape,
    hs: OperatorData,
    ihx: OperatorData,
    ihz: OperatorData,
    options?: NonStationaryConvolve2DOptions,
  ) {
    const { dtype } = withDefaults('NonStationaryConvolve2D', options, NON_STATIONARY_2D_DEFAULTS);
    const shape = toShape(dims, 'dims');
    if (shape.length !== 2)
      throw new ShapeError(
        `NonStationaryConvolve2D: expected dims of two axes, received ${formatShape(shape)}`,
      );
    const bank = DeviceConstants.from(hs, dtype);
    if (bank.shape.length !== 4) {
      throw new ShapeError(
        'NonStationaryConvolve2D: expected hs of shape [filters, filters, samples, samples], received ' +
          `${formatShape(bank.shape)}`,
      );
    }
    const [nx, nz] = shape as [number, number];
    const [filtersX, filtersZ, lengthX, lengthZ] = bank.shape as [number, number, number, number];
    checkOdd('NonStationaryConvolve2D', [lengthX, lengthZ]);
    const alongX = filtersAt(filterPlaces('NonStationaryConvolve2D', 'ihx', ihx, filtersX), nx);
    const alongZ = filtersAt(filterPlaces('NonStationaryConvolve2D', 'ihz', ihz, filtersZ), nz);
    const values = bank.toHost();
    const taps = lengthX * lengthZ;
    const lanes = values.length / Math.max(1, bank.size);
    const source: RowSource = {
      rows: nx * nz,
      columns: nx * nz,
      width: taps,
      weights: lanes === 2 ? 'complex' : 'real',
      fill: (start, count, index, weights) => {
        for (let r = 0; r < count; r++) {
          const [i, j] = [Math.floor((start + r) / nz), (start + r) % nz];
          const [a, b] = [alongX[i] as Between, alongZ[j] as Between];
          const corner = (p: number, q: number): number => (p * filtersZ + q) * taps * lanes;
          const corners = [
            corner(a.first, b.first),
            corner(a.first, b.second),
            corner(a.second, b.first),
            corner(a.second, b.second),
          ];
          const parts = [(1 - a.w) * (1 - b.w), (1 - a.w) * b.w, a.w * (1 - b.w), a.w * b.w];
          for (let k = 0; k < taps; k++) {
            const u = i + Math.floor(k / lengthZ) - (lengthX - 1) / 2;
            const v = j + (k % lengthZ) - (lengthZ - 1) / 2;
            index[r * taps + k] = u >= 0 && u < nx && v >= 0 && v < nz ? u * nz + v : -1;
            for (let l = 0; l < lanes; l++) {
              let value = 0;
              for (let c = 0; c < 4; c++)
                value += (parts[c] as number) * (values[(corners[c] as number) + k * lanes + l] as number);
              // conjugated, because the scatter conjugates the weights
              weights[(r * taps + k) * lanes + l] = l === 1 ? -value : value;
            }
          }
        }
      },
    };
    super(
      { dims: shape, dtype: bank.dtype, holdsData: true },
      'spread',
      new IndexedRows(source, { onTheFly: true }),
    );
  }
}
