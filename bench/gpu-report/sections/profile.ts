/** What Nsight Compute counts in the kernels of the timed cases. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { METRICS, profileRows } from '../profile.js';
import { failure, quick, row, skipped } from '../say.js';
import { QUICK, TIMED } from '../timed-cases.js';

/** Cases with thousands of launches, which a profiler would run several times each. */
const LONG = /cgls|lsm/;
const launches = fileURLToPath(new URL('./launches.js', import.meta.url));
const version = spawnSync('ncu', ['--version'], { encoding: 'utf8', timeout: 10_000 });
if (version.status !== 0) skipped(`no ncu: ${version.error?.message ?? version.stderr.trim()}`);
else {
  const folder = mkdtempSync(join(tmpdir(), 'lops-ncu-'));
  const file = join(folder, 'ncu.csv');
  const names = quick ? QUICK : TIMED.filter((name) => !LONG.test(name));
  const child = spawn(
    'ncu',
    [
      ...['--clock-control', 'none', '--target-processes', 'all', '--csv', '--log-file', file],
      ...['--metrics', Object.keys(METRICS).join()],
      ...[process.execPath, '--expose-gc', launches, ...names],
    ],
    { stdio: 'inherit' },
  );
  // Out of time, what has been written is kept
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('close', (code) => {
    const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
    const rows = profileRows(text);
    for (const one of rows) row(one);
    if (code !== 0 || rows.length === 0)
      failure(
        `ncu ended with exit code ${code}: ${
          text
            .split('\n')
            .filter((line) => line.startsWith('=='))
            .at(-1) ?? ''
        }`,
      );
    rmSync(folder, { recursive: true, force: true });
  });
}
