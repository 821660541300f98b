import { hostArray, lanesOf, realOf } from '../base/dtype.js';
import { tidy } from '../base/scope.js';
import type { Extents } from '../ports/backend.js';
import { addPowers, EXACT_LANES, exactTotals } from '../vector/exact-sums.js';
import { LARGEST, type NormRecipe, normRecipe, sumsModuli, sumsPowers } from '../vector/norm.js';
import { isOutOfRange, type Scaling, scalingOf } from '../vector/norm-scaling.js';
import type { NormOrder } from '../vector/vector.js';
import type { NDArray } from './ndarray.js';

/** Combines this rank's shares with those of the other ranks, in place. */
export type Join = (shares: Float64Array, combine: NormRecipe['combine']) => void;

/** The number of results whose exact sums are stored, and combined, at one time. */
const EXACT_AT_ONCE = 4096;

/** A reduction along the middle axis, on the host. */
function reduced(
  kernel: NormRecipe['kernel'],
  x: NDArray,
  extents: Extents,
  order: NormOrder | undefined,
): Float64Array {
  const [outer, , inner] = extents;
  return tidy(() => {
    const y = x.space.withShape([outer, inner], realOf(x.dtype)).empty();
    if (y.size > 0) x.backend.reduceAxis(kernel, x, extents, y, order);
    return Float64Array.from(y.toHost());
  });
}

/** The elements, multiplied by the factors of their results. */
function scaledAlong(
  x: NDArray,
  [outer, n, inner]: Extents,
  scalings: readonly (Scaling | undefined)[],
): NDArray {
  let y = x.reshape([outer, n, inner]);
  const steps = Math.max(...scalings.map((s) => s?.factors.length ?? 0));
  for (let step = 0; step < steps; step++) {
    const factors = hostArray(realOf(x.dtype), outer * inner);
    scalings.forEach((s, j) => {
      factors[j] = s?.factors[step] ?? 1;
    });
    y = y.multiply(x.space.withShape([outer, 1, inner], realOf(x.dtype)).upload(factors));
  }
  return y;
}

/**
 * The exact sums of norms along the middle axis. Elements are multiplied by the factors of their
 * results.
 */
function exactSums(
  x: NDArray,
  [outer, n, inner]: Extents,
  order: NormOrder,
  scalings: readonly (Scaling | undefined)[] | undefined,
  join: Join | undefined,
): Float64Array {
  const sums = new Float64Array(outer * inner);
  const values = x.toHost();
  for (let first = 0; first < sums.length; first += EXACT_AT_ONCE) {
    const count = Math.min(EXACT_AT_ONCE, sums.length - first);
    const lanes = new Float64Array(count * EXACT_LANES);
    for (let k = 0; k < count; k++) {
      const j = first + k;
      const run = { first: Math.floor(j / inner) * n * inner + (j % inner), step: inner, count: n };
      const bins = lanes.subarray(k * EXACT_LANES, (k + 1) * EXACT_LANES);
      addPowers(values, lanesOf(x.dtype), run, order, scalings?.[j]?.factors ?? [], bins);
    }
    join?.(lanes, 'sum');
    sums.set(exactTotals(lanes), first);
  }
  return sums;
}

/** The sums, or the extremes, of norms. A sum of powers is 0 only if all elements are 0. */
function joined(
  recipe: NormRecipe,
  x: NDArray,
  extents: Extents,
  order: NormOrder | undefined,
  join: Join | undefined,
  exact: boolean,
  scalings?: readonly (Scaling | undefined)[],
): Float64Array {
  if (exact && sumsModuli(recipe)) return exactSums(x, extents, order ?? 2, scalings, join);
  const shares = tidy(() =>
    reduced(recipe.kernel, scalings ? scaledAlong(x, extents, scalings) : x, extents, order),
  );
  if (sumsPowers(recipe) && shares.includes(0)) {
    // all terms underflowed: the share is the smallest number, so that the sum over ranks is not 0
    reduced('maxAbs', x, extents, undefined).forEach((largest, j) => {
      if (shares[j] === 0 && largest > 0) shares[j] = Number.MIN_VALUE;
    });
  }
  join?.(shares, recipe.combine);
  return shares;
}

/**
 * Norms along the middle axis of `[outer, n, inner]` of float data, on the host. `join` is one
 * reduction. If sums of powers lie outside of the range in which they are precise, there are three.
 * If `exact`, sums do not depend on the number of ranks.
 */
export function normsAlong(
  x: NDArray,
  extents: Extents,
  order: NormOrder | undefined,
  exact: boolean,
  join?: Join,
): Float64Array {
  const recipe = normRecipe(order);
  const { dtype } = x;
  const sums = joined(recipe, x, extents, order, join, exact);
  if (!sumsPowers(recipe) || !sums.some((sum) => isOutOfRange(sum, dtype))) return sums.map(recipe.finish);
  const largest = joined(LARGEST, x, extents, undefined, join, exact);
  const scalings = Array.from(sums, (sum, j) =>
    isOutOfRange(sum, dtype) ? scalingOf(largest[j] as number, dtype, order ?? 2) : undefined,
  );
  const scaled = joined(recipe, x, extents, order, join, exact, scalings);
  return sums.map((sum, j) => {
    if (!isOutOfRange(sum, dtype)) return recipe.finish(sum);
    return scalings[j]?.undo(recipe.finish(scaled[j] as number)) ?? (largest[j] as number);
  });
}

/**
 * True if all sums lie in the range in which sums of powers are precise, so that none has to be
 * computed again.
 */
export function areInRange(sums: NDArray): boolean {
  const { backend, dtype, size } = sums;
  if (size === 0) return true;
  const least = backend.reduce('minAbs', sums) as number;
  return (
    least > 0 &&
    !isOutOfRange(least, dtype) &&
    (backend.reduce('maxAbs', sums) as number) < Number.POSITIVE_INFINITY
  );
}
