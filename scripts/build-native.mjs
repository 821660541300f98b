// Builds the native addons that are named, or all of them:
//
//   node scripts/build-native.mjs [OPTIONS] [cpu] [mpi] [cuda]
//
//   --optional      exits with 0 even if an addon is missing (npm's install script)
//   --force         builds addons that are up to date, too
//   --quiet         prints a line only for an addon that was built or is missing
//   --into FOLDER   builds in FOLDER from copies of the sources, in addition to the usual addons.
//                   For a second MPI: MPICC=mpicc.mpich, then
//                   LOPS_MPI_ADDON=FOLDER/mpi/build/Release/lops_mpi.node
//
// Each addon is optional. If one cannot be built, a line gives the reason and the remedy. With
// LOPS_SKIP_NATIVE=1 nothing is built. The script works in a clone and in node_modules, and its
// only dependencies are node-gyp and node-addon-api.
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, totalmem } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * The build of each addon. `libraries` returns an object that describes its libraries, or undefined
 * if a required one is missing. `seconds` is about the processor time of its compilation.
 */
const ADDONS = {
  cpu: {
    seconds: 150,
    libraries: async () => (await import(url('native/cpu/library-flags.mjs'))).cpuLibraries(),
    describe: ({ blas, fftw, sleef }) =>
      [blas?.name ?? 'no CBLAS', fftw?.name ?? 'no FFTW', sleef?.name ?? 'no SLEEF'].join(', '),
  },
  mpi: {
    seconds: 30,
    libraries: async () => (await import(url('native/mpi/mpi-flags.mjs'))).mpiFlags(),
    describe: ({ mpicc }) => mpicc || 'from pkg-config',
    missing: 'no MPI found',
    remedy: 'install Open MPI or MPICH (Debian: libopenmpi-dev openmpi-bin), or load its environment module',
  },
  cuda: {
    seconds: 30,
    // The libraries are found at run time
    libraries: async () => (process.platform === 'linux' ? {} : undefined),
    describe: () => 'CUDA is looked for at run time',
    missing: 'CUDA devices are used on Linux only',
    remedy: "use backend 'cpu'",
  },
};

const url = (path) => pathToFileURL(join(root, path)).href;

export function onPath(command) {
  if (command.includes('/')) return existsSync(command);
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

const TOOLS = [
  [
    'a C++ compiler',
    () => [process.env.CXX, 'c++', 'g++', 'clang++'].some((name) => name && onPath(name.split(' ')[0])),
    'g++',
  ],
  ['make', () => onPath('make') || onPath('gmake'), 'make'],
  ['python3', () => onPath(process.env.npm_config_python || 'python3'), 'python3'],
];

/** The headers of node-addon-api, `{ folder, version }`. Undefined if it is not installed. */
function addonApi() {
  try {
    const file = createRequire(join(root, 'package.json')).resolve('node-addon-api/package.json');
    return { folder: dirname(file), version: JSON.parse(readFileSync(file, 'utf8')).version };
  } catch {
    return undefined;
  }
}

/**
 * A hash of everything that determines the build: sources, this Node.js, node-addon-api, the
 * libraries.
 */
function fingerprint(name, libraries) {
  const hash = createHash('sha256');
  for (const folder of ['common', name]) {
    const top = join(root, 'native', folder);
    for (const file of readdirSync(top, { recursive: true }).sort()) {
      if (!/^(build|kernels)([/\\]|$)/.test(file) && /\.(cpp|hpp|gyp|gypi|mjs)$/.test(file))
        hash.update(file).update(readFileSync(join(top, file)));
    }
  }
  const { CXX, CC, CXXFLAGS, CFLAGS, LDFLAGS } = process.env;
  hash.update(
    JSON.stringify([
      process.versions.modules,
      process.platform,
      process.arch,
      addonApi()?.version,
      libraries,
      CXX,
      CC,
      CXXFLAGS,
      CFLAGS,
      LDFLAGS,
    ]),
  );
  return hash.digest('hex');
}

/** The node-gyp of this package, or the one of npm. */
function nodeGyp() {
  const require = createRequire(join(root, 'package.json'));
  const beside = join(
    dirname(dirname(process.execPath)),
    'lib',
    'node_modules',
    'npm',
    'node_modules',
    'node-gyp',
    'bin',
    'node-gyp.js',
  );
  try {
    return join(dirname(require.resolve('node-gyp/package.json')), 'bin', 'node-gyp.js');
  } catch {
    return existsSync(beside) ? beside : undefined;
  }
}

/** The headers of this Node.js, if they are installed beside it. Then nothing is downloaded. */
function nodeDir() {
  const prefix = dirname(dirname(process.execPath));
  return existsSync(join(prefix, 'include', 'node', 'node.h')) ? [`--nodedir=${prefix}`] : [];
}

function firstError(output) {
  const lines = output.split('\n');
  const line =
    lines.find((l) => /\berror\b/i.test(l) && !/gyp ERR/.test(l)) ??
    lines.find((l) => /gyp ERR! stack/.test(l)) ??
    'the build failed';
  return line.replace(/^gyp ERR! stack\s*/, '').trim();
}

/** The compilers that run at once: as many as cores, if the memory of the machine or job allows. */
function compilers() {
  // Other systems count memory that is a cache as used
  const memory = process.platform === 'linux' ? process.availableMemory() : totalmem() / 2;
  return Math.max(1, Math.min(availableParallelism(), Math.floor(memory / 2 ** 29)));
}

/** Runs a program of Node.js, and returns its exit code and all that it writes. */
const run = (args, cwd) =>
  new Promise((done) => {
    const child = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    child.on('error', (error) => done({ status: 1, output: error.message }));
    child.on('close', (status) => done({ status, output }));
  });

async function compile(folder, jobs) {
  const gyp = nodeGyp();
  if (!gyp) return { reason: 'node-gyp was not found', remedy: 'run npm install first' };
  const api = addonApi();
  if (!api) return { reason: 'node-addon-api was not found', remedy: 'run npm install first' };
  const args = [
    gyp,
    'configure',
    'build',
    '--release',
    '-j',
    String(jobs),
    ...nodeDir(),
    `--node-addon-api=${api.folder}`,
  ];
  const { status, output } = await run(args, folder);
  if (status === 0) return undefined;
  const log = join(folder, 'build', 'error.log');
  mkdirSync(dirname(log), { recursive: true });
  writeFileSync(log, output);
  return { reason: firstError(output), remedy: `the whole output is in ${log}` };
}

/**
 * The reason why a fresh process cannot load the built addon. If `preload` is given, that library
 * is loaded first.
 */
function loadError(file, preload) {
  try {
    execFileSync(process.execPath, ['-e', `require(${JSON.stringify(file)})`], {
      encoding: 'utf8',
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, ...(preload ? { LD_PRELOAD: preload } : {}) },
    });
    return undefined;
  } catch (error) {
    return {
      reason: `it does not load: ${String(error.stderr).match(/Error: .*/)?.[0] ?? error.message}`,
      remedy: 'see that its libraries are found at run time',
    };
  }
}

/**
 * Copies the sources of an addon, and the files that they include, to another folder. Times are
 * kept, so that only changed files are compiled again.
 */
function copySources(name, into) {
  for (const part of ['common', name]) {
    const from = join(root, 'native', part);
    cpSync(from, join(into, part), {
      recursive: true,
      preserveTimestamps: true,
      filter: (path) => path !== join(from, 'build'),
    });
  }
  return join(into, name);
}

/** The path of a built addon: in the package, or in the folder of a second build. */
export const addonFile = (name, into = join(root, 'native')) =>
  join(into, name, 'build', 'Release', `lops_${name}.node`);

/** What there is to do for an addon: the function that builds it, or its state if it is built. */
async function plan(name, { force, into, preload }) {
  const addon = ADDONS[name];
  const libraries = await addon.libraries();
  if (!libraries) return { reason: addon.missing, remedy: addon.remedy };
  const file = addonFile(name, into);
  const stamp = join(dirname(dirname(file)), 'stamp.json');
  const hash = fingerprint(name, libraries);
  const details = addon.describe(libraries);
  if (!force && existsSync(stamp)) {
    const last = JSON.parse(readFileSync(stamp, 'utf8'));
    // A failed build is not repeated until something changes
    if (last.hash === hash && last.failure) return { ...last.failure, again: true };
    if (last.hash === hash && existsSync(file)) return { state: 'up to date', details };
  }
  for (const [what, present, debian] of TOOLS) {
    if (!present()) return { reason: `${what} is missing`, remedy: `install it (Debian: ${debian})` };
  }
  const build = async (jobs) => {
    const start = performance.now();
    const folder = into ? copySources(name, into) : join(root, 'native', name);
    const failure = (await compile(folder, jobs)) ?? loadError(file, preload);
    mkdirSync(dirname(stamp), { recursive: true });
    writeFileSync(stamp, JSON.stringify(failure ? { hash, failure } : { hash }));
    return failure ?? { state: `built in ${((performance.now() - start) / 1000).toFixed(0)} s`, details };
  };
  return { build, details };
}

function report(name, { state, details, reason, remedy, again }, quiet) {
  if (!state)
    console.log(
      `native ${name}: not built: ${reason}; ${remedy}${again ? ' (tried before; --force tries again)' : ''}`,
    );
  else if (!quiet || state !== 'up to date') console.log(`native ${name}: ${state} (${details})`);
}

/**
 * Builds the addons that are not up to date, and prints a line for each. With `quiet`
 * there is a line only if an addon was built or is missing.
 *
 * @returns the names of the missing addons
 */
export async function buildNative({
  names = Object.keys(ADDONS),
  force = false,
  quiet = false,
  into,
  preload,
} = {}) {
  const present = names.filter((name) => existsSync(join(root, 'native', name, 'binding.gyp')));
  const results = new Map();
  for (const name of present) results.set(name, await plan(name, { force, into, preload }));
  const builds = [...results].filter(([, { build }]) => build);
  if (builds.length > 0) {
    const all = compilers();
    const total = builds.reduce((sum, [name]) => sum + ADDONS[name].seconds, 0);
    const what = builds.map(([name, { details }]) => `${name} (${details})`).join(', ');
    const about = Math.ceil(total / all / 10) * 10;
    console.log(`native: building ${what}; about ${about} s with ${all} compilers at once`);
    const gyp = nodeGyp();
    // Otherwise all builds would download the headers of Node.js at once
    if (gyp && nodeDir().length === 0) await run([gyp, 'install', '--ensure'], root);
    const make = async (name, jobs) => {
      results.set(name, await results.get(name).build(jobs));
      report(name, results.get(name), quiet);
    };
    // Of many compilers each addon has a share; few have all of one addon after the other
    const shares = builds.map(([name]) => Math.floor((all * ADDONS[name].seconds) / total));
    if (shares.every((share) => share > 0))
      await Promise.all(builds.map(([name], k) => make(name, shares[k])));
    else for (const [name] of builds) await make(name, all);
  }
  for (const [name, result] of results)
    if (!builds.some(([built]) => built === name)) report(name, result, quiet);
  return present.filter((name) => !results.get(name).state);
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const usage = `expected [--optional] [--force] [--quiet] [--into FOLDER] ${Object.keys(ADDONS)
    .map((n) => `[${n}]`)
    .join(' ')}`;
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        optional: { type: 'boolean' },
        force: { type: 'boolean' },
        quiet: { type: 'boolean' },
        into: { type: 'string' },
      },
    });
    const unknown = positionals.filter((n) => !(n in ADDONS));
    if (unknown.length > 0)
      throw Object.assign(new Error(`unknown ${unknown.join(' ')}`), { code: 'ERR_PARSE_ARGS' });
    if (process.env.LOPS_SKIP_NATIVE !== '1') {
      const absent = await buildNative({
        ...(positionals.length > 0 ? { names: positionals } : {}),
        ...(values.into ? { into: resolve(values.into) } : {}),
        force: values.force,
        quiet: values.quiet,
      });
      if (absent.length > 0 && !values.optional) process.exitCode = 1;
    }
  } catch (error) {
    const misused = String(error.code).startsWith('ERR_PARSE_ARGS');
    console.error(`build-native: ${error.message.split('. ')[0]}${misused ? `; ${usage}` : ''}`);
    if (misused) process.exitCode = 2;
    else if (!process.argv.includes('--optional')) process.exitCode = 1;
  }
}
