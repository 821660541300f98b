import { ArgumentError } from '../../core/base/errors.js';
import { type Defaults, requireOptions } from '../../core/base/options.js';
import { toShape } from '../../core/base/shape.js';
import { textOf } from '../../core/base/text-of.js';
import { numbersOf } from '../parts/host-numbers.js';

/**
 * First values, steps and numbers of samples of axes. Those of y are optional. Other entries are
 * ignored.
 */
export interface AxisParameters {
  readonly ox: number;
  readonly dx: number;
  readonly nx: number;
  readonly oy?: number;
  readonly dy?: number;
  readonly ny?: number;
  readonly ot: number;
  readonly dt: number;
  readonly nt: number;
}

/** The axes of a seismic survey: samples of time and offsets. */
export interface Axes {
  readonly t: Float64Array;
  /** Times symmetric around 0, `2·nt − 1` samples. */
  readonly t2: Float64Array;
  readonly x: Float64Array;
  readonly y: Float64Array | undefined;
}

const DEFAULTS = {
  ot: undefined,
  dt: undefined,
  nt: undefined,
  ox: undefined,
  dx: undefined,
  nx: undefined,
  oy: undefined,
  dy: undefined,
  ny: undefined,
} satisfies Defaults<AxisParameters>;

/** Space and time axes `o + d·i`, with i from 0 to n − 1. */
export function makeaxis(par: AxisParameters): Axes {
  const axis = (name: string, o: number, d: number, n: number): Float64Array => {
    if (![o, d].every(Number.isFinite))
      throw new ArgumentError(
        `makeaxis: expected numbers for o${name} and d${name}, received ${textOf([o, d])}`,
      );
    return numbersOf(toShape([n], `n${name}`)[0] as number, (i) => o + d * i);
  };
  const { oy, dy, ny, ot, dt, nt, ox, dx, nx } = requireOptions('makeaxis', par, DEFAULTS);
  return {
    t: axis('t', ot, dt, nt),
    t2: numbersOf(Math.max(0, 2 * nt - 1), (i) => dt * (i - nt + 1)),
    x: axis('x', ox, dx, nx),
    y: oy === undefined || dy === undefined || ny === undefined ? undefined : axis('y', oy, dy, ny),
  };
}
