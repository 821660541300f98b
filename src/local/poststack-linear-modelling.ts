import { multiplyBands, toeplitzBand } from '../core/band.js';
import { type DerivativeKind, firstDerivative } from '../core/derivative-scheme.js';
import { type DType, isComplex } from '../core/dtype.js';
import { DTypeError, ShapeError } from '../core/errors.js';
import type { NDArray } from '../core/ndarray.js';
import { checkOptions } from '../core/options.js';
import { around, formatShape, type Shape, toAxis, toShape } from '../core/shape.js';
import { withWorkspace } from '../core/workspace.js';
import { AxisConvolution } from './axis-convolution.js';
import { FirstDerivative } from './first-derivative.js';
import { LocalOperator } from './local-operator.js';
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

/** From this many samples on, that lie together in memory and have one time, `W D` is applied as one table; its many short rows at the ends cost too much on short runs. */
const LONG_RUN = 32;

/**
 * Post-stack seismic modelling: from the logarithm of acoustic impedance to seismic traces, `y = W D x` along time, D the first derivative per sample and W the
 * convolution with a wavelet whose origin is sample `⌊len/2⌋`. Shapes: `[nt0, ...spatdims]` to the same, or with time on another axis. Cost: about `2·len` flops a sample
 * in one read and one write, both matrices being banded and so their product; with time last two of each, and a work array.
 */
export class PoststackLinearModelling extends LocalOperator {
  readonly #once: StencilOperator | undefined;
  readonly #derivative: FirstDerivative;
  readonly #convolution: AxisConvolution;
  constructor(wav: OperatorData, nt0: number, options: PoststackLinearModellingOptions = {}) {
    checkOptions('PoststackLinearModelling', options, ['spatdims', 'axis', 'kind', 'dtype']);
    const wavelet = Resident.from(wav);
    if (wavelet.shape.length !== 1 || wavelet.size === 0) {
      throw new ShapeError(`PoststackLinearModelling: expected a wavelet of one axis, received shape ${formatShape(wavelet.shape)}`);
    }
    if (isComplex(wavelet.dtype)) throw new DTypeError(`PoststackLinearModelling: expected a real wavelet, received ${wavelet.dtype}`);
    const { kind = 'centered', dtype = wavelet.dtype } = options;
    const [n] = toShape([nt0], 'nt0') as [number];
    const others = options.spatdims === undefined ? [] : toShape(options.spatdims, 'spatdims');
    const axis = toAxis(options.axis ?? 0, others.length + 1);
    const dims = others.toSpliced(axis, 0, n);
    super({ dims, dtype });
    const origin = Math.floor(wavelet.size / 2);
    this.#derivative = new FirstDerivative(dims, { axis, kind, dtype });
    this.#convolution = new AxisConvolution(wavelet, origin, dims, axis);
    const [, , inner] = around(dims, axis);
    if (inner >= LONG_RUN) {
      const convolution = toeplitzBand(origin - wavelet.size + 1, Array.from(wavelet.toHost()).reverse(), n, n);
      this.#once = new StencilOperator({ dims, dtype }, [{ axis, segments: multiplyBands(convolution, firstDerivative({ n, kind }), n) }]);
    }
  }
  protected override forward(x: NDArray, y: NDArray): void {
    if (this.#once) this.#once.matvec(x, y);
    else {
      withWorkspace(x.space, (work) => {
        this.#derivative.matvec(x, work);
        this.#convolution.forward(work, y);
      });
    }
  }
  protected override adjoint(y: NDArray, x: NDArray): void {
    if (this.#once) this.#once.rmatvec(y, x);
    else {
      withWorkspace(y.space, (work) => {
        this.#convolution.adjoint(y, work);
        this.#derivative.rmatvec(work, x);
      });
    }
  }
}
