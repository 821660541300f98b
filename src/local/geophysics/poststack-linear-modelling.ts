import { type DType, isComplex } from '../../core/base/dtype.js';
import { DTypeError, ShapeError } from '../../core/base/errors.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import { formatShape, type Shape, toAxis, toShape } from '../../core/base/shape.js';
import type { BandSegment } from '../../core/ports/backend.js';
import { multiplyBands, toeplitzBand, transposeBand } from '../../core/schemes/band.js';
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
 * with its origin at sample `⌊len/2⌋`. A wavelet of `[nt0, len]` changes with time:
 * `y[i + k − ⌊len/2⌋] += wav[i, k] (D x)[i]`. Shapes: `[nt0, ...spatdims]` to the same, or with
 * time on another axis. Both matrices and their product are banded; the product is applied as one
 * table. Cost: about `2·len` flops a sample, one read and one write; with a wavelet of `[nt0, len]`
 * and time last, `2·len + 128`. Memory: the table.
 *
 * @example new PoststackLinearModelling([1, 2, 1], 12, { spatdims: 4 })
 */
export class PoststackLinearModelling extends StencilOperator {
  constructor(wav: OperatorData, nt0: number, options?: PoststackLinearModellingOptions) {
    const given = withDefaults('PoststackLinearModelling', options, DEFAULTS);
    const wavelet = DeviceConstants.from(wav);
    if (isComplex(wavelet.dtype))
      throw new DTypeError(`PoststackLinearModelling: expected a real wavelet, received ${wavelet.dtype}`);
    const { kind, dtype = wavelet.dtype } = given;
    const [n] = toShape([nt0], 'nt0') as [number];
    const others = given.spatdims === undefined ? [] : toShape(given.spatdims, 'spatdims');
    const axis = toAxis(given.axis, others.length + 1);
    const segments = multiplyBands(convolutionWith(wavelet, n), firstDerivative({ n, kind }), n);
    super({ dims: others.toSpliced(axis, 0, n), dtype }, [{ axis, segments }]);
  }
}

/**
 * The convolution with a wavelet, or with one for each of `n` samples.
 *
 * @throws {@link ShapeError} if the wavelet has neither form
 */
function convolutionWith(wavelet: DeviceConstants, n: number): BandSegment[] {
  const { shape } = wavelet;
  const [length = 0, wavelets] = shape.toReversed();
  if (length === 0 || shape.length > 2 || (wavelets ?? n) !== n)
    throw new ShapeError(
      'PoststackLinearModelling: expected a wavelet of one axis, or one for each sample in an array ' +
        `[${n}, length], received shape ${formatShape(shape)}`,
    );
  const origin = Math.floor(length / 2);
  const values = Array.from(wavelet.toHost());
  if (wavelets === undefined) return toeplitzBand(origin - length + 1, values.reverse(), n, n);
  const columns = Array.from({ length: n }, (_, i) => ({
    start: i,
    end: i + 1,
    lo: -origin,
    taps: values.slice(i * length, (i + 1) * length),
  }));
  return transposeBand(columns, n, n);
}
