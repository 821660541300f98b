/**
 * Products with a matrix that is distributed over a grid of ranks. `summa` splits it into tiles and
 * sends panels of both matrices. `block` splits it into rows and sends the other matrix. Both are
 * compared with the product on one rank, and each solves a least-squares problem with many
 * right-hand sides.
 *
 *     npx lops run -n 4 dist/examples/matmul.js --rows 600 --inner 400 --columns 50
 */
import { join } from 'node:path';
import { COMM_WORLD, cgls, DistributedArray, MPIMatrixMult, NDArray, resolveBackend } from 'lops-mpi';
import { formatTable } from 'lops-mpi/cli';
import { MATRIX_MULT_KINDS } from 'lops-mpi/extend';
import { convergence, Figure, layoutMap, type Panel } from 'lops-mpi/plotting';
import { relativeError } from './misfit.js';
import { finish, parseFlags, positive, say, writeFigure } from './support.js';

interface Flags {
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
  readonly niter: number;
}

const { backend, rows, inner, columns, niter, out } = await parseFlags<Flags>(
  'matmul',
  'matrix products over ranks',
  (command) =>
    command
      .option('--rows <n>', 'of the matrix', positive, 240)
      .option('--inner <n>', 'columns of the matrix: unknowns of a problem', positive, 160)
      .option('--columns <n>', 'right-hand sides', positive, 24)
      .option('--niter <n>', 'iterations of CGLS', positive, 40),
);
const comm = COMM_WORLD;
const dtype = resolveBackend(backend).defaultDType;

// The matrix is the same on every rank, for the comparison. A rank needs only its block.
const matrix = NDArray.normal([rows, inner], { seed: 1, backend, dtype });
const model = DistributedArray.random([inner, columns], { seed: 2, backend, dtype });
const local = matrix.matmul(model.asArray());

const table: Record<string, string | number>[] = [];
const owners: Panel[] = [];
const histories: Record<string, readonly number[]> = {};
for (const kind of MATRIX_MULT_KINDS) {
  const A = MPIMatrixMult.fromGlobal(matrix, columns, { kind });
  const x = A.domain({ backend, dtype }).empty().assignGlobal(model.asArray());
  const y = A.matvec(x);
  const before = { ...comm.counters };
  A.matvec(x, y);
  const { messages, bytes } = comm.counters;
  const error = y.asArray().subtract(local).norm() / local.norm();
  const result = cgls(A, y, { niter, tol: 0 });
  table.push({
    kind,
    grid: A.grid.join(' × '),
    'error of A X': error,
    messages: messages - before.messages,
    KiB: Math.round((bytes - before.bytes) / 1024),
    'dot test': A.dotTest({ domain: x.space, raise: false }).error,
    'error of CGLS': relativeError(result.x, x),
  });
  histories[kind] = result.cost;
  owners.push(
    layoutMap(y, { title: `Y of ${kind}: grid ${A.grid.join(' × ')}`, xLabel: 'column', yLabel: 'row' }),
  );
}
say(
  `${rows} × ${inner} times ${inner} × ${columns} ${dtype} on ${comm.size} ` +
    `rank${comm.size > 1 ? 's' : ''}, backend ${backend}; messages of rank 0\n`,
);
say(formatTable(table));

finish(() => {
  const figure = new Figure({ columns: 3, title: 'A distributed matrix product' });
  figure.add(...owners, convergence(histories, { title: 'Least squares by CGLS', yLabel: '‖Y − A X‖' }));
  const path = join(out, 'matmul.png');
  writeFigure(figure, path);
  console.log(`figure:  ${path}`);
});
