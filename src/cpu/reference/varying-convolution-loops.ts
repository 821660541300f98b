import { lanesOf } from '../../core/base/dtype.js';
import { ArgumentError } from '../../core/base/errors.js';
import type { CpuKernel, CpuKernels } from '../host-memory.js';

/**
 * Computes sums in float64, in the order of the samples of the model (forward) or of the taps
 * (adjoint).
 */
const convolveVarying: CpuKernel<'convolveVarying'> = (source, bankOf, target, convolution) => {
  const { outer, nx, ny, inner, filters, length, offset, first, weights, direction } = convolution;
  const [from, bank, to] = [source.storage.memory, bankOf.storage.memory, target.storage.memory];
  const [fo, bo] = [source.offset, bankOf.offset];
  const lanes = lanesOf(source.storage.dtype);
  const adjoint = direction === 'adjoint';
  const size = adjoint ? nx : ny;
  const sums = new Float64Array(outer * size * inner * lanes);
  // If nothing is summed, the filters are not read
  const rows = outer * inner * ny * length === 0 ? 0 : nx;
  for (let i = 0; i < rows; i++) {
    const f = first.storage.memory[first.offset + i] as number;
    if (f < 0 || f >= filters)
      throw new ArgumentError(
        `varying convolution: expected filters from 0 to below ${filters}, received ${f}`,
      );
    const w = weights.storage.memory[weights.offset + i] as number;
    const second = Math.min(f + 1, filters - 1);
    for (let k = 0; k < length; k++) {
      const p = i + k - offset;
      if (p < 0 || p >= ny) continue;
      const [u, v] = [lanes * (bo + f * length + k), lanes * (bo + second * length + k)];
      const re = (1 - w) * (bank[u] as number) + w * (bank[v] as number);
      const im =
        lanes === 1
          ? 0
          : ((1 - w) * (bank[u + 1] as number) + w * (bank[v + 1] as number)) * (adjoint ? -1 : 1);
      for (let o = 0; o < outer; o++) {
        for (let j = 0; j < inner; j++) {
          const [inModel, inData] = [(o * nx + i) * inner + j, (o * ny + p) * inner + j];
          const read = lanes * (fo + (adjoint ? inData : inModel));
          const sum = lanes * (adjoint ? inModel : inData);
          const a = from[read] as number;
          const b = lanes === 1 ? 0 : (from[read + 1] as number);
          sums[sum] = (sums[sum] as number) + re * a - im * b;
          if (lanes === 2) sums[sum + 1] = (sums[sum + 1] as number) + re * b + im * a;
        }
      }
    }
  }
  to.set(sums, lanes * target.offset);
};

export const varyingConvolutionKernels = { convolveVarying } satisfies CpuKernels;
