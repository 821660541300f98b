/** Runs golden cases on every rank of a launch: `rank-main.js PLAN FIRST`. */
import { readFileSync, writeSync } from 'node:fs';
import { messageOf } from '../../../src/core/base/errors.js';
import type { Backend } from '../../../src/core/ports/backend.js';
import type { Communicator } from '../../../src/core/ports/communicator.js';
import { setDefaultBackend, setDefaultCommunicator } from '../../../src/core/ports/defaults.js';
import { joinWorld } from '../../../src/mpi/world.js';
import { makeBackend } from '../backends.js';
import { GoldenCase } from './case.js';
import { runKind } from './kinds/index.js';
import { NotSupported } from './not-supported.js';
import { mergeOutcomes, type Outcome } from './outcome.js';
import { formatMessage, type Message, type Plan } from './protocol.js';
import { Trial } from './trial.js';
import type { Unit } from './units.js';

function run(unit: Unit, backend: Backend, comm: Communicator): Outcome {
  let accepted = 0;
  try {
    const source = new GoldenCase(unit.folder, backend.dtypes);
    accepted = source.content.tolerance.atol;
    const { nranks, dtype } = source.content;
    if (nranks !== undefined && nranks !== comm.size) return { verdict: 'not for', ranks: comm.size };
    if (!(backend.dtypes as readonly string[]).includes(dtype))
      throw new NotSupported(`${dtype} on backend '${backend.name}'`);
    const trial = new Trial(source, backend, comm, unit.part);
    runKind(trial);
    return trial.outcome;
  } catch (error) {
    const what = messageOf(error);
    if (error instanceof NotSupported) return { verdict: 'not supported', what };
    return {
      verdict: 'off',
      off: Number.POSITIVE_INFINITY,
      accepted,
      what: error instanceof Error ? `${error.name}: ${what}` : what,
    };
  }
}

const [path = '', first = '0'] = process.argv.slice(2);
const { units, backend: name, ranks } = JSON.parse(readFileSync(path, 'utf8')) as Plan;
const comm = joinWorld();
if (comm.size !== ranks) throw new Error(`expected ${ranks} ranks, there are ${comm.size}`);
const backend = await makeBackend(name, comm);
setDefaultCommunicator(comm);
setDefaultBackend(backend);
const tell = (message: Message): void => {
  // written synchronously, so that a slow case does not delay the message
  if (comm.rank === 0) writeSync(1, formatMessage(message));
};
tell({ ready: true });
for (const unit of units.slice(Number(first))) {
  const outcome = run(unit, backend, comm);
  tell({ outcome: mergeOutcomes(comm.allgatherObject(outcome)) });
}
