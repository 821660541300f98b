/**
 * Model and data on all ranks, and communication inside the operator: a matrix that is too wide for
 * one rank. Both vectors are BROADCAST, so that the solver's vectors need no messages. Each rank
 * multiplies its columns, and the operator sums the products.
 *
 *     npx lops run -n 4 dist/examples/replicated.js --rows 300 --columns 2000
 */
import {
  COMM_WORLD,
  cgls,
  DistributedArray,
  Layout,
  MPIHStack,
  MPILinearOperator,
  NDArray,
  type Space,
} from 'lops-mpi';
import { formatTable } from 'lops-mpi/cli';
import { TransferPlan } from 'lops-mpi/extend';
import { MatrixMult } from 'lops-mpi/local';
import { finish, parseFlags, positive, say } from './support.js';

/**
 * An operator from a vector that every rank stores to the part of each rank. The adjoint gathers
 * the parts.
 */
class ToParts extends MPILinearOperator {
  readonly #whole: Layout;
  readonly #parts: Layout;
  constructor(n: number) {
    super({ dims: n });
    this.#whole = Layout.replicated([n], this.comm.size);
    this.#parts = Layout.split([n], this.comm.size);
  }
  override domain() {
    return this.spaceOn(this.#whole);
  }
  override rangeOf(x: Space<DistributedArray>) {
    return this.checkComm(x).withLayout(this.#parts);
  }
  override domainOf(y: Space<DistributedArray>) {
    return this.checkComm(y).withLayout(this.#whole);
  }
  protected override forward(x: DistributedArray, y: DistributedArray): void {
    TransferPlan.between(this.#whole, this.#parts, this.comm).run(x.local, y.local);
  }
  protected override adjoint(y: DistributedArray, x: DistributedArray): void {
    TransferPlan.between(this.#parts, this.#whole, this.comm).run(y.local, x.local);
  }
}

interface Flags {
  readonly rows: number;
  readonly columns: number;
  readonly niter: number;
}

const { rows, columns, niter, backend } = await parseFlags<Flags>(
  'replicated',
  'a wide matrix, its columns over the ranks',
  (command) =>
    command
      .option('--rows <n>', 'of the matrix', positive, 400)
      .option('--columns <n>', 'of the matrix, distributed over the ranks', positive, 300)
      .option('--niter <n>', 'iterations', positive, 60),
);
const comm = COMM_WORLD;

const [count] = DistributedArray.empty(columns).localShape as [number];
const mine = NDArray.normal([rows, count], { seed: comm.rank + 1, backend });
const A = new MPIHStack([new MatrixMult(mine)]).mul(new ToParts(columns));

const mtrue = DistributedArray.random(columns, { partition: 'BROADCAST', seed: 7, backend });
const d = A.matvec(mtrue);
comm.counters.reset();
const { x, iterations, reason } = cgls(A, d, { niter, tol: 1e-16 });
const { reductions, collectives, messages } = comm.counters;

say(`${rows} × ${columns} on ${comm.size} rank${comm.size > 1 ? 's' : ''}, backend ${backend}: ${reason}\n`);
const table = [
  { iterations, 'model error': x.subtract(mtrue).norm() / mtrue.norm(), reductions, collectives, messages },
];
say(formatTable(table));

finish();
