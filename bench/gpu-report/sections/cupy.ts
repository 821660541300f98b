/** The cases that CuPy has too, by `bench/cupy_cases.py`. */
import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Result } from '../../result.js';
import { failure, quick, rounded, row, skipped } from '../say.js';
import { QUICK, TIMED } from '../timed-cases.js';

const script = fileURLToPath(new URL('../../../../bench/cupy_cases.py', import.meta.url));
const ask = spawnSync(
  'python3',
  ['-c', 'import cupy; print(cupy.__version__, cupy.cuda.runtime.driverGetVersion())'],
  {
    encoding: 'utf8',
    timeout: 30_000,
  },
);
if (ask.status !== 0) skipped(`no CuPy: ${ask.error?.message ?? ask.stderr.trim().split('\n').at(-1)}`);
else {
  const list = spawnSync('python3', [script, '--list'], { encoding: 'utf8' });
  const has = new Set(list.stdout.split('\n'));
  const names = [...(quick ? QUICK : TIMED)].filter((name) => has.has(name));
  // Without names the script would run all cases
  if (list.status !== 0 || names.length === 0)
    throw new Error(`cupy_cases.py --list ended with exit code ${list.status}: ${list.stderr}`);
  const child = spawn('python3', [script, ...names, ...(quick ? ['--small'] : [])], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  createInterface({ input: child.stdout }).on('line', (text) => {
    const result = JSON.parse(text) as Result;
    const { GB_per_s, GFLOP_per_s } = result;
    row({
      case: result.case,
      us: rounded(1e6 * (result.device_seconds_median ?? result.seconds_median)),
      'us with the host': rounded(1e6 * result.seconds_median),
      ...(GB_per_s === undefined ? {} : { GB_per_s: rounded(GB_per_s) }),
      ...(GFLOP_per_s === undefined ? {} : { GFLOP_per_s: rounded(GFLOP_per_s) }),
    });
  });
  child.on('close', (code) => {
    if (code !== 0) failure(`CuPy ${ask.stdout.trim()}: cupy_cases.py ended with exit code ${code}`);
  });
}
