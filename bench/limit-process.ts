import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { LimitName } from './case.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A C program that measures the limit of a case. Its timings alternate with those of the case. */
export interface Limit {
  /** Bytes or flops of one call, for this rank's share. */
  readonly work: number;
  /** Seconds of one call. */
  sample(): Promise<number>;
  /** Ends the program. */
  stop(): void;
}

/** The path of a program, or the reason why it was not built. */
export interface Built {
  readonly program?: string;
  readonly failure?: string;
}

interface Flags {
  readonly compile: readonly string[];
  readonly link: readonly string[];
}

const nativeFlags = (file: string) => import(new URL(`../../native/${file}`, import.meta.url).href);

/** The flags of pkg-config for the CBLAS of the native kernels. Empty if they use none. */
async function blasFlags(): Promise<Flags> {
  const flags: { cpuLibraries(): { blas?: { cflags: string[]; ldflags: string[] } } } =
    await nativeFlags('cpu/library-flags.mjs');
  const { blas } = flags.cpuLibraries();
  return blas ? { compile: ['-DHAVE_CBLAS', ...blas.cflags], link: blas.ldflags } : { compile: [], link: [] };
}

/** Compiles `native/limits.c` for this machine, unless the program exists. */
export async function buildLimits(): Promise<Built> {
  const { compile, link } = await blasFlags();
  return build('limits', { compile: ['-ffast-math', ...compile], link });
}

/** Compiles a program with the MPI of the addon, unless the program exists. */
async function buildWithMpi(name: string, libraries: readonly string[]): Promise<Built> {
  const flags: { mpiFlags(): { cflags: string[]; ldflags: string[] } | undefined } =
    await nativeFlags('mpi/mpi-flags.mjs');
  const mpi = flags.mpiFlags();
  if (!mpi) return { failure: 'no MPI to build it with' };
  return build(name, { compile: mpi.cflags, link: [...libraries, ...mpi.ldflags] });
}

/** Compiles `native/mpi-start.c`, which initialises and finalizes MPI. */
export const buildMpiStart = (): Promise<Built> => buildWithMpi('mpi-start', []);

/** Compiles `native/fftw-mpi.c`. */
export async function buildFftwMpi(): Promise<Built> {
  const built = await buildWithMpi('fftw-mpi', ['-lfftw3_mpi', '-lfftw3']);
  return built.failure === undefined
    ? built
    : { failure: `${built.failure}\nFFTW's MPI transform is needed (Debian: libfftw3-mpi-dev)` };
}

function build(name: string, { compile, link }: Flags): Built {
  const source = join(root, `bench/native/${name}.c`);
  const compiler = process.env['CC'] || 'gcc';
  const flags = ['-O3', '-march=native', ...compile];
  const key = createHash('sha256')
    .update(readFileSync(source))
    .update([compiler, ...flags, ...link].join(' '))
    .digest('hex')
    .slice(0, 16);
  const folder = join(root, 'build/bench');
  const program = join(folder, `${name}-${key}`);
  if (existsSync(program)) return { program };
  mkdirSync(folder, { recursive: true });
  const unfinished = `${program}.${process.pid}`;
  const { status, stderr, error } = spawnSync(
    compiler,
    [...flags, source, '-o', unfinished, ...link, '-lm'],
    { encoding: 'utf8' },
  );
  if (status !== 0) return { failure: `${compiler} failed: ${(error?.message ?? stderr).trim()}` };
  renameSync(unfinished, program);
  return { program };
}

/** A Python with NumPy, or the reason why there is none. */
export function findNumpy(): Built {
  for (const program of ['python3', '/usr/bin/python3']) {
    if (spawnSync(program, ['-c', 'import numpy']).status === 0) return { program };
  }
  return { failure: 'no python3 with NumPy (Debian: python3-numpy)' };
}

/** A plain loop in its own process beside this rank. It measures one timing at each request. */
export class LimitProcess implements Limit {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  readonly work: number;

  private constructor(child: ChildProcessWithoutNullStreams, lines: AsyncIterator<string>, work: number) {
    this.#child = child;
    this.#lines = lines;
    this.work = work;
  }

  /**
   * Starts the program.
   *
   * @param elements of each array, or products of a batch
   */
  static async start(program: string, name: LimitName, elements: number): Promise<LimitProcess> {
    const args = ['-n', String(elements), '--serve', name];
    const child = spawn(program, args, { env: { ...process.env, OPENBLAS_NUM_THREADS: '1' } });
    child.stderr.pipe(process.stderr);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    return new LimitProcess(child, lines, Number(await nextLine(lines)));
  }

  async sample(): Promise<number> {
    this.#child.stdin.write('\n');
    return Number(await nextLine(this.#lines));
  }

  stop(): void {
    this.#child.stdin.end();
  }
}

/**
 * The next line.
 *
 * @throws if there is none
 */
export async function nextLine(lines: AsyncIterator<string>): Promise<string> {
  const { done, value } = await lines.next();
  if (done) throw new Error('the limit program ended early');
  return value;
}
