import { realOf } from '../core/dtype.js';
import { type AnyVector, rdots, type Space } from '../core/vector.js';
import { withWorkspace, withWorkspaces } from '../core/workspace.js';
import { moduliInto } from './diagonal-weight.js';

/** `y ← max(x − θ, 0)`, real; y may be x. */
export function above(x: AnyVector, theta: number, y: AnyVector): AnyVector {
  x.map((from, to) => x.backend.binary('subtract', from, theta, to), y);
  return y.map((from, to) => x.backend.binary('maximum', from, 0, to));
}

/**
 * The θ for which `Σ max(xᵢ − θ, 0) = r`, x real, r > 0: Newton's method on a convex, decreasing, piecewise linear function, from the left, which ends after
 * finitely many steps. NaN where an element is not finite. One reduction a step, rarely more than ten.
 * Source: Condat, "Fast projection onto the simplex and the l1 ball", 2016 (Michelot's algorithm).
 */
export function simplexLevel(x: AnyVector, r: number): number {
  return withWorkspaces([x.space, x.space], ([w, active]) => {
    const c = (active as AnyVector).fill(1);
    const [sum = 0] = rdots([x, c]);
    let theta = (sum - r) / x.size;
    for (let k = 0; k < 200; k++) {
      if (!Number.isFinite(theta)) return Number.NaN;
      above(x, theta, w as AnyVector).map((a, b) => x.backend.unary('sign', a, b), c);
      const [mass = 0, count = 0] = rdots([w as AnyVector, c], [c, c]);
      // rounding may leave nothing above θ where all elements are equal
      if (count === 0) break;
      const next = theta + (mass - r) / count;
      if (!(next > theta)) break;
      theta = next;
    }
    return theta;
  });
}

/** Makes the workspaces of {@link projectOntoL1Ball}, for a loop whose first step may not need them. */
export function reserveProjection(space: Space<AnyVector>): void {
  const real = space.withDType(realOf(space.dtype));
  withWorkspaces([real, real, real], () => undefined);
}

/**
 * `y ←` the nearest point of the ball `‖x‖₁ ≤ r`; of complex elements the moduli count; y may be x. Returns the θ by which moduli are shrunk (Infinity for r = 0), NaN where an element is not finite.
 * One reduction inside of the ball; outside one more a Newton step.
 */
export function projectOntoL1Ball(x: AnyVector, r: number, y: AnyVector): number {
  if (r === 0) {
    y.fill(0);
    return Number.POSITIVE_INFINITY;
  }
  if (x.norm(1) <= r) {
    if (y !== x) y.assign(x);
    return 0;
  }
  const theta = withWorkspace(x.space.withDType(realOf(x.dtype)), (moduli: AnyVector) => simplexLevel(moduliInto(x, moduli), r));
  x.map((from, to) => x.backend.threshold('soft', theta, from, to), y);
  return theta;
}
