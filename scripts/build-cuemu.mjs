// Builds the CUDA emulator of the tests:
//
//   node scripts/build-cuemu.mjs [--force] [--quiet] [--programs]
//
// It needs only g++. If a LAPACK is found, it also builds cuSOLVER, and if the headers of MPI are
// found, the shim that makes a plain MPI act as a CUDA-aware one. The folder for LD_LIBRARY_PATH is
// build/cuemu. The folder of the driver that does nothing is build/cuemu/null.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onPath } from './build-native.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const sources = join(root, 'test/cuemu');
export const cuemuFolder = join(root, 'build/cuemu');
const shimFolder = join(cuemuFolder, 'shim');

const FLAGS = ['-std=c++17', '-O2', '-g', '-fPIC', '-shared', '-fvisibility=hidden', '-Wall', '-Wextra'];

/** Each library is one folder of sources. Those in `uses` are built first and linked. */
const LIBRARIES = [
  { name: 'libcuda.so.1', folder: 'driver', uses: [], flags: [] },
  { name: 'libnvrtc.so.12', folder: 'nvrtc', uses: [], flags: [] },
  { name: 'libcublas.so.12', folder: 'cublas', uses: ['libcuda.so.1'], flags: ['-O3'] },
  { name: 'libcufft.so.11', folder: 'cufft', uses: ['libcuda.so.1'], flags: [] },
  { name: 'libnccl.so.2', folder: 'nccl', uses: ['libcuda.so.1'], flags: [] },
];

/** A driver and a compiler that do nothing, in a folder of their own. */
const NULL_LIBRARIES = [
  { name: 'null/libcuda.so.1', folder: 'null/driver', uses: [], flags: [] },
  { name: 'null/libnvrtc.so.12', folder: 'null/nvrtc', uses: [], flags: [] },
];

/** Leaves out the C++ bindings of older mpi.h versions, and their library. */
const PLAIN_MPI = ['-DOMPI_SKIP_MPICXX', '-DMPICH_SKIP_MPICXX'];

const filesOf = (folder) =>
  existsSync(join(sources, folder))
    ? readdirSync(join(sources, folder))
        .filter((file) => /\.(cpp|hpp|h|inc)$/.test(file))
        .sort()
        .map((file) => join(sources, folder, file))
    : [];

const compiler = () => process.env.CUEMU_CXX || 'g++';

function run(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0
        ? resolve(output)
        : reject(new Error(`${command} failed:\n${output.split('\n').slice(0, 30).join('\n')}`)),
    );
  });
}

function hashOf(files, words) {
  const hash = createHash('sha256').update(JSON.stringify([compiler(), words]));
  for (const file of files) hash.update(readFileSync(file));
  return hash.digest('hex');
}

/**
 * Compiles a library if its sources changed. The new file is renamed to its name when it is
 * complete, so running processes keep the old one.
 */
async function build(library, force) {
  const own = filesOf(library.folder);
  const files = [...own, ...filesOf('include'), ...filesOf('shim')];
  const target = join(cuemuFolder, library.name);
  const stamp = `${target}.stamp`;
  const words = [...FLAGS, ...library.flags, ...library.uses];
  const hash = hashOf(files, words);
  if (!force && existsSync(target) && existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return false;
  const part = `${target}.${process.pid}.part`;
  const inputs = own.filter((file) => file.endsWith('.cpp'));
  const linked = library.uses.map((name) => join(cuemuFolder, name));
  await run(library.compiler ?? compiler(), [
    ...FLAGS,
    ...library.flags,
    `-Wl,-soname,${basename(library.name)}`,
    '-Wl,-rpath,$ORIGIN',
    ...inputs,
    ...linked,
    ...(library.link ?? []),
    '-o',
    part,
    '-ldl',
    '-lpthread',
  ]);
  renameSync(part, target);
  writeFileSync(stamp, hash);
  return true;
}

/** Builds a program of the emulator's own tests. */
async function buildProgram(name, flags, force) {
  const source = join(sources, 'programs', `${name}.cpp`);
  const target = join(cuemuFolder, 'programs', name);
  const stamp = `${target}.stamp`;
  const all = ['-std=c++17', '-O0', ...flags.cflags];
  const hash = hashOf(
    [source, join(sources, 'programs/harness.hpp'), ...filesOf('include')],
    [...all, ...flags.ldflags],
  );
  if (!force && existsSync(target) && existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return;
  const libraries = LIBRARIES.map((library) => join(cuemuFolder, library.name));
  await run(compiler(), [
    ...all,
    source,
    ...libraries,
    '-Wl,-rpath,$ORIGIN/..',
    ...flags.ldflags,
    '-o',
    target,
    '-lpthread',
  ]);
  writeFileSync(stamp, hash);
}

/**
 * Builds the programs of the emulator's own tests, in build/cuemu/programs. `mpi` is built only if
 * there is an MPI.
 */
export async function buildCuemuPrograms({ force = false } = {}) {
  mkdirSync(join(cuemuFolder, 'programs'), { recursive: true });
  const none = { cflags: [], ldflags: [] };
  const { mpiFlags } = await import('../native/mpi/mpi-flags.mjs');
  const mpi = mpiFlags();
  await Promise.all([buildProgram('faults', none, force), buildProgram('features', none, force)]);
  await Promise.all([buildProgram('libraries', none, force), buildProgram('nccl', none, force)]);
  if (mpi) await buildProgram('mpi', { ...mpi, cflags: [...PLAIN_MPI, ...mpi.cflags] }, force);
}

/** The preload shim, which is compiled with the flags of this machine's MPI. */
async function mpiShim() {
  if (filesOf('mpi').length === 0) return undefined;
  const { mpiFlags } = await import('../native/mpi/mpi-flags.mjs');
  const flags = mpiFlags();
  if (!flags) return undefined;
  return {
    name: 'libmpi_cuda_aware.so',
    folder: 'mpi',
    uses: [],
    flags: [...PLAIN_MPI, ...flags.cflags],
    link: flags.ldflags,
  };
}

/** cuSOLVER, which is linked with the LAPACK of native/cpu. */
async function cusolver() {
  const { cpuLibraries } = await import('../native/cpu/library-flags.mjs');
  const link = cpuLibraries().blas?.ldflags;
  if (!link) return undefined;
  const trial = spawnSync(compiler(), ['-x', 'c++', '-', '-o', '/dev/null', ...link], {
    input: 'extern "C" void zheevd_(...); int main() { zheevd_(); }',
  });
  if (trial.status !== 0) return undefined;
  return { name: 'libcusolver.so.11', folder: 'cusolver', uses: ['libcuda.so.1'], flags: [], link };
}

/**
 * Builds the libraries that are not up to date. Throws if there is no compiler.
 *
 * @returns `{ folder, mpiShim }`: the folder of the libraries, and the path of the preload shim or
 * undefined
 */
export async function buildCuemu({ force = false, quiet = false } = {}) {
  if (!onPath(compiler()))
    throw new Error(
      `the CUDA emulator needs ${compiler()}: install it (Debian: g++), or name a compiler in CUEMU_CXX`,
    );
  mkdirSync(shimFolder, { recursive: true });
  const start = performance.now();
  for (const file of filesOf('shim')) {
    const target = join(shimFolder, file.slice(file.lastIndexOf('/') + 1));
    if (!existsSync(target) || !readFileSync(target).equals(readFileSync(file))) copyFileSync(file, target);
  }
  mkdirSync(join(cuemuFolder, 'null'), { recursive: true });
  const wanted = [...LIBRARIES, ...NULL_LIBRARIES].filter(({ folder }) => filesOf(folder).length > 0);
  const first = await Promise.all(
    wanted.filter(({ uses }) => uses.length === 0).map((each) => build(each, force)),
  );
  // Two at a time: each runs one compiler
  const later = wanted.filter(({ uses }) => uses.length > 0);
  const shim = await mpiShim();
  const solver = await cusolver();
  for (const found of [shim, solver]) if (found) later.push(found);
  const second = [];
  for (let i = 0; i < later.length; i += 2)
    second.push(...(await Promise.all(later.slice(i, i + 2).map((each) => build(each, force)))));
  const built = [...first, ...second].filter(Boolean).length;
  if (!quiet || built > 0)
    console.log(
      'cuemu: ' +
        `${
          built > 0
            ? `${built} libraries built in ${((performance.now() - start) / 1000).toFixed(0)} s`
            : 'up to date'
        }`,
    );
  return { folder: cuemuFolder, mpiShim: shim ? join(cuemuFolder, shim.name) : undefined };
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const args = process.argv.slice(2);
  const unknown = args.filter((arg) => !['--force', '--quiet', '--programs'].includes(arg));
  if (unknown.length > 0) {
    console.error(`build-cuemu: unknown ${unknown.join(' ')}; expected [--force] [--quiet] [--programs]`);
    process.exitCode = 2;
  } else {
    try {
      await buildCuemu({ force: args.includes('--force'), quiet: args.includes('--quiet') });
      if (args.includes('--programs')) await buildCuemuPrograms({ force: args.includes('--force') });
    } catch (error) {
      console.error(`build-cuemu: ${error.message}`);
      process.exitCode = 1;
    }
  }
}
