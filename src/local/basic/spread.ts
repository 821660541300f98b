import type { DType } from '../../core/base/dtype.js';
import { ArgumentError, ShapeError } from '../../core/base/errors.js';
import { type Defaults, requireOptions } from '../../core/base/options.js';
import { formatShape, type Shape, sameShape, toShape } from '../../core/base/shape.js';
import { textOf } from '../../core/base/text-of.js';
import type { OperatorData } from '../device-constants.js';
import { hostNumbers } from '../parts/host-numbers.js';
import { IndexedOperator } from '../parts/indexed-operator.js';
import { IndexedRows, type RowSource } from '../parts/indexed-rows.js';

/**
 * Returns the samples to which element `[ix0, it0]` of the model is spread, one for each trace of
 * the data. NaN means that there is no such sample. With `interp`, returns a pair: these samples,
 * and the fractions towards the next samples.
 */
export type SpreadFunction = (
  ix0: number,
  it0: number,
) => ArrayLike<number> | readonly [samples: ArrayLike<number>, fractions: ArrayLike<number>];

/** Options of {@link Spread}. */
export interface SpreadOptions {
  /**
   * `[nx0, nt0, nx]`: the sample in each trace of the data, NaN if there is none. Either `table` or
   * `fh` is required, not both.
   */
  readonly table?: OperatorData;
  /**
   * Fractions w of the same shape as `table`. The sample receives 1 − w of the value, the next
   * sample w.
   */
  readonly dtable?: OperatorData;
  /** Computes rows of the table each time they are needed, so that no table is stored. */
  readonly fh?: SpreadFunction;
  /** `fh` returns fractions too. @default false */
  readonly interp?: boolean;
  /** @default 'float64' */
  readonly dtype?: DType;
}

const DEFAULTS = {
  table: undefined,
  dtable: undefined,
  fh: undefined,
  interp: false,
  dtype: 'float64',
} satisfies Defaults<SpreadOptions>;

/**
 * Spreading along curves: `y[ix, table[ix0, it0, ix]] += x[ix0, it0]` for all ix. The adjoint sums
 * along the curves. Shapes: `dims` `[nx0, nt0]` to `dimsd` `[nx, nt]`. Cost: `nx0·nt0·nx`
 * additions. Memory: 4 bytes an entry and, with fractions, two numbers; with `fh` a few megabytes.
 *
 * @example new Spread([2, 3], [2, 4], { fh: (ix0, it0) => [it0, it0 + ix0] })
 */
export class Spread extends IndexedOperator {
  constructor(dims: Shape, dimsd: Shape, options: SpreadOptions) {
    const { table, dtable, fh, interp, dtype } = requireOptions('Spread', options, DEFAULTS);
    const [model, data] = [toShape(dims, 'dims'), toShape(dimsd, 'dimsd')];
    if (model.length !== 2 || data.length !== 2)
      throw new ShapeError(
        `Spread: expected dims and dimsd of two axes, received ${formatShape(model)} and ` +
          `${formatShape(data)}`,
      );
    if ((table === undefined) === (fh === undefined))
      throw new ArgumentError('Spread: expected either table or fh');
    if (fh && dtable !== undefined)
      throw new ArgumentError('Spread: expected no dtable with fh: let fh give the fractions, with interp');
    if (table !== undefined && interp && dtable === undefined)
      throw new ArgumentError('Spread: expected dtable with interp and table');
    const source = fh
      ? fromFunction(model, data, fh, interp)
      : fromTable(model, data, table as OperatorData, dtable);
    super(
      { dims: model, dimsd: data, dtype },
      'spread',
      new IndexedRows(source, { onTheFly: fh !== undefined }),
    );
  }
}

function fromTable(
  dims: Shape,
  dimsd: Shape,
  table: OperatorData,
  dtable: OperatorData | undefined,
): RowSource {
  const [nx] = dimsd as [number, number];
  const expected = [...dims, nx];
  const read = (name: string, data: OperatorData): Float64Array => {
    const { values, shape } = hostNumbers('Spread', name, data);
    if (!sameShape(shape, expected))
      throw new ShapeError(
        `Spread: expected ${name} of shape ${formatShape(expected)}, received ${formatShape(shape)}`,
      );
    return values;
  };
  const samples = read('table', table);
  const fractions = dtable === undefined ? undefined : read('dtable', dtable);
  const check = checkSample(dimsd, fractions !== undefined);
  samples.forEach(check);
  return rowsOf(dims, dimsd, fractions !== undefined, (row, put) => {
    for (let ix = 0; ix < nx; ix++)
      put(ix, samples[row * nx + ix] as number, fractions ? (fractions[row * nx + ix] as number) : 0);
  });
}

function fromFunction(dims: Shape, dimsd: Shape, fh: SpreadFunction, interp: boolean): RowSource {
  const [nx] = dimsd as [number, number];
  const nt0 = dims[1] as number;
  const check = checkSample(dimsd, interp);
  return rowsOf(dims, dimsd, interp, (row, put) => {
    const given = fh(Math.floor(row / nt0), row % nt0);
    const [samples, fractions] = (interp ? given : [given, undefined]) as [
      ArrayLike<number>,
      ArrayLike<number> | undefined,
    ];
    if (samples?.length !== nx || (interp && fractions?.length !== nx))
      throw new ShapeError(
        `Spread: expected fh to give ${interp ? 'pairs of ' : ''}${nx} numbers, one for each trace, ` +
          `received ${samples?.length}`,
      );
    for (let ix = 0; ix < nx; ix++) {
      const sample = samples[ix] as number;
      check(sample);
      put(ix, sample, fractions ? (fractions[ix] as number) : 0);
    }
  });
}

const checkSample =
  ([, nt]: Shape, interp: boolean) =>
  (sample: number): void => {
    if (Number.isNaN(sample)) return;
    if (!Number.isInteger(sample) || sample < 0 || sample >= (nt as number) - (interp ? 1 : 0)) {
      throw new ArgumentError(
        'Spread: expected whole samples between 0 and ' +
          `${(nt as number) - (interp ? 2 : 1)}` +
          `${interp ? ', one less than there are for the next one' : ''}, ` +
          `or NaN; received ${textOf(sample)}`,
      );
    }
  };

/**
 * The sparse matrix with one row for each element of the model. `each` sets the entries of row
 * `row`: a sample of trace `ix`, and a fraction of the next sample.
 */
export function rowsOf(
  dims: Shape,
  dimsd: Shape,
  interp: boolean,
  each: (row: number, put: (ix: number, sample: number, fraction: number) => void) => void,
): RowSource {
  const [nx, nt] = dimsd as [number, number];
  const step = interp ? 2 : 1;
  const width = nx * step;
  return {
    rows: (dims[0] as number) * (dims[1] as number),
    columns: nx * nt,
    width,
    weights: interp ? 'real' : 'none',
    fill: (start, count, index, weights) => {
      index.fill(-1);
      weights.fill(0);
      let at = 0;
      const put = (ix: number, sample: number, fraction: number): void => {
        // comparisons with NaN are false
        if (!(sample >= 0 && sample < nt) || Number.isNaN(fraction)) return;
        const e = at + ix * step;
        index[e] = ix * nt + sample;
        if (!interp) return;
        index[e + 1] = sample + 1 < nt ? ix * nt + sample + 1 : -1;
        weights[e] = 1 - fraction;
        weights[e + 1] = fraction;
      };
      for (let r = 0; r < count; r++, at += width) each(start + r, put);
    },
  };
}
