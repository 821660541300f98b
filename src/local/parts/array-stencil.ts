import type { DType } from '../../core/base/dtype.js';
import { memo } from '../../core/base/memo.js';
import type { Shape } from '../../core/base/shape.js';
import type { Backend, Elements, PreparedStencil, Stencil } from '../../core/ports/backend.js';
import type { AxisScheme } from '../../core/schemes/band.js';

/**
 * `y = Σ Bₖ x` with banded matrices Bₖ along the axes of arrays of `shape`, or the same added to y.
 * It is prepared once for each backend and dtype.
 */
export class ArrayStencil {
  readonly #stencil: Stencil;
  readonly #prepared = new WeakMap<Backend, Map<DType, PreparedStencil>>();

  constructor(shape: Shape, bands: readonly AxisScheme[], mode: 'set' | 'add' = 'set') {
    this.#stencil = { shape, bands, mode };
  }

  run(x: Elements, y: Elements): void {
    const { backend, dtype } = x.storage;
    const prepared = this.#prepared.get(backend)?.get(dtype) ?? this.#prepare(backend, dtype);
    backend.stencil(x, y, prepared);
  }

  #prepare(backend: Backend, dtype: DType): PreparedStencil {
    const prepared = backend.prepareStencil(dtype, this.#stencil);
    memo(this.#prepared, backend, () => new Map()).set(dtype, prepared);
    return prepared;
  }
}
