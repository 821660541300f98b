import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { LimitName } from './case.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const source = join(root, 'bench/native/limits.c');

/** pkg-config's flags of the CBLAS that the native kernels use, if they use one. */
async function blasFlags(): Promise<{ readonly compile: readonly string[]; readonly link: readonly string[] }> {
  const flags: { cpuLibraries(): { blas?: { cflags: string[]; ldflags: string[] } } } = await import(
    new URL('../../native/cpu/library-flags.mjs', import.meta.url).href
  );
  const { blas } = flags.cpuLibraries();
  return blas ? { compile: ['-DHAVE_CBLAS', ...blas.cflags], link: blas.ldflags } : { compile: [], link: [] };
}

/** Compiles `native/limits.c` for this machine, unless that was done before. Answers the program, or why there is none. */
export async function buildLimits(): Promise<{ readonly program?: string; readonly failure?: string }> {
  const compiler = process.env['CC'] || 'gcc';
  const { compile, link } = await blasFlags();
  const flags = ['-O3', '-march=native', '-ffast-math', ...compile];
  const key = createHash('sha256')
    .update(readFileSync(source))
    .update([compiler, ...flags, ...link].join(' '))
    .digest('hex')
    .slice(0, 16);
  const folder = join(root, 'build/bench');
  const program = join(folder, `limits-${key}`);
  if (existsSync(program)) return { program };
  mkdirSync(folder, { recursive: true });
  const unfinished = `${program}.${process.pid}`;
  const { status, stderr, error } = spawnSync(compiler, [...flags, source, '-o', unfinished, '-lm', ...link], { encoding: 'utf8' });
  if (status !== 0) return { failure: `${compiler} failed: ${(error?.message ?? stderr).trim()}` };
  renameSync(unfinished, program);
  return { program };
}

/** A plain C loop in a process of its own, beside this rank, that takes one timing whenever it is asked. */
export class LimitProcess {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  /** Bytes or flops of one call. */
  readonly work: number;

  private constructor(child: ChildProcessWithoutNullStreams, lines: AsyncIterator<string>, work: number) {
    this.#child = child;
    this.#lines = lines;
    this.work = work;
  }

  /** @param elements of each array */
  static async start(program: string, name: LimitName, elements: number): Promise<LimitProcess> {
    const child = spawn(program, ['-n', String(elements), '--serve', name], { env: { ...process.env, OPENBLAS_NUM_THREADS: '1' } });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    return new LimitProcess(child, lines, await nextNumber(lines));
  }

  /** Seconds of one call. */
  async sample(): Promise<number> {
    this.#child.stdin.write('\n');
    return nextNumber(this.#lines);
  }

  /** Ends the process. */
  stop(): void {
    this.#child.stdin.end();
  }
}

async function nextNumber(lines: AsyncIterator<string>): Promise<number> {
  const { done, value } = await lines.next();
  if (done) throw new Error('the limit program ended early');
  return Number(value);
}
