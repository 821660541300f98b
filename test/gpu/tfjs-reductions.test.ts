import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { NDArray } from '../../src/core/array/ndarray.js';
import { re } from '../../src/core/base/complex.js';
import type { DType } from '../../src/core/base/dtype.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { setDefaultBackend, setDefaultCommunicator } from '../../src/core/ports/defaults.js';
import { createCpuBackend } from '../../src/cpu/index.js';
import { SelfCommunicator } from '../../src/mpi/communicator/self-communicator.js';
import {
  cg,
  cgls,
  cglsSingleReduction,
  cgPipelined,
  cgSingleReduction,
  fista,
  irls,
  ista,
  lsmr,
  lsqr,
  minres,
  splitBregman,
  THRESHOLD_KINDS,
} from '../../src/optimization/index.js';
import { L1, L2, primalDual, proximalGradient } from '../../src/proximal/index.js';
import { definite } from '../optimization/problems.js';
import { makeBackend } from '../support/backends.js';

const host = createCpuBackend();
const backends = [await makeBackend('tfjs:wasm'), await makeBackend('tfjs:cpu')];
const [wasm] = backends as [(typeof backends)[0]];

/** The most elements that this package reads from the engine at once during `work`. */
function longestRead(work: () => void): number {
  const { prototype } = tf.Tensor;
  const { dataSync } = prototype;
  let longest = 0;
  prototype.dataSync = function (this: tf.Tensor) {
    longest = Math.max(longest, this.size);
    return dataSync.call(this);
  } as typeof dataSync;
  try {
    work();
  } finally {
    prototype.dataSync = dataSync;
  }
  return longest;
}

/** Equal within the rounding of a square in float32. */
function expectSame(got: unknown, want: unknown): void {
  if (got !== want && !Number.isNaN(want)) expect((got as number) / (want as number)).to.be.closeTo(1, 1e-6);
  expect(Number.isNaN(got)).to.equal(Number.isNaN(want));
}

describe('reductions of tfjs', () => {
  const n = 10_007;
  for (const backend of backends) {
    const array = (f: (i: number) => number, dtype: DType = 'float32') => {
      const lanes = dtype === 'complex64' ? 2 : 1;
      return NDArray.fromHost(
        Float32Array.from({ length: n * lanes }, (_, i) => f(i)),
        [n],
        { backend, dtype },
      );
    };
    const fallbacks = (work: () => void): number => {
      const before = backend.stats().hostFallbacks;
      work();
      return backend.stats().hostFallbacks - before;
    };

    it(`adds on the engine, within 256 · 2^-24 of the sum of moduli [${backend.name}]`, () => {
      for (const dtype of ['float32', 'complex64'] as const) {
        const [x, y] = [array((i) => 0.1 + (i % 7), dtype), array((i) => Math.sin(i), dtype)];
        const [hx, hy] = [x.to(host), y.to(host)];
        const used = fallbacks(() => {
          for (const op of ['sumAbs', 'sumSquares', 'maxAbs', 'minAbs', 'countNonzero'] as const) {
            const [got, want] = [re(backend.reduce(op, x)), re(host.reduce(op, hx))];
            expect(Math.abs(got - want), `${op} ${dtype}`).to.be.at.most(256 * 2 ** -24 * want);
          }
          const got = backend.dots([{ x, y, conjugate: true }]);
          const want = host.dots([{ x: hx, y: hy, conjugate: true }]);
          const bound = 256 * 2 ** -24 * hx.norm() * hy.norm();
          for (const k of [0, 1])
            expect(Math.abs((got[k] as number) - (want[k] as number))).to.be.at.most(bound);
        });
        expect(used).to.equal(0);
      }
    });

    it(`scales where squares overflow or vanish, and uses the host for NaN only [${backend.name}]`, () => {
      for (const dtype of ['float32', 'complex64'] as const) {
        for (const [value, calls] of [
          [1e25, 0],
          [1e-25, 0],
          [1e-42, 0],
          [Number.NaN, 1],
          [Number.POSITIVE_INFINITY, 1],
          [0, 0],
        ] as const) {
          const x = array((i) => (i === 77 ? value : 0), dtype);
          const used = fallbacks(() => {
            expectSame(backend.reduce('sumSquares', x), host.reduce('sumSquares', x.to(host)));
          });
          expect(used, `${value}`).to.equal(calls);
          const both = fallbacks(() => {
            const [got, want] = [backend, host].map((b) =>
              b.dots([{ x: x.to(b), y: x.to(b), conjugate: true }]),
            ) as [Float64Array, Float64Array];
            expectSame(got[0], want[0]);
            expectSame(got[1], want[1]);
          });
          expect(both, `${value}`).to.equal(calls);
        }
      }
    });

    it(`leaves moduli that may overflow to the host [${backend.name}]`, () => {
      const large = array((i) => (i >> 1 === 38 ? 2e38 : 0), 'complex64');
      const largest = backend.reduce('maxAbs', large) as number;
      expect(Number.isFinite(largest)).to.equal(true);
      expectSame(largest, host.reduce('maxAbs', large.to(host)));
    });

    it(`reduces lines on the engine, with the same exceptions [${backend.name}]`, () => {
      const extents = [
        [3, 40, 5],
        [2, 700, 3],
        [1, 1500, 1],
      ] as const;
      for (const [outer, m, inner] of extents)
        for (const [op, value, calls] of [
          ['sum', 1, 0],
          ['sumSquares', 1, 0],
          ['sumSquares', 1e25, 1],
          ['sumSquares', 1e-25, 1],
        ] as const) {
          const size = outer * m * inner;
          const values = Float32Array.from({ length: size }, (_, i) => value * (1 + (i % 5)));
          const [x, y] = [
            NDArray.fromHost(values, [size], { backend }),
            NDArray.zeros([outer * inner], { backend }),
          ];
          const want = NDArray.zeros([outer * inner], { backend: host, dtype: 'float32' });
          host.reduceAxis(op, x.to(host), [outer, m, inner], want);
          const used = fallbacks(() => backend.reduceAxis(op, x, [outer, m, inner], y));
          expect(used, `${op} ${value} ${m}`).to.equal(calls);
          const [a, b] = [y.toHost(), want.toHost()];
          for (let i = 0; i < b.length; i++)
            if (a[i] !== b[i]) expect((a[i] as number) / (b[i] as number)).to.be.closeTo(1, 256 * 2 ** -24);
        }
    });
  }
});

describe('solver steps on tfjs:wasm', () => {
  before(() => {
    setDefaultBackend(wasm);
    setDefaultCommunicator(new SelfCommunicator());
  });
  after(() => setDefaultBackend(host));

  const DIMS = [64, 48];
  const problem = (dtype: DType) => ({
    A: definite(DIMS),
    y: DistributedArray.random(DIMS, { dtype, seed: 3 }),
  });
  type Problem = ReturnType<typeof problem>;
  const tol = 0;
  const thresholds = THRESHOLD_KINDS.filter((kind) => !kind.endsWith('percentile'));
  const SOLVERS: Readonly<Record<string, (p: Problem) => Iterable<unknown>>> = {
    cg: ({ A, y }) => cg.steps(A, y, { niter: 5, tol }),
    cgSingleReduction: ({ A, y }) => cgSingleReduction.steps(A, y, { niter: 5, tol }),
    cgPipelined: ({ A, y }) => cgPipelined.steps(A, y, { niter: 5, tol }),
    cgls: ({ A, y }) => cgls.steps(A, y, { niter: 5, tol, damp: 0.1 }),
    cglsSingleReduction: ({ A, y }) => cglsSingleReduction.steps(A, y, { niter: 5, tol }),
    lsqr: ({ A, y }) => lsqr.steps(A, y, { niter: 5 }),
    lsmr: ({ A, y }) => lsmr.steps(A, y, { niter: 5 }),
    minres: ({ A, y }) => minres.steps(A, y, { niter: 5 }),
    ista: ({ A, y }) => ista.steps(A, y, { niter: 5, tol, eps: 0.1, alpha: 0.04 }),
    ...Object.fromEntries(
      thresholds.map((threshkind) => [
        `fista ${threshkind}`,
        ({ A, y }: Problem) => fista.steps(A, y, { niter: 5, tol, eps: 0.1, alpha: 0.04, threshkind }),
      ]),
    ),
    irls: ({ A, y }) => irls.steps(A, y, { niter: 3, eps: 1e-2, inner: { niter: 4 } }),
    splitBregman: ({ A, y }) => splitBregman.steps(A, y, { l1: [{ R: A, eps: 0.1 }], niter: 3, inner: 2 }),
    proximalGradient: ({ y }) =>
      proximalGradient.steps(new L2({ b: y }), new L1({ sigma: 0.1 }), y, { tau: 0.5 }),
    primalDual: ({ A, y }) =>
      primalDual.steps(new L2({ b: y }), new L1({ sigma: 0.1 }), A, y, { tau: 0.1, mu: 0.1, niter: 5 }),
  };
  for (const [name, steps] of Object.entries(SOLVERS))
    for (const dtype of ['float32', 'complex64'] as const)
      it(`${name} copies no vector to the host [${dtype}]`, () => {
        const iterator = steps(problem(dtype))[Symbol.iterator]();
        iterator.next();
        iterator.next();
        const before = wasm.stats().hostFallbacks;
        const longest = longestRead(() => {
          iterator.next();
          iterator.next();
        });
        iterator.return?.();
        expect(longest)
          .to.be.above(0)
          .and.at.most((2 * 64 * 48) / 16);
        expect(wasm.stats().hostFallbacks - before).to.equal(0);
      });
});
