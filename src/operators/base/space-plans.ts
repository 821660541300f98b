import { PlanCache } from '../../core/base/plan-cache.js';
import type { DistributedSpace } from '../../core/distributed/space.js';

type Direction = 'forward' | 'adjoint';

/**
 * The plans of an operator, one for each direction and space. The last eight of a direction are
 * kept.
 */
export class SpacePlans<P> {
  readonly #plans: Readonly<Record<Direction, PlanCache<DistributedSpace, P>>>;
  readonly #make: Readonly<Record<Direction, (space: DistributedSpace) => P>>;

  constructor(make: (direction: Direction, space: DistributedSpace) => P, dispose: (plan: P) => void) {
    const cache = () => new PlanCache<DistributedSpace, P>(8, { same: (a, b) => a.equals(b), dispose });
    this.#plans = { forward: cache(), adjoint: cache() };
    this.#make = {
      forward: (space) => make('forward', space),
      adjoint: (space) => make('adjoint', space),
    };
  }

  /** The plan for vectors of `space`. A plan that exists is returned without allocations. */
  get(direction: Direction, space: DistributedSpace): P {
    return this.#plans[direction].get(space, this.#make[direction]);
  }
}
