import type { NDArray } from '../../core/array/ndarray.js';
import type { OperatorSpec } from '../../core/operator/linear-operator.js';
import type { BandSegment, Stencil } from '../../core/ports/backend.js';
import { isZeroBand, transposeBand } from '../../core/schemes/band.js';
import { LocalOperator } from '../local-operator.js';

/** One term of a {@link StencilOperator}: a square banded matrix along an axis. */
export interface Band {
  readonly axis: number;
  readonly segments: readonly BandSegment[];
}

/**
 * `y = Σ Bₖ x`, with banded matrices Bₖ along axes of x. Each direction is one stencil call; the
 * tables of the adjoint are computed once. The operator stores numbers but no data of a dtype, and
 * therefore works on vectors of every precision. Cost: one read and one write of the array.
 */
export class StencilOperator extends LocalOperator {
  readonly #forward: Stencil;
  readonly #adjoint: Stencil;
  constructor(spec: Omit<OperatorSpec, 'dimsd' | 'holdsData'>, bands: readonly Band[]) {
    super({ ...spec, zero: bands.every(({ segments }) => isZeroBand(segments)) });
    const shape = this.dims;
    this.#forward = { shape, bands, mode: 'set' };
    this.#adjoint = {
      shape,
      bands: bands.map(({ axis, segments }) => ({
        axis,
        segments: transposeBand(segments, shape[axis] as number, shape[axis] as number),
      })),
      mode: 'set',
    };
  }
  protected override forward(x: NDArray, y: NDArray): void {
    if (y.size > 0) y.backend.stencil(x, y, this.#forward);
  }
  protected override adjoint(y: NDArray, x: NDArray): void {
    if (x.size > 0) x.backend.stencil(y, x, this.#adjoint);
  }
}
