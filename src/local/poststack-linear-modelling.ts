import { multiplyBands, toeplitzBand } from '../core/band.js';
import { type DerivativeKind, firstDerivative } from '../core/derivative-scheme.js';
import { type DType, isComplex } from '../core/dtype.js';
import { DTypeError, ShapeError } from '../core/errors.js';
import { checkOptions } from '../core/options.js';
import { formatShape, type Shape, toAxis, toShape } from '../core/shape.js';
import { type OperatorData, Resident } from './resident.js';
import { StencilOperator } from './stencil-operator.js';

export interface PoststackLinearModellingOptions {
  /** The other axes, in order. @default none */
  readonly spatdims?: number | Shape;
  /** Where the time axis stands among them. @default 0: `[nt0, ...spatdims]` */
  readonly axis?: number;
  /** Of the time derivative. @default 'centered' */
  readonly kind?: DerivativeKind;
  /** @default that of the wavelet; float64 for lists of numbers */
  readonly dtype?: DType;
}

/**
 * Post-stack seismic modelling: from the logarithm of acoustic impedance to seismic traces, `y = W D x` along time, D the first derivative per sample and W the
 * convolution with a wavelet whose origin is sample `⌊len/2⌋`. Shapes: `[nt0, ...spatdims]` (or time at `axis`) to the same. Both matrices are banded, and so is their product, which
 * is applied as one, ends included. Cost: one read and one write, about `2·len` flops a sample.
 */
export class PoststackLinearModelling extends StencilOperator {
  constructor(wav: OperatorData, nt0: number, options: PoststackLinearModellingOptions = {}) {
    checkOptions('PoststackLinearModelling', options, ['spatdims', 'axis', 'kind', 'dtype']);
    const wavelet = Resident.from(wav);
    if (wavelet.shape.length !== 1 || wavelet.size === 0) {
      throw new ShapeError(`PoststackLinearModelling: expected a wavelet of one axis, received shape ${formatShape(wavelet.shape)}`);
    }
    if (isComplex(wavelet.dtype)) throw new DTypeError(`PoststackLinearModelling: expected a real wavelet, received ${wavelet.dtype}`);
    const [n] = toShape([nt0], 'nt0') as [number];
    const dims = options.spatdims === undefined ? [] : toShape(options.spatdims, 'spatdims');
    const axis = toAxis(options.axis ?? 0, dims.length + 1);
    dims.splice(axis, 0, n);
    const origin = Math.floor(wavelet.size / 2);
    const convolution = toeplitzBand(origin - wavelet.size + 1, Array.from(wavelet.toHost()).reverse(), n, n);
    const derivative = firstDerivative({ n, ...(options.kind === undefined ? {} : { kind: options.kind }) });
    super({ dims, dtype: options.dtype ?? wavelet.dtype }, [{ axis, segments: multiplyBands(convolution, derivative, n) }]);
  }
}
