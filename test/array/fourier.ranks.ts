import { expect } from 'chai';
import * as xp from '../../src/array/index.js';
import { NDArray } from '../../src/core/array/ndarray.js';
import { im, re, type Scalar } from '../../src/core/base/complex.js';
import { complexOf, type DType, isComplex, isFloat, realOf } from '../../src/core/base/dtype.js';
import { ArgumentError, PartitionError, ShapeError } from '../../src/core/base/errors.js';
import { product, type Shape, stridesOf } from '../../src/core/base/shape.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { Layout } from '../../src/core/distributed/layout.js';
import { distributed, group } from '../support/distributed.js';
import { expectClose } from '../support/expect-close.js';
import { expectAllThrow, layoutsOf, NOTHING, placed, traffic } from '../support/vectors.js';

type Either = NDArray | DistributedArray;
interface Complex {
  readonly re: number;
  readonly im: number;
}
/** An array of complex numbers in C order. */
interface Values {
  readonly shape: Shape;
  readonly values: readonly Complex[];
}

const valuesOf = (x: NDArray): Values => {
  const host = x.toHost();
  const lanes = isComplex(x.dtype) ? 2 : 1;
  const one = (i: number): Complex => ({
    re: host[lanes * i] as number,
    im: lanes === 2 ? (host[2 * i + 1] as number) : 0,
  });
  return { shape: x.shape, values: Array.from({ length: x.size }, (_, i) => one(i)) };
};

/** A sum of products along an axis: `y[k] = Σⱼ x[j] w(j, k)` for k < count. */
function along({ shape, values }: Values, axis: number, count: number, w: (j: number, k: number) => Complex) {
  const to = shape.with(axis, count);
  const [from, strides] = [stridesOf(shape), stridesOf(to)];
  const result = Array.from({ length: product(to) }, (_, at): Complex => {
    const index = to.map((n, k) => Math.floor(at / (strides[k] as number)) % n);
    let sum = { re: 0, im: 0 };
    for (let j = 0; j < (shape[axis] as number); j++) {
      const place = index.with(axis, j).reduce((p, i, k) => p + i * (from[k] as number), 0);
      const [x, f] = [values[place] as Complex, w(j, index[axis] as number)];
      sum = { re: sum.re + x.re * f.re - x.im * f.im, im: sum.im + x.re * f.im + x.im * f.re };
    }
    return sum;
  });
  return { shape: to, values: result };
}

const SCALES = {
  backward: { '-1': () => 1, '1': (n: number) => 1 / n },
  ortho: { '-1': (n: number) => n ** -0.5, '1': (n: number) => n ** -0.5 },
  forward: { '-1': (n: number) => 1 / n, '1': () => 1 },
} as const;
type Norm = keyof typeof SCALES;

/** The first `count` of n frequencies, or samples, of the first n values along an axis. */
function dft(x: Values, axis: number, n: number, sign: 1 | -1, norm: Norm, count = n): Values {
  const scale = SCALES[norm][sign](n);
  return along(x, axis, count, (j, k) => {
    const angle = (sign * 2 * Math.PI * ((j * k) % n)) / n;
    return j < n ? { re: scale * Math.cos(angle), im: scale * Math.sin(angle) } : { re: 0, im: 0 };
  });
}

/** The real samples of half a spectrum. */
function inverseOfHalf(x: Values, axis: number, n: number, norm: Norm): Values {
  const scale = SCALES[norm][1](n);
  const sum = along(x, axis, n, (j, k) => {
    if (j > n / 2) return { re: 0, im: 0 };
    const weight = scale * (j === 0 || 2 * j === n ? 1 : 2);
    const angle = (2 * Math.PI * ((j * k) % n)) / n;
    return { re: weight * Math.cos(angle), im: weight * Math.sin(angle) };
  });
  return { ...sum, values: sum.values.map((v) => ({ re: v.re, im: 0 })) };
}

/** Cuts the values along an axis to those below n, or continues them with zeros. */
const cut = (x: Values, axis: number, n: number): Values =>
  along(x, axis, n, (j, k) => ({ re: j === k ? 1 : 0, im: 0 }));

interface Trial {
  readonly call: (x: Either) => Either;
  readonly wanted: (x: Values) => Values;
  /** Whether the result is real. */
  readonly real?: true;
}
const one = (axis: number, n: number, norm: Norm): Readonly<Record<string, Trial>> => ({
  [`fft ${axis} ${n} ${norm}`]: {
    call: (x) => xp.fft.fft(x, { axis, n, norm }),
    wanted: (x) => dft(x, axis, n, -1, norm),
  },
  [`ifft ${axis} ${n} ${norm}`]: {
    call: (x) => xp.fft.ifft(x, { axis, n, norm }),
    wanted: (x) => dft(x, axis, n, 1, norm),
  },
  [`irfft ${axis} ${n} ${norm}`]: {
    call: (x) => xp.fft.irfft(x, { axis, n, norm }),
    wanted: (x) => inverseOfHalf(x, axis, n, norm),
    real: true,
  },
  [`rfft ${axis} ${n} ${norm}`]: {
    call: (x) => xp.fft.rfft(xp.real(x), { axis, n, norm }),
    wanted: ({ shape, values }) =>
      dft(
        { shape, values: values.map((v) => ({ re: v.re, im: 0 })) },
        axis,
        n,
        -1,
        norm,
        Math.floor(n / 2) + 1,
      ),
  },
});
const MATRICES: Readonly<Record<string, Trial>> = {
  ...one(0, 5, 'backward'),
  ...one(1, 4, 'ortho'),
  ...one(0, 8, 'forward'),
  fftn: {
    call: (x) => xp.fft.fftn(x, { norm: 'ortho' }),
    wanted: (x) => dft(dft(x, 0, 5, -1, 'ortho'), 1, 4, -1, 'ortho'),
  },
  'ifft2 of other sizes': {
    call: (x) => xp.fft.ifft2(x, { s: [7, 3] }),
    wanted: (x) => dft(dft(x, 0, 7, 1, 'backward'), 1, 3, 1, 'backward'),
  },
  'rfftn with the first axis halved': {
    call: (x) => xp.fft.rfftn(xp.real(x), { axes: [1, 0] }),
    wanted: ({ shape, values }) => {
      const real = { shape, values: values.map((v) => ({ re: v.re, im: 0 })) };
      return dft(dft(real, 0, 5, -1, 'backward', 3), 1, 4, -1, 'backward');
    },
  },
  'irfft2 of other sizes': {
    call: (x) => xp.fft.irfft2(x, { s: [6, 5], norm: 'forward' }),
    wanted: (x) => inverseOfHalf(dft(cut(x, 0, 6), 0, 6, 1, 'forward'), 1, 5, 'forward'),
    real: true,
  },
};

const randomOf = (shape: Shape, dtype: DType): NDArray => {
  if (isFloat(dtype)) return NDArray.normal(shape, { dtype, seed: 5 });
  return NDArray.normal(shape, { seed: 5 }).multiply(4).rint().astype(dtype);
};

group('Fourier transforms of arrays', () => {
  distributed('are those of loops, in any layout', { timeout: 240_000 }, (context) => {
    const { comm, backend, dtypes, tolerance } = context;
    const trials = [
      { shape: [5, 4], of: MATRICES },
      { shape: [9], of: { ...one(0, 9, 'backward'), ...one(0, 12, 'ortho') } },
    ];
    for (const { shape, of } of trials) {
      for (const dtype of [...dtypes, 'bool'] as const) {
        const x = randomOf(shape, dtype);
        const float = isFloat(dtype) ? dtype : backend.defaultDType;
        const rtol = 40 * tolerance(float);
        for (const [what, { call, wanted, real }] of Object.entries(of)) {
          const { shape: to, values } = wanted(valuesOf(x));
          const list = values.map((v): Scalar => (real ? v.re : v));
          const expected = NDArray.array(list, { dtype: real ? realOf(float) : complexOf(float) }).reshape(
            to,
          );
          const result = call(x) as NDArray;
          expect(result.dtype, what).to.equal(expected.dtype);
          expectClose(result, expected, { rtol, atol: rtol }, { what });
          const layouts = [...layoutsOf(shape, comm.size), Layout.replicated(shape, comm.size)];
          for (const layout of dtype === dtypes.at(-1) ? layouts : layouts.slice(1, 2)) {
            const y = call(placed(x, layout, comm));
            expect(y, what).to.be.instanceOf(DistributedArray);
            expectClose(y, expected, { rtol, atol: rtol }, { what: `${what} of ${dtype}`, layout });
          }
        }
      }
    }
  });

  distributed('of long vectors are computed by all ranks', ({ comm, floats, tolerance }) => {
    const n = 33 * 36;
    for (const dtype of [floats[0], floats.at(-1)] as DType[]) {
      const x = NDArray.normal(n, { dtype, seed: 8 });
      const rtol = 40 * tolerance(dtype);
      for (const layout of layoutsOf([n], comm.size).slice(0, 2)) {
        const u = placed(x, layout, comm);
        for (const norm of ['backward', 'ortho'] as const) {
          for (const name of ['fft', 'ifft'] as const) {
            const y = xp.fft[name](u, { norm });
            expectClose(y, xp.fft[name](x, { norm }), rtol, { what: `${name} ${norm}`, layout });
          }
          const half = xp.fft.rfft(xp.real(u), { norm });
          const real = xp.fft.rfft(xp.real(x), { norm });
          expectClose(half, real, rtol, { what: `rfft ${norm}`, layout });
          expectClose(xp.fft.irfft(half, { norm }), xp.real(x), rtol, { what: `irfft ${norm}`, layout });
          const cut = xp.fft.irfft(half, { norm, n: 1000 });
          expectClose(cut, xp.fft.irfft(real, { norm, n: 1000 }), rtol, { what: 'irfft, cut', layout });
        }
      }
    }
  });

  distributed('are those of NumPy', ({ comm, backend, tolerance }) => {
    const limit = 20 * tolerance(backend.defaultDType);
    const both = (values: number[] | Scalar[]): Either[] => {
      const x = NDArray.array(values as Scalar[]);
      return [x, placed(x, Layout.split(x.shape, comm.size), comm)];
    };
    const c = (a: number, b: number): Scalar => ({ re: a, im: b });
    for (const x of both([1, 2, -1, 3, 0.5])) {
      const [p, q] = [c(0.154508497187, 0.924556234727), c(-0.404508497187, -4.685903943619)];
      const conj = (v: Scalar): Scalar => c(re(v), -im(v));
      expectClose(xp.fft.fft(x), [c(5.5, 0), p, q, conj(q), conj(p)], limit);
      expectClose(
        xp.fft.rfft(x, { n: 8, norm: 'ortho' }),
        [
          c(1.944543648263, 0),
          c(-0.073223304703, -0.896446609407),
          c(0.883883476483, 0.353553390593),
          c(0.426776695297, -1.603553390593),
          c(-1.59099025767, 0),
        ],
        limit,
      );
      expectClose(
        xp.fft.ihfft(x),
        [c(1.1, 0), c(0.030901699437, -0.184911246945), c(-0.080901699437, 0.937180788724)],
        limit,
      );
    }
    // The imaginary part of frequency 0 is ignored, and that of the last one for an even length
    for (const x of both([c(1, 5), c(2, 1), c(3, 2), c(4, 9)])) {
      expectClose(
        xp.fft.irfft(x),
        [2.5, -1.532692070451, 0.288675134595, -0.166666666667, -0.288675134595, 0.199358737118],
        limit,
      );
      expectClose(
        xp.fft.irfft(x, { n: 5, norm: 'forward' }),
        [11, -6.87128803051, 2.246689549346, -3.010621571846, 1.63522005301],
        limit,
      );
    }
    for (const x of both([c(1, 0), c(2, 1), c(3, -2), c(4, 0)]))
      expectClose(
        xp.fft.hfft(x),
        [15, -5.732050807569, 5.196152422707, -1, -5.196152422707, -2.267949192431],
        limit,
      );
    expectClose(xp.fft.fftfreq(5, 0.1), [0, 2, 4, -4, -2], limit);
    expectClose(xp.fft.rfftfreq(4, 0.5), [0, 0.5, 1], limit);
  });

  distributed('send what their comments say', ({ comm, floats }) => {
    const dtype = floats[0] as DType;
    const x = DistributedArray.ones([8, 6], { dtype });
    const peers = comm.size - 1;
    for (const call of [
      () => xp.fft.fft(x),
      () => xp.fft.ifft(x, { n: 9 }),
      () => xp.fft.rfft(x),
      () => xp.fft.fftshift(x, { axes: 1 }),
    ])
      expect(traffic(comm, call), String(call)).to.deep.equal(NOTHING);
    for (const call of [
      () => xp.fft.fft(x, { axis: 0 }),
      () => xp.fft.fft2(x),
      () => xp.fft.rfft2(x),
      () => xp.fft.irfftn(x),
    ]) {
      const { messages, ...others } = traffic(comm, call);
      expect(messages, String(call)).to.be.at.most(2 * peers);
      expect(others, String(call)).to.deep.equal({ reductions: 0, collectives: 0 });
    }
  });

  distributed('refuse what does not fit, on all ranks', ({ comm, floats }) => {
    const dtype = floats[0] as DType;
    const x = DistributedArray.ones([4, 3], { dtype });
    const wrong: readonly (readonly [() => unknown, typeof ShapeError | typeof ArgumentError])[] = [
      [() => xp.fft.fft(x, { n: 0 }), ArgumentError],
      [() => xp.fft.fft(x, { n: 2.5 }), ArgumentError],
      [() => xp.fft.fft(x, { axis: 2 }), ShapeError],
      [() => xp.fft.fft(x, { norm: 'none' as never }), ArgumentError],
      [() => xp.fft.fft(NDArray.zeros([2, 0])), ShapeError],
      [() => xp.fft.irfft(NDArray.ones([2, 1])), ShapeError],
      [() => xp.fft.fftn(x, { s: [2], axes: [0, 1] }), ShapeError],
      [() => xp.fft.fftn(x, { axes: [0, -2] }), ShapeError],
      [() => xp.fft.fft2(NDArray.ones(3)), ShapeError],
      [() => xp.fft.rfftn(x, { axes: [] }), ShapeError],
      [() => xp.fft.fftn(x, { axes: 1 as never }), ArgumentError],
      [() => xp.fft.fftfreq(0), ArgumentError],
      [() => xp.fft.rfftfreq(4, 0), ArgumentError],
      [() => xp.fft.fftshift(x, { axes: 2 }), ShapeError],
    ];
    for (const [call, kind] of wrong) expectAllThrow(comm, call, kind as typeof ShapeError, String(call));
    const blocks = DistributedArray.ones([4, 3], { dtype, axis: 1 }).ravel();
    if (comm.size > 1) expectAllThrow(comm, () => xp.fft.fft(blocks), PartitionError);
  });
});
