/**
 * Derivatives of distributed arrays: their kinds, their adjoints, and their numbers of messages.
 *
 *     npx lops run -n 3 dist/examples/derivatives.js --n 60
 */
import { join } from 'node:path';
import {
  COMM_WORLD,
  DistributedArray,
  MPIFirstDerivative,
  MPIGradient,
  MPILaplacian,
  MPISecondDerivative,
} from 'lops-mpi';
import { formatTable } from 'lops-mpi/cli';
import { Figure, heatMap } from 'lops-mpi/plotting';
import { fieldOf } from './fields.js';
import { finish, integerFrom, parseFlags, say, writeFigure } from './support.js';

interface Flags {
  readonly n: number;
}

const { backend, n, out } = await parseFlags<Flags>('derivatives', 'derivatives over ranks', (command) =>
  command.option('--n <n>', 'samples along each of two axes; at least 2', integerFrom(2), 80),
);
const comm = COMM_WORLD;
const dims = [n, n];
const h = (2 * Math.PI) / (n - 1);

// sin x · cos y. Each rank fills its rows.
const u = fieldOf(
  DistributedArray.empty(dims, { backend }).space,
  (i, j) => Math.sin(i * h) * Math.cos(j * h),
);

const operators = {
  'first, centered': new MPIFirstDerivative(dims, { sampling: h, edge: true }),
  'first, order 5': new MPIFirstDerivative(dims, { sampling: h, order: 5, edge: true }),
  'first, forward': new MPIFirstDerivative(dims, { sampling: h, kind: 'forward' }),
  'first along axis 1': new MPIFirstDerivative(dims, { sampling: h, axis: 1, edge: true }),
  second: new MPISecondDerivative(dims, { sampling: h, edge: true }),
  Laplacian: new MPILaplacian(dims, { axes: [0, 1], sampling: [h, h], edge: true }),
};
const rows = Object.entries(operators).map(([name, D]) => {
  const before = comm.counters.messages;
  const y = D.matvec(u);
  const messages = comm.counters.messages - before;
  const { error } = D.dotTest({ domain: u.space, raise: false });
  return {
    derivative: name,
    'max |y|': y.norm(Number.POSITIVE_INFINITY),
    'messages of rank 0': messages,
    'error of the dot test': error,
  };
});
say(formatTable(rows));

// The gradient is a stack with one block for each axis.
const gradient = new MPIGradient(dims, { sampling: h, edge: true }).matvec(u);
const panels: readonly (readonly [string, DistributedArray])[] = [
  ['u = sin x cos y', u],
  ['∂u/∂x', gradient.block(0) as DistributedArray],
  ['∂u/∂y', gradient.block(1) as DistributedArray],
  ['∇²u', operators.Laplacian.matvec(u)],
];
const end = 2 * Math.PI + h / 2;
const figure = new Figure({ columns: 2, title: 'Derivatives of a distributed array' });
for (const [title, array] of panels)
  figure.add(
    heatMap(array, {
      title,
      colorMap: 'RdBu',
      transpose: true,
      extent: [-h / 2, end, -h / 2, end],
      aspect: 'equal',
      xLabel: 'x [rad]',
      yLabel: 'y [rad]',
      colorBarLabel: title.split(' ')[0] as string,
    }),
  );
finish(() => {
  const path = join(out, 'derivatives.png');
  writeFigure(figure, path);
  console.log(`figure:  ${path}`);
});
