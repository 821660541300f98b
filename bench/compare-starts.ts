import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { type LauncherPlan, planLauncher } from '../src/cli/plan-launch.js';
import type { Details } from './case.js';
import { median } from './measure.js';
import { formatSeconds } from './result.js';

interface Start {
  /** Seconds from the launch to the first operator, on the slowest rank. */
  readonly seconds: number;
  readonly maxrss_MiB: number;
  readonly backend: string;
}

interface Choice {
  readonly ranks: number;
  readonly script: string;
  /** The file to which the script writes its result. */
  readonly file: string;
  /** The C program that initialises and finalizes MPI. Undefined if it was not built. */
  readonly program: string | undefined;
  readonly times: number;
}

/** Seconds from the launch of a job to its end. */
function runJob({ command, flags, env }: LauncherPlan, job: readonly string[]): number {
  const began = performance.now();
  const { status, stderr } = spawnSync(command, [...flags, ...job], { env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${job[0]} ended with exit code ${status}: ${stderr}`);
  return (performance.now() - began) / 1000;
}

/**
 * Starts a script and a C program alternately with the same launcher, so that other load on the
 * machine affects both. It measures whole jobs, from launch to end.
 */
export function compareStarts({ ranks, script, file, program, times }: Choice): {
  readonly starts: readonly Start[];
  readonly details: Details;
} {
  const launcher = planLauncher(ranks);
  const starts: Start[] = [];
  const jobs: number[] = [];
  const inC: number[] = [];
  for (let k = 0; k < times; k++) {
    jobs.push(
      runJob(launcher, [process.execPath, script, String(performance.timeOrigin + performance.now()), file]),
    );
    starts.push(JSON.parse(readFileSync(file, 'utf8')) as Start);
    rmSync(file);
    if (program) inC.push(runJob(launcher, [program]));
  }
  if (!program) return { starts, details: {} };
  const more = median(jobs.map((seconds, k) => seconds - (inC[k] as number)));
  return {
    starts,
    details: {
      job: formatSeconds(median(jobs)),
      'job of a C program': formatSeconds(median(inC)),
      difference: formatSeconds(more),
    },
  };
}
