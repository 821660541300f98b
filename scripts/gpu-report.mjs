// All that is worth knowing about a device in under ten minutes, as one page and one file of JSON.
//
//   npm run gpu-report -- [SECTION…] [--emulated-cuda] [--out FOLDER] [--quick] [--seconds N]
//   [--patience N] [--no-setup]
//
//   SECTION          device, bandwidth, conformance, times, cupy, transports, large, memory or
//                    profile
//   --emulated-cuda  on the emulator of the tests: whether all of it runs, and nothing about speed
//   --out FOLDER     where report.html and report.json are written, by default build/gpu-report
//   --quick          small arrays and few cases
//   --seconds N      the most seconds of all sections together, by default 590
//   --patience N     multiplies all limits of time
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { takeEmulatedCuda } from './emulated-cuda.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
// The tests of the section 'conformance' use the device, or the emulator of this flag
process.env.LOPS_TEST_CUDA = (await takeEmulatedCuda()) ? 'emulated' : 'real';
if (!process.argv.includes('--no-setup')) {
  const { status } = spawnSync(process.execPath, [join(root, 'scripts/setup.mjs'), '--quiet'], {
    cwd: root,
    stdio: ['ignore', 2, 'inherit'],
  });
  if (status !== 0) process.exit(status ?? 1);
}
if (!process.argv.some((arg) => /^--out(=|$)/.test(arg)))
  process.argv.push('--out', join(root, 'build/gpu-report'));
await import('../dist/bench/gpu-report/cli.js');
