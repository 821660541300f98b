import { concatenate } from '../../core/array/array-functions.js';
import type { NDArray } from '../../core/array/ndarray.js';
import { PartitionError, ShapeError } from '../../core/base/errors.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import { tidy } from '../../core/base/scope.js';
import { formatShape, toAxis } from '../../core/base/shape.js';
import { align, type EitherArray, isDistributed, ownPart } from '../../core/distributed/align.js';
import { Layout } from '../../core/distributed/layout.js';
import { splitOnce, unsplit } from '../../core/distributed/unsplit.js';
import type { ArrayLike, ArrayOf } from '../operands.js';
import { operandsOf } from './contraction.js';

/** Options of {@link cross}. */
export interface CrossOptions {
  /** The axis of the three components. @default -1 */
  readonly axis?: number;
}
const CROSS_DEFAULTS = { axis: -1 } satisfies Defaults<CrossOptions>;

/**
 * The cross products of vectors of three components along an axis. The other axes broadcast.
 * Nothing is sent, unless an array is split along the axis: then it is moved first.
 */
export function cross<A extends ArrayLike, B extends ArrayLike>(
  a: A,
  b: B,
  options?: CrossOptions,
): ArrayOf<A | B> {
  const { axis } = withDefaults('cross', options, CROSS_DEFAULTS);
  return tidy(() => {
    const given = operandsOf('cross', a, b);
    const moved = given.map((x) => {
      const { shape } = x.space;
      const k = toAxis(axis, shape.length);
      if (shape[k] !== 3)
        throw new ShapeError(`cross: expected 3 components along axis ${k}, received ${formatShape(shape)}`);
      return isDistributed(x) ? unsplit('cross', x, [k]) : x;
    });
    const { space, locals } = align('cross', moved);
    const component = (x: NDArray, i: number): NDArray => {
      const k = toAxis(axis, x.ndim);
      return x.slice(...x.shape.map((_, j): [number, number] | null => (j === k ? [i, i + 1] : null)));
    };
    const [x, y] = locals as readonly [NDArray, NDArray];
    const parts = [0, 1, 2].map((i) => {
      const [j, k] = [(i + 1) % 3, (i + 2) % 3];
      return component(x, j)
        .multiply(component(y, k))
        .subtract(component(x, k).multiply(component(y, j)));
    });
    const z = concatenate(parts, axis < 0 ? axis : toAxis(axis, (parts[0] as NDArray).ndim));
    return space ? space.wrap(z) : z;
  }) as ArrayOf<A | B>;
}

/**
 * The Kronecker product: a block for each element of a, that element times b. b is whole on each
 * rank. Nothing is sent; the result is split as a is. An array that is split along several axes is
 * moved first.
 */
export function kron<A extends ArrayLike, B extends ArrayLike>(a: A, b: B): ArrayOf<A | B> {
  return tidy(() => {
    const [x, y] = operandsOf('kron', a, b) as [EitherArray, EitherArray];
    if (isDistributed(y) && !y.layout.replicated)
      throw new PartitionError('kron: expected b to be whole on each rank: replicate it with broadcast()');
    const whole = ownPart(y);
    const from = isDistributed(x) ? splitOnce('kron', x) : x;
    const [m, n] = [from.space.shape.length, whole.ndim];
    const ndim = Math.max(m, n);
    const wide = (shape: readonly number[]): number[] => [
      ...new Array<number>(ndim - shape.length).fill(1),
      ...shape,
    ];
    const blocks = wide(whole.shape);
    const product = (part: NDArray): NDArray => {
      const own = wide(part.shape);
      return part
        .reshape(own.flatMap((k) => [k, 1]))
        .multiply(whole.reshape(blocks.flatMap((k) => [1, k])))
        .reshape(own.map((k, j) => k * (blocks[j] as number)));
    };
    if (!isDistributed(from)) {
      const z = product(from);
      if (!isDistributed(y)) return z;
      return y.space.withLayout(Layout.replicated(z.shape, y.comm.size)).wrap(z);
    }
    const layout = from.layout.globalShape.reduce(
      (to, _, k) => {
        const times = blocks[ndim - m + k] as number;
        return to.withLength(
          ndim - m + k,
          from.layout.blocks(k).map((length) => length * times),
        );
      },
      from.layout.withShape(wide(from.globalShape)) as Layout,
    );
    const all = blocks.slice(0, ndim - m).reduce((to, length, k) => to.withLength(k, length), layout);
    return from.space.withLayout(all).wrap(product(from.local));
  }) as ArrayOf<A | B>;
}
