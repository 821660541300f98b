/**
 * Stacks of operators: block diagonals and columns of local operators, distributed over the ranks,
 * and stacks of distributed operators. Each has a dot test and is inverted.
 *
 *     npx lops run -n 2 dist/examples/stacking.js --blocks 6
 */
import {
  COMM_WORLD,
  cgls,
  type LinearOperator,
  MPIBlockDiag,
  MPIFirstDerivative,
  MPIGradient,
  MPIHStack,
  MPIStackedVStack,
  MPIVStack,
  NDArray,
  type Vector,
} from 'lops-mpi';
import { formatTable } from 'lops-mpi/cli';
import { MatrixMult } from 'lops-mpi/local';
import { finish, parseFlags, positive, say } from './support.js';

interface Flags {
  readonly blocks: number;
  readonly n: number;
}

const { backend, blocks, n } = await parseFlags<Flags>('stacking', 'stacks of operators', (command) =>
  command
    .option('--blocks <n>', 'dealt to the ranks in turn', positive, 5)
    .option('--n <n>', 'unknowns of a block', positive, 8),
);
const comm = COMM_WORLD;

// Each rank makes its own blocks. Matrices with the same seed are the same on any number of ranks.
const mine = Array.from({ length: blocks }, (_, k) => k).filter((k) => k % comm.size === comm.rank);
const matrices = (rows: number, columns: number) =>
  mine.map((seed) => new MatrixMult(NDArray.normal([rows, columns], { seed, backend })));
const D = new MPIFirstDerivative([4 * n, n], { kind: 'forward' });

/**
 * Tests an operator: a dot test, and the inversion of the data of a known model. The vectors may be
 * of any kind.
 */
function check<M extends Vector<M>, D extends Vector<D>>(operator: string, A: LinearOperator<M, D>) {
  const truth = A.domain({ backend }).random(3);
  const y = A.matvec(truth);
  const { error } = A.dotTest({ domain: truth.space, raise: false });
  const { x, iterations } = cgls(A, y, { niter: 200, tol: 1e-16 * y.norm() ** 2 });
  return {
    operator,
    shape: A.shape.join(' × '),
    'dot test': error,
    iterations,
    'data misfit': A.matvec(x).subtract(y).norm() / y.norm(),
  };
}

say(
  formatTable([
    check('MPIBlockDiag: a block for a part of model and data', new MPIBlockDiag(matrices(n + 2, n))),
    check('MPIVStack: one model on all ranks, data spread', new MPIVStack(matrices(n, n))),
    check('MPIHStack: model spread, one data vector', new MPIHStack(matrices(n, n))),
    check(
      'MPIStackedVStack: distributed operators on top',
      new MPIStackedVStack([D.pow(0), D.scale(0.5), new MPIGradient([4 * n, n])]),
    ),
    check('a product and a sum', D.H.mul(D).add(D.pow(0))),
  ]),
);

finish();
