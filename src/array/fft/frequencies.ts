import { type ArrayOptions, backendAndDType } from '../../core/array/creation.js';
import { tabulate } from '../../core/array/host-values.js';
import { NDArray } from '../../core/array/ndarray.js';
import { ArgumentError } from '../../core/base/errors.js';
import { checkFinite, checkPositiveCount, type Defaults, withDefaults } from '../../core/base/options.js';
import { tidy } from '../../core/base/scope.js';
import { toAxes } from '../../core/base/shape.js';
import type { EitherArray } from '../../core/distributed/align.js';
import { assemble, rollRuns } from '../../core/distributed/assemble.js';
import { type ArrayLike, type ArrayOf, arrayOf } from '../operands.js';

function frequencies(
  name: string,
  n: number,
  d: number,
  options: ArrayOptions | undefined,
  countOf: (samples: number) => number,
  indexOf: (i: number) => number,
): NDArray {
  checkPositiveCount(name, { n });
  checkFinite(name, { d });
  if (d === 0) throw new ArgumentError(`${name}: expected a distance other than 0 between samples`);
  const { dtype, backend } = backendAndDType(name, options ?? {}, false);
  const count = countOf(n);
  const { values } = tabulate(dtype, count, (i) => indexOf(i) / (n * d));
  return NDArray.fromHost(values, [count], { dtype, backend });
}

/**
 * The frequencies of `n` samples at the distance `d`, in the order of {@link fft}: 0, 1, …, −1
 * times 1/(n d).
 * @param d in seconds, for frequencies in Hz; 1 by default
 */
export const fftfreq = (n: number, d = 1, options?: ArrayOptions): NDArray =>
  frequencies(
    'fftfreq',
    n,
    d,
    options,
    (samples) => samples,
    (i) => (i < Math.ceil(n / 2) ? i : i - n),
  );

/** The frequencies of `n` samples at the distance `d`, in the order of {@link rfft}: 0 … ⌊n/2⌋. */
export const rfftfreq = (n: number, d = 1, options?: ArrayOptions): NDArray =>
  frequencies(
    'rfftfreq',
    n,
    d,
    options,
    (samples) => Math.floor(samples / 2) + 1,
    (i) => i,
  );

/** Options of {@link fftshift}. */
export interface FftShiftOptions {
  /** One axis, or several. @default all */
  readonly axes?: number | readonly number[] | undefined;
}
const DEFAULTS = { axes: undefined } satisfies Defaults<FftShiftOptions>;

const shifter =
  (name: string, shiftOf: (n: number) => number) =>
  <X extends ArrayLike>(x: X, options?: FftShiftOptions): ArrayOf<X> => {
    const { axes } = withDefaults(name, options, DEFAULTS);
    return tidy(() => {
      const from = arrayOf(name, x);
      const shifted = toAxes(axes, from.space.shape.length).reduce((y: EitherArray, k) => {
        const n = y.space.shape[k] as number;
        return assemble(name, [y], rollRuns(n, shiftOf(n)), k);
      }, from);
      return shifted === from ? from.copy() : shifted;
    }) as ArrayOf<X>;
  };

/**
 * Moves frequency 0 from the first place to the middle, index ⌊n/2⌋. Along a split axis at most one
 * message between two ranks, otherwise nothing is sent.
 */
export const fftshift = shifter('fftshift', (n) => Math.floor(n / 2));
/** The inverse of {@link fftshift}: moves the middle to the first place. */
export const ifftshift = shifter('ifftshift', (n) => -Math.floor(n / 2));
