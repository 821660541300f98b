import { im as imaginary, isZero, re as real } from '../../core/base/complex.js';
import { type HostArray, lanesOf } from '../../core/base/dtype.js';
import type { MatMul } from '../../core/ports/backend.js';
import type { CpuKernel, CpuKernels } from '../host-memory.js';

/**
 * Computes C row by row, with sums in double precision. With α = 0 neither A nor B is read, with β
 * = 0 C is not read.
 */
const matmul: CpuKernel<'matmul'> = (left, right, to, spec) => {
  const [a, b, c] = [left.storage.memory, right.storage.memory, to.storage.memory];
  const [ao, bo, co] = [left.offset, right.offset, to.offset];
  const lanes = lanesOf(to.storage.dtype);
  const row = new Float64Array(spec.n * lanes);
  for (let batch = 0; batch < spec.batch; batch++) {
    const [aAt, bAt, cAt] = [ao + batch * spec.strideA, bo + batch * spec.strideB, co + batch * spec.strideC];
    for (let i = 0; i < spec.m; i++) {
      row.fill(0);
      if (!isZero(spec.alpha)) {
        if (lanes === 1) addRow(row, i, a, aAt, b, bAt, spec);
        else addComplexRow(row, i, a, aAt, b, bAt, spec);
      }
      if (lanes === 1) storeRow(row, c, cAt + i * spec.ldc, spec);
      else storeComplexRow(row, c, cAt + i * spec.ldc, spec);
    }
  }
};

function addRow(
  row: Float64Array,
  i: number,
  a: HostArray,
  ao: number,
  b: HostArray,
  bo: number,
  spec: MatMul,
): void {
  const { n, k, lda, ldb } = spec;
  const [aFirst, aStep] = spec.transA === 'n' ? [ao + i * lda, 1] : [ao + i, lda];
  const [bRow, bColumn] = spec.transB === 'n' ? [ldb, 1] : [1, ldb];
  for (let p = 0; p < k; p++) {
    const v = a[aFirst + p * aStep] as number;
    const from = bo + p * bRow;
    for (let j = 0; j < n; j++) row[j] = (row[j] as number) + v * (b[from + j * bColumn] as number);
  }
}

function addComplexRow(
  row: Float64Array,
  i: number,
  a: HostArray,
  ao: number,
  b: HostArray,
  bo: number,
  spec: MatMul,
): void {
  const { n, k, lda, ldb } = spec;
  const [aFirst, aStep] = spec.transA === 'n' ? [ao + i * lda, 1] : [ao + i, lda];
  const [bRow, bColumn] = spec.transB === 'n' ? [ldb, 1] : [1, ldb];
  const aSign = spec.transA === 'c' ? -1 : 1;
  const bSign = spec.transB === 'c' ? -1 : 1;
  for (let p = 0; p < k; p++) {
    const at = 2 * (aFirst + p * aStep);
    const re = a[at] as number;
    const im = aSign * (a[at + 1] as number);
    for (let j = 0; j < n; j++) {
      const from = 2 * (bo + p * bRow + j * bColumn);
      const x = b[from] as number;
      const y = bSign * (b[from + 1] as number);
      row[2 * j] = (row[2 * j] as number) + (re * x - im * y);
      row[2 * j + 1] = (row[2 * j + 1] as number) + (re * y + im * x);
    }
  }
}

function storeRow(row: Float64Array, c: HostArray, to: number, spec: MatMul): void {
  const [alpha, beta] = [real(spec.alpha), real(spec.beta)];
  for (let j = 0; j < spec.n; j++) {
    const value = alpha === 0 ? 0 : alpha * (row[j] as number);
    c[to + j] = beta === 0 ? value : value + beta * (c[to + j] as number);
  }
}

function storeComplexRow(row: Float64Array, c: HostArray, first: number, spec: MatMul): void {
  const [aRe, aIm, bRe, bIm] = [
    real(spec.alpha),
    imaginary(spec.alpha),
    real(spec.beta),
    imaginary(spec.beta),
  ];
  const keep = !isZero(spec.beta);
  for (let j = 0; j < spec.n; j++) {
    const [x, y] = [row[2 * j] as number, row[2 * j + 1] as number];
    let re = aRe * x - aIm * y;
    let im = aRe * y + aIm * x;
    const to = 2 * (first + j);
    if (keep) {
      const [u, v] = [c[to] as number, c[to + 1] as number];
      re += bRe * u - bIm * v;
      im += bRe * v + bIm * u;
    }
    c[to] = re;
    c[to + 1] = im;
  }
}

export const matmulKernels = { matmul } satisfies CpuKernels;
