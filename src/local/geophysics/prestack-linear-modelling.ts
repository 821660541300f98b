import type { NDArray } from '../../core/array/ndarray.js';
import { type DType, isComplex } from '../../core/base/dtype.js';
import { DTypeError, ShapeError } from '../../core/base/errors.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import { formatShape } from '../../core/base/shape.js';
import { type DerivativeKind, firstDerivative } from '../../core/schemes/derivative-scheme.js';
import { withWorkspace } from '../../core/vector/workspace.js';
import { DeviceConstants, type OperatorData } from '../device-constants.js';
import { LocalOperator } from '../local-operator.js';
import { AxisConvolution } from '../parts/axis-convolution.js';
import { StencilOperator } from '../parts/stencil-operator.js';
import { AVO_DEFAULTS, AVOLinearModelling, type AVOLinearModellingOptions } from './avo-linear-modelling.js';

/** Options of {@link PrestackLinearModelling}. */
export interface PrestackLinearModellingOptions extends Omit<AVOLinearModellingOptions, 'dtype'> {
  /** The scheme of the time derivative. @default 'centered' */
  readonly kind?: DerivativeKind;
  /** @default that of the wavelet; float64 for lists of numbers */
  readonly dtype?: DType;
}

const DEFAULTS = {
  ...AVO_DEFAULTS,
  kind: 'centered',
  dtype: undefined,
} satisfies Defaults<PrestackLinearModellingOptions>;

/**
 * Pre-stack seismic modelling: from the logarithms of three elastic parameters to traces at angles
 * `theta` (degrees), `y = W A D x`. D is the first derivative per sample of time. A holds the
 * linearised reflection coefficients of {@link AVOLinearModelling}. W is the convolution with a
 * wavelet with its origin at sample `⌊len/2⌋`. Shapes: `[nt0, 3, ...spatdims]` to
 * `[nt0, len(theta), ...spatdims]`. Cost: `2·len + 6` flops a value. Memory: two work arrays.
 *
 * @example new PrestackLinearModelling([1, 2, 1], [0, 15, 30], { nt0: 12 })
 */
export class PrestackLinearModelling extends LocalOperator {
  readonly #derivative: StencilOperator;
  readonly #avo: AVOLinearModelling;
  readonly #convolution: AxisConvolution;
  constructor(wav: OperatorData, theta: OperatorData, options?: PrestackLinearModellingOptions) {
    const { kind, ...avo } = withDefaults('PrestackLinearModelling', options, DEFAULTS);
    const wavelet = DeviceConstants.from(wav);
    if (wavelet.shape.length !== 1 || wavelet.size === 0)
      throw new ShapeError(
        'PrestackLinearModelling: expected a wavelet of one axis, received shape ' +
          `${formatShape(wavelet.shape)}`,
      );
    if (isComplex(wavelet.dtype))
      throw new DTypeError(`PrestackLinearModelling: expected a real wavelet, received ${wavelet.dtype}`);
    const dtype = avo.dtype ?? wavelet.dtype;
    const A = new AVOLinearModelling(theta, { ...avo, dtype });
    super({ dims: A.dims, dimsd: A.dimsd, dtype });
    this.#avo = A;
    this.#derivative = new StencilOperator({ dims: A.dims, dtype }, [
      { axis: 0, segments: firstDerivative({ n: A.dims[0] as number, kind }) },
    ]);
    this.#convolution = new AxisConvolution(wavelet, Math.floor(wavelet.size / 2), A.dimsd, 0);
  }
  protected override forward(x: NDArray, y: NDArray): void {
    withWorkspace(x.space, (work) => {
      this.#derivative.matvec(x, work);
      withWorkspace(this.#avo.rangeOf(x.space), (coefficients) => {
        this.#avo.matvec(work, coefficients);
        this.#convolution.forward(coefficients, y);
      });
    });
  }
  protected override adjoint(y: NDArray, x: NDArray): void {
    withWorkspace(y.space, (coefficients) => {
      this.#convolution.adjoint(y, coefficients);
      withWorkspace(x.space, (work) => {
        this.#avo.rmatvec(coefficients, work);
        this.#derivative.rmatvec(work, x);
      });
    });
  }
}
