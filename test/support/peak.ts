import type { Backend } from '../../src/core/ports/backend.js';

/**
 * Runs `run` and returns the largest number of live bytes during the run, minus those before it.
 */
export function mostBytes(backend: Backend, run: () => void): number {
  const before = backend.stats().liveBytes;
  const alloc = backend.alloc.bind(backend);
  let peak = before;
  backend.alloc = (dtype, length) => {
    const storage = alloc(dtype, length);
    peak = Math.max(peak, backend.stats().liveBytes);
    return storage;
  };
  try {
    run();
  } finally {
    backend.alloc = alloc;
  }
  return peak - before;
}
