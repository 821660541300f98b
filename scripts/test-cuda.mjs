// Runs the CUDA part of the tests: conformance, counts and errors of the backend, every test with
// ranks, every operator and every example. If NVIDIA's compiler is available, it also compiles the
// kernels. On the emulator the tests run with streams that execute at once, and with streams that
// execute only when something waits for them. On two ranks they run with each transport of device
// memory. The kernels run once more with each product rounded (CUEMU_FMA=0). The last line is
// 'N passed, N failed, N skipped'.
//
//   npm run test:cuda -- [--real] [--mode eager|lazy] [--transport staged|direct|nccl] [part of a
//   file name…] [arguments of npm test]
//
//   --real          uses the driver, the libraries and the device of this machine. A transport that
//                   is not possible between two ranks there is skipped, with the reason
//   --mode          runs one of the two modes only
//   --transport     runs one of the three transports only; the tests on one rank run with 'staged'
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const args = process.argv.slice(2);
const take = (flag, count) => {
  const at = args.indexOf(flag);
  return at < 0 ? undefined : args.splice(at, count).at(-1);
};
const real = take('--real', 1) !== undefined;
const oneOf = (flag, words) => {
  const word = take(flag, 2);
  if (word === undefined) return words;
  if (words.includes(word)) return [word];
  console.error(`test:cuda: expected ${flag} to be ${words.join(' or ')}, received ${word}`);
  return process.exit(2);
};
const modes = oneOf('--mode', ['eager', 'lazy']);
const transports = oneOf('--transport', ['staged', 'direct', 'nccl']);
if (take('--no-setup', 1) === undefined) {
  const { status } = spawnSync(process.execPath, [join(root, 'scripts/setup.mjs')], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0) process.exit(status ?? 1);
}

const total = { passed: 0, failed: 0, skipped: 0 };

/** Runs scripts/test.mjs once and adds its counts. */
function run(title, extra, env) {
  console.log(`\ntest:cuda: ${title}`);
  const began = performance.now();
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(root, 'scripts/test.mjs'), '--no-setup', ...extra], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...process.env,
        LOPS_TEST_BACKENDS: 'cuda',
        LOPS_TEST_RANKS: process.env.LOPS_TEST_RANKS ?? '1,2',
        ...env,
      },
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      process.stdout.write(text);
      output += text;
    });
    child.on('close', (code) => {
      const counts = /^(\d+) passed, (\d+) failed, (\d+) skipped$/m.exec(output);
      const [passed, failed, skipped] = counts ? counts.slice(1).map(Number) : [0, 1, 0];
      total.passed += passed;
      total.failed += code !== 0 && failed === 0 ? 1 : failed;
      total.skipped += skipped;
      console.log(`test:cuda: ${title}: ${((performance.now() - began) / 1000).toFixed(0)} s`);
      resolve();
    });
  });
}

/** Tests without ranks run on all backends; they are selected by their titles. */
const flags = args.findIndex((arg) => arg.startsWith('-'));
const named = flags < 0 ? args : args.slice(0, flags);
const CUDA =
  named.length > 0 ? args : ['.ranks.', 'gpu/', 'local/dot', 'local/local-', 'test/examples', ...args];
const RANKS = named.length > 0 ? args : ['.ranks.', ...args];
const only = args.some((arg) => arg === '--grep' || arg === '-g') ? [] : ['--grep', 'cuda|CUDA'];
/** Why a transport is not possible on this machine; on the emulator all are. */
const { whyImpossible, SHARED_DEVICE } = real
  ? await import('../dist/bench/gpu-report/possible-transport.js')
  : { whyImpossible: () => undefined, SHARED_DEVICE: {} };
/** A library that makes a plain MPI read the emulator's memory. */
const AWARE = { LOPS_TEST_PRELOAD: join(root, 'build/cuemu/libmpi_cuda_aware.so'), CUEMU_MPI: 'aware' };
for (const mode of real ? ['real'] : modes) {
  const streams = real
    ? { LOPS_TEST_CUDA: 'real' }
    : { CUEMU_MODE: mode, CUEMU_ORDER: mode === 'lazy' ? 'reverse' : 'forward' };
  const where = real ? 'on the device of this machine' : `on the emulator, ${mode} streams`;
  for (const transport of transports) {
    const env = {
      ...streams,
      ...SHARED_DEVICE,
      LOPS_GPU_TRANSPORT: transport,
      ...(transport === 'direct' && !real ? AWARE : {}),
    };
    const staged = transport === 'staged';
    const why = whyImpossible(transport);
    if (why !== undefined) console.log(`\ntest:cuda: ${where}, transport ${transport}: skipped: ${why}`);
    if (why !== undefined && !staged) {
      total.skipped++;
      continue;
    }
    // The tests of one rank need no transport
    if (why !== undefined) env.LOPS_TEST_RANKS = '1';
    await run(
      `${where}, transport ${transport}`,
      [...(staged ? CUDA : RANKS), ...only],
      staged ? env : { ...env, LOPS_TEST_RANKS: '2' },
    );
  }
}
/** The tests of kernels by themselves. */
const KERNELS = ['gpu/cuda-conformance', 'gpu/cuda-programs'];
if (!real && named.length === 0)
  await run('on the emulator, without fused multiply-adds', [...KERNELS, ...args], { CUEMU_FMA: '0' });
const NVIDIA = ['gpu/kernels.cuda.ts', 'gpu/machine-code.cuda.ts'];
const chosen = NVIDIA.filter((file) => named.length === 0 || named.some((part) => file.includes(part)));
if (chosen.length > 0) await run("kernels under NVIDIA's compiler", ['--tier', 'cuda', ...chosen], {});
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
