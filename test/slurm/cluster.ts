/** A private Slurm cluster for the tests in this folder, and its commands. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rankEnvironment } from '../support/launch.js';

const script = (name: string): string =>
  fileURLToPath(new URL(`../../../test/slurm/${name}`, import.meta.url));

export interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The duration in milliseconds. */
  readonly took: number;
}

/** A running cluster. */
export class Cluster {
  /** The folder that all nodes share. It is removed with the cluster. */
  readonly folder: string;
  readonly #env: NodeJS.ProcessEnv;
  constructor(folder: string, env: NodeJS.ProcessEnv) {
    this.folder = folder;
    this.#env = env;
  }

  /** Runs a command of Slurm, or another command with the environment of the cluster. */
  run(
    command: string,
    args: readonly string[],
    { env = {}, timeout = 60_000 }: { env?: NodeJS.ProcessEnv; timeout?: number } = {},
  ): Promise<Result> {
    const began = Date.now();
    return new Promise((resolve, reject) => {
      const child = spawn(command, args, {
        cwd: this.folder,
        env: { ...rankEnvironment(), ...this.#env, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let [stdout, stderr] = ['', ''];
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        stdout += text;
      });
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        stderr += text;
      });
      const timer = setTimeout(() => child.kill('SIGKILL'), timeout);
      child.on('error', reject);
      child.on('close', (code) => {
        clearTimeout(timer);
        resolve({ code, stdout, stderr, took: Date.now() - began });
      });
    });
  }

  /** The output of `scontrol show job` as names and values. */
  async job(id: string): Promise<Readonly<Record<string, string>>> {
    const { stdout } = await this.run('scontrol', ['show', 'job', id]);
    return Object.fromEntries([...stdout.matchAll(/(\w+)=(\S*)/g)].map((m) => [m[1], m[2]]));
  }

  /** Waits until a job has one of these states. */
  async until(
    id: string,
    states: readonly string[],
    timeout: number,
  ): Promise<Readonly<Record<string, string>>> {
    for (const end = Date.now() + timeout; ; ) {
      const job = await this.job(id);
      if (states.includes(job['JobState'] ?? '')) return job;
      if (Date.now() > end)
        throw new Error(
          `job ${id} is ${job['JobState']} after ${timeout / 1000} s, expected ${states.join(' or ')}`,
        );
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  stop(): void {
    spawnSync(script('stop.sh'), [this.folder, '--remove'], { stdio: ['ignore', 'ignore', 'inherit'] });
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Starts a cluster of two nodes. Returns the reason if that is not possible. */
export function startCluster(): Cluster | string {
  const folder = mkdtempSync(join(tmpdir(), 'lops-slurm-'));
  const { status, stdout, stderr } = spawnSync(script('start.sh'), [folder], { encoding: 'utf8' });
  if (status !== 0) {
    rmSync(folder, { recursive: true, force: true });
    return stderr.trim().split('\n').at(0) ?? `start.sh ended with ${status}`;
  }
  const env = Object.fromEntries([...stdout.matchAll(/^export (\w+)='(.*)'$/gm)].map((m) => [m[1], m[2]]));
  return new Cluster(folder, env);
}
