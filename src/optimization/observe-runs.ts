import type { AnyVector } from '../core/vector/vector.js';

/** A run of a solver that begins. */
export interface ObservedRun {
  /** The name of the solver. */
  readonly name: string;
  /** Most iterations; Infinity for no limit. */
  readonly niter: number;
  /** Whether it runs within the start or a step of another solver. */
  readonly isInner: boolean;
}

/** The start of a run, with iteration 0 unless it resumes, or an iteration. */
export interface ObservedStep {
  readonly iteration: number;
  readonly cost: number;
  /** Not a copy: the next step changes it. */
  readonly x: AnyVector;
}

/** Receives each step of a run; `isLast` if the solver ends with it. */
export type StepObserver = (step: ObservedStep, isLast: boolean) => void;
/** Receives each run of a solver on this rank, and returns what receives its steps. */
export type RunObserver = (run: ObservedRun) => StepObserver | undefined;

/** All observers, so that they may end in any order. */
const observers = new Set<{ readonly observe: RunObserver }>();
/** How many starts and steps of solvers are in progress. */
let depth = 0;

/**
 * Calls `observe` for each run of a solver on this rank, until the returned function is called. An
 * observer may communicate if it does so at the same steps on all ranks of the run.
 */
export function observeRuns(observe: RunObserver): () => void {
  const own = { observe };
  observers.add(own);
  return () => void observers.delete(own);
}

/** What receives the steps of a run that begins. Undefined if nothing does. */
export function observersOf(name: string, niter: number): StepObserver | undefined {
  const run = { name, niter, isInner: depth > 0 };
  const all = [...observers].flatMap((observer) => {
    const receive = observer.observe(run);
    return receive ? [{ observer, receive }] : [];
  });
  if (all.length === 0) return undefined;
  return (step, isLast) => {
    for (const { observer, receive } of all) if (observers.has(observer)) receive(step, isLast);
  };
}

/** Makes a start or a step of a solver. Runs within it are inner ones. */
export function asOuter<T>(body: () => T): T {
  depth++;
  try {
    return body();
  } finally {
    depth--;
  }
}
