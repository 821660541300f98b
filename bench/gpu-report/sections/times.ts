/** Times of kernels, operators and solvers, by the clock of the device. */
import { COMM_WORLD } from 'lops-mpi';
import type { BenchCase } from '../../case.js';
import { CASES } from '../../cases/index.js';
import { measure } from '../../measure.js';
import { resultOf } from '../../result.js';
import { cudaBackend, failure, quick, rounded, row } from '../say.js';
import { QUICK, TIMED } from '../timed-cases.js';

const backend = await cudaBackend();

async function time(bench: BenchCase): Promise<void> {
  const work = bench.setup?.() ?? { run: () => {} };
  const measurement = await measure(work, COMM_WORLD, {}, quick);
  const more = { ranks: 1, backend: backend.name, maxrss_MiB: 0 };
  const result = resultOf(bench, work, measurement, more);
  const { bytes = 0, bytes_moved = 0, GB_per_s, GFLOP_per_s, launches = 0, library_calls = 0 } = result;
  row({
    case: bench.name,
    us: rounded(1e6 * (result.device_seconds_median ?? result.seconds_median)),
    'us with the host': rounded(1e6 * result.seconds_median),
    ...(GB_per_s === undefined ? {} : { GB_per_s: rounded(GB_per_s) }),
    ...(GFLOP_per_s === undefined ? {} : { GFLOP_per_s: rounded(GFLOP_per_s) }),
    ...(bytes > 0 && bytes_moved > 0 ? { 'moved / least': rounded(bytes_moved / bytes) } : {}),
    launches,
    'library calls': library_calls,
    waits: result.waits ?? 0,
  });
}

for (const name of quick ? QUICK : TIMED) {
  const bench = CASES.find((one) => one.name === name);
  try {
    if (!bench) throw new Error('there is no such case');
    await time(bench);
  } catch (error) {
    failure(`${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
  // The arrays of a case are garbage now
  globalThis.gc?.();
  backend.trimPool();
}
