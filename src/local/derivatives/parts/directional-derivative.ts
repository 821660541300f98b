import type { NDArray } from '../../../core/array/ndarray.js';
import { type DType, isComplex } from '../../../core/base/dtype.js';
import { DTypeError, ShapeError } from '../../../core/base/errors.js';
import { type Defaults, withDefaults } from '../../../core/base/options.js';
import { perAxis } from '../../../core/base/per-axis.js';
import { formatShape, product, type Shape, sameShape, toShape } from '../../../core/base/shape.js';
import { isZeroBand, scaleBand, transposeBands } from '../../../core/schemes/band.js';
import { firstDerivative } from '../../../core/schemes/derivative-scheme.js';
import { withWorkspace } from '../../../core/vector/workspace.js';
import { DeviceConstants, type OperatorData } from '../../device-constants.js';
import { part } from '../../local-operator.js';
import { ArrayStencil } from '../../parts/array-stencil.js';
import { GRADIENT_DEFAULTS, type GradientOptions } from '../gradient.js';

export interface DirectionalDerivativeOptions extends Omit<GradientOptions, 'dtype'> {
  /** @default that of v; float64 for lists of numbers */
  readonly dtype?: DType;
}

const DEFAULTS = { ...GRADIENT_DEFAULTS, dtype: undefined } satisfies Defaults<DirectionalDerivativeOptions>;

/**
 * `Dᵥ = Σₖ vₖ ∂/∂xₖ`. If v is one vector, this is one stencil. If v is a field, it is one stencil
 * and one product for each axis.
 */
export class DirectionalDerivative {
  readonly dims: Shape;
  readonly dtype: DType;
  /**
   * True for a field of directions, which is data of a dtype. One direction is stored as numbers
   * and works on vectors of every precision.
   */
  readonly holdsData: boolean;
  /** True if the derivative along every direction is 0. */
  readonly zero: boolean;
  /** The field, `[ndim, ...dims]`. */
  readonly #field: DeviceConstants | undefined;
  readonly #forward: readonly ArrayStencil[];
  readonly #adjoint: readonly ArrayStencil[];
  constructor(
    owner: string,
    dims: Shape,
    v: OperatorData,
    options: DirectionalDerivativeOptions | undefined,
  ) {
    const { sampling, dtype, ...scheme } = withDefaults(owner, options, DEFAULTS);
    const shape = toShape(dims, 'dims');
    const ndim = shape.length;
    const vector = DeviceConstants.from(v, dtype);
    const whole = sameShape(vector.shape, [ndim, ...shape]);
    if (ndim === 0 || (!whole && !sameShape(vector.shape, [ndim]))) {
      throw new ShapeError(
        `${owner}: expected v of shape [${ndim}] or ${formatShape([ndim, ...shape])}, received ` +
          `${formatShape(vector.shape)}`,
      );
    }
    if (isComplex(vector.dtype))
      throw new DTypeError(`${owner}: expected a real v, received ${vector.dtype}`);
    const d = perAxis(owner, 'sampling', sampling, ndim);
    this.dims = shape;
    this.dtype = vector.dtype;
    this.holdsData = whole;
    this.#field = whole ? vector : undefined;
    const factors = whole ? undefined : vector.toHost();
    const bands = shape.map((n, axis) => ({
      axis,
      segments: scaleBand(
        firstDerivative({ n, sampling: d[axis] as number, ...scheme }),
        factors ? (factors[axis] as number) : 1,
      ),
    }));
    this.zero = bands.every(({ segments }) => isZeroBand(segments));
    const transposed = transposeBands(shape, bands);
    this.#forward = whole
      ? bands.map((band) => new ArrayStencil(shape, [band]))
      : [new ArrayStencil(shape, bands)];
    this.#adjoint = whole
      ? transposed.map((band, k) => new ArrayStencil(shape, [band], k === 0 ? 'set' : 'add'))
      : [new ArrayStencil(shape, transposed)];
  }
  /** Fills y. */
  forward(x: NDArray, y: NDArray): void {
    const field = this.#field?.with(x);
    if (!field) return this.#forward[0]?.run(x, y);
    const size = product(this.dims);
    withWorkspace(y.space, (work) => {
      this.#forward.forEach((stencil, k) => {
        const target = k === 0 ? y : work;
        stencil.run(x, target);
        y.backend.binary('multiply', part(field, k * size, size), target, target);
        if (k > 0) y.axpby(1, work, 1);
      });
    });
  }
  /** Fills x. */
  adjoint(y: NDArray, x: NDArray): void {
    const field = this.#field?.with(y);
    if (!field) return this.#adjoint[0]?.run(y, x);
    const size = product(this.dims);
    withWorkspace(x.space, (work) => {
      this.#adjoint.forEach((stencil, k) => {
        x.backend.binary('multiply', part(field, k * size, size), y, work);
        stencil.run(work, x);
      });
    });
  }
}
