import { type DType, isComplex } from '../../core/base/dtype.js';
import { DTypeError, ShapeError } from '../../core/base/errors.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import { formatShape, type Shape, toAxis, toShape } from '../../core/base/shape.js';
import { multiplyBands, toeplitzBand } from '../../core/schemes/band.js';
import { type DerivativeKind, firstDerivative } from '../../core/schemes/derivative-scheme.js';
import { DeviceConstants, type OperatorData } from '../device-constants.js';
import { StencilOperator } from '../parts/stencil-operator.js';

/** Options of {@link PoststackLinearModelling}. */
export interface PoststackLinearModellingOptions {
  /** The sizes of the other axes, in order. @default none */
  readonly spatdims?: number | Shape;
  /** The index of the time axis among them. @default 0 */
  readonly axis?: number;
  /** The scheme of the time derivative. @default 'centered' */
  readonly kind?: DerivativeKind;
  /** @default that of the wavelet; float64 for lists of numbers */
  readonly dtype?: DType;
}

const DEFAULTS = {
  spatdims: undefined,
  axis: 0,
  kind: 'centered',
  dtype: undefined,
} satisfies Defaults<PoststackLinearModellingOptions>;

/**
 * Post-stack seismic modelling: from the logarithm of acoustic impedance to seismic traces,
 * `y = W D x` along time. D is the first derivative per sample and W the convolution with a wavelet
 * with its origin at sample `⌊len/2⌋`. Shapes: `[nt0, ...spatdims]` to the same, or with time on
 * another axis. Both matrices and their product are banded; the product is applied as one table.
 * Cost: about `2·len` flops a sample, one read and one write. Memory: the table.
 *
 * @example new PoststackLinearModelling([1, 2, 1], 12, { spatdims: 4 })
 */
export class PoststackLinearModelling extends StencilOperator {
  constructor(wav: OperatorData, nt0: number, options?: PoststackLinearModellingOptions) {
    const given = withDefaults('PoststackLinearModelling', options, DEFAULTS);
    const wavelet = DeviceConstants.from(wav);
    if (wavelet.shape.length !== 1 || wavelet.size === 0) {
      throw new ShapeError(
        'PoststackLinearModelling: expected a wavelet of one axis, received shape ' +
          `${formatShape(wavelet.shape)}`,
      );
    }
    if (isComplex(wavelet.dtype))
      throw new DTypeError(`PoststackLinearModelling: expected a real wavelet, received ${wavelet.dtype}`);
    const { kind, dtype = wavelet.dtype } = given;
    const [n] = toShape([nt0], 'nt0') as [number];
    const others = given.spatdims === undefined ? [] : toShape(given.spatdims, 'spatdims');
    const axis = toAxis(given.axis, others.length + 1);
    const origin = Math.floor(wavelet.size / 2);
    const convolution = toeplitzBand(origin - wavelet.size + 1, Array.from(wavelet.toHost()).reverse(), n, n);
    const segments = multiplyBands(convolution, firstDerivative({ n, kind }), n);
    super({ dims: others.toSpliced(axis, 0, n), dtype }, [{ axis, segments }]);
  }
}
