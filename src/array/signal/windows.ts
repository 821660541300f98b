import { type ArrayOptions, backendAndDType } from '../../core/array/creation.js';
import { tabulate } from '../../core/array/host-values.js';
import { NDArray } from '../../core/array/ndarray.js';
import {
  checkCount,
  checkFinite,
  checkFlag,
  checkNonNegative,
  type Defaults,
  withDefaults,
} from '../../core/base/options.js';

/** Options of windows. */
export interface WindowOptions extends ArrayOptions {
  /**
   * Whether the window is symmetric, as filters need it, or one period of m samples, as transforms
   * do.
   * @default true
   */
  readonly sym?: boolean;
}
const DEFAULTS = { sym: true, dtype: undefined, backend: undefined } satisfies Defaults<WindowOptions>;

/** A window of `m` samples, of which `valueAt` has sample i of n; one sample is 1. */
function windowOf(
  name: string,
  m: number,
  options: WindowOptions | undefined,
  valueAt: (i: number, n: number) => number,
): NDArray {
  const { sym, ...rest } = withDefaults(name, options, DEFAULTS);
  checkCount(name, { m });
  checkFlag(name, { sym });
  const { dtype, backend } = backendAndDType(name, rest, false);
  const n = sym ? m : m + 1;
  const { values } = tabulate(dtype, m, (i) => (m === 1 ? 1 : valueAt(i, n)));
  return NDArray.fromHost(values, [m], { dtype, backend });
}

/** A sum of cosines: `Σₖ (−1)ᵏ aₖ cos(2πki/(n − 1))`. */
const cosines =
  (name: string, factors: readonly number[]) =>
  (m: number, options?: WindowOptions): NDArray =>
    windowOf(name, m, options, (i, n) =>
      factors.reduce(
        (sum, a, k) => sum + (k % 2 === 0 ? a : -a) * Math.cos((2 * Math.PI * k * i) / (n - 1)),
        0,
      ),
    );

/** `0.5 − 0.5 cos(2πi/(m − 1))`: the window of von Hann. */
export const hann = cosines('windows.hann', [0.5, 0.5]);
/** `0.54 − 0.46 cos(2πi/(m − 1))`. */
export const hamming = cosines('windows.hamming', [0.54, 0.46]);
/** `0.42 − 0.5 cos(2πi/(m − 1)) + 0.08 cos(4πi/(m − 1))`. */
export const blackman = cosines('windows.blackman', [0.42, 0.5, 0.08]);
/** A sum of four cosines, with side lobes below −92 dB. */
export const blackmanharris = cosines('windows.blackmanharris', [0.35875, 0.48829, 0.14128, 0.01168]);
/** A sum of four cosines, by Nuttall. */
export const nuttall = cosines('windows.nuttall', [0.3635819, 0.4891775, 0.1365995, 0.0106411]);
/** A sum of five cosines, whose main lobe is flat. */
export const flattop = cosines(
  'windows.flattop',
  [0.21557895, 0.41663158, 0.277263158, 0.083578947, 0.006947368],
);

/** Ones. */
export const boxcar = (m: number, options?: WindowOptions): NDArray =>
  windowOf('windows.boxcar', m, options, () => 1);
/** A triangle that is 0 at both ends. */
export const bartlett = (m: number, options?: WindowOptions): NDArray =>
  windowOf('windows.bartlett', m, options, (i, n) => 1 - Math.abs((2 * i) / (n - 1) - 1));
/** Half a period of a sine: `sin(π(i + 1/2)/m)`. */
export const cosine = (m: number, options?: WindowOptions): NDArray =>
  windowOf('windows.cosine', m, options, (i, n) => Math.sin((Math.PI * (i + 0.5)) / n));

/**
 * `exp(−u²/(2 std²))` with the distance u from the middle.
 * @param std the standard deviation, in samples
 */
export function gaussian(m: number, std: number, options?: WindowOptions): NDArray {
  checkFinite('windows.gaussian', { std });
  return windowOf('windows.gaussian', m, options, (i, n) => Math.exp(-(((i - (n - 1) / 2) / std) ** 2) / 2));
}

/**
 * Ones with tapers of half a period of a cosine at both ends.
 * @param alpha the share of the window that is tapered: 0 for {@link boxcar}, 1 for {@link hann}
 */
export function tukey(m: number, alpha = 0.5, options?: WindowOptions): NDArray {
  checkNonNegative('windows.tukey', { alpha });
  const share = Math.min(alpha, 1);
  return windowOf('windows.tukey', m, options, (i, n) => {
    const width = (share * (n - 1)) / 2;
    const distance = Math.min(i, n - 1 - i);
    return share === 0 || distance >= width ? 1 : 0.5 * (1 - Math.cos((Math.PI * distance) / width));
  });
}

/** The modified Bessel function of order 0, by its power series. */
function besselI0(x: number): number {
  let [term, sum] = [1, 1];
  for (let k = 1; term > sum * 1e-17; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

/**
 * `I₀(beta √(1 − u²))/I₀(beta)` with u from −1 to 1.
 * @param beta 0 for {@link boxcar}; larger ones have a wider main lobe and lower side lobes
 */
export function kaiser(m: number, beta: number, options?: WindowOptions): NDArray {
  checkNonNegative('windows.kaiser', { beta });
  const most = besselI0(beta);
  return windowOf('windows.kaiser', m, options, (i, n) => {
    const u = (2 * i) / (n - 1) - 1;
    return besselI0(beta * Math.sqrt(Math.max(0, 1 - u * u))) / most;
  });
}
