import { scalarOf } from '../../core/base/complex.js';
import { type HostArray, hostArray, isComplex, lanesOf } from '../../core/base/dtype.js';
import type { StorageMemory } from '../../core/kernels/device-memory.js';
import type { Accumulation, InnerProduct, ReduceKernel } from '../../core/ports/backend.js';
import { reduceResult } from '../../core/ports/kernel-dtypes.js';
import type { CpuKernel, CpuKernels } from '../host-memory.js';
import { PairwiseSum } from './pairwise-sum.js';

/**
 * The number of terms that are added in sequence. The sums of such blocks are added pairwise, so
 * that errors grow with log n.
 */
const BLOCK = 256;

type Term = (re: number, im: number, p: number) => number;
const modulus = (re: number, im: number): number => (im === 0 ? Math.abs(re) : Math.hypot(re, im));

const SUMMED: Partial<Readonly<Record<ReduceKernel, Term>>> = {
  sumAbs: modulus,
  sumSquares: (re, im) => re * re + im * im,
  sumPower: (re, im, p) => modulus(re, im) ** p,
  countNonzero: (re, im) => (re === 0 && im === 0 ? 0 : 1),
  countAtMost: (re, im, p) => (modulus(re, im) <= p ? 1 : 0),
};

interface Extreme {
  readonly of: (re: number, im: number) => number;
  readonly empty: number;
  readonly sign: 1 | -1;
  readonly skipsNaN?: true;
}
const EXTREMES: Partial<Readonly<Record<ReduceKernel, Extreme>>> = {
  max: { of: (re) => re, empty: Number.NEGATIVE_INFINITY, sign: 1 },
  min: { of: (re) => re, empty: Number.POSITIVE_INFINITY, sign: -1 },
  maxAbs: { of: modulus, empty: 0, sign: 1 },
  minAbs: { of: modulus, empty: Number.POSITIVE_INFINITY, sign: -1 },
  nanmax: { of: (re) => re, empty: Number.NaN, sign: 1, skipsNaN: true },
  nanmin: { of: (re) => re, empty: Number.NaN, sign: -1, skipsNaN: true },
};

const result = new Float64Array(2);
const sums = [new PairwiseSum(), new PairwiseSum()] as const;

/** Sums one lane of `n` elements that are `step` lanes apart. */
function sumLane(n: number, x: HostArray, at: number, step: number): number {
  const total = sums[0];
  total.reset();
  for (let start = 0; start < n; start += BLOCK) {
    const end = Math.min(n, start + BLOCK);
    let block = 0;
    for (let i = start; i < end; i++) block += x[at + i * step] as number;
    total.add(block);
  }
  return total.total();
}

function sumTerms(
  term: Term,
  lanes: number,
  n: number,
  x: HostArray,
  at: number,
  step: number,
  p: number,
): number {
  const total = sums[0];
  total.reset();
  for (let start = 0; start < n; start += BLOCK) {
    const end = Math.min(n, start + BLOCK);
    let block = 0;
    for (let i = start; i < end; i++) {
      const k = at + i * step;
      block += term(x[k] as number, lanes === 2 ? (x[k + 1] as number) : 0, p);
    }
    total.add(block);
  }
  return total.total();
}

function extremeOf(
  extreme: Extreme,
  lanes: number,
  n: number,
  x: HostArray,
  at: number,
  step: number,
): number {
  let best = extreme.empty * extreme.sign;
  for (let i = 0; i < n; i++) {
    const k = at + i * step;
    const value = extreme.of(x[k] as number, lanes === 2 ? (x[k + 1] as number) : 0) * extreme.sign;
    if (Number.isNaN(value) && !extreme.skipsNaN) return value;
    if (value > best || Number.isNaN(best)) best = value;
  }
  return best * extreme.sign;
}

function productOf(
  lanes: number,
  n: number,
  x: HostArray,
  at: number,
  step: number,
  out: Float64Array,
): void {
  let re = 1;
  let im = 0;
  for (let i = 0; i < n; i++) {
    const k = at + i * step;
    const a = x[k] as number;
    if (lanes === 1) re *= a;
    else {
      const b = x[k + 1] as number;
      const t = re * a - im * b;
      im = re * b + im * a;
      re = t;
    }
  }
  out[0] = re;
  out[1] = im;
}

/** Reduces one run of `n` elements that are `step` lanes apart and start at lane `at`. */
function reduceRun(
  op: ReduceKernel,
  lanes: number,
  n: number,
  x: HostArray,
  at: number,
  step: number,
  parameter: number,
  out: Float64Array,
): void {
  out[1] = 0;
  if (op === 'sum') {
    out[0] = sumLane(n, x, at, step);
    if (lanes === 2) out[1] = sumLane(n, x, at + 1, step);
    return;
  }
  if (op === 'prod') return productOf(lanes, n, x, at, step, out);
  const extreme = EXTREMES[op];
  out[0] = extreme
    ? extremeOf(extreme, lanes, n, x, at, step)
    : sumTerms(SUMMED[op] as Term, lanes, n, x, at, step, parameter);
}

const reduce: CpuKernel<'reduce'> = (op, { storage, offset, size }, parameter = 0) => {
  const lanes = lanesOf(storage.dtype);
  reduceRun(op, lanes, size, storage.memory, lanes * offset, lanes, parameter, result);
  return scalarOf(reduceResult(op, storage.dtype), result[0] as number, result[1] as number);
};

const reduceAxis: CpuKernel<'reduceAxis'> = (op, from, [outer, n, inner], to, parameter = 0) => {
  const [x, xo, y, yo] = [from.storage.memory, from.offset, to.storage.memory, to.offset];
  const { dtype } = from.storage;
  const lanes = lanesOf(dtype);
  const yLanes = lanesOf(reduceResult(op, dtype));
  for (let o = 0; o < outer; o++) {
    for (let j = 0; j < inner; j++) {
      reduceRun(op, lanes, n, x, lanes * (xo + o * n * inner + j), lanes * inner, parameter, result);
      const to = yLanes * (yo + o * inner + j);
      y[to] = result[0] as number;
      if (yLanes === 2) y[to + 1] = result[1] as number;
    }
  }
};

/** Writes re and im to `out[at]` and `out[at + 1]`. */
export function referenceDot(
  { x: from, y: to, conjugate }: InnerProduct<StorageMemory<HostArray>>,
  out: Float64Array,
  at: number,
): void {
  const [x, xo, y, yo] = [from.storage.memory, from.offset, to.storage.memory, to.offset];
  const { dtype } = from.storage;
  const n = from.size;
  const [real, imaginary] = sums;
  real.reset();
  imaginary.reset();
  if (!isComplex(dtype)) {
    for (let start = 0; start < n; start += BLOCK) {
      const end = Math.min(n, start + BLOCK);
      // Two sums, because each addition waits for the previous one
      let even = 0;
      let odd = 0;
      let i = start;
      for (; i + 1 < end; i += 2) {
        even += (x[xo + i] as number) * (y[yo + i] as number);
        odd += (x[xo + i + 1] as number) * (y[yo + i + 1] as number);
      }
      if (i < end) even += (x[xo + i] as number) * (y[yo + i] as number);
      real.add(even + odd);
    }
    out[at] = real.total();
    out[at + 1] = 0;
    return;
  }
  const sign = conjugate ? -1 : 1;
  for (let start = 0; start < n; start += BLOCK) {
    const end = Math.min(n, start + BLOCK);
    let re = 0;
    let im = 0;
    for (let i = start, p = 2 * (xo + start), q = 2 * (yo + start); i < end; i++, p += 2, q += 2) {
      const a = x[p] as number;
      const b = sign * (x[p + 1] as number);
      const c = y[q] as number;
      const d = y[q + 1] as number;
      re += a * c - b * d;
      im += a * d + b * c;
    }
    real.add(re);
    imaginary.add(im);
  }
  out[at] = real.total();
  out[at + 1] = imaginary.total();
}

const dots: CpuKernel<'dots'> = (products) => {
  const out = new Float64Array(2 * products.length);
  products.forEach((product, k) => {
    referenceDot(product, out, 2 * k);
  });
  return out;
};

/** The position of the extreme of `n` elements that are `step` elements apart, from `first` on. */
function positionOf(
  op: 'max' | 'min',
  { memory: x, dtype }: StorageMemory<HostArray>,
  n: number,
  first: number,
  step: number,
): number {
  const lanes = lanesOf(dtype);
  const sign = op === 'max' ? 1 : -1;
  let best = Number.NEGATIVE_INFINITY;
  let position = 0;
  for (let i = 0; i < n; i++) {
    const at = lanes * (first + i * step);
    const re = x[at] as number;
    const value = sign * (lanes === 2 ? Math.hypot(re, x[at + 1] as number) : re);
    if (Number.isNaN(value)) return i;
    if (value > best) {
      best = value;
      position = i;
    }
  }
  return position;
}

const argExtreme: CpuKernel<'argExtreme'> = (op, { storage, offset, size }) =>
  positionOf(op, storage, size, offset, 1);

const argExtremeAxis: CpuKernel<'argExtremeAxis'> = (op, from, [outer, n, inner], to) => {
  const y = to.storage.memory;
  for (let o = 0; o < outer; o++)
    for (let j = 0; j < inner; j++)
      y[to.offset + o * inner + j] = positionOf(op, from.storage, n, from.offset + o * n * inner + j, inner);
};

const kthSmallest: CpuKernel<'kthSmallest'> = ({ storage, offset, size }, k) =>
  storage.memory.slice(offset, offset + size).sort()[k] as number;

interface Accumulated {
  /** The real part of the total of no elements. */
  readonly start: number;
  readonly real: (total: number, x: number) => number;
  /** Writes the next total of complex numbers to `total`. */
  readonly pair: (total: Float64Array, re: number, im: number) => void;
}
const ACCUMULATED: Readonly<Record<Accumulation, Accumulated>> = {
  sum: {
    start: 0,
    real: (total, x) => total + x,
    pair: (total, re, im) => {
      total[0] = (total[0] as number) + re;
      total[1] = (total[1] as number) + im;
    },
  },
  prod: {
    start: 1,
    real: (total, x) => total * x,
    pair: (total, re, im) => {
      const [a, b] = [total[0] as number, total[1] as number];
      total[0] = a * re - b * im;
      total[1] = a * im + b * re;
    },
  },
};

const accumulate: CpuKernel<'accumulate'> = (op, from, [outer, n, inner], to) => {
  const [x, y] = [from.storage.memory, to.storage.memory];
  const { start, real, pair } = ACCUMULATED[op];
  const complex = isComplex(from.storage.dtype);
  for (let o = 0; o < outer; o++) {
    for (let j = 0; j < inner; j++) {
      let total = start;
      result[0] = start;
      result[1] = 0;
      for (let i = 0; i < n; i++) {
        const at = (o * n + i) * inner + j;
        const [p, q] = [from.offset + at, to.offset + at];
        if (complex) {
          pair(result, x[2 * p] as number, x[2 * p + 1] as number);
          y[2 * q] = result[0] as number;
          y[2 * q + 1] = result[1] as number;
        } else {
          total = real(total, x[p] as number);
          y[q] = total;
        }
      }
    }
  }
};

/** Of the whole line, whichever places are wanted. */
const sort: CpuKernel<'sort'> = (from, [outer, n, inner], to) => {
  const [x, y] = [from.storage.memory, to.storage.memory];
  const line = hostArray(from.storage.dtype, n);
  for (let o = 0; o < outer; o++) {
    for (let j = 0; j < inner; j++) {
      const first = o * n * inner + j;
      for (let i = 0; i < n; i++) line[i] = x[from.offset + first + i * inner] as number;
      line.sort();
      for (let i = 0; i < n; i++) y[to.offset + first + i * inner] = line[i] as number;
    }
  }
};

/** In the order of sorted arrays, with NaN last. */
function compare(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return a < b ? -1 : Number(a > b);
}

const argsort: CpuKernel<'argsort'> = (from, [outer, n, inner], to) => {
  const [x, y] = [from.storage.memory, to.storage.memory];
  const order = hostArray(to.storage.dtype, n);
  for (let o = 0; o < outer; o++) {
    for (let j = 0; j < inner; j++) {
      const first = o * n * inner + j;
      const at = (i: number): number => x[from.offset + first + i * inner] as number;
      for (let i = 0; i < n; i++) order[i] = i;
      order.sort((a, b) => compare(at(a), at(b)));
      for (let i = 0; i < n; i++) y[to.offset + first + i * inner] = order[i] as number;
    }
  }
};

export const reductionKernels = {
  dots,
  reduce,
  reduceAxis,
  argExtreme,
  argExtremeAxis,
  kthSmallest,
  accumulate,
  sort,
  argsort,
} satisfies CpuKernels;
