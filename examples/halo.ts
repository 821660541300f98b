/**
 * Halos: every rank stores a few cells of its neighbours, so that an operator of one rank works
 * across the borders. The example compares a derivative between two halos with the distributed
 * derivative.
 *
 *     npx lops run -n 4 dist/examples/halo.js
 */
import { join } from 'node:path';
import { COMM_WORLD, DistributedArray, MPIBlockDiag, MPIFirstDerivative, MPIHalo } from 'lops-mpi';
import { formatTable } from 'lops-mpi/cli';
import { FirstDerivative } from 'lops-mpi/local';
import { communicationMatrix, Figure, layoutMap } from 'lops-mpi/plotting';
import { finish, numeric, parseFlags, positive, say, writeFigure } from './support.js';

interface Flags {
  readonly n: number;
  readonly columns: number;
  readonly width: number;
}

const { backend, n, columns, width, out } = await parseFlags<Flags>(
  'halo',
  'cells of the neighbours',
  (command) =>
    command
      .option('--n <n>', 'rows, distributed over the ranks', positive, 12)
      .option('--columns <n>', 'of the array', positive, 3)
      .option('--width <n>', 'rows of the halo', numeric, 1),
);
const comm = COMM_WORLD;
const dims = [n, columns];

const x = DistributedArray.random(dims, { backend, seed: 2 });

// As an array: the cells of the neighbours in front and behind. There are none at the outer ends.
const wider = x.addGhostCells(width, width);
const shapes = comm.allgatherObject([x.localShape.join(' × '), wider.shape.join(' × ')]);
say(formatTable(shapes.map(([own, seen], rank) => ({ rank, owns: own as string, sees: seen as string }))));

// As an operator: its adjoint removes the halo.
const H = new MPIHalo(dims, { halo: width, procGrid: [comm.size, 1] });
const extent = H.localExtents[comm.rank] as number[];
const D = new MPIBlockDiag([new FirstDerivative(extent, { axis: 0 })]);
const sandwich = H.H.mul(D.mul(H));

const whole = new MPIFirstDerivative(dims, { axis: 0 });
const flat = H.domain({ backend });
const model = flat.empty().assignGlobal(x.asArray());
comm.counters.reset();
const derivative = sandwich.matvec(model);
const messages = communicationMatrix(comm, { title: 'Bytes of one application' });
const difference = derivative.asArray().ravel().subtract(whole.matvec(x).asArray().ravel()).norm();
say(`\nderivative between halos against the distributed derivative: difference ${difference}`);

const figure = new Figure({ columns: 2, title: `Halos of ${width} row${width === 1 ? '' : 's'}` });
figure.add(layoutMap(x, { xLabel: 'column', yLabel: 'row' }), messages);
finish(() => {
  const path = join(out, 'halo.png');
  writeFigure(figure, path);
  console.log(`figure:  ${path}`);
});
