import { PartitionError } from '../base/errors.js';
import { PlanCache } from '../base/plan-cache.js';
import { product, type Shape, sameShape } from '../base/shape.js';
import { Layout } from '../distributed/layout.js';
import { layoutLike } from '../distributed/layout-like.js';
import type { Elements } from '../ports/backend.js';
import type { Communicator } from '../ports/communicator.js';
import type { FourierAxis, FourierScheme } from './fourier-scheme.js';
import { emptyStage, type FourierStep, fourierStage, runSteps } from './fourier-steps.js';
import { SixStepPlan } from './six-step-plan.js';
import { transferStep } from './transfer-step.js';

function sameBoxes(a: Layout, b: Layout): boolean {
  if (a.equals(b)) return true;
  for (let r = 0; r < a.ranks; r++) {
    const [p, q] = [a.box(r), b.box(r)];
    if (!sameShape(p.shape, q.shape) || (product(p.shape) > 0 && !sameShape(p.start, q.start))) return false;
  }
  return true;
}

/**
 * One of the phases of a plan: a transform along axes that are whole on every rank, or a transfer.
 */
type Phase =
  | {
      readonly kind: 'transform';
      readonly axes: readonly FourierAxis[];
      readonly layout: Layout;
      readonly after: Layout;
    }
  | { readonly kind: 'transfer'; readonly from: Layout; readonly to: Layout; readonly complex: boolean };

interface Route {
  readonly phases: readonly Phase[];
  /** The count of numbers on the busiest rank, summed over the transfers. */
  readonly cost: number;
}

/**
 * The layouts to try for a transfer: that of the target, slabs along any axis, and process grids in
 * which a distributed axis and a whole one are exchanged.
 */
function candidates(layout: Layout, target: Layout): Layout[] {
  const { globalShape: shape, ranks, grid } = layout;
  const swaps = grid.flatMap((g, a) =>
    g === 1
      ? []
      : grid.flatMap((h, b) => (h === 1 ? [grid.map((n, k) => (k === a ? 1 : k === b ? g : n))] : [])),
  );
  return [
    layoutLike(target, shape),
    ...swaps.map((to) => Layout.grid(shape, ranks, to)),
    ...shape.map((_, b) => Layout.split(shape, ranks, b)),
    // An array of one axis must be whole on one rank.
    Layout.grid(
      shape,
      ranks,
      shape.map(() => 1),
    ),
  ];
}

/**
 * The number of axes that are cut, even if only formally: an axis of one sample over several ranks
 * is on one of them.
 */
const cutAxes = (layout: Layout, axes: readonly FourierAxis[]): number =>
  axes.filter((a) => layout.grid[a.axis] !== 1).length;

/**
 * The cheapest route from a layout to the target with at most `transfers` transfers. The axes in
 * `done` are already transformed.
 */
function route(
  scheme: FourierScheme,
  layout: Layout,
  target: Layout,
  done: ReadonlySet<number>,
  complex: boolean,
  transfers: number,
): Route | undefined {
  const left = scheme.axes.filter((a) => !done.has(a.axis));
  const halved = left.find((a) => a.half);
  const whole = (a: FourierAxis) => layout.grid[a.axis] === 1;
  // The halved axis is transformed first. It is the only one that takes real data.
  const axes = halved && !whole(halved) ? [] : left.filter(whole);
  if (axes.length > 0) {
    const shape = layout.globalShape.map((n, k) => axes.find((a) => a.axis === k)?.nd ?? n);
    const after = layoutLike(layout, shape);
    const rest = route(
      scheme,
      after,
      target,
      new Set([...done, ...axes.map((a) => a.axis)]),
      true,
      transfers,
    );
    return rest && { ...rest, phases: [{ kind: 'transform', axes, layout, after }, ...rest.phases] };
  }
  if (left.length === 0 && sameBoxes(layout, target)) return { phases: [], cost: 0 };
  const ways = left.length === 0 ? [target] : candidates(layout, target);
  // Another layout with the same parts and fewer cuts. Nothing has to move.
  const renamed = ways.find((to) => cutAxes(to, left) < cutAxes(layout, left) && sameBoxes(layout, to));
  if (renamed) return route(scheme, renamed, target, done, complex, transfers);
  if (transfers === 0) return undefined;
  let best: Route | undefined;
  for (const to of ways) {
    if (sameBoxes(layout, to)) continue;
    const rest = route(scheme, to, target, done, complex, transfers - 1);
    if (!rest) continue;
    const largest = Math.max(...[layout, to].flatMap((l) => l.localShapes.map(product)));
    const cost = rest.cost + (complex ? 2 : 1) * largest;
    if (!best || cost < best.cost)
      best = { phases: [{ kind: 'transfer', from: layout, to, complex }, ...rest.phases], cost };
  }
  return best;
}

/**
 * The phases from an array in one layout to its transform in another. The plan has the fewest
 * transfers, and of these routes the one that moves the least. A distributed axis needs a transfer.
 * An array of one axis is transformed by one rank if {@link SixStepPlan} is not possible. The
 * constructor never communicates.
 */
export class FourierTransferPlan {
  /**
   * The number of transfers. In each, a rank sends a message to every rank with an intersecting
   * part.
   */
  readonly transfers: number;
  readonly #forward: readonly FourierStep[];
  readonly #adjoint: readonly FourierStep[];

  constructor(scheme: FourierScheme, from: Layout, to: Layout, comm: Communicator) {
    // Transfers to a layout in which the first axis is whole, to one for each of the others, and to
    // the target.
    const most = 2 + scheme.axes.length;
    let found: Route | undefined;
    for (let n = 0; !found && n <= most; n++)
      found = route(scheme, from, to, new Set(), !scheme.realModel, n);
    if (!found)
      throw new PartitionError(`a Fourier transform from ${from} to ${to}: no way with ${most} transfers`);
    this.transfers = found.phases.filter((p) => p.kind === 'transfer').length;
    let scaled = false;
    let real = scheme.realModel;
    const pairs = found.phases.map((phase) => {
      if (phase.kind === 'transform') {
        const [shape, after] = [phase.layout, phase.after].map((l) => l.localShape(comm.rank)) as [
          Shape,
          Shape,
        ];
        const stage =
          product(shape) === 0
            ? emptyStage(shape, after, real)
            : fourierStage(shape, phase.axes, scaled ? 1 : scheme.scale, real, scheme.inverse);
        scaled = true;
        real = false;
        return stage;
      }
      return {
        forward: [transferStep(phase.from, phase.to, comm, real)],
        adjoint: [transferStep(phase.to, phase.from, comm, real)],
      };
    });
    this.#forward = pairs.flatMap((p) => p.forward);
    this.#adjoint = pairs.toReversed().flatMap((p) => p.adjoint);
  }

  /** `y ← F x`. Collective. */
  forward(x: Elements, y: Elements): void {
    runSteps(this.#forward, x, y, y.storage.dtype);
  }

  /** `x ← Fᴴ y`. Collective. */
  adjoint(y: Elements, x: Elements): void {
    runSteps(this.#adjoint, y, x, y.storage.dtype);
  }
}

/** The plans of an operator, by layouts. */
export class FourierPlans {
  readonly #plans = new PlanCache<string, FourierTransferPlan | SixStepPlan>(16);
  constructor(
    readonly scheme: FourierScheme,
    readonly comm: Communicator,
  ) {}

  between(from: Layout, to: Layout): FourierTransferPlan | SixStepPlan {
    return this.#plans.get(
      `${from.key} -> ${to.key}`,
      () =>
        SixStepPlan.for(this.scheme, from, to, this.comm) ??
        new FourierTransferPlan(this.scheme, from, to, this.comm),
    );
  }
}
