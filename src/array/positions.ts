import { where as whereLocal } from '../core/array/elementwise.js';
import { NDArray } from '../core/array/ndarray.js';
import { checkNotEmpty, checkOrdered } from '../core/array/reductions.js';
import { INDEX_DTYPE } from '../core/base/dtype.js';
import { ArgumentError } from '../core/base/errors.js';
import { product, stridesOf } from '../core/base/shape.js';
import { textOf } from '../core/base/text-of.js';
import { type EitherArray, isDistributed } from '../core/distributed/align.js';
import type { DistributedArray } from '../core/distributed/distributed-array.js';
import { Layout } from '../core/distributed/layout.js';
import {
  boxWithout,
  checkReducible,
  combine,
  layoutWithout,
  placed,
  reduceLocal,
  reduceOver,
} from '../core/distributed/reductions.js';
import { asNumber, DEFAULTS, type ReductionOptions, reduction } from './reduction.js';
import { filled } from './reductions.js';

type Extreme = 'max' | 'min';

/** The position in the flattened global array of the extreme of this rank's part. */
function ownExtreme(op: Extreme, x: DistributedArray): { value: number; at: number } | undefined {
  if (x.local.size === 0) return undefined;
  const at = op === 'max' ? x.local.argmax() : x.local.argmin();
  const strides = stridesOf(x.globalShape);
  let rest = at;
  let place = 0;
  for (let k = x.ndim - 1; k >= 0; k--) {
    const n = x.local.shape[k] as number;
    place += ((x.box.start[k] as number) + (rest % n)) * (strides[k] as number);
    rest = Math.floor(rest / n);
  }
  return { value: x.local.ravel().get(at) as number, at: place };
}

/** The first position of the extreme in the flattened array. One exchange of objects. */
function positionOfAll(op: Extreme, x: EitherArray): number {
  if (!isDistributed(x) || x.layout.replicated) {
    const local = isDistributed(x) ? x.local : x;
    return op === 'max' ? local.argmax() : local.argmin();
  }
  const isBetter = (a: number, b: number): boolean =>
    Number.isNaN(a) ? !Number.isNaN(b) : op === 'max' ? a > b : a < b;
  const isSame = (a: number, b: number): boolean => a === b || (Number.isNaN(a) && Number.isNaN(b));
  const all = x.comm.allgatherObject(ownExtreme(op, x)).filter((own) => own !== undefined);
  return all.reduce((best, own) =>
    isBetter(own.value, best.value) || (isSame(own.value, best.value) && own.at < best.at) ? own : best,
  ).at;
}

/** The first positions of the extreme along an axis, which stays with length 1. */
function positionsAlong(op: Extreme, x: EitherArray, axis: number): EitherArray {
  const along = (part: NDArray): NDArray =>
    op === 'max' ? part.argmax(axis, { keepdims: true }) : part.argmin(axis, { keepdims: true });
  if (!isDistributed(x)) return along(x);
  const { comm, space, local } = x;
  const shape = x.globalShape.map((n, k) => (k === axis ? 1 : n));
  const box = boxWithout(x, [axis]);
  const n = x.globalShape[axis] as number;
  const { backend } = x;
  const none = (): NDArray => NDArray.full(box.shape, n, { dtype: INDEX_DTYPE, backend });
  const own = layoutWithout(x, [axis]);
  if (own) return space.withLayout(own).wrap(local.size > 0 ? along(local) : none());
  const extreme = (reduceOver(`arg${op}`, op, x, [axis]) as DistributedArray).local;
  const start = x.box.start[axis] as number;
  const candidates = (): NDArray => {
    const mine = reduceLocal(op, local, [axis]);
    const whole = extreme.slice(
      ...box.start.map((s, k): [number, number] => [s, s + (box.shape[k] as number)]),
    );
    return whereLocal(mine.equal(whole).add(mine.isnan()), along(local).add(start), n);
  };
  const part = local.size > 0 ? candidates() : none();
  const whole = combine(comm, 'min', placed(part, box, shape, n));
  return space.withLayout(Layout.replicated(shape, comm.size)).wrap(whole);
}

const argExtreme = (name: string, op: Extreme, prepare: (x: EitherArray) => EitherArray) =>
  reduction<number, ReductionOptions>(
    name,
    DEFAULTS,
    (x, axes, { axis }) => {
      checkOrdered(name, x);
      checkReducible(name, x);
      const { shape } = x.space;
      if (product(shape.filter((_, k) => !axes.includes(k))) > 0)
        checkNotEmpty(name, x.space, product(axes.map((k) => shape[k] as number)));
      const from = prepare(x);
      if (axis === null || axis === undefined) {
        const ones = shape.map(() => 1);
        const options = { dtype: INDEX_DTYPE, backend: x.backend } as const;
        const position = NDArray.full(ones, positionOfAll(op, from), options);
        if (!isDistributed(x)) return position;
        return x.space.withLayout(Layout.replicated(ones, x.comm.size)).wrap(position);
      }
      if (axes.length !== 1)
        throw new ArgumentError(`${name}: expected one axis or null, received ${textOf(axis)}`);
      return positionsAlong(op, from, axes[0] as number);
    },
    asNumber,
  );
const same = (x: EitherArray): EitherArray => x;

/**
 * The first position of the largest number along one axis, int32, or in the flattened array. NaN
 * counts as the largest. Real arrays. Two reductions if the axis is split; without an axis, one
 * exchange of objects.
 */
export const argmax = argExtreme('argmax', 'max', same);
/** As {@link argmax}, of the smallest number. NaN counts as the smallest. */
export const argmin = argExtreme('argmin', 'min', same);
/** As {@link argmax}, without NaN. */
export const nanargmax = argExtreme('nanargmax', 'max', (x) => filled(x, Number.NEGATIVE_INFINITY));
/** As {@link argmin}, without NaN. */
export const nanargmin = argExtreme('nanargmin', 'min', (x) => filled(x, Number.POSITIVE_INFINITY));
