import { expect } from 'chai';
import fc from 'fast-check';
import { concatenate, where } from '../../src/core/array/array-functions.js';
import { NDArray } from '../../src/core/array/ndarray.js';
import type { Scalar } from '../../src/core/base/complex.js';
import { type DType, isBoolean, isComplex, isFloat } from '../../src/core/base/dtype.js';
import { ArgumentError, BackendError } from '../../src/core/base/errors.js';
import { tidy } from '../../src/core/base/scope.js';
import { product, stridesOf } from '../../src/core/base/shape.js';
import {
  isContiguous,
  isDense,
  mayShare,
  type Placed,
  reshapedStrides,
} from '../../src/core/base/strides.js';
import { CpuBackend } from '../../src/cpu/cpu-backend.js';
import { Identity } from '../../src/local/basic/identity.js';
import { element, flat, fromFlat, numbered, onEveryBackend, shapes } from './arrays.js';

/** An array as a list of places in the array that it is a view of, in C order. */
interface Model {
  readonly shape: readonly number[];
  readonly places: readonly number[];
}

const wholeOf = (shape: readonly number[]): Model => ({
  shape,
  places: Array.from({ length: product(shape) }, (_, i) => i),
});

/** The array of another shape whose element at an index is that at `from(index)`. */
function chosen(
  { shape, places }: Model,
  to: readonly number[],
  from: (index: readonly number[]) => readonly number[],
): Model {
  const [own, strides] = [stridesOf(to), stridesOf(shape)];
  return {
    shape: to,
    places: Array.from({ length: product(to) }, (_, i) => {
      const index = to.map((n, k) => Math.floor(i / (own[k] as number)) % n);
      return places[from(index).reduce((sum, j, k) => sum + j * (strides[k] as number), 0)] as number;
    }),
  };
}

/** A step of a chain of views: of the array, and of its model. */
interface Step {
  readonly view: (x: NDArray) => NDArray;
  readonly model: (m: Model) => Model;
}

/** The steps that a shape has, chosen by numbers. */
function stepOf(shape: readonly number[], kind: number, a: number, b: number, c: number): Step {
  const n = shape.length;
  const k = n > 0 ? a % n : 0;
  const length = shape[k] ?? 1;
  switch (n === 0 ? 4 : kind % 7) {
    case 0: {
      const order = shape.map((_, j) => (j + a) % n);
      if (b % 2) order.reverse();
      return {
        view: (x) => x.transpose(order),
        model: (m) =>
          chosen(
            m,
            order.map((j) => shape[j] as number),
            (index) => shape.map((_, j) => index[order.indexOf(j)] as number),
          ),
      };
    }
    case 1: {
      const step = [1, 2, -1, -2, 3][c % 5] as number;
      const all = Array.from({ length }, (_, i) => i).slice(b % (length + 1));
      const kept = (step > 0 ? all : all.reverse()).filter((_, i) => i % Math.abs(step) === 0);
      const first = b % (length + 1);
      const range = step > 0 ? [first, null, step] : [null, first > 0 ? first - 1 : null, step];
      return {
        view: (x) => x.slice(...shape.map((_, j) => (j === k ? (range as [number, number, number]) : null))),
        model: (m) =>
          chosen(m, shape.with(k, kept.length), (index) => index.with(k, kept[index[k] as number] as number)),
      };
    }
    case 2:
      return {
        view: (x) => x.flip(k),
        model: (m) => chosen(m, shape, (index) => index.with(k, length - 1 - (index[k] as number))),
      };
    case 3: {
      if (length === 0) return { view: (x) => x.slice(), model: (m) => m };
      const at = b % length;
      return {
        view: (x) => x.slice(...shape.slice(0, k).map(() => null), c % 2 ? at : at - length),
        model: (m) => chosen(m, shape.toSpliced(k, 1), (index) => index.toSpliced(k, 0, at)),
      };
    }
    case 4: {
      const to = [1 + (b % 2), ...shape.map((m) => (m === 1 ? 1 + (c % 3) : m))];
      return {
        view: (x) => x.broadcastTo(to),
        model: (m) => chosen(m, to, (index) => index.slice(1).map((i, j) => (shape[j] === 1 ? 0 : i))),
      };
    }
    case 5:
      return {
        view: (x) => x.expandDims(k),
        model: (m) => ({ ...m, shape: shape.toSpliced(k, 0, 1) }),
      };
    default:
      return {
        view: (x) => x.squeeze(),
        model: (m) => ({ ...m, shape: shape.filter((size) => size !== 1) }),
      };
  }
}

const chains = fc.tuple(
  shapes(3),
  fc.array(fc.tuple(fc.nat(99), fc.nat(99), fc.nat(99), fc.nat(99)), { maxLength: 5 }),
);

function chainOf(shape: readonly number[], numbers: readonly (readonly number[])[], x: NDArray) {
  let [view, model] = [x, wholeOf(shape)];
  for (const [kind, a, b, c] of numbers as readonly (readonly [number, number, number, number])[]) {
    if (product(model.shape) > 200) break;
    const step = stepOf(model.shape, kind, a, b, c);
    [view, model] = [step.view(view), step.model(model)];
  }
  return { view, model };
}

const valuesOf = (dtype: DType, { places }: Model): Scalar[] => places.map((p) => element(dtype, p));

/** Functions of a view that give the same as of a contiguous array of the same elements. */
const FUNCTIONS: Readonly<Record<string, (x: NDArray) => NDArray | Scalar | boolean>> = {
  copy: (x) => x.copy(),
  contiguous: (x) => x.contiguous(),
  'conj and add': (x) => x.conj().add(x),
  'a reversed operand': (x) => x.multiply(x.flip()),
  'an operand that broadcasts': (x) => x.add(x.reshape([-1]).slice([0, 1])),
  comparison: (x) => x.notEqual(x.flip()),
  abs: (x) => x.abs(),
  cast: (x) => x.astype('bool'),
  where: (x) => where(x.notEqual(0), x, 1),
  concatenate: (x) => concatenate([x.ravel(), x.ravel()]),
  roll: (x) => x.roll(1),
  take: (x) => x.take(Array.from({ length: x.size }, (_, i) => x.size - 1 - i)),
  pad: (x) => x.pad(x.shape.map(() => [1, 2] as const)),
  ravel: (x) => x.ravel(),
  reshape: (x) => x.reshape([-1, 1]),
  sum: (x) => x.sum(),
  'sums along axes': (x) => x.sum(x.shape.map((_, k) => k).filter((k) => k !== 1)),
  'sums along the last axis': (x) => x.sum(x.ndim - 1),
  cumsum: (x) => x.cumsum(),
  mean: (x) => x.mean(),
  norm: (x) => x.norm(),
  'norm 1': (x) => x.norm(1),
  any: (x) => x.any(),
  matmul: (x) => x.reshape([-1, x.shape.at(-1) as number]).matmul(x.reshape([x.shape.at(-1) as number, -1])),
  dot: (x) => x.dot(x.flip()),
  vdot: (x) => x.flip().vdot(x),
};
/** Functions that bool does not have. */
const NUMERIC = new Set(['conj and add', 'matmul', 'dot', 'vdot', 'norm', 'norm 1', 'abs', 'roll']);

const shown = (result: NDArray | Scalar | boolean): unknown =>
  result instanceof NDArray ? [result.shape, result.dtype, result.toArray()] : result;

onEveryBackend('views of NDArray', (backend) => {
  const dtypes = () => fc.constantFrom(...backend().dtypes);

  it('have the elements of chains of transposes, steps, flips, broadcasts and integers', () => {
    fc.assert(
      fc.property(chains, dtypes(), ([shape, numbers], dtype) => {
        const x = numbered(shape, dtype);
        const { view, model } = chainOf(shape, numbers, x);
        expect(view.shape).to.deep.equal(model.shape);
        expect(flat(view.toArray())).to.deep.equal(valuesOf(dtype, model));
        if (view.size > 0) expect(view.overlaps(x)).to.equal(true);
        expect(view.isContiguous).to.equal(isContiguous(view.shape, view.strides));
      }),
      { numRuns: 150 },
    );
  });

  it('give the results of contiguous arrays', () => {
    fc.assert(
      fc.property(chains, dtypes(), fc.nat(1000), ([shape, numbers], dtype, which) => {
        const { view, model } = chainOf(shape, numbers, numbered(shape, dtype));
        fc.pre(view.size > 0 && view.ndim > 0);
        const names = Object.keys(FUNCTIONS).filter((name) => !(isBoolean(dtype) && NUMERIC.has(name)));
        const same = fromFlat(valuesOf(dtype, model), model.shape, dtype);
        for (let i = 0; i < 3; i++) {
          const name = names[(which + 7 * i) % names.length] as string;
          const call = FUNCTIONS[name] as (x: NDArray) => NDArray | Scalar;
          expect(shown(call(view)), name).to.deep.equal(shown(call(same)));
        }
      }),
      { numRuns: 150 },
    );
  });

  /** Changes in place, and what they do to the values in C order. */
  const changes: Readonly<
    Record<string, { in: (x: NDArray) => void; of: (v: Scalar[], dtype: DType) => Scalar[] }>
  > = {
    fill: { in: (x) => x.fill(1), of: (v) => v.map(() => 1) },
    assign: {
      in: (x) =>
        x.assign(
          fromFlat(
            Array.from({ length: x.size }, (_, i) => i % 2),
            x.shape,
            x.dtype,
          ),
        ),
      of: (v) => v.map((_, i) => i % 2),
    },
    'assign itself reversed': { in: (x) => x.assign(x.flip()), of: (v) => v.toReversed() },
    maximum: {
      in: (x) =>
        void (isComplex(x.dtype) ? x.fill(1) : x.maximumInPlace(NDArray.ones([], { dtype: x.dtype }))),
      of: (v, dtype) => v.map((a) => (isComplex(dtype) ? 1 : Math.max(a as number, 1))),
    },
    set: {
      in: (x) =>
        void x.set(
          x.shape.map(() => -1),
          1,
        ),
      of: (v) => v.with(-1, 1),
    },
    'set a range': { in: (x) => void x.set([[null, null, -1]], x), of: reversedRows },
    setAt: { in: (x) => void x.setAt(x.size - 1, 1), of: (v) => v.with(-1, 1) },
    upload: {
      in: (x) => x.backend.upload(NDArray.ones(x.size, { dtype: x.dtype }).toHost(), x),
      of: (v) => v.map(() => 1),
    },
    map: { in: (x) => void x.map((a, b) => a.storage.backend.fill(b, 1)), of: (v) => v.map(() => 1) },
  };
  let rows = 1;
  function reversedRows(v: Scalar[]): Scalar[] {
    const inner = v.length / rows;
    return v.map((_, i) => v[(rows - 1 - Math.floor(i / inner)) * inner + (i % inner)] as Scalar);
  }
  const real = (v: Scalar): Scalar => (typeof v === 'number' ? { re: v, im: 0 } : v);

  it('change their base in place, and nothing else of it; broadcast ones refuse', () => {
    fc.assert(
      fc.property(chains, dtypes(), fc.nat(1000), ([shape, numbers], dtype, which) => {
        const x = numbered(shape, dtype);
        const { view, model } = chainOf(shape, numbers, x);
        fc.pre(view.size > 0 && view.ndim > 0);
        const names = Object.keys(changes);
        const name = names[which % names.length] as string;
        const change = changes[name] as (typeof changes)[string];
        const base = wholeOf(shape).places.map((p) => element(dtype, p));
        if (new Set(model.places).size < model.places.length) {
          expect(() => change.in(view), name).to.throw(ArgumentError, /broadcast view/);
        } else {
          change.in(view);
          rows = view.shape[0] as number;
          change.of(valuesOf(dtype, model), dtype).forEach((value, i) => {
            base[model.places[i] as number] = value;
          });
        }
        const as = isComplex(dtype) ? real : (v: Scalar) => v;
        expect(flat(x.toArray()).map(as), name).to.deep.equal(base.map(as));
      }),
      { numRuns: 150 },
    );
  });

  it('take sums and products in place', () => {
    for (const dtype of backend().dtypes.filter(isFloat)) {
      const x = NDArray.arange(12, { dtype }).reshape([3, 4]);
      const column = x.slice(null, [null, null, -3]);
      column.addInPlace(10).multiplyInPlace(NDArray.array([2, 3], { dtype }));
      column.axpby(1, NDArray.ones([3, 2], { dtype }), 1).scale(2);
      const list = flat(x.toArray()).map((v) => (typeof v === 'number' ? v : v.re));
      expect(list).to.deep.equal([62, 1, 2, 54, 86, 5, 6, 70, 110, 9, 10, 86]);
    }
  });

  it('are cast and moved to the host in C order', () => {
    const x = NDArray.arange(6, { dtype: 'float32' }).reshape([2, 3]).transpose();
    expect([...x.toHost()]).to.deep.equal([0, 3, 1, 4, 2, 5]);
    expect(x.astype('int32').isContiguous).to.equal(true);
    expect(x.toString()).to.equal('[[0. 3.]\n [1. 4.]\n [2. 5.]]');
    expect(x.to(backend()).overlaps(x)).to.equal(true);
    expect([...x.to(new CpuBackend()).toHost()]).to.deep.equal([0, 3, 1, 4, 2, 5]);
  });

  it('have no run of memory, but a contiguous copy has', () => {
    const x = NDArray.arange(6).reshape([2, 3]);
    const view = x.transpose();
    expect(() => view.storage).to.throw(ArgumentError, 'strides [1, 3]');
    expect(() => view.data).to.throw(ArgumentError, 'contiguous()');
    expect(view.isContiguous).to.equal(false);
    expect(view.contiguous().overlaps(x)).to.equal(false);
    expect(view.transpose().isContiguous).to.equal(true);
    expect(x.contiguous()).to.equal(x);
    expect(view.strides).to.deep.equal([1, 3]);
  });

  it('are reshaped as views where strides reach the elements', () => {
    const x = NDArray.arange(24).reshape([2, 3, 4]);
    for (const view of [
      x.slice(null, [0, 2]).reshape([2, 8]),
      x.slice(null, null, [null, null, 2]).reshape([6, 2]),
      x.slice(null, 1).reshape([2, 1, 2, 2]),
      x.flip().ravel(),
      x.transpose([2, 0, 1]).reshape([4, 6]),
      x.broadcastTo([3, 2, 3, 4]).reshape([3, 24]),
    ])
      expect(view.overlaps(x), `${view.shape}`).to.equal(true);
    for (const copy of [
      x.transpose().ravel(),
      x.slice(null, [0, 2]).ravel(),
      x.broadcastTo([3, 2, 3, 4]).ravel(),
      x.flip(0).reshape([6, 4]),
    ])
      expect(copy.overlaps(x), `${copy.shape}`).to.equal(false);
    expect(() => x.transpose().viewIn(x.space.flat())).to.throw(ArgumentError, 'contiguous()');
  });

  it('keep the memory until the last of them is disposed', () => {
    const before = backend().stats().liveBytes;
    const x = tidy(() => NDArray.arange(6, { dtype: 'float32' }).reshape([2, 3]));
    const view = tidy(() => x.transpose().slice([null, null, -1]));
    x.dispose();
    expect(() => x.transpose()).to.throw(BackendError);
    expect(view.toArray()).to.deep.equal([
      [2, 5],
      [1, 4],
      [0, 3],
    ]);
    view.dispose();
    expect(() => view.toArray()).to.throw(BackendError);
    expect(backend().stats().liveBytes).to.equal(before);
  });

  it('are taken by operators, as vectors and as out', () => {
    const A = new Identity([2, 3]);
    const x = NDArray.arange(6).reshape([3, 2]).transpose();
    expect(A.matvec(x).toArray()).to.deep.equal(x.toArray());
    const whole = NDArray.zeros([3, 4]);
    const out = whole.slice(null, [1, 3]).transpose();
    expect(A.matvec(x, out)).to.equal(out);
    A.matvecAdd(x, out, 2);
    expect(whole.toArray()).to.deep.equal([
      [0, 0, 3, 0],
      [0, 6, 9, 0],
      [0, 12, 15, 0],
    ]);
    expect(A.matmat(NDArray.arange(12).reshape([2, 6]).transpose()).toArray()).to.deep.equal([
      [0, 6],
      [1, 7],
      [2, 8],
      [3, 9],
      [4, 10],
      [5, 11],
    ]);
  });
});

describe('strides', () => {
  it('of reshaped arrays are those of NumPy', () => {
    expect(reshapedStrides([4, 6], [6, 1], [2, 12])).to.deep.equal([12, 1]);
    expect(reshapedStrides([4, 3], [6, 2], [2, 6])).to.deep.equal([12, 2]);
    expect(reshapedStrides([4, 3], [6, 1], [12])).to.equal(undefined);
    expect(reshapedStrides([2, 3], [1, 2], [6])).to.equal(undefined);
    expect(reshapedStrides([6], [-1], [2, 3])).to.deep.equal([-3, -1]);
    expect(reshapedStrides([2, 0], [1, 1], [0, 5])).to.deep.equal([5, 1]);
  });
  it('tell regions apart that share no element', () => {
    const positions = ({ start, shape, strides }: Placed): number[] =>
      shape.reduce<number[]>(
        (all, n, k) =>
          all.flatMap((p) => Array.from({ length: n }, (_, i) => p + i * (strides[k] as number))),
        [start],
      );
    const region = fc
      .tuple(...[0, 1, 2].map(() => fc.tuple(fc.nat(9), fc.nat(9), fc.constantFrom(1, 1, 2, -1, -2, 3))))
      .map((axes): Placed => {
        const found = { start: 0, shape: [] as number[], strides: [] as number[] };
        for (const [k, [first, count, step]] of axes.entries()) {
          const n = [4, 5, 3][k] as number;
          const stride = [15, 3, 1][k] as number;
          const room = step > 0 ? n - (first % n) : (first % n) + 1;
          found.start += (first % n) * stride;
          found.shape.push(1 + (count % Math.ceil(room / Math.abs(step))));
          found.strides.push(step * stride);
        }
        return found;
      });
    fc.assert(
      fc.property(region, region, (a, b) => {
        const all = new Set(positions(a));
        if (positions(b).some((p) => all.has(p))) expect(mayShare(a, b)).to.equal(true);
      }),
      { numRuns: 500 },
    );
    const even = { start: 0, shape: [3], strides: [2] };
    expect(mayShare(even, { ...even, start: 1 })).to.equal(false);
    const left = { start: 0, shape: [4, 2], strides: [5, 1] };
    expect(mayShare(left, { ...left, start: 2 })).to.equal(false);
    expect(mayShare(left, { ...left, start: 1 })).to.equal(true);
    expect(mayShare(left, { start: 7, shape: [2, 4], strides: [1, 5] })).to.equal(false);
  });
  it('are dense where the elements fill their memory', () => {
    expect(isDense([2, 3], [1, 2])).to.equal(true);
    expect(isDense([2, 3], [-3, -1])).to.equal(true);
    expect(isDense([2, 3], [6, 2])).to.equal(false);
    expect(isDense([2, 3], [0, 1])).to.equal(false);
  });
});
