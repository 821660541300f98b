import type { Backend } from 'lops-mpi';
import { CudaBackend } from 'lops-mpi/cuda';

/** What one call asks of a device. */
export interface DeviceCounts {
  readonly launches: number;
  /** Calls of cuBLAS and cuFFT. */
  readonly library_calls: number;
  /** Times that the program waited for the device. */
  readonly waits: number;
}

/** A device that runs kernels later than they are called. */
export interface Device {
  readonly name: string;
  /** Of its memory, bytes a second; 0 where the driver doesn't say. */
  readonly peakBandwidth: number;
  /** Seconds between the first and the last of the work, by the device's clock. Waits. */
  seconds(work: () => void): number;
  counts(work: () => void): DeviceCounts;
}

/** The device of a backend that has one. */
export function deviceOf(backend: Backend): Device | undefined {
  if (!(backend instanceof CudaBackend)) return undefined;
  const { name, peakBandwidth } = backend.device;
  return {
    name,
    peakBandwidth,
    seconds: (work) => backend.seconds(work),
    counts: (work) => {
      const before = backend.counters();
      work();
      const after = backend.counters();
      return {
        launches: after.launches - before.launches,
        library_calls: after.libraryCalls - before.libraryCalls,
        waits: after.synchronizations - before.synchronizations,
      };
    },
  };
}
