import type { DType } from '../../core/base/dtype.js';
import { ArgumentError, ShapeError } from '../../core/base/errors.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import { formatShape, product, type Shape, toShape } from '../../core/base/shape.js';
import { textOf } from '../../core/base/text-of.js';
import type { OperatorData } from '../device-constants.js';
import { hostNumbers } from '../parts/host-numbers.js';
import { IndexedOperator } from '../parts/indexed-operator.js';
import { IndexedRows, type RowSource } from '../parts/indexed-rows.js';

/** Options of {@link Bilinear}. */
export interface BilinearOptions {
  /** @default 'float64' */
  readonly dtype?: DType;
}

const DEFAULTS = { dtype: 'float64' } satisfies Defaults<BilinearOptions>;

/**
 * Bilinear interpolation on the first two axes at places `iava` of `[2, K]`, in samples from 0.
 * With the whole samples `(i, j)` and the fractions `(u, v)`, `y = (1−u)(1−v) x[i,j] + (1−u)v
 * x[i,j+1] + u(1−v) x[i+1,j] + uv x[i+1,j+1]`. Shapes: `[n0, n1, …]` to `[K, …]`. Cost: four reads
 * a value. Memory: a table of four indices and weights for each place.
 *
 * @example new Bilinear([[0.5, 2.2], [1.5, 0.3]], [4, 5])
 */
export class Bilinear extends IndexedOperator {
  constructor(iava: OperatorData, dims: Shape, options?: BilinearOptions) {
    const { dtype } = withDefaults('Bilinear', options, DEFAULTS);
    const shape = toShape(dims, 'dims');
    const { values, shape: given } = hostNumbers('Bilinear', 'iava', iava, 2);
    if (shape.length < 2)
      throw new ShapeError(`Bilinear: expected dims of at least two axes, received ${formatShape(shape)}`);
    if (given[0] !== 2)
      throw new ShapeError(`Bilinear: expected iava of shape [2, K], received ${formatShape(given)}`);
    const [n0, n1] = shape as [number, number];
    const K = given[1] as number;
    values.forEach((v, e) => {
      const n = e < K ? n0 : n1;
      if (!(v >= 0 && v <= n - 1))
        throw new ArgumentError(
          `Bilinear: expected places between 0 and ${n - 1} on axis ${e < K ? 0 : 1}, received ${textOf(v)}`,
        );
    });
    const source: RowSource = {
      rows: K,
      columns: n0 * n1,
      width: 4,
      weights: 'real',
      fill: (start, count, index, weights) => {
        for (let r = 0; r < count; r++) {
          const [p, q] = [values[start + r] as number, values[K + start + r] as number];
          const [i, j] = [Math.floor(p), Math.floor(q)];
          const [u, v] = [p - i, q - j];
          for (let k = 0; k < 4; k++) {
            const [a, b] = [k >> 1, k & 1];
            index[4 * r + k] = i + a < n0 && j + b < n1 ? (i + a) * n1 + j + b : -1;
            weights[4 * r + k] = (a === 1 ? u : 1 - u) * (b === 1 ? v : 1 - v);
          }
        }
      },
    };
    const rest = shape.slice(2);
    super(
      { dims: shape, dimsd: [K, ...rest], dtype },
      'gather',
      new IndexedRows(source, { inner: product(rest) }),
    );
  }
}
