import { type DType, isComplex, isDouble, realOf } from '../core/base/dtype.js';
import type { Elements } from '../core/ports/backend.js';
import type { AnyVector, Space, Vector } from '../core/vector/vector.js';
import { withWorkspace } from '../core/vector/workspace.js';

/** A positive number below all that matter in the precision of a vector. */
export const tinyOf = (x: { readonly dtype: DType }): number => (isDouble(x.dtype) ? 1e-300 : 1e-37);

/** The space of real vectors with one number for each element of x. */
export const realSpace = <V extends Vector<V>>(x: V): Space<V> => x.space.withDType(realOf(x.dtype));

/** Writes `|x|` into `moduli`, a vector of {@link realSpace}. Never communicates. */
export const moduliInto = <V extends Vector<V>>(x: V, moduli: V): V =>
  x.map((from, to) => x.backend.unary('abs', from, to), moduli);

/** Calls `body` with a workspace that holds the moduli `|x|`, real. `body` may change them. */
export const withModuli = <R>(x: AnyVector, body: (moduli: AnyVector) => R): R =>
  withWorkspace(realSpace(x), (moduli: AnyVector) => body(moduliInto(x, moduli)));

/**
 * `y ← w·x` element by element, for real w. y may be x. Allocates nothing except a workspace if x
 * is complex.
 */
export function multiplyReal(x: AnyVector, w: AnyVector, y: AnyVector): void {
  if (y !== x) y.assign(x);
  if (!isComplex(x.dtype)) y.multiplyInPlace(w);
  else withWorkspace(x.space, (work: AnyVector) => y.multiplyInPlace(work.assign(w)));
}

/** `y ← min(max(x, lower), upper)` for real vectors. y may be x. */
export function clamp(x: AnyVector, lower: number, upper: number, y: AnyVector): void {
  const limit = (a: Elements, b: Elements) => {
    const { backend } = b.storage;
    let from = a;
    if (lower > Number.NEGATIVE_INFINITY) {
      backend.binary('maximum', from, lower, b);
      from = b;
    }
    if (upper < Number.POSITIVE_INFINITY) {
      backend.binary('minimum', from, upper, b);
      from = b;
    }
    if (from !== b && y !== x) backend.copy(a, b);
  };
  x.map(limit, y);
}

/**
 * `moduli ← p / (p + t)` with `p = max(moduli − t, least)` and t > 0: the factor that shrinks
 * moduli by t. The difference is computed first, so that large moduli lose no digits.
 */
export function shrinkBy(t: number, least: number, moduli: Elements): void {
  const { backend } = moduli.storage;
  backend.binary('subtract', moduli, t, moduli);
  backend.binary('maximum', moduli, least, moduli);
  // 1 / (1 + t/p), which is 0 for p = 0
  backend.binary('divide', Math.max(t, tinyOf(moduli.storage)), moduli, moduli);
  backend.binary('add', moduli, 1, moduli);
  backend.unary('reciprocal', moduli, moduli);
}

/**
 * `moduli ← max(moduli − t, 0) / moduli`: the factor of soft thresholding, 0 if the modulus is 0. t
 * is a number, or a vector of real numbers in the same space.
 */
export function shrinkage(moduli: AnyVector, t: number | AnyVector): void {
  const tiny = tinyOf(moduli);
  withWorkspace(moduli.space, (work: AnyVector) => {
    work.assign(moduli);
    if (typeof t === 'number') work.map((a) => a.storage.backend.binary('subtract', a, t, a));
    else work.axpby(-1, t, 1);
    const divide = (a: Elements, m: Elements) => {
      const { backend } = m.storage;
      backend.binary('maximum', a, 0, a);
      backend.binary('maximum', m, tiny, m);
      backend.binary('divide', a, m, m);
    };
    work.map(divide, moduli);
  });
}
