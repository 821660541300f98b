// Starts two ranks again and again, with UCX under Open MPI and under MPICH. A start that crashes
// now and then, as those did where UCX moved the end of the heap, shows only in many. The last line
// is 'N passed, N failed, N skipped'.
//
//   npm run test:starts -- [number of starts under each MPI, default 200] [--ranks N]
//
// A variable of UCX that is set stays: UCX_MEM_MMAP_HOOK_MODE=bistro shows UCX's own default.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildForMpich, needMpich } from './mpich.mjs';
import { run } from './system-packages.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { ranks: { type: 'string', default: '2' } },
});
const starts = Number(positionals[0] ?? 200);
const ranks = Number(values.ranks);
if (!(Number.isSafeInteger(starts) && starts > 0 && Number.isSafeInteger(ranks) && ranks > 1)) {
  console.error('test:starts: expected a number of starts, and --ranks of at least 2');
  process.exit(2);
}
const say = (text) => console.log(`test:starts: ${text}`);

/** Joins, and sends a short and a long message around: UCX registers the memory of the long one. */
const PROGRAM = `
  const { COMM_WORLD: comm } = await import(${JSON.stringify(join(root, 'dist/src/index.js'))});
  for (const n of [1, 1 << 20]) {
    const sums = new Float64Array(n).fill(comm.rank + 1);
    comm.allreduce(sums, 'sum');
    if (sums[n - 1] !== (comm.size * (comm.size + 1)) / 2) throw new Error('a wrong sum');
  }
  if (comm.rank === 0) console.log('joined ' + comm.size);
`;
/** UCX in Open MPI is for a list of networks, unless all are allowed. */
const OPEN_MPI = {
  OMPI_ALLOW_RUN_AS_ROOT: '1',
  OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1',
  OMPI_MCA_rmaps_base_oversubscribe: '1',
  OMPI_MCA_hwloc_base_binding_policy: 'none',
  OMPI_MCA_pml: 'ucx',
  OMPI_MCA_pml_ucx_tls: 'any',
  OMPI_MCA_pml_ucx_devices: 'any',
};

const total = { passed: 0, failed: 0, skipped: 0 };
const began = performance.now();

/** Starts the program again and again, and prints the outputs of those that failed. */
function repeat(title, env) {
  const launcher = env.LOPS_MPIEXEC ?? process.env.LOPS_MPIEXEC ?? 'mpiexec';
  const program = PROGRAM.replace(/\s+/g, ' ');
  const args = ['-n', String(ranks), process.execPath, '--input-type=module', '--eval', program];
  let failed = 0;
  for (let i = 1; i <= starts; i++) {
    const { status, signal, stdout, stderr } = spawnSync(launcher, args, {
      encoding: 'utf8',
      env: { ...process.env, OPENBLAS_NUM_THREADS: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 60_000,
    });
    if (status === 0 && stdout.includes(`joined ${ranks}`)) continue;
    failed += 1;
    console.log(`  start ${i} under ${title}: status ${status}, signal ${signal}\n${stdout}${stderr}`);
  }
  total.passed += starts - failed;
  total.failed += failed;
  say(`${title}: ${starts} starts, ${failed} failed, ${((performance.now() - began) / 1000).toFixed(0)} s`);
}

function skip(title, why) {
  total.skipped += starts;
  console.log(`  - ${title} (skipped: ${why})`);
}

const launcher = process.env.LOPS_MPIEXEC ?? 'mpiexec';
if (!/Open MPI/.test(run(launcher, ['--version']).output)) skip('Open MPI', `${launcher} is of another MPI`);
else if (!/MCA pml: ucx/.test(run('ompi_info', []).output)) skip('Open MPI', 'its ompi_info lists no ucx');
else repeat('Open MPI', OPEN_MPI);
const missing = needMpich(say);
const mpich = missing ? undefined : await buildForMpich(say);
if (mpich) repeat('MPICH', mpich);
else skip('MPICH', missing ?? 'the addon could not be built');
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
