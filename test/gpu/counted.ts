import type { CudaBackend, CudaCounters } from '../../src/gpu/cuda/index.js';

/**
 * What `work` asks of the device. It ran once before: kernels are compiled, tables uploaded,
 * buffers made.
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
