/**
 * Measures the time from the launch of a program to its first operator:
 * `start.js BEGAN RESULT-FILE`. BEGAN is the time of the launch in milliseconds since 1970.
 */
import { writeFileSync } from 'node:fs';
import { COMM_WORLD, MPIFirstDerivative, resolveBackend } from 'lops-mpi';

const [began, file] = process.argv.slice(2) as [string, string];
const operator = new MPIFirstDerivative([16]);
const now = performance.timeOrigin + performance.now();
const seconds = Float64Array.of((now - Number(began)) / 1000);
const maxrss = Float64Array.of(process.resourceUsage().maxRSS / 1024);
operator.domain();
COMM_WORLD.allreduce(seconds, 'max');
COMM_WORLD.allreduce(maxrss, 'sum');
if (COMM_WORLD.rank === 0)
  writeFileSync(
    file,
    JSON.stringify({ seconds: seconds[0], maxrss_MiB: maxrss[0], backend: resolveBackend().name }),
  );
