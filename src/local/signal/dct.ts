import { type NDArray, NDArraySpace } from '../../core/array/ndarray.js';
import { complexOf, type DType, hostArray, isComplex } from '../../core/base/dtype.js';
import { ArgumentError } from '../../core/base/errors.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import { around, type Shape, toAxes, toShape } from '../../core/base/shape.js';
import { textOf } from '../../core/base/text-of.js';
import type { FftPlan } from '../../core/ports/backend.js';
import { withWorkspace } from '../../core/vector/workspace.js';
import { DeviceConstants } from '../device-constants.js';
import { LocalOperator } from '../local-operator.js';
import { AxisMatrix } from '../parts/axis-matrix.js';
import { numbersOf } from '../parts/host-numbers.js';
import { IndexedRows, type RowSource } from '../parts/indexed-rows.js';

/** The type of a discrete cosine transform. */
export type DCTType = 1 | 2 | 3 | 4;

/** Options of {@link DCT}. */
export interface DCTOptions {
  /** @default 2 */
  readonly type?: DCTType;
  /** @default all */
  readonly axes?: number | readonly number[];
  /** @default 'float64' */
  readonly dtype?: DType;
}

/**
 * A sum of cosines as a symmetric Fourier transform of length P. Sample n is stored at index
 * `at(n)`, frequency k is read from index `read(k)`. Both ends have weights.
 */
interface CosineSum {
  readonly length: (n: number) => number;
  readonly at: (i: number) => number;
  readonly read: (k: number) => number;
  readonly scale: (n: number) => number;
  readonly input: (i: number, n: number) => number;
  readonly output: (k: number, n: number) => number;
}

const ONE = (): number => 1;
const FIRST = (i: number): number => (i === 0 ? Math.SQRT1_2 : 1);
const ENDS = (i: number, n: number): number => (i === 0 || i === n - 1 ? Math.SQRT1_2 : 1);
const same = (i: number): number => i;
const odd = (i: number): number => 2 * i + 1;

const TYPES: Readonly<Record<DCTType, CosineSum>> = {
  1: {
    length: (n) => 2 * (n - 1),
    at: same,
    read: same,
    scale: (n) => Math.sqrt(2 / (n - 1)),
    input: ENDS,
    output: ENDS,
  },
  2: { length: (n) => 4 * n, at: odd, read: same, scale: (n) => Math.sqrt(2 / n), input: ONE, output: FIRST },
  3: { length: (n) => 4 * n, at: same, read: odd, scale: (n) => Math.sqrt(2 / n), input: FIRST, output: ONE },
  4: { length: (n) => 8 * n, at: odd, read: odd, scale: (n) => Math.sqrt(2 / n), input: ONE, output: ONE },
};
const TRANSPOSED: Readonly<Record<DCTType, DCTType>> = { 1: 1, 2: 3, 3: 2, 4: 4 };

/** On axes of at most this length a matrix product is faster than the longer Fourier transform. */
const MATRIX_LENGTH = 64;

const DEFAULTS = { type: 2, axes: undefined, dtype: 'float64' } satisfies Defaults<DCTOptions>;

/**
 * Orthonormal discrete cosine transform of type 1 to 4 along `axes`. The adjoint is the inverse.
 * With n samples and `c = √(2/n)` (type 1: `√(2/(n−1))`), and with the terms of index 0 (type 1: of
 * both ends) weighted by 1/√2, the types are: 1 `c Σ x[i] cos(π k i/(n−1))`, 2
 * `c Σ x[i] cos(π k (2i+1)/2n)`, 3 the transpose of 2, 4 `c Σ x[i] cos(π (2k+1)(2i+1)/4n)`. Shapes:
 * `dims` to `dims`. Cost and memory: a real Fourier transform of 2 to 8 times the length of each
 * axis, and work arrays of that size. Axes of up to 64 samples, and all axes on backends without
 * complex numbers, use a matrix.
 *
 * @example new DCT([6, 8], { axes: 1 })
 */
export class DCT extends LocalOperator {
  readonly #forward: readonly AxisCosines[];
  readonly #adjoint: readonly AxisCosines[];
  constructor(dims: number | Shape, options?: DCTOptions) {
    const given = withDefaults('DCT', options, DEFAULTS);
    const { type } = given;
    if (!(type in TYPES))
      throw new ArgumentError(`DCT: expected type to be 1, 2, 3 or 4, received ${textOf(type)}`);
    const shape = toShape(dims, 'dims');
    const axes = toAxes(given.axes, shape.length);
    const short = axes.find((axis) => (shape[axis] as number) < 2);
    if (type === 1 && short !== undefined)
      throw new ArgumentError(
        `DCT: expected at least two samples for type 1, axis ${short} has ${shape[short]}`,
      );
    super({ dims: shape, dtype: given.dtype });
    this.#forward = axes.map((axis) => new AxisCosines(shape, axis, TYPES[type]));
    this.#adjoint = axes.map((axis) => new AxisCosines(shape, axis, TYPES[TRANSPOSED[type]]));
  }
  protected override forward(x: NDArray, y: NDArray): void {
    chain(this.#forward, x, y);
  }
  protected override adjoint(y: NDArray, x: NDArray): void {
    chain(this.#adjoint, y, x);
  }
}

/** Applies the steps one after another. The last one writes to y. */
function chain(steps: readonly AxisCosines[], x: NDArray, y: NDArray): void {
  if (y.size === 0) return;
  if (steps.length === 0) {
    y.backend.copy(x, y);
    return;
  }
  if (steps.length === 1) return steps[0]?.apply(x, y);
  withWorkspace(y.space, (work) => {
    steps.forEach((step, k) => {
      const even = (steps.length - 1 - k) % 2 === 0;
      step.apply(k === 0 ? x : even ? work : y, even ? y : work);
    });
  });
}

/** The transform along one axis. */
class AxisCosines {
  readonly #matrix: () => AxisMatrix;
  #made: AxisMatrix | undefined;
  readonly #n: number;
  readonly #outer: number;
  readonly #inner: number;
  readonly #length: number;
  readonly #place: IndexedRows;
  readonly #read: Readonly<Record<'real' | 'complex', IndexedRows>>;
  constructor(shape: Shape, axis: number, sum: CosineSum) {
    const [outer, n, inner] = around(shape, axis);
    const length = sum.length(n);
    this.#n = n;
    this.#outer = outer;
    this.#inner = inner;
    this.#length = length;
    this.#place = new IndexedRows(placing(sum, n, length), { outer, inner });
    const half = Math.floor(length / 2) + 1;
    this.#read = {
      real: new IndexedRows(reading(sum, n, half), { outer, inner }),
      complex: new IndexedRows(reading(sum, n, length), { outer, inner }),
    };
    this.#matrix = () => new AxisMatrix(DeviceConstants.adopt(cosines(sum, n, length), [n, n]), shape, axis);
  }
  apply(x: NDArray, y: NDArray): void {
    const { backend } = y;
    const complex = isComplex(y.dtype);
    if (this.#n <= MATRIX_LENGTH || !backend.dtypes.includes(complexOf(y.dtype))) {
      this.#made ??= this.#matrix();
      this.#made.forward(x, y);
      return;
    }
    const space = (rows: number, dtype: DType): NDArraySpace =>
      NDArraySpace.of([this.#outer, rows, this.#inner], dtype, backend);
    const plan: FftPlan = {
      kind: complex ? 'c2c' : 'r2c',
      shape: [this.#outer, this.#length, this.#inner],
      axes: [1],
      direction: 'forward',
      scale: 1,
    };
    const half = Math.floor(this.#length / 2) + 1;
    withWorkspace(space(this.#length, y.dtype), (extended) => {
      this.#place.gather(x, extended);
      withWorkspace(space(complex ? this.#length : half, complexOf(y.dtype)), (spectrum) => {
        backend.fft(extended, spectrum, plan);
        if (complex) this.#read.complex.gather(spectrum, y);
        else {
          // the spectrum of a symmetric signal is real
          withWorkspace(space(half, y.dtype), (real) => {
            backend.unary('real', spectrum, real);
            this.#read.real.gather(real, y);
          });
        }
      });
    });
  }
}

/** The rows that copy each sample to its place and to its mirror image, with weight 1/2 each. */
function placing(sum: CosineSum, n: number, length: number): RowSource {
  const sources = hostArray('int32', length).fill(-1);
  const parts = hostArray('float64', length);
  for (let i = 0; i < n; i++) {
    const p = sum.at(i);
    const own = p === 0 || 2 * p === length;
    for (const place of own ? [p] : [p, length - p]) {
      sources[place] = i;
      parts[place] = sum.input(i, n) * (own ? 1 : 1 / 2);
    }
  }
  return {
    rows: length,
    columns: n,
    width: 1,
    weights: 'real',
    fill: (start, count, index, weights) => {
      index.set(sources.subarray(start, start + count));
      weights.set(parts.subarray(start, start + count));
    },
  };
}

const reading = (sum: CosineSum, n: number, columns: number): RowSource => ({
  rows: n,
  columns,
  width: 1,
  weights: 'real',
  fill: (start, count, index, weights) => {
    for (let k = 0; k < count; k++) {
      index[k] = sum.read(start + k);
      weights[k] = sum.scale(n) * sum.output(start + k, n);
    }
  },
});

function cosines(sum: CosineSum, n: number, length: number): Float64Array {
  return numbersOf(n * n, (place) => {
    const [k, i] = [Math.floor(place / n), place % n];
    // the product is reduced modulo the length first, so that the angle is small
    const turn = (sum.at(i) * sum.read(k)) % length;
    return sum.scale(n) * sum.output(k, n) * sum.input(i, n) * Math.cos((2 * Math.PI * turn) / length);
  });
}
