/**
 * Arrays over ranks: the part of each rank, arithmetic that sends nothing, the few methods that
 * communicate, and stacks.
 *
 *     npx lops run -n 3 dist/examples/arrays.js
 *     npx lops run -n 4 dist/examples/arrays.js --rows 12 --columns 5 --axis 1
 */
import { COMM_WORLD, DistributedArray, StackedDistributedArray } from 'lops-mpi';
import { formatTable } from 'lops-mpi/cli';
import { finish, numeric, parseFlags, positive, say } from './support.js';

interface Flags {
  readonly rows: number;
  readonly columns: number;
  readonly axis: number;
}

const { backend, rows, columns, axis } = await parseFlags<Flags>('arrays', 'distributed arrays', (command) =>
  command
    .option('--rows <n>', 'of the array', positive, 10)
    .option('--columns <n>', 'of the array', positive, 4)
    .option('--axis <k>', 'that is distributed', numeric, 0),
);
const comm = COMM_WORLD;

// The split is as even as possible. Every rank computes the parts of all ranks without messages.
const x = DistributedArray.random([rows, columns], { axis, backend, seed: 1 });
const y = DistributedArray.full([rows, columns], 2, { axis, backend });
say(`global shape ${x.globalShape.join(' × ')}, along axis ${axis}:`);
say(formatTable(x.localShapes.map((shape, rank) => ({ rank, 'local shape': shape.join(' × ') }))));

// Arithmetic sends nothing. Inner products and norms are one reduction each.
const z = x.multiply(y).addInPlace(y);
say(`\nx·y = ${String(x.dot(y))}, ‖x‖ = ${x.norm()}, max|x| = ${x.norm(Number.POSITIVE_INFINITY)}`);

// The numbers do not depend on the number of ranks: a random element depends on seed and place.
z.set([0, 0], 7);
say(
  `z[0, 0] = ${String(z.get([0, 0]))}, x[${rows - 1}, ${columns - 1}] = ` +
    `${String(x.get([rows - 1, columns - 1]))}`,
);

// A split along the other axis needs messages between ranks with parts that overlap.
const across = z.redistribute(1 - axis);
say(`redistributed: ${across.localShapes.map((s) => s.join(' × ')).join(', ')}`);
say(`the same array: ${across.asArray().subtract(z.asArray()).norm() === 0}`);

// Every rank stores a whole BROADCAST array. Its inner products still count every element once.
const everywhere = z.broadcast().assertReplicated();
say(`broadcast: ‖z‖ = ${everywhere.norm()} = ${z.norm()}`);

// A stack is several arrays as one vector. Stacked operators have such vectors.
const stack = new StackedDistributedArray([x, across]);
say(
  `stack of ${stack.length}: ${stack.size} elements, ‖·‖² = ${stack.norm() ** 2} = ` +
    `${x.norm() ** 2 + across.norm() ** 2}`,
);

// With a mask, reductions include only the ranks of one colour.
const mask = Array.from({ length: comm.size }, (_, rank) => rank % 2);
const coloured = DistributedArray.ones([comm.size], { mask, backend });
const sums = comm.allgatherObject(coloured.rdot(coloured));
say(`ranks of a rank's colour: ${sums.join(', ')}`);

finish();
