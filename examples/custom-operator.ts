/**
 * A new operator: its spaces and two methods that fill their second argument. Checks, `out`,
 * algebra, the dot test and every solver then work with it.
 *
 * The example has a periodic shift of rows, which sends whole rows to other ranks, and a weight for
 * each element. Together they mix an image, and CGLS recovers the image.
 *
 *     npx lops run -n 3 dist/examples/custom-operator.js --rows 30 --by 7
 */
import { cgls, DistributedArray, MPILinearOperator, roll } from 'lops-mpi';
import { relativeError } from './misfit.js';
import { finish, numeric, parseFlags, positive, say } from './support.js';

interface Flags {
  readonly rows: number;
  readonly columns: number;
  readonly by: number;
}

/** `y = w · x`, element by element. It sends nothing. */
class Weights extends MPILinearOperator {
  readonly #weights: DistributedArray;
  readonly #conjugate: DistributedArray;
  constructor(weights: DistributedArray) {
    super({ dims: weights.globalShape, dtype: weights.dtype, holdsData: true, comm: weights.comm });
    this.#weights = weights;
    this.#conjugate = weights.conj();
  }
  protected override forward(x: DistributedArray, y: DistributedArray): void {
    y.assign(x).multiplyInPlace(this.#weights);
  }
  protected override adjoint(y: DistributedArray, x: DistributedArray): void {
    x.assign(y).multiplyInPlace(this.#conjugate);
  }
}

/** `y[i] = x[i − by]`, periodic. The adjoint shifts in the other direction. */
class Turn extends MPILinearOperator {
  readonly #by: number;
  constructor(dims: readonly number[], by: number) {
    super({ dims });
    this.#by = by;
  }
  protected override forward(x: DistributedArray, y: DistributedArray): void {
    this.#turn(x, this.#by, y);
  }
  protected override adjoint(y: DistributedArray, x: DistributedArray): void {
    this.#turn(y, -this.#by, x);
  }
  #turn(from: DistributedArray, by: number, to: DistributedArray): void {
    const turned = roll(from, by, 0);
    to.assign(turned);
    turned.dispose();
  }
}

const { backend, rows, columns, by } = await parseFlags<Flags>(
  'custom-operator',
  'an operator of your own',
  (command) =>
    command
      .option('--rows <n>', 'of the image', positive, 24)
      .option('--columns <n>', 'of the image', positive, 10)
      .option('--by <n>', 'rows to shift by', numeric, 5),
);
const dims = [rows, columns];
const weights = DistributedArray.random(dims, { backend, seed: 1 });
const shift = new Turn(dims, by);
const mix = new Weights(weights).mul(shift).add(shift.pow(0).scale(4));

for (const A of [new Weights(weights), shift, mix]) {
  const { error } = A.dotTest({ domain: weights.space });
  say(`${String(A)}: dot test ${error.toExponential(2)}`);
}

const truth = DistributedArray.random(dims, { backend, seed: 2 });
const { x, iterations, reason } = cgls(mix, mix.matvec(truth), { niter: 100, tol: 1e-18 });
say(`unmixed in ${iterations} iterations (${reason}): error ${relativeError(x, truth).toExponential(2)}`);

finish();
