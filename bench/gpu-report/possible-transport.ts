import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { DoctorReport } from '../../src/cli/doctor-report.js';

const lops = fileURLToPath(new URL('../../bundle/cli/lops.js', import.meta.url));
/** Two ranks on one device need this of NCCL 2.30; older ones refuse it as before. */
export const SHARED_DEVICE = { NCCL_MULTI_RANK_GPU_ENABLE: '1', NCCL_MAX_CTAS: '4' } as const;

/** Runs a script on `ranks` ranks with `lops run`. */
export function runOnRanks(
  ranks: number,
  script: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  seconds: number,
): { readonly code: number | null; readonly stdout: string; readonly stderr: string } {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [lops, 'run', '-n', String(ranks), script, ...args],
    { encoding: 'utf8', env: { ...process.env, ...SHARED_DEVICE, ...env }, timeout: 1000 * seconds },
  );
  return { code: status, stdout: stdout ?? '', stderr: stderr ?? '' };
}

/** What a job says about its error, otherwise its last line, or how it ended. */
export function lastWords({ code, stdout, stderr }: ReturnType<typeof runOnRanks>): string {
  const lines = (stderr.trim() || stdout.trim()).split('\n');
  const words = lines.find((line) => line.startsWith('lops: ')) ?? lines.at(-1);
  return words || (code === null ? 'it did not end' : `exit code ${code}`);
}

/**
 * Whether a transport of device memory works between two ranks on this machine: undefined, or why
 * not. The ranks choose it as a program does (`lops doctor`).
 */
export function whyImpossible(transport: string, seconds = 60): string | undefined {
  const result = runOnRanks(2, lops, ['doctor', '--json'], { LOPS_GPU_TRANSPORT: transport }, seconds);
  const start = result.stdout.indexOf('{');
  if (start < 0) return lastWords(result);
  const { ranks } = JSON.parse(result.stdout.slice(start)) as DoctorReport;
  if (ranks.length !== 2) return `expected 2 ranks, received ${ranks.length}`;
  const chosen = ranks[0]?.transport;
  return chosen?.name === transport ? undefined : (chosen?.reason ?? 'no reason is known');
}
