import { type DType, NDArray, tidy } from 'lops-mpi';
import * as xp from 'lops-mpi/array';
import { CompressedRows, CooArray, CsrArray } from 'lops-mpi/extend';
import type { BenchCase } from '../case.js';

/** Arrays of one number of elements. `numpy_cases.py` has the same ones. */
class Arrays {
  readonly rows: number;
  readonly columns: number;
  readonly size: number;

  constructor(rows: number, columns: number) {
    this.rows = rows;
    this.columns = columns;
    this.size = rows * columns;
  }

  /** Numbers evenly spread over `low ≤ x < high`, without order. */
  spread(low = -1.5, high = 2.5, dtype: DType = 'float64', n: number = this.size): NDArray {
    const values = Float64Array.from({ length: n }, (_, i) => {
      const at = i * 0.6180339887498949;
      return low + (high - low) * (at - Math.floor(at));
    });
    const whole = dtype === 'int32' || dtype === 'bool' ? values.map(Math.floor) : values;
    return NDArray.fromHost(whole).astype(dtype);
  }

  /** The same in rows. */
  table(dtype: DType = 'float64', low = -1.5, high = 2.5): NDArray {
    return this.spread(low, high, dtype).reshape([this.rows, this.columns]);
  }

  complex(seed = 0): NDArray {
    const parts = this.spread(-1.5 + seed, 2.5 + seed, 'float64', 2 * this.size);
    return NDArray.fromHost(parts.data as Float64Array, undefined, { dtype: 'complex128' });
  }

  mask(): NDArray {
    return this.spread(0, 2, 'bool');
  }

  /** Positions without order. */
  positions(n: number = this.size): NDArray {
    return NDArray.fromHost(Int32Array.from({ length: n }, (_, i) => (i * 7919) % this.size));
  }
}

/** The Laplacian of five points on a table, without edges between its columns. */
const laplacian = ({ size, columns }: Arrays) =>
  xp.sparse.diagsArray([[1], [1], [-4], [1], [1]], {
    offsets: [-columns, -1, 0, 1, columns],
    shape: [size, size],
  });

/** The entries of the Laplacian without order, each so many times. */
function scattered(a: Arrays, times: number): () => CooArray {
  const { shape, rows, columns, data } = xp.sparse.cooArray(laplacian(a));
  const n = rows.length;
  const order = Int32Array.from({ length: times * n }, (_, e) => (e * 7919) % n);
  const [i, j] = [rows, columns].map((places) => order.map((e) => places[e] as number));
  const values = xp.take(data, NDArray.fromHost(order)) as NDArray;
  return () => new CooArray(shape, i as Int32Array, j as Int32Array, values);
}

/** The call to time: makes its operands, and returns the function. */
type Prepare = (a: Arrays) => () => unknown;

const ofOne = (f: (x: NDArray) => unknown, low = -1.5, high = 2.5, dtype: DType = 'float64'): Prepare => {
  return (a) => {
    const x = a.spread(low, high, dtype);
    return () => f(x);
  };
};
const ofTwo = (
  f: (x: NDArray, y: NDArray) => unknown,
  dtype: DType = 'float64',
  low = -1.5,
  high = 2.5,
): Prepare => {
  return (a) => {
    const [x, y] = [a.spread(low, high, dtype), a.spread(low + 0.25, high, dtype)];
    return () => f(x, y);
  };
};
const ofTable = (f: (x: NDArray) => unknown, dtype: DType = 'float64'): Prepare => {
  return (a) => {
    const x = a.table(dtype);
    return () => f(x);
  };
};
/** Whole numbers from 0 to 99. */
const ofIntegers = (f: (x: NDArray) => unknown): Prepare => ofOne(f, 0, 100, 'int32');

/** A method of one generator, as many numbers as elements. */
const ofRandom = (draw: (rng: xp.RandomGenerator, n: number) => unknown): Prepare => {
  return (a) => {
    const rng = xp.random.defaultRng(1);
    return () => draw(rng, a.size);
  };
};

/** A symmetric, positive definite matrix of at most 300 rows. */
const ofSquare = (f: (x: NDArray) => unknown): Prepare => {
  return (a) => {
    const n = Math.min(300, Math.floor(Math.sqrt(a.size)));
    const half = a
      .spread()
      .slice([0, n * n])
      .reshape([n, n]);
    const x = xp.add(xp.matmul(half, xp.transpose(half)) as NDArray, NDArray.eye(n));
    return () => f(x);
  };
};

/** By name, without `array_`. */
const CALLS: Readonly<Record<string, Prepare>> = {
  exp: ofOne(xp.exp),
  exp2: ofOne(xp.exp2),
  expm1: ofOne(xp.expm1),
  log: ofOne(xp.log, 0.1, 4),
  log2: ofOne(xp.log2, 0.1, 4),
  log10: ofOne(xp.log10, 0.1, 4),
  log1p: ofOne(xp.log1p, 0, 4),
  sin: ofOne(xp.sin),
  cos: ofOne(xp.cos),
  tan: ofOne(xp.tan),
  arcsin: ofOne(xp.arcsin, -1, 1),
  arccos: ofOne(xp.arccos, -1, 1),
  arctan: ofOne(xp.arctan),
  sinh: ofOne(xp.sinh),
  cosh: ofOne(xp.cosh),
  tanh: ofOne(xp.tanh),
  arcsinh: ofOne(xp.arcsinh),
  arccosh: ofOne(xp.arccosh, 1, 5),
  arctanh: ofOne(xp.arctanh, -0.9, 0.9),
  cbrt: ofOne(xp.cbrt),
  sqrt: ofOne(xp.sqrt, 0, 4),
  square: ofOne(xp.square),
  reciprocal: ofOne(xp.reciprocal, 1, 2),
  abs: ofOne(xp.abs),
  negative: ofOne(xp.negative),
  sign: ofOne(xp.sign),
  floor: ofOne(xp.floor),
  ceil: ofOne(xp.ceil),
  rint: ofOne(xp.rint),
  trunc: ofOne(xp.trunc),
  isnan: ofOne(xp.isnan),
  isfinite: ofOne(xp.isfinite),
  sinc: ofOne(xp.sinc),
  round: ofOne((x) => xp.round(x, 2)),
  clip: ofOne((x) => xp.clip(x, -0.5, 0.5)),
  nan_to_num: ofOne((x) => xp.nanToNum(x)),
  exp_f32: ofOne(xp.exp, -1.5, 2.5, 'float32'),
  log_f32: ofOne(xp.log, 0.1, 4, 'float32'),
  sin_f32: ofOne(xp.sin, -1.5, 2.5, 'float32'),
  tanh_f32: ofOne(xp.tanh, -1.5, 2.5, 'float32'),
  arctan_f32: ofOne(xp.arctan, -1.5, 2.5, 'float32'),
  sqrt_f32: ofOne(xp.sqrt, 0, 4, 'float32'),
  abs_i32: ofOne(xp.abs, -50, 50, 'int32'),
  abs_c128: (a) => {
    const x = a.complex();
    return () => xp.abs(x);
  },
  exp_c128: (a) => {
    const x = a.complex();
    return () => xp.exp(x);
  },
  conj_c128: (a) => {
    const x = a.complex();
    return () => xp.conj(x);
  },
  add: ofTwo(xp.add),
  subtract: ofTwo(xp.subtract),
  multiply: ofTwo(xp.multiply),
  divide: ofTwo(xp.divide),
  power: ofTwo(xp.power, 'float64', 0.1, 3),
  arctan2: ofTwo(xp.arctan2),
  hypot: ofTwo(xp.hypot),
  maximum: ofTwo(xp.maximum),
  minimum: ofTwo(xp.minimum),
  fmax: ofTwo(xp.fmax),
  copysign: ofTwo(xp.copysign),
  logaddexp: ofTwo(xp.logaddexp),
  mod: ofTwo(xp.mod, 'float64', 0.1, 5),
  floor_divide: ofTwo(xp.floorDivide, 'float64', 0.1, 5),
  fmod: ofTwo(xp.fmod, 'float64', 0.1, 5),
  less: ofTwo(xp.less),
  equal: ofTwo(xp.equal),
  is_close: ofTwo(xp.isClose),
  all_close: (a) => {
    const x = a.spread();
    const y = x.copy();
    return () => xp.allClose(x, y);
  },
  add_scalar: ofOne((x) => xp.add(x, 1.5)),
  power_scalar: ofOne((x) => xp.power(x, 2)),
  greater_scalar: ofOne((x) => xp.greater(x, 0.5)),
  add_row: (a) => {
    const [x, y] = [a.table(), a.spread(0, 1, 'float64', a.columns)];
    return () => xp.add(x, y);
  },
  add_column: (a) => {
    const [x, y] = [a.table(), a.spread(0, 1, 'float64', a.rows).reshape([a.rows, 1])];
    return () => xp.add(x, y);
  },
  add_f32: ofTwo(xp.add, 'float32'),
  add_c128: (a) => {
    const [x, y] = [a.complex(), a.complex(0.25)];
    return () => xp.add(x, y);
  },
  multiply_c128: (a) => {
    const [x, y] = [a.complex(), a.complex(0.25)];
    return () => xp.multiply(x, y);
  },
  divide_c128: (a) => {
    const [x, y] = [a.complex(), a.complex(0.25)];
    return () => xp.divide(x, y);
  },
  add_i32: ofTwo(xp.add, 'int32', -50, 50),
  multiply_i32: ofTwo(xp.multiply, 'int32', -50, 50),
  maximum_i32: ofTwo(xp.maximum, 'int32', -50, 50),
  less_i32: ofTwo(xp.less, 'int32', -50, 50),
  mod_i32: ofTwo(xp.mod, 'int32', 1, 50),
  floor_divide_i32: ofTwo(xp.floorDivide, 'int32', 1, 50),
  divide_i32: ofTwo(xp.divide, 'int32', 1, 50),
  bitwise_and_i32: ofTwo(xp.bitwiseAnd, 'int32', -50, 50),
  left_shift_i32: ofTwo(xp.leftShift, 'int32', 0, 5),
  logical_and: (a) => {
    const [x, y] = [a.mask(), a.mask()];
    return () => xp.logicalAnd(x, y);
  },
  logical_not: (a) => {
    const x = a.mask();
    return () => xp.logicalNot(x);
  },
  where: (a) => {
    const [c, x, y] = [a.mask(), a.spread(), a.spread()];
    return () => xp.where(c, x, y);
  },
  where_scalar: (a) => {
    const [c, x] = [a.mask(), a.spread()];
    return () => xp.where(c, x, 0);
  },
  where_i32: (a) => {
    const [c, x, y] = [a.mask(), a.spread(0, 9, 'int32'), a.spread(0, 9, 'int32')];
    return () => xp.where(c, x, y);
  },
  astype_f32: ofOne((x) => x.astype('float32')),
  astype_i32: ofOne((x) => x.astype('int32')),
  astype_bool: ofOne((x) => x.astype('bool')),
  astype_f64_of_i32: ofIntegers((x) => x.astype('float64')),
  astype_f64_of_bool: (a) => {
    const x = a.mask();
    return () => x.astype('float64');
  },
  sum: ofTable((x) => xp.sum(x)),
  sum_axis0: ofTable((x) => xp.sum(x, { axis: 0 })),
  sum_axis1: ofTable((x) => xp.sum(x, { axis: 1 })),
  sum_f32: ofTable((x) => xp.sum(x), 'float32'),
  sum_i32: ofTable((x) => xp.sum(x), 'int32'),
  sum_bool: ofTable((x) => xp.sum(x), 'bool'),
  sum_axis0_i32: ofTable((x) => xp.sum(x, { axis: 0 }), 'int32'),
  prod: ofTable((x) => xp.prod(x)),
  mean: ofTable((x) => xp.mean(x)),
  mean_axis0: ofTable((x) => xp.mean(x, { axis: 0 })),
  std: ofTable((x) => xp.std(x)),
  var_axis1: ofTable((x) => xp.var(x, { axis: 1 })),
  max: ofTable((x) => xp.max(x)),
  max_axis0: ofTable((x) => xp.max(x, { axis: 0 })),
  min_axis1: ofTable((x) => xp.min(x, { axis: 1 })),
  max_i32: ofTable((x) => xp.max(x), 'int32'),
  ptp: ofTable((x) => xp.ptp(x)),
  any: ofTable((x) => xp.any(x), 'bool'),
  all: ofTable((x) => xp.all(x), 'bool'),
  count_nonzero: ofTable((x) => xp.countNonzero(x), 'bool'),
  argmax: ofTable((x) => xp.argmax(x)),
  argmax_axis0: ofTable((x) => xp.argmax(x, { axis: 0 })),
  argmin_axis1: ofTable((x) => xp.argmin(x, { axis: 1 })),
  nansum: ofTable((x) => xp.nansum(x)),
  nanmean: ofTable((x) => xp.nanmean(x)),
  nanmax: ofTable((x) => xp.nanmax(x)),
  median: ofTable((x) => xp.median(x)),
  median_axis1: ofTable((x) => xp.median(x, { axis: 1 })),
  percentile: ofTable((x) => xp.percentile(x, [5, 95])),
  cumsum: ofOne((x) => xp.cumsum(x)),
  cumsum_axis0: ofTable((x) => xp.cumsum(x, { axis: 0 })),
  cumsum_axis1: ofTable((x) => xp.cumsum(x, { axis: 1 })),
  cumsum_i32: ofIntegers((x) => xp.cumsum(x)),
  cumprod: ofOne((x) => xp.cumprod(x)),
  diff: ofOne((x) => xp.diff(x)),
  diff_axis0: ofTable((x) => xp.diff(x, { axis: 0 })),
  gradient: ofOne((x) => xp.gradient(x)),
  trapz: ofOne((x) => xp.trapz(x)),
  histogram: ofOne((x) => xp.histogram(x, { bins: 50 })),
  bincount: ofIntegers((x) => xp.bincount(x)),
  searchsorted: (a) => {
    const [x, v] = [xp.linspace(0, 1, 1000), a.spread(0, 1)];
    return () => xp.searchsorted(x, v);
  },
  sort: ofOne((x) => xp.sort(x)),
  sort_f32: ofOne((x) => xp.sort(x), -1.5, 2.5, 'float32'),
  sort_i32: ofIntegers((x) => xp.sort(x)),
  sort_axis0: ofTable((x) => xp.sort(x, { axis: 0 })),
  sort_axis1: ofTable((x) => xp.sort(x, { axis: 1 })),
  argsort: ofOne((x) => xp.argsort(x)),
  partition: ofOne((x) => xp.partition(x, 500)),
  unique: ofOne((x) => xp.unique(x)),
  solve: ofSquare((x) => xp.linalg.solve(x, x)),
  inv: ofSquare((x) => xp.linalg.inv(x)),
  det: ofSquare((x) => xp.linalg.det(x)),
  cholesky: ofSquare((x) => xp.linalg.cholesky(x)),
  qr: ofSquare((x) => xp.linalg.qr(x)),
  svd: ofSquare((x) => xp.linalg.svd(x)),
  svdvals: ofSquare((x) => xp.linalg.svdvals(x)),
  eigh: ofSquare((x) => xp.linalg.eigh(x)),
  eig: ofSquare((x) => xp.linalg.eig(x)),
  lstsq: ofTable((x) =>
    xp.linalg.lstsq(
      xp.getItem(x, [
        [null, null, null],
        [null, 20, null],
      ]),
      x.slice(null, [0, 1]),
    ),
  ),
  inv_stack: (a) => {
    const x = xp.add(
      a
        .spread(-0.1, 0.1)
        .slice([0, a.size - (a.size % 9)])
        .reshape([-1, 3, 3]),
      NDArray.eye(3),
    );
    return () => xp.linalg.inv(x);
  },
  concatenate: (a) => {
    const [x, y] = [a.spread(), a.spread()];
    return () => xp.concatenate([x, y]);
  },
  concatenate_axis1: (a) => {
    const [x, y] = [a.table(), a.table()];
    return () => xp.concatenate([x, y], { axis: 1 });
  },
  stack: (a) => {
    const [x, y] = [a.spread(), a.spread()];
    return () => xp.stack([x, y]);
  },
  split: ofOne((x) => xp.split(x, 4).map((part) => part.copy())),
  pad: ofTable((x) => xp.pad(x, 2)),
  pad_reflect: ofTable((x) => xp.pad(x, 2, { mode: 'reflect' })),
  roll: ofOne((x) => xp.roll(x, 3)),
  roll_axis1: ofTable((x) => xp.roll(x, 3, { axis: 1 })),
  flip: ofOne((x) => xp.flip(x).copy()),
  flip_axis1: ofTable((x) => xp.flip(x, { axis: 1 }).copy()),
  transpose: ofTable((x) => xp.transpose(x).copy()),
  tile: ofOne((x) => xp.tile(x, 2)),
  repeat: ofOne((x) => xp.repeat(x, 2)),
  take: (a) => {
    const [x, i] = [a.spread(), a.positions()];
    return () => xp.take(x, i);
  },
  take_rows: (a) => {
    const [x, i] = [
      a.table(),
      NDArray.fromHost(Int32Array.from({ length: a.rows }, (_, k) => (k * 7) % a.rows)),
    ];
    return () => xp.take(x, i, { axis: 0 });
  },
  mask_get: (a) => {
    const [x, c] = [a.spread(), a.mask()];
    return () => xp.getItem(x, [c]);
  },
  mask_set: (a) => {
    const [x, c] = [a.spread(), a.mask()];
    return () => xp.setItem(x, [c], 0);
  },
  index_get: (a) => {
    const [x, i] = [a.spread(), a.positions()];
    return () => xp.getItem(x, [i]);
  },
  slice_copy: ofOne((x) => (xp.getItem(x, [[null, null, 2]]) as NDArray).copy()),
  slice_set: ofTable((x) => xp.setItem(x, [':', [null, null, 2]], 1)),
  nonzero: (a) => {
    const c = a.mask();
    return () => xp.nonzero(c);
  },
  tril: ofTable((x) => xp.tril(x)),
  ones: (a) => () => xp.ones(a.size),
  arange: (a) => () => xp.arange(a.size),
  linspace: (a) => () => xp.linspace(0, 1, a.size),
  copy: ofOne((x) => x.copy()),
  random: ofRandom((rng, n) => rng.random(n)),
  random_normal: ofRandom((rng, n) => rng.standardNormal(n)),
  random_normal_f32: ofRandom((rng, n) => rng.standardNormal(n, { dtype: 'float32' })),
  random_integers: ofRandom((rng, n) => rng.integers(0, 1000, n)),
  random_exponential: ofRandom((rng, n) => rng.standardExponential(n)),
  random_gamma: ofRandom((rng, n) => rng.standardGamma(2.5, n)),
  random_poisson: ofRandom((rng, n) => rng.poisson(50, n)),
  random_permutation: ofRandom((rng, n) => rng.permutation(n)),
  sparse_matvec: (a) => {
    const [A, x] = [laplacian(a), a.spread()];
    return () => A.matmul(x);
  },
  sparse_rmatvec: (a) => {
    const [A, x] = [laplacian(a), a.spread()];
    return () => A.rmatmul(x);
  },
  sparse_transpose: (a) => {
    const { pattern, data } = laplacian(a);
    const { shape, starts, columns } = pattern;
    // The transpose of a pattern is kept with it
    return () => new CsrArray(new CompressedRows(shape, starts, columns), data).transpose();
  },
  sparse_tocsr: (a) => {
    const entries = scattered(a, 1);
    return () => entries().toCsr();
  },
  sparse_sum_duplicates: (a) => {
    const entries = scattered(a, 2);
    return () => entries().toCsr();
  },
};

/** Everything that a call makes is disposed, so that the next call uses its memory again. */
const arrayCase = (name: string, prepare: Prepare, rows: number, columns: number): BenchCase => ({
  name,
  params: { n: rows * columns },
  backend: 'cpu',
  setup: () => {
    const run = prepare(new Arrays(rows, columns));
    return { run: () => tidy(() => void run()) };
  },
});

export const ARRAY_CASES: readonly BenchCase[] = [
  ...Object.entries(CALLS).map(([name, prepare]) => arrayCase(`array_${name}`, prepare, 1000, 1000)),
  ...Object.entries(CALLS).map(([name, prepare]) => arrayCase(`array_${name}_n1000`, prepare, 25, 40)),
];
