import { NumericalError } from '../core/errors.js';
import { type AnyVector, rdots } from '../core/vector.js';
import { onRuns } from './on-runs.js';
import { withWorkspaces } from './workspaces.js';

/**
 * The θ for which `Σ max(xᵢ − θ, 0) = r`, x real, r > 0: Newton's method on a convex, decreasing, piecewise linear function, from the left, which ends after
 * finitely many steps. One reduction a step, rarely more than ten.
 * Errors: {@link NumericalError} for NaN or infinite x.
 * Source: Condat, "Fast projection onto the simplex and the l1 ball", 2016 (Michelot's algorithm).
 */
export function simplexLevel(owner: string, x: AnyVector, r: number): number {
  return withWorkspaces([x.space, x.space], ([above, active]) => {
    const [w, c] = [above as AnyVector, active as AnyVector];
    c.fill(1);
    const [sum = 0] = rdots([x, c]);
    let theta = (sum - r) / x.size;
    for (let k = 0; k < 200; k++) {
      if (!Number.isFinite(theta)) throw new NumericalError(`${owner}: expected finite elements, their sum is ${sum}`);
      onRuns(
        x,
        (a, b) => {
          const { backend } = b.storage;
          backend.binary('subtract', a, theta, b);
          backend.binary('maximum', b, 0, b);
        },
        w,
      );
      onRuns(w, (a, b) => b.storage.backend.unary('sign', a, b), c);
      const [mass = 0, count = 0] = rdots([w, c], [c, c]);
      // rounding may leave nothing above θ where all elements are equal
      if (count === 0) break;
      const next = theta + (mass - r) / count;
      if (!(next > theta)) break;
      theta = next;
    }
    return theta;
  });
}
