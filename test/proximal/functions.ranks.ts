import { expect } from 'chai';
import { NDArray } from '../../src/core/array/ndarray.js';
import type { Complex } from '../../src/core/base/complex.js';
import { type DType, isComplex, isDouble } from '../../src/core/base/dtype.js';
import { ArgumentError, DTypeError, PartitionError, ShapeError } from '../../src/core/base/errors.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { StackedDistributedArray } from '../../src/core/distributed/stacked-distributed-array.js';
import type { AnyVector } from '../../src/core/vector/vector.js';
import { openWorkspaces } from '../../src/core/vector/workspace.js';
import { MatrixMult } from '../../src/local/index.js';
import { MPIBlockDiag, MPIFirstDerivative } from '../../src/operators/index.js';
import {
  admm,
  Box,
  Euclidean,
  EuclideanBall,
  Huber,
  Indicator,
  L0,
  L1,
  L1Ball,
  L2,
  L21,
  MPIL2,
  MPIProxOperator,
  Nuclear,
  Orthogonal,
  type ProxOperator,
  primalDual,
  proximalGradient,
  Simplex,
  TV,
} from '../../src/proximal/index.js';
import { type DistributedOptions, distributed, group, type RanksContext } from '../support/distributed.js';
import { expectClose, expectSameBits } from '../support/expect-close.js';
import { expectAllThrow } from '../support/vectors.js';
import { accepts, type Entry, FUNCTIONS, KINDS, type Kind } from './functions.js';

const TAU = 0.8;

/** What a test of a function receives. `what` names the kind of vector and the dtype. */
interface Case {
  readonly f: ProxOperator;
  readonly entry: Entry;
  readonly kind: Kind;
  readonly dtype: DType;
  readonly what: string;
}

/**
 * Defines a test for each function that `applies` selects. It runs `body` for every kind of vector
 * and every floating dtype that the function accepts.
 */
function forEachFunction(
  title: string,
  applies: (entry: Entry) => boolean,
  body: (test: Case, context: RanksContext) => void,
  options: DistributedOptions = {},
): void {
  for (const entry of FUNCTIONS.filter(applies))
    distributed(`${entry.name}: ${title}`, options, (context) => {
      for (const kind of KINDS)
        for (const dtype of context.floats)
          if (accepts(entry, kind, dtype))
            body({ f: entry.make(kind, dtype), entry, kind, dtype, what: `${kind.name} ${dtype}` }, context);
    });
}
const all = () => true;
const isConvex = ({ convex }: Entry): boolean => convex !== false;

/**
 * The tolerance of a function. Sums of norms are as accurate as their precision; iterations are as
 * accurate as the entry states.
 */
const slackOf = ({ tolerance }: RanksContext, dtype: DType, entry: Entry): number =>
  Math.max(100 * tolerance(dtype), entry.accuracy ?? 0);

group('proximal operators', () => {
  forEachFunction(
    'the prox minimises f(z) + ‖z − x‖²/(2τ): no other point has a smaller value',
    all,
    ({ f, entry, kind, dtype, what }, context) => {
      const x = kind.random(dtype, 1);
      const p = f.prox(x, TAU);
      expect(p.dtype).to.equal(dtype);
      const objective = (z: AnyVector): number => f.value(z) + z.subtract(x).norm() ** 2 / (2 * TAU);
      const best = objective(p);
      expect(best, what).to.be.finite;
      const slack = slackOf(context, dtype, entry) * (1 + Math.abs(best));
      const others: AnyVector[] = [x, x.zerosLike()];
      for (const size of [1e-2, 0.3, 1])
        others.push(p.add(kind.random(dtype, 3).multiply(size)), p.multiply(1 - size));
      if (f instanceof Indicator)
        for (const seed of [11, 12, 13]) others.push(f.prox(kind.random(dtype, seed), 1));
      for (const z of others) expect(objective(z), what).to.be.at.least(best - slack);
    },
  );

  forEachFunction(
    '(x − p)/τ is a subgradient at p: f(p) + f*(u) = Re⟨p, u⟩',
    ({ conjugate }) => conjugate === true,
    ({ f, kind, dtype, what }, { tolerance }) => {
      const x = kind.random(dtype, 1);
      const p = f.prox(x, TAU);
      // inside the domain of the conjugate in spite of rounding
      const u: AnyVector = x.subtract(p).multiply((1 - 20 * tolerance(dtype)) / TAU);
      const atol = 100 * tolerance(dtype) * (1 + p.norm() * u.norm());
      expect(f.value(p) + f.conjugateValue(u), what).to.be.closeTo(p.rdot(u), atol);
    },
  );

  forEachFunction(
    'prox(x) + τ dual prox(x/τ) = x, as Moreau states',
    (entry) => isConvex(entry) && !entry.accuracy,
    ({ f, kind, dtype, what }, { tolerance }) => {
      const x = kind.random(dtype, 1);
      const dual = f.proxDual(x.multiply(1 / TAU), 1 / TAU);
      const back = f.prox(x, TAU).axpby(TAU, dual, 1);
      expectClose(back, x, { norm: 20 * tolerance(dtype) * x.norm() }, what);
    },
  );

  forEachFunction('is firmly non-expansive', isConvex, ({ f, entry, kind, dtype, what }, context) => {
    const [x, y] = [kind.random(dtype, 1), kind.random(dtype, 2)];
    const moved: AnyVector = f.prox(x, TAU).subtract(f.prox(y, TAU));
    const before: AnyVector = x.subtract(y);
    expect(moved.norm() ** 2, what).to.be.at.most(
      moved.rdot(before) + slackOf(context, dtype, entry) * before.norm() ** 2,
    );
  });

  forEachFunction(
    'projections are in the set, and stay where they are',
    ({ indicator }) => indicator === true,
    ({ f, kind, dtype, what }, { tolerance }) => {
      const x = kind.random(dtype, 1).multiply(3);
      expect(f.value(x), `${what}: a point outside`).to.equal(Number.POSITIVE_INFINITY);
      const p = f.prox(x, TAU);
      expect(f.value(p), what).to.equal(0);
      expectClose(f.prox(p, 5), p, { norm: 20 * tolerance(dtype) * p.norm() }, what);
    },
  );

  forEachFunction(
    'distributed vectors give the results of local ones',
    // the vectors of these functions are random and differ between kinds
    ({ name }) => !/weighted|with|translated$|Ball$/.test(name),
    ({ f, entry, kind, dtype, what }, { tolerance }) => {
      if (kind.name !== 'scattered' && kind.name !== 'replicated') return;
      const same = entry.make(KINDS[0] as Kind, dtype);
      const x = kind.random(dtype, 4);
      const whole: AnyVector = x.asArray();
      const slack = 50 * tolerance(dtype) * (1 + x.norm());
      const result: AnyVector = f.prox(x, TAU).asArray();
      expectClose(result, same.prox(whole, TAU), { norm: slack }, what);
      expectClose(f.value(x), same.value(whole), { rtol: slack, atol: slack, notFinite: 'equal' }, what);
    },
  );

  forEachFunction(
    'a gradient is the slope of the values, if there is one',
    all,
    ({ f, kind, dtype, what }) => {
      if (!isDouble(dtype)) return;
      const x = kind.random(dtype, 1);
      if (!f.isSmooth) {
        expect(() => f.grad(x)).to.throw(ArgumentError, /smooth/);
        return;
      }
      const d = kind.random(dtype, 2);
      const g = f.grad(x);
      const h = 1e-5;
      const slope = (f.value(x.copy().axpby(h, d, 1)) - f.value(x.copy().axpby(-h, d, 1))) / (2 * h);
      expect(g.rdot(d), what).to.be.closeTo(slope, 1e-6 * (1 + Math.abs(slope)));
      const again = x.emptyLike();
      expect(f.valueAndGrad(x, again)).to.be.closeTo(f.value(x), 1e-12 * (1 + f.value(x)));
      expectClose(again, g, { norm: 1e-13 * (1 + g.norm()) });
    },
  );

  forEachFunction(
    'works in place, allocates nothing after the first call, and costs the stated reductions',
    all,
    ({ f, entry, kind, dtype, what }, { comm, backend, tolerance }) => {
      const x = kind.random(dtype, 1);
      const close = openWorkspaces();
      const p = x.emptyLike();
      const counts = () => {
        const { allocations, poolMisses } = backend.stats();
        return [
          allocations,
          poolMisses,
          DistributedArray.constructions,
          StackedDistributedArray.constructions,
        ];
      };
      f.prox(x, TAU, p);
      f.value(x);
      const before = counts();
      const reductions = comm.counters.reductions;
      f.prox(x, TAU, p);
      const between = comm.counters.reductions;
      f.value(x);
      const after = comm.counters.reductions;
      // the selection of the norms of a stack's blocks allocates no memory either
      expect(counts(), `${what}: memory`).to.deep.equal(before);
      const [prox, value] = entry.reductions;
      const none = kind.name === 'local';
      if (prox !== undefined) expect(between - reductions, `${what}: prox`).to.equal(none ? 0 : prox);
      if (value !== undefined) expect(after - between, `${what}: value`).to.equal(none ? 0 : value);
      const y = x.copy();
      f.prox(y, TAU, y);
      expect(y.subtract(p).norm(), `${what}: in place`).to.be.at.most(10 * tolerance(dtype) * (1 + p.norm()));
      close();
    },
    { timeout: 60_000 },
  );

  distributed('L1 on complex numbers keeps phases; its dual prox limits moduli', ({ dtypes, tolerance }) => {
    for (const dtype of dtypes.filter(isComplex)) {
      const x = DistributedArray.random([9], { dtype, seed: 3 });
      const sigma = 0.5;
      const cut = new L1({ sigma }).proxDual(x, 2.5);
      const expected = (x.asArray().toArray() as Complex[]).map(({ re, im }) => {
        const scale = Math.min(1, sigma / Math.hypot(re, im));
        return { re: re * scale, im: im * scale };
      });
      expectClose(cut, expected, { atol: 20 * tolerance(dtype) });
    }
  });

  distributed(
    'L2 by CG and by CGLS: the iterates are the same; reductions and allocations',
    ({ comm, backend, floats, tolerance }) => {
      for (const dtype of floats) {
        const blocks = [1, 2, 3, 4].filter((_, k) => k % comm.size === comm.rank);
        const Op = new MPIBlockDiag(
          blocks.map((seed) => new MatrixMult(NDArray.normal([4, 3], { seed, dtype }), { dtype })),
        );
        const space = Op.domain({ dtype });
        const [b, q, x] = [Op.range({ dtype }).random(5), space.random(6), space.random(7)];
        for (const niter of [1, 2, 6]) {
          const options = { Op, b, q, sigma: 1.3, alpha: 0.4, niter, warm: false };
          const expected = new L2(options).prox(x, TAU);
          expectClose(new L2({ ...options, solver: 'cg' }).prox(x, TAU), expected, 1e4 * tolerance(dtype));
        }
        const f = new L2({ Op, b, q, niter: 3, solver: 'cg' });
        const close = openWorkspaces();
        f.prox(x, TAU, x);
        const [{ reductions }, { poolMisses }] = [comm.counters, backend.stats()];
        f.prox(x, TAU, x);
        expect(comm.counters.reductions - reductions, dtype).to.equal(1 + 2 * 3);
        expect(backend.stats().poolMisses, dtype).to.equal(poolMisses);
        close();
        // A tolerance of the squared gradient that the start has
        const ended = new L2({ Op, b, niter: 50, tol: 1e9, warm: false, solver: 'cg' });
        expectClose(ended.prox(x, TAU), x, 0);
      }
    },
  );

  distributed('qgrad: false leaves the linear term out of the gradient alone', ({ floats, tolerance }) => {
    for (const dtype of floats) {
      const make = (seed: number) => DistributedArray.random([7, 2], { dtype, seed });
      const [x, b, q] = [make(1), make(2), make(3)];
      for (const Op of [undefined, new MPIFirstDerivative([7, 2])]) {
        const options = { Op, b, sigma: 1.3, alpha: 0.4, niter: 4 };
        const [whole, without] = [new L2({ ...options, q }), new L2({ ...options, q, qgrad: false })];
        const plain = new L2(options);
        const out = x.emptyLike();
        expectSameBits(without.grad(x), plain.grad(x));
        expect(without.valueAndGrad(x, out)).to.equal(whole.value(x));
        expectSameBits(out, plain.grad(x));
        out.axpby(0.4, q, 1);
        expectClose(whole.grad(x), out, 20 * tolerance(dtype));
        expectSameBits(without.prox(x, TAU), whole.prox(x, TAU));
      }
    }
  });

  distributed(
    'L2 with an operator: the prox solves its normal equations, from the last solution',
    (context) => {
      const { comm, dtypes, tolerance } = context;
      for (const dtype of dtypes.filter((d) => d === 'float64' || d === 'complex128')) {
        const blocks = [1, 2, 3, 4].filter((_, k) => k % comm.size === comm.rank);
        const Op = new MPIBlockDiag(
          blocks.map((seed) => new MatrixMult(NDArray.normal([4, 3], { seed, dtype }), { dtype })),
        );
        const space = Op.domain({ dtype });
        const [b, q] = [Op.range({ dtype }).random(5), space.random(6)];
        const f = new MPIL2({ Op, b, q, sigma: 1.3, alpha: 0.4, niter: 40 });
        const x = space.random(7);
        const p = f.prox(x, TAU);
        // σ Opᴴ(Op p − b) + αq + (p − x)/τ = 0
        const residual = f.grad(p).axpby(1 / TAU, p.subtract(x), 1);
        expect(residual.norm(), dtype).to.be.below(1e3 * tolerance(dtype) * b.norm());
        const single = new L2({ Op, b, q, sigma: 1.3, alpha: 0.4, niter: 1 });
        const distance = () => single.prox(x, TAU).subtract(p).norm();
        const first = distance();
        for (let k = 0; k < 5; k++) distance();
        expect(distance()).to.be.below(0.5 * first);
        const cold = new L2({ Op, b, q, sigma: 1.3, alpha: 0.4, niter: 1, warm: false, x0: p });
        expectClose(cold.prox(x, TAU), p, { norm: 1e3 * tolerance(dtype) * b.norm() });
        expect(cold.comm?.id).to.equal(Op.comm.id);
      }
    },
  );

  distributed(
    'MPIProxOperator gives the results of its function, and refuses other arguments',
    ({ reals: [dtype = 'float64'] }) => {
      const x = DistributedArray.random([11], { dtype, seed: 1 });
      const f = new L1({ sigma: 0.3 });
      const g = new MPIProxOperator(f);
      expect(g.value(x)).to.equal(f.value(x));
      expectClose(g.prox(x, TAU), f.prox(x, TAU), 0);
      expectClose(g.proxDual(x, TAU), f.proxDual(x, TAU), 0);
      expect(g.isSmooth).to.equal(false);
      // @ts-expect-error not a function
      expect(() => new MPIProxOperator(3)).to.throw(
        ArgumentError,
        'expected f to be a ProxOperator, received 3',
      );
    },
  );

  distributed(
    'parameters that are vectors are refused by name where they do not fit',
    ({ comm, reals: [dtype = 'float64'], dtypes }) => {
      const x = DistributedArray.random([6, 4], { dtype, seed: 1 });
      const other = DistributedArray.ones([6, 5], { dtype });
      const local = NDArray.ones([6, 4], { dtype });
      const fitted: Record<string, (v: AnyVector) => ProxOperator> = {
        'L0: expected sigma': (v) => new L0({ sigma: v }),
        'L1: expected sigma': (v) => new L1({ sigma: v }),
        'Box: expected lower': (v) => new Box({ lower: v }),
        'Box: expected upper': (v) => new Box({ upper: v }),
        'EuclideanBall: expected center': (v) => new EuclideanBall({ center: v }),
        'L2: expected b': (v) => new L2<AnyVector>({ b: v }),
        'L2: expected q': (v) => new L2<AnyVector>({ q: v }),
        'L1.translate(): expected b': (v) => new L1().translate(v),
        'L1.precompose(): expected b': (v) => new L1().precompose(2, v),
        'L1.addQuadratic(): expected b': (v) => new L1().addQuadratic({ b: v }),
        'L1.addQuadratic(): expected q': (v) => new L1().addQuadratic({ q: v }),
        'Orthogonal: expected b': (v) =>
          new Orthogonal<AnyVector>(new L1(), new MPIFirstDerivative([6, 4]).pow(0), { b: v }),
      };
      const refused = (f: () => unknown, kind: new (text: string) => Error, text: string): void => {
        expectAllThrow(comm, f, kind, text);
        expect(f, text).to.throw(kind, text);
      };
      const image = new L2({ Op: new MPIFirstDerivative([6, 4]), x0: other });
      refused(() => image.prox(x, 1), ShapeError, 'L2: expected x0');
      for (const [start, make] of Object.entries(fitted)) {
        // another shape, another kind of vector, or not a vector
        refused(() => make(other).prox(x, 1), ShapeError, start);
        refused(() => make(local).prox(x, 1), ShapeError, start);
        refused(() => make([1, 2] as unknown as AnyVector), ArgumentError, start);
        refused(() => make(Float64Array.of(1) as unknown as AnyVector), ArgumentError, start);
        for (const wrong of dtypes.filter(
          (d) => isComplex(d) === isComplex(dtype) && d !== dtype && d !== 'int32',
        ))
          refused(() => make(DistributedArray.ones([6, 4], { dtype: wrong })).prox(x, 1), DTypeError, start);
        // the memory of the function contains no wrong parameter
        make(DistributedArray.ones([6, 4], { dtype })).prox(x, 1);
        make(
          DistributedArray.ones([24], {
            dtype,
            localShapes: x.localShapes.map((s) => [(s[0] as number) * 4]),
          }),
        ).prox(x, 1);
      }
      const negative = DistributedArray.ones([6, 4], { dtype }).setAt(23, -1);
      const nan = DistributedArray.ones([6, 4], { dtype }).setAt(23, Number.NaN);
      const endless = DistributedArray.ones([6, 4], { dtype }).setAt(23, Number.POSITIVE_INFINITY);
      for (const sigma of [negative, nan, endless]) {
        refused(() => new L1({ sigma }), ArgumentError, 'L1: expected the elements of sigma');
        refused(() => new L0({ sigma }), ArgumentError, 'L0: expected the elements of sigma');
      }
      const { POSITIVE_INFINITY: most, NEGATIVE_INFINITY: least } = Number;
      for (const bounds of [
        { lower: 1, upper: 0 },
        { lower: most, upper: most },
        { upper: least },
        { lower: Number.NaN },
      ])
        refused(() => new Box(bounds), ArgumentError, 'Box: expected lower to be at most upper');
      refused(
        () => new Box({ lower: 0, upper: negative }),
        ArgumentError,
        'Box: expected the elements of upper',
      );
      refused(() => new Box({ lower: nan }), ArgumentError, 'Box: expected the elements of lower');
      refused(() => new Box({ lower: other, upper: negative }), ShapeError, 'Box: expected upper');
      new Box({ lower: endless.negative(), upper: endless }).prox(x, 1);
      if (comm.size > 1) {
        // the wrong element belongs to one colour
        const mask = Array.from({ length: comm.size }, (_, r) => (r === 0 ? 0 : 1));
        const masked = DistributedArray.ones([6, 4], { dtype, mask }).setAt(23, -1);
        refused(() => new L1({ sigma: masked }), ArgumentError, 'L1: expected the elements of sigma');
        refused(
          () => new Box({ lower: 0, upper: masked }),
          ArgumentError,
          'Box: expected the elements of upper',
        );
      }
      // only numbers are accepted
      const v = x as unknown as number;
      const numbers: Record<string, () => unknown> = {
        'L2: expected sigma': () => new L2({ sigma: v }),
        "expected solver to be 'cg' or 'cgls'": () => new L2({ solver: v as never }),
        'L2: expected qgrad': () => new L2({ qgrad: v as never }),
        'L2: expected alpha': () => new L2({ alpha: v }),
        'L21: expected sigma': () => new L21(2, { sigma: v }),
        'Euclidean: expected sigma': () => new Euclidean({ sigma: v }),
        'Huber: expected alpha': () => new Huber({ alpha: v }),
        'Huber: expected sigma': () => new Huber({ sigma: v }),
        'Nuclear: expected sigma': () => new Nuclear([6, 4], { sigma: v }),
        'TV: expected sigma': () => new TV([6, 4], { sigma: v }),
        'Simplex: expected radius': () => new Simplex({ radius: v }),
        'L1Ball: expected radius': () => new L1Ball({ radius: v }),
        'EuclideanBall: expected radius': () => new EuclideanBall({ radius: v }),
        'Orthogonal: expected alpha': () =>
          new Orthogonal(new L1(), new MPIFirstDerivative([6, 4]), { alpha: v }),
        'L1.addQuadratic(): expected rho': () => new L1().addQuadratic({ rho: v }),
        'L1.scale: expected the factor': () => new L1().scale(v),
        'L1.precompose(): expected a': () => new L1().precompose(v),
        'L1: expected tau': () => new L1().prox(x, v),
        'proximalGradient: expected tau': () =>
          proximalGradient(new L2<AnyVector>(), new L1(), x, { tau: v }),
        'proximalGradient: expected epsg': () =>
          proximalGradient(new L2<AnyVector>(), new L1(), x, { tau: 1, epsg: v }),
        'primalDual: expected mu': () =>
          primalDual(new L1(), new L1(), new MPIFirstDerivative([6, 4]), x, { tau: 1, mu: v }),
      };
      for (const [start, make] of Object.entries(numbers)) refused(make, ArgumentError, start);
      const none = [1, 2] as unknown as DistributedArray;
      const f = 'L1' as unknown as L1;
      refused(() => admm(new L1(), new L1(), x, { tau: 1, z0: none }), ArgumentError, 'admm: expected z0');
      refused(() => admm(new L1(), new L1(), x, { tau: 1, z0: other }), ShapeError, 'admm: expected z0');
      refused(() => admm(new L1(), new L1(), none, { tau: 1 }), ArgumentError, 'admm: expected x0');
      refused(() => admm(f, new L1(), x, { tau: 1 }), ArgumentError, 'admm: expected f');
      refused(() => new L1().add(f), ArgumentError, 'ProxSum: expected function 1');
    },
  );

  distributed(
    'arguments that do not fit are refused on all ranks',
    ({ comm, reals: [dtype = 'float64'], dtypes }) => {
      const x = DistributedArray.random([6, 4], { dtype, seed: 1 });
      const other = DistributedArray.random([6, 5], { dtype, seed: 1 });
      const l1 = new L1();
      expectAllThrow(comm, () => l1.prox(x, 0), ArgumentError);
      expectAllThrow(comm, () => l1.prox(x, Number.NaN), ArgumentError);
      expectAllThrow(comm, () => l1.prox(x, 1, other), ShapeError);
      expectAllThrow(comm, () => l1.prox(x, 1, x.ravel()), ShapeError);
      expectAllThrow(comm, () => l1.translate(other).prox(x, 1), ShapeError);
      expectAllThrow(comm, () => new L2({ b: other }).value(x), ShapeError);
      expectAllThrow(
        comm,
        () => new L2({ Op: new MPIFirstDerivative([6, 4]), b: other }).value(x),
        ShapeError,
      );
      for (const method of ['grad', 'valueAndGrad'] as const) {
        expectAllThrow(comm, () => new L2()[method](x, x), ArgumentError);
        for (const out of [x.ravel().copy(), other])
          expectAllThrow(comm, () => new L2()[method](x, out), ShapeError, 'L2: expected out in');
      }
      expectAllThrow(comm, () => new TV([6, 5]).prox(x, 1), ShapeError);
      expectAllThrow(comm, () => new Nuclear([6, 4]).prox(x, 1), PartitionError);
      expectAllThrow(comm, () => new Nuclear([6, 5]).prox(x, 1), ShapeError);
      if (comm.size > 1) expectAllThrow(comm, () => new L21(2).prox(x, 1), PartitionError);
      expectAllThrow(comm, () => new L21(3).prox(new StackedDistributedArray([x, x]), 1), ShapeError);
      for (const complex of dtypes.filter(isComplex)) {
        expectAllThrow(
          comm,
          () => new Box({ lower: 0 }).prox(DistributedArray.ones([4], { dtype: complex }), 1),
          DTypeError,
        );
      }
      if (dtypes.includes('int32'))
        expectAllThrow(comm, () => l1.prox(DistributedArray.ones([4], { dtype: 'int32' }), 1), DTypeError);
    },
  );
});
