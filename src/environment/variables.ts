import { LOG_LEVELS } from '../core/base/log.js';

/** The values that a variable can have. */
interface ValueKind<T> {
  /** The values in words. */
  readonly expected: string;
  /** The value of a text; undefined if the text is not valid. */
  readonly parse: (text: string) => T | undefined;
}

/** A row of the table. */
interface Row<D> {
  /** What reads the variable. */
  readonly readBy: string;
  /** The value if the variable is not set or empty. */
  readonly default?: D;
  /** The default in words, if it is not a constant. */
  readonly otherwise?: string;
  readonly meaning: string;
}

/** An environment variable with values of type T and a default of type D. */
export type Variable<T, D> = ValueKind<T> & Row<D>;

const variable = <T, const D extends T | undefined = undefined>(
  kind: ValueKind<T>,
  row: Row<D>,
): Variable<T, D> => ({ ...kind, ...row });

/** One of a closed set of words. */
const choice = <const T extends string>(...words: readonly T[]): ValueKind<T> => ({
  expected: words.map((word) => `'${word}'`).join(' or '),
  parse: (text) => words.find((word) => word === text),
});

const DECIMAL = /^\d+(\.\d+)?(e[+-]?\d+)?$/i;

/** A decimal number, 0 or more, for which `accepts` returns true. */
const number = (expected: string, accepts: (value: number) => boolean): ValueKind<number> => ({
  expected,
  parse: (text) => {
    const value = DECIMAL.test(text.trim()) ? Number(text) : Number.NaN;
    return Number.isFinite(value) && accepts(value) ? value : undefined;
  },
});

const count = (expected: string, least: number): ValueKind<number> =>
  number(expected, (value) => Number.isSafeInteger(value) && value >= least);

const TEXT: ValueKind<string> = { expected: 'a text', parse: (text) => text };

/** A variable of builds, tests or benchmarks. No module of `src` reads it. */
const outside = (readBy: string, meaning: string): Variable<string, undefined> =>
  variable(TEXT, { readBy, meaning });

/** The readers of variables that are not for users. */
export const INTERNAL = { library: 'processes of the library', tests: 'processes of the tests' } as const;

/**
 * The environment variables of this package, in the order of the documents. The tables in
 * docs/mpi.md and docs/cuda.md are made of this one by `npm run docs:tables`.
 */
export const VARIABLES = {
  LOPS_MPI: variable(choice('on', 'off'), {
    readBy: 'import',
    default: 'on',
    meaning: '`off`: MPI is not used, every rank is alone',
  }),
  LOPS_MPI_EXIT_TIMEOUT: variable(
    number('a number of seconds, 0 or more', () => true),
    { readBy: 'exit', default: 300, meaning: 'how long a rank that is done waits for the others' },
  ),
  LOPS_WAIT_REPORT: variable(
    number('a number of seconds, 0 or more', () => true),
    {
      readBy: 'import',
      default: 30,
      meaning:
        'how long a rank may wait in one call before it reports what the ranks do; `0`: no report, see ' +
        '[ranks that wait](#ranks-that-wait)',
    },
  ),
  LOPS_TIMEOUT: variable(
    number('a positive number of seconds', (seconds) => seconds > 0),
    {
      readBy: 'import',
      otherwise: 'no limit',
      meaning:
        'how long a rank may wait in one call before the job ends, see [ranks that wait](#ranks-that-wait)',
    },
  ),
  LOPS_DEBUG: variable(choice('0', '1'), {
    readBy: 'import',
    default: '0',
    meaning: '`1`: ranks compare their collective calls, see [debug mode](#debug-mode)',
  }),
  LOPS_LOG: variable(choice(...LOG_LEVELS), {
    readBy: 'import',
    otherwise: 'no log',
    meaning: 'the least important level that is logged, see [logging](#logging)',
  }),
  LOPS_LOG_FILE: variable(TEXT, {
    readBy: 'import',
    otherwise: 'standard error',
    meaning: 'the file of the log; `%r` in its name is the rank',
  }),
  LOPS_TRACE: variable(TEXT, {
    readBy: 'import',
    otherwise: 'no trace',
    meaning: 'the file of a timeline of all ranks, see [traces](performance.md#a-timeline)',
  }),
  LOPS_PREFIX: variable(choice('0', '1'), {
    readBy: 'import',
    default: '0',
    meaning: '`1`: each line that a rank prints begins with the rank',
  }),
  LOPS_MPI_MAX_COUNT: variable(count('a positive integer', 1), {
    readBy: 'import',
    otherwise: "MPI's own limit",
    meaning: 'most elements in one MPI call, longer ones go in pieces; for tests',
  }),
  LOPS_MPI_ADDON: variable(TEXT, {
    readBy: 'import',
    otherwise: 'the one that was built',
    meaning: 'path of another MPI addon',
  }),
  LOPS_MPIEXEC: variable(TEXT, {
    readBy: '`lops run`, tests',
    otherwise: 'the one of the MPI that the addon was built for',
    meaning: 'path of the launcher',
  }),
  LOPS_CPU: variable(choice('reference', 'native'), {
    readBy: 'import',
    otherwise: 'native where built',
    meaning: '`reference`: TypeScript kernels; `native`: an error where native ones are missing',
  }),
  LOPS_CPU_ADDON: variable(TEXT, {
    readBy: 'native kernels',
    otherwise: 'the one that was built',
    meaning: 'path of another addon of CPU kernels',
  }),
  LOPS_CPU_SIMD: variable(choice('baseline', 'avx2', 'avx512'), {
    readBy: 'native kernels',
    otherwise: 'the best of the machine',
    meaning: 'the instruction set of the loops, where the machine can run it',
  }),
  LOPS_CPU_STREAM_BYTES: variable(count('a number of bytes, 0 or more', 0), {
    readBy: 'native kernels',
    otherwise: 'the size of the last cache, at most 32 MiB',
    meaning: 'outputs from so many bytes on bypass the caches',
  }),
  LOPS_CPU_HUGE_PAGES: variable(choice('on', 'off'), {
    readBy: 'native kernels',
    default: 'on',
    meaning: '`off`: arrays of 4 MiB and more do not ask the system for pages of 2 MiB',
  }),
  LOPS_THREADS: variable(count('a positive number of threads', 1), {
    readBy: 'native kernels',
    otherwise: "the library's own variable, otherwise 1",
    meaning: 'BLAS threads a rank',
  }),
  LOPS_CUDA_DEVICE: variable(count('the number of a device, from 0', 0), {
    readBy: 'backend cuda',
    otherwise: "this rank's number within its node, modulo the number of devices",
    meaning: 'the device',
  }),
  LOPS_CUDA_MEMORY: variable(
    number("a number of bytes, or a share of the device's up to 1", (value) => value > 0),
    { readBy: 'backend cuda', otherwise: 'no limit', meaning: 'most device memory to take' },
  ),
  LOPS_CUDA_LIBRARIES: variable(TEXT, {
    readBy: 'backend cuda',
    otherwise: "the system's",
    meaning: 'folders to look into for the libraries first, with colons between them',
  }),
  LOPS_CUDA_CACHE: variable(TEXT, {
    readBy: 'backend cuda',
    otherwise: '`$XDG_CACHE_HOME/lops-mpi/cuda`, or in `~/.cache`',
    meaning: 'folder of compiled kernels; `off` for none',
  }),
  LOPS_GPU_TRANSPORT: variable(choice('auto', 'direct', 'staged', 'nccl'), {
    readBy: 'backend cuda',
    default: 'auto',
    meaning: 'the way of messages into and out of device memory, see [between ranks](#between-ranks)',
  }),
  UCX_MEM_MMAP_HOOK_MODE: variable(TEXT, {
    readBy: 'UCX',
    default: 'none',
    meaning: 'how UCX hooks into allocations of host memory, see [which MPI](cluster.md#which-mpi)',
  }),
  MPICC: outside('build', 'the wrapper compiler of the MPI to build for'),
  LOPS_BLAS: outside('build', 'pkg-config package of another CBLAS, or `none`'),
  LOPS_FFTW: outside('build', '`none` leaves FFTW out'),
  LOPS_SLEEF: outside('build', '`none` leaves SLEEF out'),
  LOPS_SKIP_NATIVE: outside('npm install', '`1`: build nothing'),
  LOPS_SRUN_MPI: outside('examples/slurm', 'the `--mpi` of srun, instead of pmix'),
  LOPS_MPICH: outside('`npm run test:mpich`', "prefix of another MPICH than Debian's"),
  LOPS_NVCC: outside('`npm run test:cuda`', 'another nvcc, for the kernels of the emulated device'),
  LOPS_TEST_RANKS: outside('`npm test`', 'numbers of ranks, such as `1,2`'),
  LOPS_TEST_BACKENDS: outside('`npm test`', 'names of backends, such as `cpu,deferred`'),
  LOPS_TEST_VERBOSE: outside('`npm test`', '`1`: what ranks print is shown'),
  LOPS_TEST_PATIENCE: outside('`npm test`', 'factor of the time limits of tests; 5 in `npm run test:mpich`'),
  LOPS_TEST_DRAWS: outside('`npm test`', 'factor of the number of random trials'),
  LOPS_TEST_SEED: outside('`npm test`', 'the seed of random trials'),
  LOPS_GOLDEN: outside('`npm test`', 'a folder of further reference data'),
  LOPS_DATA: outside('`npm run bench`', "the folder of the post-stack case's model; without it one is built"),
  LOPS_MPI_JOINED: outside(INTERNAL.library, 'the rank that a process is'),
  LOPS_LAUNCH_TRACE: variable(TEXT, {
    readBy: INTERNAL.library,
    meaning: 'the folder of ranks that have started',
  }),
  LOPS_TTY_COLUMNS: variable(count('a number of columns, 0 or more', 0), {
    readBy: INTERNAL.library,
    meaning: 'the width of the terminal behind standard error',
  }),
  LOPS_TEST_CUDA: outside(INTERNAL.tests, 'real or emulated'),
  LOPS_TEST_FILES: outside(INTERNAL.tests, 'the chosen files of tests over ranks'),
  LOPS_TEST_GREP: outside(INTERNAL.tests, 'the chosen titles'),
  LOPS_TEST_PLAN: outside(INTERNAL.tests, 'the tests of a process'),
  LOPS_TEST_PRELOAD: outside(INTERNAL.tests, 'a library that ranks load first'),
} as const;

export type VariableName = keyof typeof VARIABLES;

/** The values of a variable, or its default. */
export type SettingOf<N extends VariableName> =
  (typeof VARIABLES)[N] extends Variable<infer T, infer D>
    ? undefined extends D
      ? T | undefined
      : T
    : never;
