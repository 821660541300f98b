import { type Complex, complex } from '../../../core/base/complex.js';
import { ArgumentError } from '../../../core/base/errors.js';
import { textOf } from '../../../core/base/text-of.js';

/** Low-pass and high-pass filters of an orthonormal wavelet, for analysis. */
export interface WaveletFilters {
  readonly low: Float64Array;
  readonly high: Float64Array;
}

/** The largest number of vanishing moments. 'haar' is 'db1'. */
const LARGEST = 12;

/**
 * The filters of `'haar'` or of `'db1'` … `'db12'`, which have extremal phase (I. Daubechies, Ten
 * Lectures on Wavelets, 1992).
 *
 * @throws {@link ArgumentError} if the name is none of these
 */
export function waveletFilters(wavelet: string): WaveletFilters {
  const moments = wavelet === 'haar' ? 1 : Number(/^db(\d+)$/.exec(wavelet)?.[1] ?? 0);
  if (moments < 1 || moments > LARGEST)
    throw new ArgumentError(
      `expected wavelet to be 'haar' or 'db1' … 'db${LARGEST}', received ${textOf(wavelet)}`,
    );
  const scaling = scalingFilter(moments);
  return {
    low: Float64Array.from([...scaling].reverse()),
    high: Float64Array.from(scaling, (h, k) => (k % 2 === 0 ? -h : h)),
  };
}

const times = (a: Complex, b: Complex): Complex =>
  complex(a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re);
const over = (a: Complex, b: Complex): Complex => {
  const d = b.re * b.re + b.im * b.im;
  return complex((a.re * b.re + a.im * b.im) / d, (a.im * b.re - a.re * b.im) / d);
};
const minus = (a: Complex, b: Complex): Complex => complex(a.re - b.re, a.im - b.im);

function squareRoot(a: Complex): Complex {
  const r = Math.hypot(a.re, a.im);
  const re = Math.sqrt((r + a.re) / 2);
  return complex(re, Math.sign(a.im || 1) * Math.sqrt((r - a.re) / 2));
}

/**
 * `(1 + z)ᴺ Π (z − zₖ)`, scaled to the sum √2. The zₖ are the roots inside of the unit circle of
 * `Σₖ C(N−1+k, k) yᵏ`, with `y = (2 − z − 1/z)/4` and k from 0 to N − 1. This is the spectral
 * factorisation of the half-band filter with N zeros at −1.
 */
function scalingFilter(N: number): Float64Array {
  const coefficients = [1];
  for (let k = 1; k < N; k++) coefficients.push(((coefficients[k - 1] as number) * (N - 1 + k)) / k);
  let filter: Complex[] = [complex(1)];
  const multiply = (root: Complex): void => {
    const next = Array.from({ length: filter.length + 1 }, () => complex(0));
    filter.forEach((c, i) => {
      next[i] = minus(next[i] as Complex, times(c, root));
      next[i + 1] = minus(next[i + 1] as Complex, complex(-c.re, -c.im));
    });
    filter = next;
  };
  for (let k = 0; k < N; k++) multiply(complex(-1));
  for (const y of rootsOf(coefficients)) {
    // z + 1/z = 2 − 4y
    const b = complex(1 - 2 * y.re, -2 * y.im);
    const d = squareRoot(minus(times(b, b), complex(1)));
    const [p, q] = [minus(b, d), minus(b, complex(-d.re, -d.im))];
    const outer = Math.hypot(p.re, p.im) > 1 ? p : q;
    multiply(over(complex(1), outer));
  }
  // the largest coefficients come first
  const real = filter.map((c) => c.re).reverse();
  const sum = real.reduce((a, b) => a + b, 0);
  return Float64Array.from(real, (h) => (h * Math.SQRT2) / sum);
}

/**
 * The roots of `Σ c[k] yᵏ`, which are all simple, by simultaneous iteration (Weierstrass, Durand,
 * Kerner).
 */
function rootsOf(c: readonly number[]): Complex[] {
  const degree = c.length - 1;
  if (degree === 0) return [];
  const lead = c[degree] as number;
  const value = (y: Complex): Complex => {
    let sum = complex(0);
    for (let k = degree; k >= 0; k--) {
      const next = times(sum, y);
      sum = complex(next.re + (c[k] as number) / lead, next.im);
    }
    return sum;
  };
  const roots = Array.from({ length: degree }, (_, k) =>
    complex(0.5 * Math.cos(2 * k + 0.4), 0.5 * Math.sin(2 * k + 0.4)),
  );
  for (let step = 0; step < 500; step++) {
    let change = 0;
    roots.forEach((root, i) => {
      let divisor = complex(1);
      roots.forEach((other, j) => {
        if (j !== i) divisor = times(divisor, minus(root, other));
      });
      const move = over(value(root), divisor);
      roots[i] = minus(root, move);
      change = Math.max(change, Math.hypot(move.re, move.im));
    });
    if (change < 1e-16) break;
  }
  return roots;
}
