import type { NDArray, NDArraySpace } from '../../core/array/ndarray.js';
import { complexOf, type DType, isComplex, realOf } from '../../core/base/dtype.js';
import { ArgumentError, ShapeError } from '../../core/base/errors.js';
import { type Defaults, type WithDefaults, withDefaults } from '../../core/base/options.js';
import { formatShape, type Shape } from '../../core/base/shape.js';
import { textOf } from '../../core/base/text-of.js';
import type { SpaceOptions } from '../../core/operator/linear-operator.js';
import { FOURIER_DEFAULTS } from '../../core/schemes/fourier-scheme.js';
import type { Space } from '../../core/vector/vector.js';
import { withWorkspace } from '../../core/vector/workspace.js';
import { DeviceConstants, type OperatorData } from '../device-constants.js';
import { LocalOperator } from '../local-operator.js';
import { FourierOperator } from '../signal/fourier-operator.js';
import { Fredholm1 } from './fredholm1.js';

/** Options of {@link MDC}. */
export interface MDCOptions {
  /** Distance between time samples. @default 1 */
  readonly dt?: number;
  /** Distance between receivers. @default 1 */
  readonly dr?: number;
  /**
   * Time zero of the model is in the middle: the model has negative and positive times.
   * @default true
   */
  readonly twosided?: boolean;
  /** Uses the conjugate of G: correlation instead of convolution. @default false */
  readonly conj?: boolean;
  /** The factor `dr·dt·√nt` is already in G. @default false */
  readonly prescaled?: boolean;
  /** Accepted for compatibility and has no effect; see {@link Fredholm1}. */
  readonly saveGt?: boolean;
  /** Accepted for compatibility and has no effect; see {@link Fredholm1}. */
  readonly usematmul?: boolean;
}

export const MDC_DEFAULTS = {
  dt: 1,
  dr: 1,
  twosided: true,
  conj: false,
  prescaled: false,
  saveGt: undefined,
  usematmul: undefined,
} satisfies Defaults<MDCOptions>;

/**
 * The factor of the kernel, `dr·dt·√nt`, or 1 if the kernel is prescaled.
 *
 * @throws {@link ArgumentError} if `nt` is not a positive integer, or `dt` or `dr` is not finite
 */
export function mdcScale(
  owner: string,
  nt: number,
  { dt, dr, prescaled }: WithDefaults<MDCOptions, typeof MDC_DEFAULTS>,
): number {
  if (!Number.isSafeInteger(nt) || nt < 1)
    throw new ArgumentError(`${owner}: expected a positive number of time samples, received ${textOf(nt)}`);
  if (![dt, dr].every(Number.isFinite))
    throw new ArgumentError(`${owner}: expected finite dt and dr, received ${textOf(dt)} and ${textOf(dr)}`);
  return prescaled ? 1 : dr * dt * Math.sqrt(nt);
}

/**
 * The first frequencies of real traces `[nt, …]`. The transform is unitary except for the
 * frequencies that are left out.
 */
class TraceSpectra extends FourierOperator {
  constructor(dims: Shape, frequencies: number, centred: boolean, dtype: DType) {
    super(
      'MDC',
      dims,
      [0],
      { ...FOURIER_DEFAULTS, real: true, ifftshiftBefore: centred, dtype },
      frequencies,
    );
  }
}

/**
 * Multi-dimensional convolution: `y = F⁻¹ s G F x`. F is the transform over time, G
 * `[nfmax, ns, nr]` has a matrix for each frequency, and `s = dr·dt·√nt`. Frequencies above those
 * of G are 0. Shapes: `[nt, nr, nv]` to `[nt, ns, nv]`, real. Cost: two transforms and
 * `8·nfmax·ns·nr·nv` flops. Memory: the spectra of model and data as work arrays.
 *
 * @example new MDC(NDArray.normal([4, 3, 2], { dtype: 'complex128' }), 9)
 */
export class MDC extends LocalOperator {
  readonly #model: TraceSpectra;
  readonly #data: TraceSpectra;
  readonly #kernel: Fredholm1;
  readonly #scale: number;
  readonly #conj: boolean;
  constructor(G: OperatorData, nt: number, nv = 1, options?: MDCOptions) {
    const given = withDefaults('MDC', options, MDC_DEFAULTS);
    const { twosided, conj } = given;
    const scale = mdcScale('MDC', nt, given);
    const { shape, dtype } = DeviceConstants.from(G);
    if (shape.length !== 3)
      throw new ShapeError(
        `MDC: expected G of [nfmax, ns, nr], received an array of shape ${formatShape(shape)}`,
      );
    const [nfmax, ns, nr] = shape as readonly [number, number, number];
    const [dims, dimsd] = [
      [nt, nr, nv],
      [nt, ns, nv],
    ];
    super({ dims, dimsd, dtype: realOf(dtype), holdsData: true, complexLinear: false });
    this.#model = new TraceSpectra(dims, nfmax, twosided, this.dtype);
    this.#data = new TraceSpectra(dimsd, nfmax, false, this.dtype);
    this.#kernel = new Fredholm1(G, nv, { dtype: isComplex(dtype) ? dtype : complexOf(dtype) });
    this.#scale = scale;
    this.#conj = conj;
  }
  override domain(options?: SpaceOptions): NDArraySpace {
    const space = super.domain(options);
    return space.withDType(realOf(space.dtype));
  }
  override rangeOf(x: Space<NDArray>): NDArraySpace {
    return super.rangeOf(x).withDType(realOf(this.inputDType(x.dtype)));
  }
  override domainOf(y: Space<NDArray>): NDArraySpace {
    return super.domainOf(y).withDType(realOf(this.inputDType(y.dtype)));
  }
  protected override forward(x: NDArray, y: NDArray): void {
    this.#run(x, y, this.#model, this.#data, (z, w) => this.#kernel.matvec(z, w));
  }
  protected override adjoint(y: NDArray, x: NDArray): void {
    this.#run(y, x, this.#data, this.#model, (w, z) => this.#kernel.rmatvec(w, z));
  }
  #run(
    x: NDArray,
    y: NDArray,
    from: TraceSpectra,
    to: TraceSpectra,
    multiply: (z: NDArray, w: NDArray) => void,
  ): void {
    const space = (transform: TraceSpectra) =>
      transform.rangeOf(transform.domain({ dtype: x.dtype, backend: x.backend }));
    const natural = (v: NDArray, dims: Shape) => (v.shape.length === dims.length ? v : v.alias(0, dims));
    withWorkspace(space(from), (z) =>
      withWorkspace(space(to), (w) => {
        from.matvec(natural(x, from.dims), z);
        // conj(G) z = conj(G conj(z)): the spectra are small, G is large
        if (this.#conj) z.conjInPlace();
        multiply(z, w);
        if (this.#conj) w.conjInPlace();
        if (this.#scale !== 1) w.scale(this.#scale);
        to.rmatvec(w, natural(y, to.dims));
      }),
    );
  }
}
