// One rank of a job with checkpoints: checkpoint-rank.js FOLDER ITERATIONS [ITERATION in which a
// rank is killed, in the middle of the checkpoint if it writes one] [RANK]. It prints the costs and
// a digest of the solution.
import { createHash } from 'node:crypto';
import { writeSync } from 'node:fs';
import type { SolverProgress } from '../../src/extend.js';
import { cgls, DistributedArray, MPIGradient } from '../../src/index.js';
import { Checkpoint } from '../../src/io/index.js';

const [folder = '', iterations = '0', fatal, who = '1'] = process.argv.slice(2);

class Fatal extends Checkpoint {
  override keep(state: SolverProgress, last: boolean): void {
    // the other ranks continue
    if (fatal !== undefined && state.iteration === Number(fatal) && state.x.reducer?.rank === Number(who)) {
      writeSync(2, `killed at ${Date.now()}\n`);
      process.kill(process.pid, 'SIGKILL');
    }
    super.keep(state, last);
  }
}

const A = new MPIGradient([12, 4]);
const y = A.range().random(5);
const { x, cost } = cgls(A, y, {
  niter: Number(iterations),
  tol: 0,
  damp: 0.1,
  checkpoint: new Fatal(folder, { every: 4 }),
});
const solution = x.asArray().toHost();
if (DistributedArray.zeros([1]).rank === 0) {
  const digest = createHash('sha256')
    .update(new Uint8Array(solution.buffer, solution.byteOffset, solution.byteLength))
    .digest('hex');
  process.stdout.write(`${JSON.stringify({ cost, digest })}\n`);
}
