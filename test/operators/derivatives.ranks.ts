import { expect } from 'chai';
import { NDArray } from '../../src/core/array/ndarray.js';
import type { DType } from '../../src/core/base/dtype.js';
import { ArgumentError, PartitionError, ShapeError } from '../../src/core/base/errors.js';
import { product, type Shape } from '../../src/core/base/shape.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { Layout } from '../../src/core/distributed/layout.js';
import { StackedDistributedArray } from '../../src/core/distributed/stacked-distributed-array.js';
import type { Communicator } from '../../src/core/ports/communicator.js';
import { DERIVATIVE_KINDS, type DerivativeOrder } from '../../src/core/schemes/derivative-scheme.js';
import { openWorkspaces } from '../../src/core/vector/workspace.js';
import {
  type AnyLocalOperator,
  FirstDerivative,
  Laplacian,
  SecondDerivative,
} from '../../src/local/index.js';
import {
  MPIFirstDerivative,
  MPIGradient,
  MPILaplacian,
  type MPILinearOperator,
  MPISecondDerivative,
} from '../../src/operators/index.js';
import { distributed, group } from '../support/distributed.js';
import { expectClose } from '../support/expect-close.js';
import { expectAllThrow, layoutsOf, NOTHING, placed, ragged, traffic } from '../support/vectors.js';

interface Case {
  readonly name: string;
  make(dims: Shape): MPILinearOperator;
  local(dims: Shape): AnyLocalOperator;
}

const first = (
  axis: number,
  kind: 'forward' | 'backward' | 'centered',
  order: DerivativeOrder,
  edge: boolean,
): Case => {
  const options = { axis, kind, order, edge, sampling: 0.5 };
  return {
    name: `first derivative ${kind} ${order} ${edge ? 'edge ' : ''}axis ${axis}`,
    make: (dims) => new MPIFirstDerivative(dims, options),
    local: (dims) => new FirstDerivative(dims, options),
  };
};
const second = (axis: number, kind: 'forward' | 'backward' | 'centered', edge: boolean): Case => {
  const options = { axis, kind, edge, sampling: 2 };
  return {
    name: `second derivative ${kind} ${edge ? 'edge ' : ''}axis ${axis}`,
    make: (dims) => new MPISecondDerivative(dims, options),
    local: (dims) => new SecondDerivative(dims, options),
  };
};

const along = (axis: number): Case[] => [
  first(axis, 'forward', 3, false),
  first(axis, 'backward', 3, false),
  first(axis, 'centered', 3, false),
  first(axis, 'centered', 3, true),
  first(axis, 'centered', 5, false),
  first(axis, 'centered', 5, true),
  ...DERIVATIVE_KINDS.map((kind) => second(axis, kind, false)),
  second(axis, 'centered', true),
];
const laplacian = (axes: number[], weights: number[]): Case => ({
  name: `Laplacian over ${axes}`,
  make: (dims) =>
    new MPILaplacian(dims, { axes, weights, sampling: axes.map((k) => 1 + Math.abs(k)), edge: true }),
  local: (dims) =>
    new Laplacian(dims, { axes, weights, sampling: axes.map((k) => 1 + Math.abs(k)), edge: true }),
});

/** Layouts of the natural shape and of the flat vector, some of them aligned to rows. */
function inputs(dims: Shape, comm: Communicator): Layout[] {
  const n = product(dims);
  const flat =
    dims.length > 1
      ? [
          Layout.split([n], comm.size),
          Layout.fromLocalShapes(ragged(n, comm.size, 2).map((k) => [k])),
          rowwise(dims, comm),
        ]
      : [];
  return [
    ...layoutsOf(dims, comm.size),
    Layout.replicated(dims, comm.size),
    ...flat,
    Layout.replicated([n], comm.size),
  ];
}

const rowwise = (dims: Shape, comm: Communicator): Layout =>
  Layout.fromLocalShapes(Layout.split(dims, comm.size).localShapes.map((s) => [product(s)]));

/**
 * Compares the operator on a distributed vector, forward and adjoint, with the local operator on
 * the whole array.
 */
function compare(
  { name, make, local }: Case,
  dims: Shape,
  dtype: DType,
  comm: Communicator,
  tolerance: number,
): void {
  const [A, L] = [make(dims), local(dims)];
  const whole = DistributedArray.random(dims, { dtype, partition: 'UNSAFE_BROADCAST', seed: 4 }).local;
  const [y, x] = [L.matvec(whole), L.rmatvec(whole)];
  for (const layout of inputs(dims, comm)) {
    const u = placed(whole.reshape(layout.globalShape), layout, comm);
    const what = `${name} of ${dtype} ${layout}`;
    for (const [apply, exact] of [
      [(out?: DistributedArray) => A.matvec(u, out), y],
      [(out?: DistributedArray) => A.rmatvec(u, out), x],
      [(out?: DistributedArray) => A.H.matvec(u, out), x],
    ] as const) {
      const v = apply();
      expect(v.dtype, what).to.equal(dtype);
      expect(v.partition, what).to.equal('SCATTER');
      expectClose(v, exact.reshape(v.globalShape), 20 * tolerance, what);
      expect(v.globalShape).to.deep.equal(layout.globalShape);
      if (!layout.replicated) expect(v.layout.equals(layout), what).to.equal(true);
      const out = v.emptyLike().fill(Number.NaN);
      expect(apply(out)).to.equal(out);
      expectClose(out.local, v.local, 0, what);
    }
    const sum = A.matvec(u);
    A.matvecAdd(u, sum);
    expectClose(sum, y.multiply(2).reshape(sum.globalShape), 40 * tolerance, `added: ${what}`);
  }
}

group('derivatives', () => {
  const SHAPES = [
    [
      [7, 3],
      [3, 2],
      [1, 4],
    ],
    [
      [3, 7],
      [4, 2],
      [5, 1],
    ],
  ] as const;
  for (const [axis, shapes] of SHAPES.entries())
    for (const [i, test] of along(axis).entries())
      for (const dims of shapes)
        distributed(
          `${test.name} of [${dims}]: equals the local operator, in any layout`,
          { timeout: 60_000 },
          ({ comm, floats, tolerance }) => {
            const dtype = floats[i % floats.length] as DType;
            compare(test, dims, dtype, comm, tolerance(dtype));
          },
        );

  for (const test of along(0))
    for (const n of [9, 3, 2, 1])
      distributed(
        `${test.name} of [${n}]: equals the local operator, in any layout`,
        ({ comm, floats, tolerance }) => {
          const dtype = floats[n % floats.length] as DType;
          compare(test, [n], dtype, comm, tolerance(dtype));
        },
      );

  for (const [test, dims] of [
    [laplacian([-2, -1], [1, 1]), [6, 5]],
    [laplacian([0, 1, 2], [1, 2, 0.5]), [5, 3, 4]],
    [laplacian([0, 2], [-1, 3]), [2, 2, 6]],
  ] as const)
    distributed(
      `${test.name} of [${dims}]: equals the local operator, in any layout`,
      ({ comm, floats, tolerance }) => {
        for (const dtype of floats) compare(test, dims, dtype, comm, tolerance(dtype));
      },
    );

  for (const { name, make } of [...along(0), ...along(1), laplacian([0, 1], [1, 2])])
    distributed(`${name}: passes the dot test in any layout`, ({ comm, floats }) => {
      for (const dtype of floats) {
        const A = make([5, 4]);
        for (const layout of layoutsOf([5, 4], comm.size)) {
          const domain = DistributedArray.zeros([5, 4], { dtype }).space.withLayout(layout);
          expect(A.dotTest({ domain }).passed).to.equal(true);
        }
      }
    });

  for (const [{ name, make }, distributedAxis] of [
    ...along(0).map((test) => [test, true] as const),
    ...along(1).map((test) => [test, false] as const),
    [laplacian([0, 1], [1, 1]), true] as const,
    [laplacian([1], [1]), false] as const,
  ])
    distributed(
      distributedAxis
        ? `${name}: costs at most one message to each neighbour, no collective`
        : `${name}: sends nothing along an axis that is not split`,
      ({ comm }) => {
        const rows = 4 * comm.size;
        const neighbours = Number(comm.rank > 0) + Number(comm.rank < comm.size - 1);
        const A = make([rows, 6]);
        const x = DistributedArray.random([rows, 6], { dtype: 'float32' });
        const [y, z] = [A.matvec(x), A.rmatvec(x)];
        for (const spent of [traffic(comm, () => A.matvec(x, y)), traffic(comm, () => A.rmatvec(x, z))]) {
          expect(spent.messages).to.be.at.most(distributedAxis ? neighbours : 0);
          expect({ ...spent, messages: 0 }).to.deep.equal(NOTHING);
        }
      },
    );

  distributed('spaces cost no message', ({ comm }) => {
    const spent = traffic(comm, () => new MPIFirstDerivative([4 * comm.size, 6]).range());
    expect(spent).to.deep.equal(NOTHING);
  });

  distributed('go from matvec to the kernel in at most ten calls', ({ comm, backend }) => {
    const dims = [5 * comm.size, 3];
    const D = new MPIFirstDerivative(dims);
    const x = DistributedArray.random(dims, { dtype: 'float32', seed: 1 });
    const y = D.matvec(x);
    const { stencil } = backend;
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 50;
    const depths: number[] = [];
    backend.stencil = (...args) => {
      const calls = (new Error().stack ?? '').split('\n').slice(1);
      depths.push(1 + calls.findIndex((call) => call.includes('.matvec ')));
      stencil.apply(backend, args);
    };
    try {
      D.matvec(x, y);
    } finally {
      Error.stackTraceLimit = limit;
      backend.stencil = stencil;
    }
    expect(depths).to.have.length.greaterThan(0);
    for (const depth of depths) expect(depth).to.be.within(2, 10);
  });

  distributed('prepare a stencil once for a space and a direction', ({ comm, backend }) => {
    const dims = [5 * comm.size, 3];
    const D = new MPIFirstDerivative(dims);
    const { prepareStencil } = backend;
    let prepared = 0;
    backend.prepareStencil = (...args) => {
      prepared += 1;
      return prepareStencil.apply(backend, args);
    };
    const made = (run: () => void): number => {
      const before = prepared;
      run();
      return prepared - before;
    };
    try {
      const x = DistributedArray.random(dims, { dtype: 'float32', seed: 1 });
      const [y, z] = [x.emptyLike(), x.emptyLike()];
      for (const run of [() => D.matvec(x, y), () => D.rmatvec(x, y), () => D.matvecAdd(x, z.assign(x))]) {
        expect(made(run)).to.be.within(1, 3);
        expect(made(run)).to.equal(0);
      }
      expect(made(() => D.matvec(x.copy(), y))).to.equal(0);
      expect(made(() => D.matvec(x.astype('complex64')))).to.be.within(1, 3);
    } finally {
      backend.prepareStencil = prepareStencil;
    }
  });

  distributed('allocate nothing after the first call', ({ comm, backend }) => {
    const dims = [7, 3];
    const D = new MPIFirstDerivative(dims, { order: 5 });
    const A = D.H.mul(D).add(new MPILaplacian(dims).scale(0.5)).add(D.pow(2));
    const close = openWorkspaces();
    for (const layout of [
      Layout.split(dims, comm.size),
      Layout.split(dims, comm.size, 1),
      Layout.split([21], comm.size),
      rowwise(dims, comm),
    ]) {
      const x = DistributedArray.zeros(layout.globalShape, { dtype: 'float32' })
        .space.withLayout(layout)
        .random(1);
      const y = A.matvec(x);
      A.rmatvec(x, y);
      const before = [DistributedArray.constructions, backend.stats().allocations];
      for (let k = 0; k < 3; k++) {
        A.matvec(x, y);
        A.rmatvec(x, y);
      }
      expect([DistributedArray.constructions, backend.stats().allocations], `${layout}`).to.deep.equal(
        before,
      );
      // another vector of the same kind uses the same workspaces
      const other = x.copy();
      A.matvec(other, y);
      expect(backend.stats().allocations - (before[1] as number), `${layout}`).to.be.at.most(2);
    }
    close();
  });

  distributed('release their memory when flat vectors are disposed', ({ backend }) => {
    const D = new MPIFirstDerivative([8, 3]);
    const run = () => {
      for (const shape of [[24], [8, 3]]) {
        const x = DistributedArray.ones(shape, { dtype: 'float32' });
        const y = D.matvec(x);
        for (const v of [x, y]) v.dispose();
      }
    };
    run();
    const before = backend.stats().liveBytes;
    run();
    expect(backend.stats().liveBytes).to.equal(before);
  });

  distributed('refuse arguments that do not fit, on every rank', ({ comm, backend }) => {
    const D = new MPIFirstDerivative([6, 4]);
    const dtype = 'float32';
    const x = DistributedArray.ones([6, 4], { dtype });
    expectAllThrow(comm, () => D.matvec(DistributedArray.ones([6, 5], { dtype })), ShapeError);
    expectAllThrow(comm, () => D.matvec(DistributedArray.ones([4, 6], { dtype })), ShapeError);
    expectAllThrow(comm, () => D.matvec(DistributedArray.ones([25], { dtype })), ShapeError);
    expectAllThrow(comm, () => D.matvec(x, x), ArgumentError);
    expectAllThrow(comm, () => D.matvec(x, DistributedArray.ones([25], { dtype })), ShapeError);
    const elsewhere = Layout.fromLocalShapes(
      Array.from({ length: comm.size }, (_, r) => [r === comm.size - 1 ? 6 : 0, 4]),
    );
    if (comm.size > 1) expectAllThrow(comm, () => D.matvec(x, x.redistribute(elsewhere)), ShapeError);
    expectAllThrow(comm, () => D.matvec(x, DistributedArray.ones([6, 4], { dtype, axis: 1 })), ShapeError);
    expectAllThrow(
      comm,
      () => D.matvec(DistributedArray.ones([6, 4], { dtype, comm: comm.dup() })),
      PartitionError,
    );
    expectAllThrow(
      comm,
      () =>
        D.matvec(placed(NDArray.ones([6, 4], { backend }), Layout.split([6, 4], comm.size, 1), comm).ravel()),
      ShapeError,
    );
    // a vector of one row: most ranks have no data, so nothing can overlap
    const row = DistributedArray.ones([1, 4], { dtype });
    expectAllThrow(comm, () => new MPIFirstDerivative([1, 4]).matvec(row, row), ArgumentError);
    expectAllThrow(comm, () => new MPIFirstDerivative([6, 4], { axis: 2 }), ShapeError);
    expectAllThrow(comm, () => new MPIFirstDerivative([6, 4], { axis: Number.NaN }), ShapeError);
    const misspelt: Record<string, unknown> = { ordr: 5 };
    expect(() => new MPIFirstDerivative([6, 4], misspelt)).to.throw(ArgumentError, 'order');
    expectAllThrow(comm, () => new MPILaplacian([6, 4], { axes: [0, 1], weights: [1] }), ShapeError);
    expectAllThrow(comm, () => new MPIGradient([6, 4], { sampling: [1] }), ShapeError);
  });
});

group('gradient', () => {
  for (const dims of [
    [6, 4],
    [2, 3, 3],
  ])
    distributed(`of [${dims}]: is the stack of the first derivatives`, ({ comm, floats, tolerance }) => {
      for (const dtype of floats) {
        const G = new MPIGradient(dims, { kind: 'forward', sampling: dims.map((_, k) => k + 1) });
        const whole = DistributedArray.random(dims, { dtype, partition: 'UNSAFE_BROADCAST', seed: 4 }).local;
        const locals = dims.map(
          (_, axis) => new FirstDerivative(dims, { axis, kind: 'forward', sampling: axis + 1 }),
        );
        for (const layout of inputs(dims, comm)) {
          const x = placed(whole.reshape(layout.globalShape), layout, comm);
          const y = G.matvec(x);
          expect(y).to.be.instanceOf(StackedDistributedArray);
          let back = NDArray.zeros(dims, { dtype, backend: whole.backend });
          locals.forEach((L, k) => {
            const block = y.block(k).asArray();
            expectClose(block, L.matvec(whole).reshape(block.shape), 20 * tolerance(dtype), `${layout}`);
            back = back.add(L.rmatvec(L.matvec(whole)));
          });
          const z = G.rmatvec(y);
          expectClose(z, back.reshape(z.globalShape), 40 * tolerance(dtype), `${layout}`);
        }
        expect(G.dotTest({ domain: DistributedArray.zeros(dims, { dtype }).space }).passed).to.equal(true);
      }
    });

  distributed('costs the messages of the distributed axis alone', ({ comm }) => {
    const G = new MPIGradient([3 * comm.size, 4]);
    const x = DistributedArray.random([3 * comm.size, 4], { dtype: 'float32' });
    const y = G.matvec(x);
    const neighbours = Number(comm.rank > 0) + Number(comm.rank < comm.size - 1);
    for (const spent of [traffic(comm, () => G.matvec(x, y)), traffic(comm, () => G.rmatvec(y, x))]) {
      expect(spent).to.deep.equal({ ...NOTHING, messages: neighbours });
    }
  });
});
