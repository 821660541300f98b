import type { DType } from '../core/dtype.js';
import { ShapeError } from '../core/errors.js';
import { checkOptions } from '../core/options.js';
import { around, formatShape, type Shape, toAxis, toShape } from '../core/shape.js';
import { betweenPlaces, checkOdd, filterPlaces } from './filter-bank.js';
import { IndexedOperator } from './indexed-operator.js';
import { IndexedRows, type RowSource } from './indexed-rows.js';
import { type OperatorData, Resident } from './resident.js';

export interface NonStationaryConvolve1DOptions {
  /** @default -1 */
  readonly axis?: number;
  /** @default that of the filters; float64 for lists of numbers */
  readonly dtype?: DType;
}

/**
 * Convolution with a filter that changes along the axis: `y[i + k − ⌊L/2⌋] += hᵢ[k] · x[i]`, hᵢ being interpolated linearly between the filters `hs` of `[count, L]` at the
 * samples `ih`, and constant outside. L is odd. Shapes: `dims` to `dims`. Cost: `2·L` flops a sample. Memory: `n·L` indices and weights.
 */
export class NonStationaryConvolve1D extends IndexedOperator {
  constructor(dims: number | Shape, hs: OperatorData, ih: OperatorData, options: NonStationaryConvolve1DOptions = {}) {
    checkOptions('NonStationaryConvolve1D', options, ['axis', 'dtype']);
    const shape = toShape(dims, 'dims');
    const axis = toAxis(options.axis ?? -1, shape.length);
    const [outer, n, inner] = around(shape, axis);
    const bank = Resident.from(hs, options.dtype);
    if (bank.shape.length !== 2)
      throw new ShapeError(`NonStationaryConvolve1D: expected hs of shape [filters, samples], received ${formatShape(bank.shape)}`);
    const [filters, length] = bank.shape as [number, number];
    checkOdd('NonStationaryConvolve1D', [length]);
    const between = betweenPlaces(filterPlaces('NonStationaryConvolve1D', 'ih', ih, filters), n);
    const values = bank.toHost();
    const lanes = values.length / Math.max(1, bank.size);
    const source: RowSource = {
      rows: n,
      columns: n,
      width: length,
      weights: lanes === 2 ? 'complex' : 'real',
      fill: (start, count, index, weights) => {
        for (let r = 0; r < count; r++) {
          const { first, second, w } = between[start + r] as (typeof between)[number];
          for (let k = 0; k < length; k++) {
            const target = start + r + k - (length - 1) / 2;
            index[r * length + k] = target >= 0 && target < n ? target : -1;
            for (let l = 0; l < lanes; l++) {
              const value =
                (1 - w) * (values[(first * length + k) * lanes + l] as number) + w * (values[(second * length + k) * lanes + l] as number);
              // spreading conjugates
              weights[(r * length + k) * lanes + l] = l === 1 ? -value : value;
            }
          }
        }
      },
    };
    super({ dims: shape, dtype: bank.dtype, holdsData: true }, 'spread', new IndexedRows(source, { outer, inner }));
  }
}
