import { expect } from 'chai';
import fc from 'fast-check';
import { NDArray } from '../../src/core/array/ndarray.js';
import { product, type Shape, sameShape } from '../../src/core/base/shape.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { Layout } from '../../src/core/distributed/layout.js';
import { DistributedSpace, type Partition } from '../../src/core/distributed/space.js';
import type { AnyOperator } from '../../src/core/operator/linear-operator.js';
import type { Communicator } from '../../src/core/ports/communicator.js';
import type { AnyVector, Space } from '../../src/core/vector/vector.js';
import { MatrixMult } from '../../src/local/index.js';
import {
  MPIBlockDiag,
  MPIFFT1D,
  MPIFFTND,
  MPIFirstDerivative,
  MPIFredholm1,
  MPIHalo,
  MPILaplacian,
  MPIMatrixMult,
  MPIMDC,
  MPIStackedBlockDiag,
  MPIStackedVStack,
  MPIVStack,
} from '../../src/operators/index.js';
import { cgls } from '../../src/optimization/krylov/cgls.js';
import { distributed, group, type RanksContext } from '../support/distributed.js';
import { MORE, SEED } from '../support/draws.js';
import { differenceOf, expectClose } from '../support/expect-close.js';
import { TRIALS, type Trial } from '../support/trials.js';
import { layoutsOf, ragged } from '../support/vectors.js';

/**
 * All kinds of layouts of a shape: split along any axis, uneven, on grids, on one rank, all flat
 * kinds, and replicated.
 */
function layoutsFor(dims: Shape, ranks: number): Layout[] {
  const n = product(dims);
  const natural = [...layoutsOf(dims, ranks), Layout.replicated(dims, ranks)];
  if (dims.length === 1) return natural;
  const flat = (sizes: readonly number[]) => Layout.fromLocalShapes(sizes.map((size) => [size]));
  const rows =
    (dims[0] as number) === 0
      ? []
      : [flat(ragged(dims[0] as number, ranks, 2).map((k) => (k * n) / (dims[0] as number)))];
  const ofRows = flat(Layout.split(dims, ranks).localShapes.map(product));
  return [
    ...natural,
    Layout.split([n], ranks),
    ofRows,
    ...rows,
    flat(ragged(n, ranks, 3)),
    Layout.replicated([n], ranks),
  ];
}

const spaceIn = (layout: Layout, own: DistributedSpace, partition: Partition): DistributedSpace =>
  DistributedSpace.of({
    layout,
    partition: layout.replicated ? partition : 'SCATTER',
    comm: own.comm,
    dtype: own.dtype,
    backend: own.backend,
    mask: own.mask,
  });

/** True if, by the rule, a vector of a layout has the same layout after forward and adjoint. */
function comesBack(A: AnyOperator, layout: Layout, own: DistributedSpace): boolean {
  if (layout.equals(own.layout)) return true;
  if (layout.replicated || own.layout.replicated) return false;
  if (A.dims.length !== A.dimsd.length) return false;
  const [n, m] = [product(A.dims), product(A.dimsd)];
  if (layout.globalShape.length === 1 && A.dims.length > 1)
    return n === m || layout.equals(Layout.split([n], layout.ranks));
  // evenly split, or split along axes of unchanged length
  return (
    A.dims.every((d, k) => layout.grid[k] === 1 || d === A.dimsd[k]) && sameShape(layout.globalShape, A.dims)
  );
}

/**
 * Operators with layouts of their own, or with only one layout on one side. For these the tests
 * only check that the layout no longer changes.
 */
const OWN = ['stacks', 'halos', 'products', 'sparseProducts'];

function holds<T>(
  { comm }: RanksContext,
  arbitrary: fc.Arbitrary<T>,
  numRuns: number,
  body: (value: T) => string[],
): void {
  fc.assert(
    fc.property(arbitrary, (value) => {
      const wrong = comm.allgatherObject(body(value)).flat();
      expect(wrong).to.deep.equal([]);
    }),
    { seed: SEED, numRuns: numRuns * MORE, includeErrorInReport: true },
  );
}

function ownSpace(A: AnyOperator): DistributedSpace {
  const own = A.domain();
  if (!(own instanceof DistributedSpace)) throw new Error(`${A.name} takes no distributed arrays`);
  return own;
}

const taken = (trial: Trial, own: DistributedSpace, layout: Layout): boolean =>
  trial.layouts === 'any' ||
  (trial.layouts === 'its own' ? layout.replicated === own.layout.replicated : !layout.replicated);

group('spaces', () => {
  for (const [name, trials] of Object.entries(TRIALS)) {
    distributed(
      `${name}: a vector comes back, and stays`,
      { backends: ['cpu'], timeout: 60_000 * MORE },
      (context) => {
        const { comm, backend, floats } = context;
        const cases = fc.record({
          trial: trials,
          dtype: fc.constantFrom(...floats),
          masked: fc.boolean(),
          unsafe: fc.boolean(),
        });
        holds(context, cases, 12, ({ trial, dtype, masked, unsafe }) => {
          const { A } = trial.make({ comm, backend, dtype });
          const plain = ownSpace(A);
          const own = masked
            ? DistributedSpace.of({ ...plain, mask: Array.from({ length: comm.size }, (_, r) => r % 2) })
            : plain;
          const wrong: string[] = [];
          // options of transforms may define the split of results
          const fixed = OWN.includes(name) || /"sides":\[(?!null,null)/.test(trial.what);
          for (const layout of layoutsFor(A.dims, comm.size)) {
            if (!taken(trial, own, layout)) continue;
            const space = spaceIn(layout, own, unsafe ? 'UNSAFE_BROADCAST' : 'BROADCAST');
            const what = `${trial.what}: ${space}`;
            const there = A.rangeOf(space);
            const back = A.domainOf(there) as DistributedSpace;
            if (!fixed && comesBack(A, layout, own) && !back.equals(space))
              wrong.push(`${what} comes back as ${back}`);
            if (layout.equals(own.layout) && !back.equals(space))
              wrong.push(`its own ${what} comes back as ${back}`);
            if (!A.domainOf(A.rangeOf(back)).equals(back)) wrong.push(`${what}: ${back} does not stay`);
            if (back.layout.replicated && back.partition !== space.partition)
              wrong.push(`${what}: ${back.partition}`);
            if (String(back.mask) !== String(space.mask)) wrong.push(`${what}: mask ${back.mask}`);
            const ahead = A.domainOf(A.rangeOf(A.domainOf(there)));
            if (!ahead.equals(back)) wrong.push(`${what}: ${ahead} after ${back}`);
          }
          return wrong;
        });
      },
    );

    distributed(
      `${name}: sums, stacks, powers and dot tests of vectors in any layout`,
      { backends: ['cpu'], timeout: 60_000 * MORE },
      (context) => {
        const { comm, backend, floats, tolerance } = context;
        const cases = fc.record({
          trial: trials,
          dtype: fc.constantFrom(...floats),
          pick: fc.nat(60),
          unsafe: fc.boolean(),
        });
        holds(context, cases, 12, ({ trial, dtype, pick, unsafe }) => {
          const { A } = trial.make({ comm, backend, dtype });
          const own = ownSpace(A);
          const layouts = layoutsFor(A.dims, comm.size).filter((layout) => taken(trial, own, layout));
          const layout = layouts[pick % layouts.length] as Layout;
          const space = spaceIn(layout, own, unsafe ? 'UNSAFE_BROADCAST' : 'BROADCAST');
          const what = `${trial.what} of ${dtype}: ${space}`;
          const limit = 50 * tolerance(dtype);
          const wrong: string[] = [];
          const N = A.H.mul(A);
          const D = new MPIFirstDerivative(A.dims, { kind: 'forward', dtype });
          const composed: [string, AnyOperator][] = [
            ['A', A],
            ['AᴴA', N],
            ['AᴴA + 2 AᴴA', N.add(N.scale(2))],
            ['(AᴴA)²', N.pow(2)],
            ['[A; A]', new MPIStackedVStack([A, A.scale(2)])],
          ];
          if (layout.kind === 'boxes') {
            composed.push(['AᴴA + DᴴD', N.add(D.H.mul(D))], ['[A; D]', new MPIStackedVStack([A, D])]);
          }
          for (const [title, op] of composed) {
            const { error } = op.dotTest({ domain: space, rtol: 1, raise: false });
            if (!(error <= limit)) wrong.push(`${what}: dot test of ${title}: ${error}`);
          }
          // a sum has the layout of a sum, whatever layouts its terms return
          const x = space.random(4);
          const sum: AnyVector = N.add(D.H.mul(D)).matvec(x);
          const [a, b]: [AnyVector, AnyVector] = [N.matvec(x), D.H.mul(D).matvec(x)];
          const [whole, first, second] = [sum, a, b].map((v) => v.asArray().reshape([A.shape[1]])) as [
            NDArray,
            NDArray,
            NDArray,
          ];
          const found = differenceOf(whole, first.add(second), limit);
          if (found) wrong.push(`${what}: AᴴA + DᴴD: ${found}`);
          return wrong;
        });
      },
    );
  }

  const FLAT: Readonly<Record<string, (comm: Communicator) => AnyOperator>> = {
    MPIFFT1D: () => new MPIFFT1D([5, 7], { real: true, dtype: 'float64' }),
    MPIFFTND: () => new MPIFFTND([5, 7], { axes: [0, 1], nffts: [6, 7], real: true, dtype: 'float64' }),
    MPIMatrixMult: () => MPIMatrixMult.fromGlobal(NDArray.normal([6, 5], { seed: 2 }), 7),
    MPIMDC: () => MPIMDC.fromGlobal(NDArray.normal([3, 3, 7], { dtype: 'complex128', seed: 2 }), 5),
    MPIFredholm1: () => MPIFredholm1.fromGlobal(NDArray.normal([5, 3, 7], { seed: 2 })),
    MPIBlockDiag: ({ rank }) => new MPIBlockDiag([new MatrixMult(NDArray.normal([4, 7], { seed: rank }))]),
  };
  for (const [name, make] of Object.entries(FLAT))
    distributed(`${name} of flat vectors that cut rows`, { backends: ['cpu'] }, ({ comm }) => {
      const F = make(comm);
      const x = DistributedArray.random(F.shape[1], { seed: 3 });
      const y: AnyVector = F.matvec(x);
      expect(y.size).to.equal(F.shape[0]);
      if (name !== 'MPIBlockDiag') {
        const even = DistributedArray.zeros(F.shape[0], { dtype: y.dtype }).space;
        expect(y.space.equals(even), `${y.space}`).to.equal(true);
        expect(F.domainOf(y.space).equals(x.space)).to.equal(true);
      }
      const L = new MPILaplacian(F.dims, { axes: F.dims.map((_, k) => k) });
      const normal = F.H.mul(F).add(L.H.mul(L));
      expect(normal.rangeOf(x.space).equals(x.space), `${normal.rangeOf(x.space)}`).to.equal(true);
      normal.dotTest({ domain: x.space });
      normal.pow(2).dotTest({ domain: x.space, rtol: 1e-10 });
      const stack = new MPIStackedVStack([F, L]);
      stack.H.matvec(stack.matvec(x));
      stack.dotTest({ domain: x.space });
      F.dotTest({ domain: x.space });
      expect(cgls(F, y, { x0: x, niter: 2 }).x.size).to.equal(x.size);
    });

  distributed(
    'stacks of blocks accept flat vectors as products and sums do',
    { backends: ['cpu'] },
    ({ comm }) => {
      const dims = [2 * comm.size, 3];
      const flat = new MPIBlockDiag([new MatrixMult(NDArray.normal([6, 6], { seed: comm.rank }))]);
      const natural = new MPIFirstDerivative(dims);
      const diagonal = new MPIStackedBlockDiag([flat, natural]);
      const column = new MPIStackedVStack([natural, natural]);
      // the first block is natural if its operator accepts flat vectors
      const stack = diagonal.mul(column);
      stack.dotTest({ domain: DistributedArray.zeros(dims).space });
      const x = DistributedArray.random(dims, { seed: 2 });
      const [a, b] = diagonal.matvec(column.matvec(x)).arrays as unknown as [AnyVector, AnyVector];
      const slope = natural.matvec(x);
      expectClose(a, flat.matvec(slope.ravel()), 0);
      expectClose(b, natural.matvec(slope), 0);
      const back = new MPIStackedVStack([flat, natural]);
      const y = column.matvec(x);
      const sum = flat.rmatvec(slope.ravel()).asArray().reshape(dims).add(natural.rmatvec(slope).asArray());
      expectClose(back.rmatvec(y).asArray().reshape(dims), sum, 1e-12);
    },
  );

  distributed('replicated vectors keep their partition', { backends: ['cpu'] }, ({ comm }) => {
    const A = new MPIVStack([new MatrixMult(NDArray.normal([3, 4], { seed: comm.rank }))]);
    for (const partition of ['BROADCAST', 'UNSAFE_BROADCAST'] as const) {
      const x = DistributedArray.random(4, { partition, seed: 1 });
      const y = A.matvec(x);
      expect(y.partition).to.equal('SCATTER');
      expect(A.rmatvec(y).partition).to.equal(partition);
      expect(A.H.mul(A).matvec(x).space.equals(x.space)).to.equal(true);
      expect(y.add(DistributedArray.ones(3 * comm.size)).size).to.equal(3 * comm.size);
      A.dotTest({ domain: x.space });
    }
  });

  distributed(
    'a halo returns the model over its grid, and its sums accept flat vectors',
    { backends: ['cpu'] },
    ({ comm }) => {
      const H = new MPIHalo([5, 7], { halo: 1, adjoint: 'exact' });
      const L = new MPILaplacian([5, 7]);
      const x: Space<DistributedArray> = DistributedArray.zeros(35).space;
      expect(H.domainOf(H.rangeOf(x)).equals(H.domain())).to.equal(true);
      const sum = H.H.mul(H).add(L);
      expect(sum.rangeOf(x).equals(x), `${comm.size}`).to.equal(true);
      sum.dotTest({ domain: x });
      H.dotTest({ domain: x });
    },
  );
});
