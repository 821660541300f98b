import { PlanCache } from '../../core/base/plan-cache.js';
import { product, type Shape } from '../../core/base/shape.js';
import type { DistributedArray } from '../../core/distributed/distributed-array.js';
import { AxisHaloPlan } from '../../core/distributed/halo.js';
import type { DistributedSpace } from '../../core/distributed/space.js';
import type { AxisBand, Backend, BandSegment } from '../../core/ports/backend.js';
import { clipBand, transposeBand } from '../../core/schemes/band.js';

/** A banded matrix along one axis of the global array. */
export interface AxisScheme {
  readonly axis: number;
  readonly segments: readonly BandSegment[];
}

/** A range of outputs that one kernel call computes. Undefined means all outputs. */
type Range = { readonly axis: number; readonly start: number; readonly end: number } | undefined;

interface Plan {
  readonly space: DistributedSpace;
  readonly bands: readonly AxisBand[];
  readonly halos: readonly AxisHaloPlan[];
  /**
   * `early` ranges need no ghost cells and are computed during the exchange. `late` ranges are the
   * rest.
   */
  readonly early: readonly Range[];
  readonly late: readonly Range[];
}

const newPlans = () =>
  new PlanCache<DistributedSpace, Plan>(8, {
    same: (a, b) => a.equals(b),
    dispose: ({ halos }) => {
      for (const halo of halos) halo.dispose();
    },
  });

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

/**
 * A sum of banded matrices along axes of a distributed array: `y = Σ A_axis x`, and its adjoint.
 * The tables of the adjoint are computed from those of the forward direction. All axes are computed
 * in one pass over memory. Cost: one halo exchange for each distributed axis. If there is only one,
 * it overlaps with the computation of the interior.
 */
export class BandedStencil {
  readonly #schemes: { readonly forward: readonly AxisScheme[]; readonly adjoint: readonly AxisScheme[] };
  readonly #plans = { forward: newPlans(), adjoint: newPlans() };

  constructor(dims: Shape, schemes: readonly AxisScheme[]) {
    const transposed = schemes.map(({ axis, segments }) => ({
      axis,
      segments: transposeBand(segments, dims[axis] as number, dims[axis] as number),
    }));
    this.#schemes = { forward: schemes, adjoint: transposed };
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
    const plan = this.#plan(direction, x.space);
    for (const halo of plan.halos) halo.start(x.local);
    for (const range of plan.early) this.#apply(plan, x, y, mode, range);
    for (const halo of plan.halos) halo.finish();
    for (const range of plan.late) this.#apply(plan, x, y, mode, range);
  }

  #apply(plan: Plan, x: DistributedArray, y: DistributedArray, mode: 'set' | 'add', range: Range): void {
    const { localShape, backend } = plan.space;
    backend.stencil(x.local, y.local, { shape: localShape, bands: plan.bands, mode, range });
  }

  #plan(direction: 'forward' | 'adjoint', space: DistributedSpace): Plan {
    return this.#plans[direction].get(space, () => makePlan(this.#schemes[direction], space, space.backend));
  }
}

function makePlan(schemes: readonly AxisScheme[], space: DistributedSpace, backend: Backend): Plan {
  const { layout, comm, localShape, dtype } = space;
  const box = layout.box(comm.rank);
  const halos: AxisHaloPlan[] = [];
  const bands = schemes.map(({ axis, segments }): AxisBand => {
    const local = clipBand(segments, box.start[axis] as number, box.shape[axis] as number);
    const { front, back } = widths(segments);
    if (layout.replicated || layout.grid[axis] === 1 || (front === 0 && back === 0))
      return { axis, segments: local };
    const halo = AxisHaloPlan.create(layout, comm, { axis, front, back }, dtype, backend);
    halos.push(halo);
    return { axis, segments: local, front: halo.front, back: halo.back };
  });
  const fields = { space, bands, halos };
  if (product(localShape) === 0) return { ...fields, early: [], late: [] };
  const halo = halos[0];
  if (!halo || (halos.length === 1 && !halo.front && !halo.back))
    return { ...fields, early: [undefined], late: [] };
  if (halos.length > 1) return { ...fields, early: [], late: [undefined] };
  const { axis } = halo;
  const n = localShape[axis] as number;
  const scheme = schemes.find((s) => s.axis === axis) as AxisScheme;
  const { front, back } = widths(scheme.segments);
  const start = halo.front ? Math.min(front, n) : 0;
  const end = halo.back ? Math.max(start, n - back) : n;
  const ranges = (list: readonly (readonly [number, number])[]) =>
    list.filter(([a, b]) => a < b).map(([a, b]) => ({ axis, start: a, end: b }));
  return {
    ...fields,
    early: ranges([[start, end]]),
    late: ranges([
      [0, start],
      [end, n],
    ]),
  };
}
