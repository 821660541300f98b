import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRanks } from '../support/launch.js';
import type { Outcome } from './calls.js';
import type { Signatures } from './signatures.js';

export interface Fault extends Outcome {
  readonly index: number;
}

export interface CallsOptions {
  readonly seed: number;
  readonly calls: number;
  readonly ranks: number;
  /** The time limit of one call in milliseconds. */
  readonly patience: number;
  /**
   * True if only one rank has a wrong argument. An error then ends the job.
   *
   * @default false
   */
  readonly alone?: boolean;
  /**
   * The index of the first call.
   *
   * @default 0
   */
  readonly first?: number;
}

/** Targets that are not called, and the reasons. */
const LEFT_OUT: readonly (readonly [RegExp, string])[] = [
  [/\.abort$/, 'ends the job'],
  [/^COMM_(WORLD|SELF)\.free$/, 'ends the communicator of all other calls'],
  [/^setSignalSource\./, 'replaces what ends the program'],
  [/^backendConformance\./, 'defines tests'],
  [/Error\.new$/, 'takes a text, as Error does'],
  [/^(check(Options|OneOf)|withDefaults|requireOptions)\./, 'checks what others are given, by constants'],
  [/\.innerProducts$/, 'of inner products, which check their vectors'],
  [
    /^(Cuda|Cpu)Backend\.(?!new)|^(CheckedBackend|DeviceStorage)\.|^(elementsIn|replaceElements)\.|^(nativeKernels|referenceKernels)\./,
    'a port: its callers check',
  ],
  [/^createTfjsBackend\./, 'its option loadPackage stands for a package'],
  [
    /^(AxisHaloPlan|BoxHaloPlan|TransferPlan|Pool|Operands)\.|^(runCase|checkCase|differences)\./,
    'for authors of backends',
  ],
];
/**
 * Targets that are not called on several ranks: they wait for other calls of other ranks, accept
 * other arguments on the root, use a file per rank under one path, or take each rank's own part.
 */
const APART =
  /^COMM_(WORLD|SELF)\.(send|recv|sendrecv|isend|irecv|sendInit|recvInit|startAll|waitAll|bcast|scatter|scatterv|gather|gatherv|reduce)$|^Checkpoint\.|^DistributedSpace\.wrap$/;

/** Writes the targets for this number of ranks to a file for the child processes. */
export function writeTargets(
  all: Signatures,
  folder: string,
  ranks: number,
): { readonly path: string; readonly count: number } {
  const targets = all.targets.filter(({ owner, member }) => {
    const name = `${owner}.${member}`;
    return !LEFT_OUT.some(([pattern]) => pattern.test(name)) && !(ranks > 1 && APART.test(name));
  });
  const path = join(folder, `targets-${ranks}.json`);
  writeFileSync(path, JSON.stringify({ ...all, targets } satisfies Signatures));
  return { path, count: targets.length };
}

/**
 * Makes calls in child processes. A call that ends or blocks a process is a fault, and a new
 * process continues with the next call.
 */
export async function runCalls(targets: string, options: CallsOptions): Promise<Fault[]> {
  const folder = mkdtempSync(join(tmpdir(), 'lops-calls-'));
  const faults: Fault[] = [];
  const { first = 0, calls, seed, alone = false } = options;
  try {
    for (let at = first; at < first + calls; ) {
      const count = Math.min(4000, first + calls - at);
      const args = [targets, folder, String(seed), String(at), String(count), ...(alone ? ['alone'] : [])];
      const run = await runOne([join(import.meta.dirname, 'calls-rank.js'), ...args], folder, options);
      faults.push(...run.faults);
      if (run.whole) {
        at += count;
        continue;
      }
      if (run.hung || !alone) faults.push({ call: run.why, fault: run.why, index: run.at });
      at = Math.max(at, run.at) + 1;
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return faults;
}

interface Run {
  readonly faults: readonly Fault[];
  /** True if all calls were made. */
  readonly whole: boolean;
  readonly hung: boolean;
  readonly why: string;
  /** The index of the last call that was started. */
  readonly at: number;
}

function runOne(args: readonly string[], folder: string, { ranks, patience }: CallsOptions): Promise<Run> {
  return new Promise((resolve, reject) => {
    const job = startRanks(ranks, args, { LOPS_THREADS: '1' });
    const begun = (): number => {
      try {
        return Number(readFileSync(join(folder, 'at-0'), 'utf8').replace(/\0.*/s, ''));
      } catch {
        return -1; // not yet
      }
    };
    let [out, err, hung] = ['', '', false];
    let last = { call: -1, since: Date.now() };
    const timer = setInterval(() => {
      const call = begun();
      // the start of the processes takes time as well
      if (call !== last.call) last = { call, since: Date.now() };
      else if (Date.now() - last.since > (call < 0 ? 3 : 1) * patience) {
        hung = true;
        job.kill('SIGKILL');
      }
    }, 100);
    job.stdout?.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    job.stderr?.setEncoding('utf8').on('data', (text: string) => {
      err = (err + text).slice(-2000);
    });
    job.on('error', reject);
    job.on('close', (code, signal) => {
      clearInterval(timer);
      const lines = out.split('\n');
      const faults = lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Fault);
      const whole = lines.filter((line) => line === '"end"').length === ranks;
      const why = hung
        ? `no end within ${patience} ms`
        : `the process ended: code ${code}, signal ${signal}, ${err}`;
      resolve({ faults, whole, hung, why, at: begun() });
    });
  });
}
