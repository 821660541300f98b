import type { DType } from '../../core/base/dtype.js';
import { ArgumentError } from '../../core/base/errors.js';
import { checkOneOf, type Defaults, withDefaults } from '../../core/base/options.js';
import { around, type Shape, toAxis, toShape } from '../../core/base/shape.js';
import { textOf } from '../../core/base/text-of.js';
import { DeviceConstants, type OperatorData } from '../device-constants.js';
import { AxisMatrix } from '../parts/axis-matrix.js';
import { finiteNumbers } from '../parts/host-numbers.js';
import { IndexedRows, type RowSource } from '../parts/indexed-rows.js';
import { type LinearMap, MapOperator } from '../parts/map-operator.js';

export const INTERPOLATION_KINDS = ['nearest', 'linear', 'sinc'] as const;
/** How values between samples are interpolated. */
export type InterpolationKind = (typeof INTERPOLATION_KINDS)[number];

/** Options of {@link Interp}. */
export interface InterpOptions {
  /** @default -1 */
  readonly axis?: number;
  /** @default 'linear' */
  readonly kind?: InterpolationKind;
  /** @default 'float64' */
  readonly dtype?: DType;
}

/** The interpolation along an axis, by kind. */
const KINDS: Readonly<
  Record<InterpolationKind, (iava: Float64Array, shape: Shape, axis: number) => LinearMap>
> = {
  nearest: (iava, shape, axis) => {
    const samples = iava.map(halfToEven);
    checkInside(samples, shape[axis] as number);
    return indexed(shape, axis, samples.length, 1, (row, put) => put(0, samples[row] as number, 1));
  },
  linear: (iava, shape, axis) => {
    checkInside(iava, shape[axis] as number);
    return indexed(shape, axis, iava.length, 2, (row, put) => {
      const place = iava[row] as number;
      const sample = Math.floor(place);
      put(0, sample, 1 - (place - sample));
      put(1, sample + 1, place - sample);
    });
  },
  sinc: (iava, shape, axis) => {
    const n = shape[axis] as number;
    const table = new Float64Array(iava.length * n);
    iava.forEach((v, i) => {
      for (let k = 0; k < n; k++) table[i * n + k] = sinc(v - k);
    });
    return new AxisMatrix(DeviceConstants.adopt(table, [iava.length, n]), shape, axis);
  },
};

const DEFAULTS = { axis: -1, kind: 'linear', dtype: 'float64' } satisfies Defaults<InterpOptions>;

/**
 * Values at places `iava` between the samples of an axis, counted in samples from 0. The kinds are:
 * 'nearest', the nearest sample (halves are rounded to the even one); 'linear', linear between two
 * samples; 'sinc', the band-limited signal `Σₖ sinc(iava − k) x[k]`. Shapes: `[…, n, …]` to
 * `[…, len(iava), …]`. Cost: one or two reads of the table; sinc is a matrix product of `2n` flops
 * a value.
 *
 * @throws {@link ArgumentError} if places are outside of the axis and the kind is not 'sinc'
 *
 * @example new Interp(9, [0.5, 3.25, 7])
 */
export class Interp extends MapOperator {
  /** The places, in samples. */
  readonly iava: readonly number[];
  constructor(dims: number | Shape, iava: OperatorData, options?: InterpOptions) {
    const given = withDefaults('Interp', options, DEFAULTS);
    const kind = checkOneOf('kind', given.kind, INTERPOLATION_KINDS);
    const shape = toShape(dims, 'dims');
    const axis = toAxis(given.axis, shape.length);
    const places = finiteNumbers('Interp', 'iava', iava);
    const dimsd = shape.with(axis, places.length);
    super({ dims: shape, dimsd, dtype: given.dtype }, KINDS[kind](places, shape, axis));
    this.iava = [...places];
  }
}

/** A table of `width` samples and weights for each place. */
function indexed(
  shape: Shape,
  axis: number,
  rows: number,
  width: number,
  entry: (row: number, put: (k: number, sample: number, weight: number) => void) => void,
): LinearMap {
  const [outer, n, inner] = around(shape, axis);
  const source: RowSource = {
    rows,
    columns: n,
    width,
    weights: width === 1 ? 'none' : 'real',
    fill: (start, count, index, weights) => {
      for (let r = 0; r < count; r++) {
        entry(start + r, (k, sample, weight) => {
          index[r * width + k] = sample < n ? sample : -1;
          if (width > 1) weights[r * width + k] = weight;
        });
      }
    },
  };
  const table = new IndexedRows(source, { outer, inner });
  return { forward: (x, y) => table.gather(x, y), adjoint: (y, x) => table.scatterAdd(y, x.fill(0)) };
}

function checkInside(places: ArrayLike<number>, n: number): void {
  const bad = Array.from(places).find((v) => v < 0 || v > n - 1);
  if (bad !== undefined)
    throw new ArgumentError(`Interp: expected places between 0 and ${n - 1}, received ${textOf(bad)}`);
}

/** Rounds as IEEE 754 does: 0.5 to 0 and 2.5 to 2. */
function halfToEven(v: number): number {
  const below = Math.floor(v);
  const rest = v - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 !== 0) ? below + 1 : below;
}

const sinc = (v: number): number => (v === 0 ? 1 : Math.sin(Math.PI * v) / (Math.PI * v));
