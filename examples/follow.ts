import type { DistributedArray } from 'lops-mpi';
import { startProgress } from 'lops-mpi/cli';

interface Step {
  readonly iteration: number;
  readonly x: DistributedArray;
  readonly cost: number;
}

/** The result of the iterations of a solver. */
export interface Followed {
  /** Undefined if there were no iterations. */
  readonly x: DistributedArray | undefined;
  readonly iterations: number;
  /** The costs of all iterations. */
  readonly costs: readonly number[];
  readonly seconds: number;
}

/** Runs all iterations of a solver, with a progress bar of `niter` steps on rank 0. */
export function follow(label: string, niter: number, steps: Iterable<Step>): Followed {
  const progress = startProgress(niter, { label });
  const began = performance.now();
  const costs: number[] = [];
  let last: Step | undefined;
  for (const step of steps) {
    progress.update(step.iteration, `cost ${step.cost.toExponential(3)}`);
    costs.push(step.cost);
    last = step;
  }
  progress.stop();
  return { x: last?.x, iterations: last?.iteration ?? 0, costs, seconds: (performance.now() - began) / 1000 };
}
