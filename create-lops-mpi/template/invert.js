// A first inversion: finds a model whose derivative is measured with noise. All ranks run it.
//
//     npx lops run -n 2 invert.js
import {
  COMM_WORLD,
  cgls,
  DistributedArray,
  MPIFirstDerivative,
  MPILaplacian,
  MPIStackedVStack,
  StackedDistributedArray,
} from 'lops-mpi';
import { convergence, Figure, heatMap, layoutMap } from 'lops-mpi/plotting';

const dims = [80, 120];

// The true model: rows over the ranks. Each rank computes its own part.
const model = DistributedArray.zeros(dims);
const [first = 0] = model.box.start;
const [rows = 0, columns = 0] = model.localShape;
for (let i = 0; i < rows; i++)
  for (let j = 0; j < columns; j++)
    model.local.set([i, j], Math.sin((Math.PI * (first + i + 0.5)) / 20) * Math.cos(j / 14));

// The data: its derivative along the rows, and noise. Neighbours exchange the rows at their edges.
const D = new MPIFirstDerivative(dims, { kind: 'centered' });
const noise = DistributedArray.random(dims, { seed: 1 }).scale(0.02);
const data = D.matvec(model).add(noise);

// Least squares with a smooth solution: [D; 0.1 L] x = [data; 0]
const L = new MPILaplacian(dims, { axes: [0, 1] });
const A = new MPIStackedVStack([D, L.scale(0.1)]);
const zero = DistributedArray.zeros(dims);
const solved = cgls(A, new StackedDistributedArray([data, zero]), { niter: 60 });
const { x, iterations, reason } = solved;

const error = x.subtract(model).norm() / model.norm();
if (COMM_WORLD.rank === 0)
  console.log(
    `${COMM_WORLD.size} rank(s), ${iterations} iterations (${reason}), model error ${error.toFixed(3)}`,
  );

// Panels are made by all ranks, and the figure is written by rank 0.
const figure = new Figure({ title: 'A first inversion', columns: 2 }).add(
  heatMap(model, { title: 'True model', colorMap: 'RdBu' }),
  heatMap(x, { title: 'Inverted', colorMap: 'RdBu' }),
  layoutMap(x, { title: 'Which rank owns what' }),
  convergence(solved),
);
if (COMM_WORLD.rank === 0) {
  figure.writePng('invert.png');
  console.log('figure: invert.png');
}
