import { NotSupported } from '../not-supported.js';
import type { Trial } from '../trial.js';
import { ARRAY_KINDS } from './array.js';
import { arrayFunction } from './array-function.js';
import { libraryFunction } from './function.js';
import { halo } from './halo.js';
import { matmul } from './matmul.js';
import { localOperator, mpiOperator } from './operator.js';
import { localProx, mpiProx } from './prox.js';
import { solver } from './solver.js';
import { tutorial } from './tutorial.js';

/** One line per kind of case. Each runs the library and compares the results. */
const KINDS: Readonly<Record<string, (trial: Trial) => void>> = {
  ...ARRAY_KINDS,
  'array-function': arrayFunction,
  'local-operator': localOperator,
  'mpi-operator': mpiOperator,
  'mpi-halo': halo,
  'mpi-matmul': matmul,
  'prox-local': localProx,
  'mpi-prox': mpiProx,
  solver,
  function: libraryFunction,
  tutorial,
};

/**
 * Runs a case and compares its results. Collective.
 *
 * @throws {@link NotSupported} if the library or the backend lacks something, and the errors of the
 *   library
 */
export function runKind(trial: Trial): void {
  const { kind } = trial.source.content;
  const run = KINDS[kind];
  if (!run) throw new NotSupported(`kind ${kind}`);
  run(trial);
}
