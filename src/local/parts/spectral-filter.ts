import type { NDArray, NDArraySpace } from '../../core/array/ndarray.js';
import { complexOf, type DType, hostArray, realOf } from '../../core/base/dtype.js';
import { around, product, type Shape } from '../../core/base/shape.js';
import { commonSpec, type SpaceOptions } from '../../core/operator/linear-operator.js';
import type { IndexTable } from '../../core/ports/backend.js';
import type { Space } from '../../core/vector/vector.js';
import { withWorkspace } from '../../core/vector/workspace.js';
import { DeviceConstants } from '../device-constants.js';
import { LocalOperator } from '../local-operator.js';
import type { FourierOperator } from '../signal/fourier-operator.js';

/**
 * Factors of a spectrum: one for each frequency of an axis, or one for each element if there is no
 * axis.
 */
export interface SpectralFactors {
  readonly axis: number | undefined;
  /** Factor i is `w[2i] + i w[2i + 1]`. */
  readonly values: Float64Array;
}

/** `n` complex numbers `exp(i phase(k))·modulus(k)`, stored as pairs. */
export function phasors(
  n: number,
  phase: (k: number) => number,
  modulus: (k: number) => number = () => 1,
): Float64Array {
  const values = hostArray('complex128', n) as Float64Array;
  for (let k = 0; k < n; k++) {
    values[2 * k] = modulus(k) * Math.cos(phase(k));
    values[2 * k + 1] = modulus(k) * Math.sin(phase(k));
  }
  return values;
}

/**
 * A filter that is given by its spectrum: `y = Fᴴ diag(w) F x`, with a unitary transform F. Cost:
 * two transforms. Memory: one spectrum as a work array.
 */
export abstract class SpectralFilter extends LocalOperator {
  readonly #transform: FourierOperator;
  readonly #factors: DeviceConstants;
  readonly #rows: DeviceConstants | undefined;
  readonly #extents: readonly [number, number, number];

  constructor(transform: FourierOperator, factors: SpectralFactors) {
    super({ dims: transform.dims, ...commonSpec([transform]) });
    const shape: Shape =
      factors.axis === undefined ? transform.dimsd : [transform.dimsd[factors.axis] as number];
    this.#transform = transform;
    this.#factors = DeviceConstants.of({ values: factors.values, dtype: 'complex128', shape });
    this.#rows = factors.axis === undefined ? undefined : DeviceConstants.indices(product(shape));
    this.#extents = around(transform.dimsd, factors.axis ?? 0);
  }

  override domain(options?: SpaceOptions): NDArraySpace {
    const space = super.domain(options);
    return space.withDType(this.#outputDType(space.dtype));
  }
  override rangeOf(x: Space<NDArray>): NDArraySpace {
    return super.rangeOf(x).withDType(this.#outputDType(x.dtype));
  }
  override domainOf(y: Space<NDArray>): NDArraySpace {
    return this.rangeOf(y);
  }
  protected override forward(x: NDArray, y: NDArray): void {
    this.#run(x, y, false);
  }
  protected override adjoint(y: NDArray, x: NDArray): void {
    this.#run(y, x, true);
  }
  #outputDType(dtype: DType): DType {
    const input = this.inputDType(dtype);
    return this.complexLinear ? complexOf(input) : realOf(input);
  }
  #natural(x: NDArray): NDArray {
    return x.shape.length === this.dims.length ? x : x.alias(0, this.dims);
  }
  #run(x: NDArray, y: NDArray, conjugate: boolean): void {
    const { backend } = y;
    const spectrum = this.#transform.rangeOf(this.#transform.domain({ dtype: x.dtype, backend }));
    const [from, to] = [this.#natural(x), this.#natural(y)];
    withWorkspace(spectrum, (z) => {
      this.#transform.matvec(from, z);
      if (!this.#rows) {
        backend.binary(conjugate ? 'multiplyConj' : 'multiply', this.#factors.on(backend, z.dtype), z, z);
        this.#transform.rmatvec(z, to);
        return;
      }
      const [outer, n, inner] = this.#extents;
      const weights = this.#factors.on(backend, z.dtype, conjugate);
      const table: IndexTable = {
        outer,
        nx: n,
        ny: n,
        inner,
        width: 1,
        index: this.#rows.on(backend),
        weights,
      };
      withWorkspace(spectrum, (w) => {
        if (w.size > 0) backend.gather(z, w, table);
        this.#transform.rmatvec(w, to);
      });
    });
  }
}
