import { isComplex, realOf } from '../core/base/dtype.js';
import type { InnerProducts } from '../core/vector/inner-products.js';
import type { AnyVector, Space } from '../core/vector/vector.js';
import { withWorkspace, withWorkspaces } from '../core/vector/workspace.js';
import { moduliInto, multiplyReal, realSpace, tinyOf } from './moduli.js';

/**
 * The largest element of a real vector; with a mask, that of this rank's colour. NaN if any element
 * is NaN. One reduction, or two if no element is above 0.
 */
function largest(x: AnyVector): number {
  const positive = withWorkspace(x.space, (w: AnyVector) =>
    x.map((a, b) => x.backend.binary('maximum', a, 0, b), w).norm(Number.POSITIVE_INFINITY),
  );
  return positive === 0 ? -x.norm(Number.NEGATIVE_INFINITY) : positive;
}

/** `s ← max(depth − s, 0)` */
function below(depth: number, s: AnyVector): AnyVector {
  s.map((a, b) => s.backend.binary('subtract', depth, a, b));
  return s.map((a, b) => s.backend.binary('maximum', a, 0, b));
}

/**
 * The depth d with `Σ max(d − sᵢ, 0) = r`, for r > 0. `sᵢ ≥ 0` is the distance of an element below
 * the largest one. Newton's method on a convex, increasing, piecewise linear function, from d = r
 * downwards. It ends when the set of active elements no longer shrinks. One reduction a step,
 * rarely more than ten.
 *
 * Depths are at most r, even if the elements are large. Since they are measured from the largest
 * element, they lose no digits. Source: Condat, "Fast projection onto the simplex and the l1 ball",
 * 2016 (Michelot's algorithm).
 */
function depthOf(s: AnyVector, r: number, dots: InnerProducts): number {
  return withWorkspaces([s.space, s.space], ([w, active]) => {
    const [gap, c] = [w as AnyVector, active as AnyVector];
    let depth = r;
    let before = Number.NaN;
    for (let k = 0; k < 200; k++) {
      below(depth, gap.assign(s)).map((a, b) => s.backend.unary('sign', a, b), c);
      const [mass = 0, count = 0] = dots.rdots([gap, c], [c, c]);
      // The same elements remain: the depth follows from their sum
      if (count === before || count === 0) break;
      before = count;
      depth = Math.min(depth, depth - (mass - r) / count);
    }
    return depth;
  });
}

/**
 * `y ←` the nearest point of the simplex `yᵢ ≥ 0, Σ yᵢ = r`, for real x and r > 0. y may be x. One
 * reduction (two if no element is above 0), and one for each step of {@link depthOf}. With a mask
 * each colour has its own simplex.
 *
 * @returns false, with undefined contents of y, if an element is NaN or Infinity
 */
export function projectOntoSimplex(x: AnyVector, r: number, y: AnyVector, dots: InnerProducts): boolean {
  if (x.space.reducedSize === 0) return true;
  const top = largest(x);
  if (!Number.isFinite(top)) return false;
  x.map((a, b) => x.backend.binary('subtract', top, a, b), y);
  below(depthOf(y, r, dots), y);
  return true;
}

/**
 * Allocates the workspaces of {@link projectOntoL1Ball}. For loops whose first step may not need
 * them.
 */
export function reserveProjection(space: Space<AnyVector>): void {
  const real = space.withDType(realOf(space.dtype));
  withWorkspaces(isComplex(space.dtype) ? [real, real, real, space] : [real, real, real], () => undefined);
}

/**
 * `y ←` the nearest point of the ball `‖x‖₁ ≤ r`. For complex elements the moduli count. y may be
 * x. One reduction inside the ball. Outside one more, and one for each step of {@link depthOf}.
 *
 * @returns false, with undefined contents of y, if an element is not finite
 */
export function projectOntoL1Ball(x: AnyVector, r: number, y: AnyVector, dots: InnerProducts): boolean {
  const length = r === 0 ? 0 : dots.norm(x, 1);
  if (r === 0) y.fill(0);
  else if (length <= r) {
    if (y !== x) y.assign(x);
  } else {
    const top = x.norm(Number.POSITIVE_INFINITY);
    if (!Number.isFinite(top)) return false;
    withWorkspace(realSpace(x), (s: AnyVector) => {
      moduliInto(x, s);
      s.map((a, b) => x.backend.binary('subtract', top, a, b));
      below(depthOf(s, r, dots), s);
      // The factor is the projected modulus divided by the modulus
      withWorkspace(s.space, (moduli: AnyVector) => {
        moduliInto(x, moduli);
        moduli.map((a, b) => x.backend.binary('maximum', a, tinyOf(x), b));
        s.map((a, b) => x.backend.binary('divide', a, b, b), moduli);
        multiplyReal(x, moduli, y);
      });
    });
  }
  return true;
}
