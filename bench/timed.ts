import type { Backend, Communicator } from 'lops-mpi';
import { CpuBackend, nativeOptions, referenceKernels } from 'lops-mpi/extend';

/** Measures the milliseconds in the methods of objects. */
export class Stopwatch {
  milliseconds = 0;

  /**
   * Returns a proxy of an object with timed methods. Calls between its own methods are not
   * measured, so that no time counts twice.
   */
  watch<T extends object>(watched: T): T {
    const methods = new Map<PropertyKey, (...args: unknown[]) => unknown>();
    return new Proxy(watched, {
      get: (target, name) => {
        const known = methods.get(name);
        if (known) return known;
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        const timed = (...args: unknown[]): unknown => {
          const start = performance.now();
          try {
            return Reflect.apply(value, target, args);
          } finally {
            this.milliseconds += performance.now() - start;
          }
        };
        methods.set(name, timed);
        return timed;
      },
    });
  }
}

/** A CPU backend like the default one. Only its kernels are timed. */
export function timedBackend(kernels: Stopwatch): Backend {
  const native = process.env['LOPS_CPU'] === 'reference' ? undefined : nativeOptions();
  return new CpuBackend({ ...native, kernels: kernels.watch({ ...referenceKernels, ...native?.kernels }) });
}

/** A communicator with timed calls. */
export const timedCommunicator = (calls: Stopwatch, comm: Communicator): Communicator => calls.watch(comm);
