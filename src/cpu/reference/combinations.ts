import { im, re, type Scalar } from '../../core/base/complex.js';
import { type DType, type HostArray, isComplex } from '../../core/base/dtype.js';
import type { CpuKernel, CpuKernels, HostRun } from '../host-memory.js';

/**
 * Whether a factor is 1 or −1, which only adds or subtracts. Other terms of complex numbers are
 * complex products, even with real coefficients (∞ · 0 is NaN, as in NumPy).
 */
const isUnit = (re: number, im: number): boolean => im === 0 && Math.abs(re) === 1;

/** `y ← a x` */
function scale(
  dtype: DType,
  n: number,
  aRe: number,
  aIm: number,
  x: HostArray,
  xo: number,
  y: HostArray,
  yo: number,
): void {
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
}

/** `z ← a x + b y` */
function axpby(
  dtype: DType,
  n: number,
  aRe: number,
  aIm: number,
  x: HostArray,
  xo: number,
  bRe: number,
  bIm: number,
  y: HostArray,
  yo: number,
  z: HostArray,
  zo: number,
): void {
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
}

/** `y ← Σ factors[k] xs[k]` for any number of terms. */
function sum(
  factors: readonly Scalar[],
  xs: readonly HostRun[],
  { storage, offset, size: n }: HostRun,
): void {
  const { memory: y, dtype } = storage;
  const terms = xs.map((x, k) => {
    const [a, b] = [re(factors[k] as Scalar), im(factors[k] as Scalar)];
    return { x: x.storage.memory, at: x.offset, a, b, unit: isUnit(a, b) };
  });
  if (!isComplex(dtype)) {
    for (let i = 0; i < n; i++) {
      let total = 0;
      for (const { x, at, a } of terms) total += a * (x[at + i] as number);
      y[offset + i] = total;
    }
    return;
  }
  for (let i = 0; i < n; i++) {
    let [real, imaginary] = [0, 0];
    for (const { x, at, a, b, unit } of terms) {
      const [c, d] = [x[2 * (at + i)] as number, x[2 * (at + i) + 1] as number];
      real += unit ? a * c : a * c - b * d;
      imaginary += unit ? a * d : a * d + b * c;
    }
    y[2 * (offset + i)] = real;
    y[2 * (offset + i) + 1] = imaginary;
  }
}

const linearCombination: CpuKernel<'linearCombination'> = (factors, xs, to) => {
  const { memory: y, dtype } = to.storage;
  const [first, second] = xs as readonly [HostRun, HostRun?];
  const [a, b] = factors as readonly [Scalar, Scalar];
  const x = first.storage.memory;
  if (xs.length > 2) sum(factors, xs, to);
  else if (!second) scale(dtype, to.size, re(a), im(a), x, first.offset, y, to.offset);
  else {
    const w = second.storage.memory;
    axpby(dtype, to.size, re(a), im(a), x, first.offset, re(b), im(b), w, second.offset, y, to.offset);
  }
};

export const combinationKernels = { linearCombination } satisfies CpuKernels;
