// Sets up a clone: `npm run setup`. It installs system packages and npm packages, builds the native
// addons and compiles TypeScript. Each step first checks whether there is anything to do. The
// script runs before npm ci and has no dependencies.
//
// System packages are installed by apt, as root or with a sudo that needs no password. On other
// systems (a cluster, another distribution) the libraries are those that mpicc, pkg-config and
// loaded environment modules provide. Missing libraries are listed and the set-up continues,
// because the package works without any of them.
//
// With --package (before npm pack) it installs only the npm packages, and compiles TypeScript into
// an empty dist.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildNative, onPath } from './build-native.mjs';
import { bundle } from './bundle.mjs';
import { canInstall, installPackages, run } from './system-packages.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const quiet = process.argv.includes('--quiet');
const forPackage = process.argv.includes('--package');
const say = (text) => console.log(`setup: ${text}`);

const { cpuLibraries } = await import('../native/cpu/library-flags.mjs');

/** The header of FFTW's MPI library is beside that of FFTW; pkg-config does not list it. */
function hasFftwMpi() {
  const { ok, output } = run('pkg-config', ['--variable=includedir', 'fftw3']);
  return ok && existsSync(join(output.trim(), 'fftw3-mpi.h'));
}

/** Whether a version is in a range such as `^20.17.0 || >=22.9.0`. */
function isWithin(version, range) {
  const [major, minor] = version.split('.').map(Number);
  return range.split('||').some((part) => {
    const [, sign, m, n] = /^\s*(\^|>=)(\d+)\.(\d+)\.0\s*$/.exec(part);
    return (major === Number(m) && minor >= Number(n)) || (sign === '>=' && major > Number(m));
  });
}

/**
 * The system's requirements: how each is detected, its Debian packages, and its name among
 * environment modules.
 */
function systemNeeds() {
  const hasPkgConfig = onPath('pkg-config');
  const { blas, fftw, sleef } = hasPkgConfig ? cpuLibraries() : {};
  return [
    {
      what: 'a C++ compiler',
      present: onPath('c++') || onPath('g++') || onPath('clang++'),
      debian: ['g++'],
      modules: /^(gcc|gnu|llvm)\b/i,
    },
    { what: 'make', present: onPath('make') || onPath('gmake'), debian: ['make'] },
    { what: 'python3', present: onPath('python3'), debian: ['python3'], modules: /^python\b/i },
    { what: 'pkg-config', present: hasPkgConfig, debian: ['pkg-config'] },
    // openssh-client: the launcher of Open MPI 4 does not start without an ssh, even on one machine
    {
      what: 'MPI (mpicc, mpiexec)',
      present: onPath(process.env.MPICC || 'mpicc') && (onPath('mpiexec') || onPath('srun')),
      debian: ['libopenmpi-dev', 'openmpi-bin', 'openssh-client'],
      modules: /^(openmpi|mpich|mvapich2?|intel-?mpi|cray-mpich)\b/i,
    },
    {
      what: 'a CBLAS',
      present: blas !== undefined,
      debian: ['libopenblas-dev'],
      modules: /^(openblas|flexiblas|blis|mkl|intel-mkl|oneapi-mkl)\b/i,
    },
    { what: 'FFTW', present: fftw !== undefined, debian: ['libfftw3-dev'], modules: /^fftw\b/i },
    { what: 'SLEEF', present: sleef !== undefined, debian: ['libsleef-dev'], modules: /^sleef\b/i },
    ...(process.argv.includes('--bench')
      ? [
          {
            what: "FFTW's MPI transform (for the benchmark)",
            present: hasFftwMpi(),
            debian: ['libfftw3-mpi-dev'],
          },
        ]
      : []),
  ];
}

/**
 * Names of the cluster's modules that may provide the missing libraries, if it has environment
 * modules.
 */
function modulesFor(needs) {
  if (!process.env.MODULESHOME && !process.env.LMOD_CMD) return [];
  const listed = run('bash', ['-lc', 'module -t avail 2>&1'], { timeout: 20_000 }).output.split('\n');
  return needs.flatMap((need) =>
    need.modules ? (listed.find((name) => need.modules.test(name.trim())) ?? []) : [],
  );
}

function installSystemPackages() {
  let missing = systemNeeds().filter((need) => !need.present);
  if (missing.length === 0) return;
  if (canInstall()) {
    const failure = installPackages(
      missing.flatMap((need) => need.debian),
      say,
    );
    if (failure) say(failure);
    missing = systemNeeds().filter((need) => !need.present);
    if (missing.length === 0) return;
  }
  say(`not on this machine: ${missing.map((need) => need.what).join(', ')}; going on without`);
  say(`  Debian, Ubuntu: apt-get install ${missing.flatMap((need) => need.debian).join(' ')}`);
  const modules = modulesFor(missing);
  if (modules.length > 0)
    say(
      `  environment modules here: module load ${modules.map((m) => m.trim()).join(' ')}, then npm run ` +
        'setup',
    );
  else if (missing.some((need) => need.modules))
    say('  on a cluster: load its modules (module avail), then npm run setup');
}

/** Runs `npm ci`, unless node_modules matches the lock file. */
function installNpmPackages() {
  const lock = join(root, 'package-lock.json');
  const installed = join(root, 'node_modules', '.package-lock.json');
  const stamp = join(root, 'node_modules', '.lops-setup');
  if (!existsSync(lock)) return;
  const hash = createHash('sha256').update(readFileSync(lock)).digest('hex');
  if (existsSync(installed)) {
    if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return;
    // Installed by the user: npm writes the two files within a moment of each other
    if (statSync(installed).mtimeMs > statSync(lock).mtimeMs - 2000) {
      writeFileSync(stamp, hash);
      return;
    }
  }
  say('npm ci');
  // The next step builds the addons and shows its output
  const env = {
    ...process.env,
    LOPS_SKIP_NATIVE: '1',
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    npm_config_loglevel: 'error',
  };
  const result = run('npm', ['ci', '--include=dev', '--dry-run=false'], { cwd: root, env });
  if (!result.ok)
    throw new Error(`npm ci failed:\n${result.output.trim().split('\n').slice(0, 20).join('\n')}`);
  writeFileSync(stamp, hash);
}

/** A hash of the names, sizes and times of all files that the compiler reads. */
function sourcesFingerprint() {
  const hash = createHash('sha256');
  const add = (path) => {
    const { size, mtimeMs } = statSync(path);
    hash.update(`${path} ${size} ${mtimeMs}\n`);
  };
  const bundling = ['bundle', 'bundle-browser', 'cheap-names'].map((name) => `scripts/${name}.mjs`);
  for (const file of ['tsconfig.json', 'package.json', 'package-lock.json', ...bundling])
    add(join(root, file));
  for (const folder of ['src', 'test', 'examples', 'bench']) {
    if (!existsSync(join(root, folder))) continue;
    for (const file of readdirSync(join(root, folder), { recursive: true }).sort()) {
      if (/\.[mc]?ts$/.test(file)) add(join(root, folder, file));
    }
  }
  return hash.digest('hex');
}

async function compileTypeScript() {
  if (!existsSync(join(root, 'tsconfig.json'))) return;
  const stamp = join(root, 'dist', '.lops-setup');
  const hash = sourcesFingerprint();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return;
  say('compiling TypeScript');
  const result = run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', root]);
  if (!result.ok) throw new Error(`the compiler found errors:\n${result.output}`);
  await bundle();
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, hash);
}

const start = performance.now();
try {
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  if (!isWithin(process.versions.node, engines.node))
    throw new Error(`expected Node.js ${engines.node}, this is ${process.versions.node}`);
  // Otherwise declarations of deleted sources would be packed
  if (forPackage) rmSync(join(root, 'dist'), { recursive: true, force: true });
  if (!forPackage && process.platform !== 'win32') installSystemPackages();
  installNpmPackages();
  if (!forPackage) await buildNative({ quiet: true });
  await compileTypeScript();
  if (!quiet) say(`ready (${((performance.now() - start) / 1000).toFixed(1)} s)`);
} catch (error) {
  console.error(`setup: ${error.message}`);
  process.exitCode = 1;
}
