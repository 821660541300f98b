import type { NDArray, NDArraySpace } from '../../core/array/ndarray.js';
import { complexOf, type DType, realOf } from '../../core/base/dtype.js';
import type { Shape } from '../../core/base/shape.js';
import type { SpaceOptions } from '../../core/operator/linear-operator.js';
import { FourierScheme, type FourierSpec } from '../../core/schemes/fourier-scheme.js';
import { type FourierStage, fourierStage, runSteps } from '../../core/schemes/fourier-steps.js';
import type { Space } from '../../core/vector/vector.js';
import { withWorkspace } from '../../core/vector/workspace.js';
import { LocalOperator } from '../local-operator.js';

/**
 * A discrete Fourier transform of arrays of one rank; {@link FourierScheme} has the formulas. The
 * data is complex. The model is complex too, unless the transform is `real` or the dtype is real.
 * In these cases the operator uses only the real part of the model, and the adjoint holds for
 * `Re ⟨·,·⟩`. Results have the precision of the vector.
 */
export abstract class FourierOperator extends LocalOperator {
  /** Frequencies of the data along each of the axes, per unit of `sampling`. */
  readonly fs: readonly Float64Array[];
  protected readonly scheme: FourierScheme;
  readonly #stage: FourierStage;

  constructor(
    owner: string,
    dims: number | Shape,
    axes: readonly number[],
    spec: FourierSpec,
    kept?: number,
  ) {
    const scheme = new FourierScheme(owner, dims, axes, spec, { kept });
    super({
      dims: scheme.dims,
      dimsd: scheme.dimsd,
      dtype: scheme.realModel ? realOf(spec.dtype) : spec.dtype,
      complexLinear: !scheme.realModel,
      frameBound: scheme.frameBound,
    });
    this.scheme = scheme;
    this.fs = scheme.frequencies();
    this.#stage = fourierStage(scheme.dims, scheme.axes, scheme.scale, scheme.realModel);
  }

  override domain(options?: SpaceOptions): NDArraySpace {
    const space = super.domain(options);
    return space.withDType(this.#modelDType(space.dtype));
  }
  override rangeOf(x: Space<NDArray>): NDArraySpace {
    return super.rangeOf(x).withDType(complexOf(this.inputDType(x.dtype)));
  }
  override domainOf(y: Space<NDArray>): NDArraySpace {
    return super.domainOf(y).withDType(this.#modelDType(this.adjointInputDType(y.dtype)));
  }
  protected override adjointInputDType(dtype: DType): DType {
    return complexOf(this.inputDType(dtype));
  }
  protected override forward(x: NDArray, y: NDArray): void {
    const model = this.#modelDType(x.dtype);
    if (x.dtype === model) runSteps(this.#stage.forward, x, y, y.dtype);
    else {
      withWorkspace(x.space.withDType(model), (work) => {
        x.backend.cast(x, work);
        runSteps(this.#stage.forward, work, y, y.dtype);
      });
    }
  }
  protected override adjoint(y: NDArray, x: NDArray): void {
    runSteps(this.#stage.adjoint, y, x, y.dtype);
  }
  #modelDType(dtype: DType): DType {
    return this.scheme.realModel ? realOf(dtype) : complexOf(dtype);
  }
}
