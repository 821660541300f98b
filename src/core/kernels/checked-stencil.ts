import type { DType } from '../base/dtype.js';
import type { Shape } from '../base/shape.js';
import type { AxisBand, Backend, Elements, PreparedStencil, Stencil } from '../ports/backend.js';
import { disposedStorage } from '../ports/kernel-operands.js';
import type { DeviceStorage } from './device-memory.js';

/** A stencil that was checked, with the kernel that a `CheckedBackend` has for it. */
export class CheckedStencil<M> implements PreparedStencil<DeviceStorage<M>> {
  readonly shape: Shape;
  readonly bands: readonly AxisBand<DeviceStorage<M>>[];
  readonly mode: 'set' | 'add';
  readonly range: Stencil['range'];
  readonly #ghosts: readonly DeviceStorage<M>[];

  /** @param size the number of elements of x and of y */
  constructor(
    readonly backend: Backend,
    readonly dtype: DType,
    { shape, bands, mode, range }: Stencil<DeviceStorage<M>>,
    readonly size: number,
    ghosts: readonly DeviceStorage<M>[],
    readonly kernel: (x: Elements<DeviceStorage<M>>, y: Elements<DeviceStorage<M>>) => void,
  ) {
    this.shape = shape;
    this.bands = bands;
    this.mode = mode;
    this.range = range;
    this.#ghosts = ghosts;
  }

  /** Throws {@link ArgumentError} if ghost cells were released. */
  checkGhosts(): void {
    for (let k = 0; k < this.#ghosts.length; k++)
      if ((this.#ghosts[k] as DeviceStorage<M>).released) throw disposedStorage();
  }
}
