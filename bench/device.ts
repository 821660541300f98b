import type { Backend } from 'lops-mpi';
import { CudaBackend } from 'lops-mpi/cuda';

/** Counts of device operations in one call. */
export interface DeviceCounts {
  readonly launches: number;
  /** Calls of cuBLAS, cuFFT and cuSOLVER. */
  readonly library_calls: number;
  /** The number of times that the program waited for the device. */
  readonly waits: number;
}

/** A device that runs kernels asynchronously. */
export interface Device {
  readonly name: string;
  /** The peak rate of its memory in bytes a second. 0 if the driver has no value. */
  readonly peakBandwidth: number;
  /** Seconds between the start and the end of the work, by the device's clock. Waits. */
  seconds(work: () => void): number;
  counts(work: () => void): DeviceCounts;
}

/** The device of a backend. Undefined if it has none. */
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
