import { lanesOf } from '../../core/base/dtype.js';
import { ArgumentError } from '../../core/base/errors.js';
import type { CpuIndexTable, CpuKernels } from '../kernels.js';

const weight: [re: number, im: number] = [1, 0];
/** Entry `e` of the weights, in `weight`. */
function readWeight(table: CpuIndexTable, e: number, sign: 1 | -1): void {
  const { weights, weightsOffset, complexWeights } = table;
  if (!weights) return;
  weight[0] = (complexWeights ? weights[2 * (weightsOffset + e)] : weights[weightsOffset + e]) as number;
  weight[1] = complexWeights ? sign * (weights[2 * (weightsOffset + e) + 1] as number) : 0;
}

function outside(index: number, n: number): never {
  throw new ArgumentError(`index table: expected indices below ${n}, received ${index}`);
}

/** Each row adds up in double precision. */
export const gather: CpuKernels['gather'] = (dtype, x, xo, y, yo, table) => {
  const lanes = lanesOf(dtype);
  const { outer, nx, ny, inner, width, index, indexOffset } = table;
  const acc = new Float64Array(inner * lanes);
  weight[0] = 1;
  weight[1] = 0;
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < ny; i++) {
      acc.fill(0);
      for (let k = 0; k < width; k++) {
        const source = index[indexOffset + i * width + k] as number;
        if (source < 0) continue;
        if (source >= nx) outside(source, nx);
        readWeight(table, i * width + k, 1);
        const [re, im] = weight;
        const from = lanes * (xo + (o * nx + source) * inner);
        if (lanes === 1 || !table.weights)
          for (let j = 0; j < lanes * inner; j++) acc[j] = (acc[j] as number) + re * (x[from + j] as number);
        else {
          for (let j = 0; j < 2 * inner; j += 2) {
            const [a, b] = [x[from + j] as number, x[from + j + 1] as number];
            acc[j] = (acc[j] as number) + (re * a - im * b);
            acc[j + 1] = (acc[j + 1] as number) + (re * b + im * a);
          }
        }
      }
      y.set(acc, lanes * (yo + (o * ny + i) * inner));
    }
  }
};

/** Entry after entry in the order of the table, each sum rounded to x's dtype. */
export const scatterAdd: CpuKernels['scatterAdd'] = (dtype, y, yo, x, xo, table) => {
  const lanes = lanesOf(dtype);
  const { outer, nx, ny, inner, width, index, indexOffset } = table;
  weight[0] = 1;
  weight[1] = 0;
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < ny; i++) {
      for (let k = 0; k < width; k++) {
        const target = index[indexOffset + i * width + k] as number;
        if (target < 0) continue;
        if (target >= nx) outside(target, nx);
        readWeight(table, i * width + k, -1);
        const [re, im] = weight;
        const from = lanes * (yo + (o * ny + i) * inner);
        const to = lanes * (xo + (o * nx + target) * inner);
        if (lanes === 1 || !table.weights)
          for (let j = 0; j < lanes * inner; j++)
            x[to + j] = (x[to + j] as number) + re * (y[from + j] as number);
        else {
          for (let j = 0; j < 2 * inner; j += 2) {
            const [a, b] = [y[from + j] as number, y[from + j + 1] as number];
            x[to + j] = (x[to + j] as number) + (re * a - im * b);
            x[to + j + 1] = (x[to + j + 1] as number) + (re * b + im * a);
          }
        }
      }
    }
  }
};
