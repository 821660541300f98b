import { type HostArray, isComplex } from '../../core/base/dtype.js';
import type { CpuKernels } from '../kernels.js';

/**
 * Terms of complex numbers are products, also with real coefficients (∞ · 0 is no number, as in
 * NumPy); but 1 and −1 only add and subtract.
 */
const isUnit = (re: number, im: number): boolean => im === 0 && Math.abs(re) === 1;

export const scale: CpuKernels['scale'] = (dtype, n, aRe, aIm, x, xo, y, yo) => {
  if (!isComplex(dtype)) {
    for (let i = 0; i < n; i++) y[yo + i] = aRe * (x[xo + i] as number);
    return;
  }
  const unit = isUnit(aRe, aIm);
  for (let i = 0, p = 2 * xo, q = 2 * yo; i < n; i++, p += 2, q += 2) {
    const re = x[p] as number;
    const im = x[p + 1] as number;
    y[q] = unit ? aRe * re : aRe * re - aIm * im;
    y[q + 1] = unit ? aRe * im : aRe * im + aIm * re;
  }
};

export const axpby: CpuKernels['axpby'] = (dtype, n, aRe, aIm, x, xo, bRe, bIm, y, yo, z, zo) => {
  if (!isComplex(dtype)) {
    for (let i = 0; i < n; i++) z[zo + i] = aRe * (x[xo + i] as number) + bRe * (y[yo + i] as number);
    return;
  }
  const [first, second] = [isUnit(aRe, aIm), isUnit(bRe, bIm)];
  for (let i = 0, p = 2 * xo, q = 2 * yo, r = 2 * zo; i < n; i++, p += 2, q += 2, r += 2) {
    const a = x[p] as number;
    const b = x[p + 1] as number;
    const c = y[q] as number;
    const d = y[q + 1] as number;
    z[r] = (first ? aRe * a : aRe * a - aIm * b) + (second ? bRe * c : bRe * c - bIm * d);
    z[r + 1] = (first ? aRe * b : aRe * b + aIm * a) + (second ? bRe * d : bRe * d + bIm * c);
  }
};

export const linearCombination: CpuKernels['linearCombination'] = (
  dtype,
  n,
  coefficients,
  xs,
  xos,
  y,
  yo,
) => {
  const terms = xs.length;
  if (!isComplex(dtype)) {
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let k = 0; k < terms; k++)
        sum += (coefficients[2 * k] as number) * ((xs[k] as HostArray)[(xos[k] as number) + i] as number);
      y[yo + i] = sum;
    }
    return;
  }
  for (let i = 0; i < n; i++) {
    let re = 0;
    let im = 0;
    for (let k = 0; k < terms; k++) {
      const x = xs[k] as HostArray;
      const at = 2 * ((xos[k] as number) + i);
      const [a, b] = [coefficients[2 * k] as number, coefficients[2 * k + 1] as number];
      const unit = isUnit(a, b);
      re += unit ? a * (x[at] as number) : a * (x[at] as number) - b * (x[at + 1] as number);
      im += unit ? a * (x[at + 1] as number) : a * (x[at + 1] as number) + b * (x[at] as number);
    }
    y[2 * (yo + i)] = re;
    y[2 * (yo + i) + 1] = im;
  }
};
