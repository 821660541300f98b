import { product, type Shape } from '../../core/base/shape.js';
import type { DistributedArray } from '../../core/distributed/distributed-array.js';
import { AxisHaloPlan } from '../../core/distributed/halo.js';
import type { DistributedSpace } from '../../core/distributed/space.js';
import type { AxisBand, BandSegment, PreparedStencil, Stencil } from '../../core/ports/backend.js';
import { type AxisScheme, clipBand, transposeBands } from '../../core/schemes/band.js';
import { SpacePlans } from './space-plans.js';

/** The stencils of one mode. `early` ones need no ghost cells and run during the exchange. */
interface Stencils {
  readonly early: readonly PreparedStencil[];
  readonly late: readonly PreparedStencil[];
}

/** The number of ghost cells that any row may need. The same on all ranks. */
function widths(segments: readonly BandSegment[]): { front: number; back: number } {
  let [front, back] = [0, 0];
  for (const { lo, taps } of segments) {
    if (taps.length === 0) continue;
    front = Math.max(front, -lo);
    back = Math.max(back, lo + taps.length - 1);
  }
  return { front, back };
}

/** The halos and stencils of one direction for the vectors of one space. */
class BandPlan {
  readonly halos: AxisHaloPlan[] = [];
  readonly #space: DistributedSpace;
  readonly #bands: readonly AxisBand[];
  /** The ranges of outputs of one stencil each. Undefined means all outputs. */
  #early: readonly Stencil['range'][] = [];
  #late: readonly Stencil['range'][] = [];
  readonly #stencils: { set?: Stencils; add?: Stencils } = {};

  constructor(schemes: readonly AxisScheme[], space: DistributedSpace) {
    const { layout, comm, dtype, backend } = space;
    this.#space = space;
    const box = layout.box(comm.rank);
    this.#bands = schemes.map(({ axis, segments }): AxisBand => {
      const local = clipBand(segments, box.start[axis] as number, box.shape[axis] as number);
      const { front, back } = widths(segments);
      if (layout.replicated || layout.grid[axis] === 1 || (front === 0 && back === 0))
        return { axis, segments: local };
      const halo = AxisHaloPlan.create(layout, comm, { axis, front, back }, dtype, backend);
      this.halos.push(halo);
      return { axis, segments: local, front: halo.front, back: halo.back };
    });
    if (product(space.localShape) > 0) this.#split(schemes);
  }

  /** Splits the outputs of this rank into those that need ghost cells and those that do not. */
  #split(schemes: readonly AxisScheme[]): void {
    const [halo, other] = this.halos;
    if (!halo || (!other && !halo.front && !halo.back)) this.#early = [undefined];
    else if (other) this.#late = [undefined];
    else {
      const { axis } = halo;
      const n = this.#space.localShape[axis] as number;
      const { front, back } = widths(schemes.find((s) => s.axis === axis)?.segments ?? []);
      const start = halo.front ? Math.min(front, n) : 0;
      const end = halo.back ? Math.max(start, n - back) : n;
      const rows = (from: number, to: number) => (from < to ? [{ axis, start: from, end: to }] : []);
      this.#early = rows(start, end);
      this.#late = [...rows(0, start), ...rows(end, n)];
    }
  }

  /** The stencils that write y, or add to it. They are prepared at the first call. */
  stencils(mode: 'set' | 'add'): Stencils {
    return (this.#stencils[mode] ??= this.#prepare(mode));
  }

  #prepare(mode: 'set' | 'add'): Stencils {
    const { localShape: shape, dtype, backend } = this.#space;
    const prepare = (range: Stencil['range']) =>
      backend.prepareStencil(dtype, { shape, bands: this.#bands, mode, range });
    return { early: this.#early.map(prepare), late: this.#late.map(prepare) };
  }

  dispose(): void {
    for (const halo of this.halos) halo.dispose();
  }
}

/**
 * A sum of banded matrices along axes of a distributed array: `y = Σ A_axis x`, and its adjoint.
 * The tables of the adjoint are computed from those of the forward direction. All axes are computed
 * in one pass over memory. Cost: one halo exchange for each distributed axis. If there is only one,
 * it overlaps with the computation of the interior. Halos and stencils are prepared once for each
 * space; a call allocates nothing.
 */
export class BandedStencil {
  readonly #plans: SpacePlans<BandPlan>;

  constructor(dims: Shape, schemes: readonly AxisScheme[]) {
    const tables = { forward: schemes, adjoint: transposeBands(dims, schemes) };
    this.#plans = new SpacePlans(
      (direction, space) => new BandPlan(tables[direction], space),
      (plan) => plan.dispose(),
    );
  }

  /**
   * `y ← A x` (or `Aᴴ x`), or the same added to y. Both vectors have the natural shape and the same
   * space.
   */
  run(
    direction: 'forward' | 'adjoint',
    x: DistributedArray,
    y: DistributedArray,
    mode: 'set' | 'add' = 'set',
  ): void {
    const plan = this.#plans.get(direction, x.space);
    const { early, late } = plan.stencils(mode);
    const { backend } = x;
    for (const halo of plan.halos) halo.start(x.local);
    for (const stencil of early) backend.stencil(x.local, y.local, stencil);
    for (const halo of plan.halos) halo.finish();
    for (const stencil of late) backend.stencil(x.local, y.local, stencil);
  }
}
