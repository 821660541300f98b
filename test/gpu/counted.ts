import type { CudaBackend, CudaCounters } from '../../src/gpu/cuda/index.js';

/**
 * The device calls of `work`. It runs once before, so that kernels are compiled, tables uploaded
 * and buffers allocated.
 */
export function counted(backend: CudaBackend, work: () => void): CudaCounters {
  work();
  const before = backend.counters();
  work();
  const after = backend.counters();
  const difference = (key: keyof CudaCounters): number => after[key] - before[key];
  return {
    launches: difference('launches'),
    libraryCalls: difference('libraryCalls'),
    synchronizations: difference('synchronizations'),
    bytesToDevice: difference('bytesToDevice'),
    bytesToHost: difference('bytesToHost'),
  };
}
