/**
 * The program that every rank of a launch runs. It runs the tests of its plan and writes each
 * result to the rank's log at once.
 */
import { pathToFileURL } from 'node:url';
import { describeFailure, LogWriter, readPlan } from './protocol.js';

const plan = readPlan(process.env['LOPS_TEST_PLAN']);
const log = new LogWriter(plan.logs);
log.write({ kind: 'hello', pid: process.pid });
// registered before the listener of the library, which ends the job
process.on('uncaughtExceptionMonitor', (error) =>
  log.write({ kind: 'uncaught', failure: describeFailure(error), at: Date.now() }),
);
process.on('exit', (code) => log.write({ kind: 'exit', code, at: Date.now() }));

const { joinWorld } = await import('../../src/mpi/world.js');
const { makeBackend } = await import('./backends.js');
const { collect, makeContext, Skip } = await import('./distributed.js');
const { setDefaultBackend, setDefaultCommunicator } = await import('../../src/core/ports/defaults.js');
const { setLeastSquares } = await import('../../src/core/operator/linear-operator.js');
const { leastSquares } = await import('../../src/optimization/krylov/lsqr.js');

setLeastSquares(leastSquares);
const world = joinWorld();
log.write({ kind: 'joined', rank: world.rank, size: world.size });
let comm = world.dup();

for (const [step, { file, index, title, backend: name }] of plan.tests.entries()) {
  const test = (await collect(pathToFileURL(file).href))[index];
  if (test?.title !== title)
    throw new Error(`expected test ${index} of ${file} to be '${title}', found '${test?.title}'`);
  log.write({ kind: 'begin', step });
  let passed = true;
  try {
    const backend = await makeBackend(name, world);
    setDefaultBackend(backend);
    setDefaultCommunicator(comm);
    await test.body(makeContext(comm, backend));
    log.write({ kind: 'passed', step });
  } catch (error) {
    if (error instanceof Skip) {
      log.write({ kind: 'skipped', step, why: error.why });
    } else {
      passed = false;
      log.write({ kind: 'failed', step, failure: describeFailure(error) });
    }
  }
  // Agreed on a communicator that no test uses. Ranks that are out of step wait here, and the
  // runner ends the launch.
  if (!world.allgatherObject(passed).every(Boolean)) comm = world.dup();
}
log.write({ kind: 'done' });
