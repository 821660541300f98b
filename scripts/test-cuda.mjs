// The CUDA part of the tests: conformance, counts and errors of the backend, every test over ranks, every operator, and the kernels under NVIDIA's compiler where there
// is one. On the emulator, with streams that run at once and with streams that run only when something waits for them. The last line is 'N passed, N failed, N skipped'.
//
//   npm run test:cuda -- [--real] [--mode eager|lazy] [part of a file name…] [arguments of npm test]
//
//   --real    on the driver, the libraries and the device of this machine
//   --mode    one of the two alone
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
const mode = take('--mode', 2);
if (mode !== undefined && mode !== 'eager' && mode !== 'lazy') {
  console.error(`test:cuda: expected --mode eager or lazy, received ${mode}`);
  process.exit(2);
}
if (take('--no-setup', 1) === undefined) {
  const { status } = spawnSync(process.execPath, [join(root, 'scripts/setup.mjs')], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) process.exit(status ?? 1);
}

const total = { passed: 0, failed: 0, skipped: 0 };

/** One run of scripts/test.mjs; its counts are added. */
function run(title, extra, env) {
  console.log(`\ntest:cuda: ${title}`);
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(root, 'scripts/test.mjs'), '--no-setup', ...extra], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, LOPS_TEST_BACKENDS: 'cuda', LOPS_TEST_RANKS: process.env.LOPS_TEST_RANKS ?? '1,2', ...env },
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
      resolve();
    });
  });
}

/** Plain tests, which go over the backends by themselves, are chosen by their titles. */
const flags = args.findIndex((arg) => arg.startsWith('-'));
const named = flags < 0 ? args : args.slice(0, flags);
const CUDA = named.length > 0 ? args : ['.ranks.', 'gpu/', 'local/dot', 'local/local-', ...args];
const only = args.some((arg) => arg === '--grep' || arg === '-g') ? [] : ['--grep', 'cuda|CUDA'];
if (real) await run('on the device of this machine', [...CUDA, ...only], { LOPS_TEST_CUDA: 'real' });
else {
  for (const each of mode ? [mode] : ['eager', 'lazy'])
    await run(`on the emulator, ${each} streams`, [...CUDA, ...only], {
      CUEMU_MODE: each,
      CUEMU_ORDER: each === 'lazy' ? 'reverse' : 'forward',
    });
}
await run("kernels under NVIDIA's compiler", ['--tier', 'cuda'], {});
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
