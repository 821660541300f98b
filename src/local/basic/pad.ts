import type { DType } from '../../core/base/dtype.js';
import { ArgumentError, ShapeError } from '../../core/base/errors.js';
import { type Defaults, isListOf, withDefaults } from '../../core/base/options.js';
import { formatShape, type Shape, stridesOf, toShape } from '../../core/base/shape.js';
import { textOf } from '../../core/base/text-of.js';
import { RearrangingOperator } from '../parts/rearranging-operator.js';

/** Numbers of zeros before the first and after the last sample of an axis. */
export type Padding = readonly [before: number, after: number];

/** Options of {@link Pad}. */
export interface PadOptions {
  /** @default 'float64' */
  readonly dtype?: DType;
}

const DEFAULTS = { dtype: 'float64' } satisfies Defaults<PadOptions>;

/**
 * Adds zeros around an array. `pad` has one pair for each axis; a single pair is enough for one
 * axis. Shapes: `[…, n, …]` to `[…, before + n + after, …]`. The adjoint crops. Cost: one copy. No
 * work array.
 *
 * @example new Pad([3, 4], [[1, 0], [2, 2]])
 */
export class Pad extends RearrangingOperator {
  constructor(dims: number | Shape, pad: Padding | readonly Padding[], options?: PadOptions) {
    const { dtype } = withDefaults('Pad', options, DEFAULTS);
    const shape = toShape(dims, 'dims');
    const pairs = pairsOf(pad, shape);
    const dimsd = shape.map((n, k) => (pairs[k] as Padding)[0] + n + (pairs[k] as Padding)[1]);
    const data = stridesOf(dimsd);
    const start = data.reduce((sum, s, k) => sum + s * (pairs[k] as Padding)[0], 0);
    super({ dims: shape, dimsd, dtype }, [
      { shape, model: { start: 0, strides: stridesOf(shape) }, data: { start, strides: data } },
    ]);
  }
}

function pairsOf(pad: Padding | readonly Padding[], shape: Shape): Padding[] {
  const list: readonly unknown[] = Array.isArray(pad) ? pad : [];
  const pairs: readonly unknown[] =
    shape.length === 1 && list.every((v) => typeof v === 'number') ? [list] : list;
  if (pairs.length !== shape.length)
    throw new ShapeError(
      `Pad: expected a pair of numbers for each axis of dims ${formatShape(shape)}, received ${textOf(pad)}`,
    );
  const isPair = (v: unknown): v is Padding =>
    isListOf(v, (n: number) => Number.isSafeInteger(n) && n >= 0) && v.length === 2;
  if (!isListOf<Padding>(pairs, isPair))
    throw new ArgumentError(`Pad: expected pairs of non-negative integers, received ${textOf(pad)}`);
  return [...pairs];
}
