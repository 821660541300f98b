import { ArgumentError, ShapeError } from '../../../core/base/errors.js';
import { perAxis } from '../../../core/base/per-axis.js';
import { formatShape, product, type Shape, toShape } from '../../../core/base/shape.js';
import { textOf } from '../../../core/base/text-of.js';

/** Overlapping windows over the first axes of an array. */
export interface Windows {
  /** The shape of the data. */
  readonly dimsd: Shape;
  /** The shape of a window, on all axes. */
  readonly shape: Shape;
  readonly overlap: readonly number[];
  /** The number of windows along each windowed axis. */
  readonly counts: readonly number[];
  /** The first sample of each window on all axes. The last axis varies fastest. */
  readonly starts: readonly Shape[];
}

/**
 * Computes the windows of `nwin` samples on the first `axes` axes of `dimsd`. Each shares `nover`
 * samples with the next. Samples that no whole window contains are left out.
 *
 * @throws {@link ShapeError} if `dimsd` does not have `ndim` axes
 * @throws {@link ArgumentError} if the windows do not fit
 */
export function toWindows(
  owner: string,
  dimsd: number | Shape,
  nwin: number | readonly number[],
  nover: number | readonly number[],
  axes: number,
  ndim: number,
): Windows {
  const data = toShape(dimsd, 'dimsd');
  if (data.length !== ndim)
    throw new ShapeError(
      `${owner}: expected dimsd of ${ndim} ${ndim === 1 ? 'axis' : 'axes'}, received ${formatShape(data)}`,
    );
  const [size, overlap] = [perAxis(owner, 'nwin', nwin, axes), perAxis(owner, 'nover', nover, axes)];
  const counts = size.map((w, k) => {
    const [n, o] = [data[k] as number, overlap[k] as number];
    if (!Number.isSafeInteger(w) || w < 1 || w > n)
      throw new ArgumentError(
        `${owner}: expected nwin between 1 and ${n} on axis ${k}, received ${textOf(w)}`,
      );
    if (!Number.isSafeInteger(o) || o < 0 || o >= w)
      throw new ArgumentError(
        `${owner}: expected nover between 0 and ${w - 1} on axis ${k}, received ${textOf(o)}`,
      );
    return Math.floor((n - w) / (w - o)) + 1;
  });
  const starts = Array.from({ length: product(counts) }, (_, flat) => {
    const start = data.map(() => 0);
    let rest = flat;
    for (let k = axes - 1; k >= 0; k--) {
      start[k] = (rest % (counts[k] as number)) * ((size[k] as number) - (overlap[k] as number));
      rest = Math.floor(rest / (counts[k] as number));
    }
    return start;
  });
  return { dimsd: data, shape: data.map((n, k) => size[k] ?? n), overlap, counts, starts };
}

/** The windows of an operator and the shape of its model. */
export interface WindowDesign {
  /** The number of windows along each windowed axis. */
  readonly nwins: readonly number[];
  /**
   * The `dims` argument of the constructors: `nwins · nop` on windowed axes, `nop` on the others.
   * The model of the operator has the shape `[...nwins, ...nop]`.
   */
  readonly dims: Shape;
  /**
   * The first sample of every window and the sample after its last one, for each windowed axis of
   * the data.
   */
  readonly dwins: readonly (readonly (readonly [start: number, end: number])[])[];
}

/**
 * The windows of a sliding or patching operator, and the `dims` argument of its constructor, for
 * data of shape `dimsd` and a transform with a model of shape `nop`.
 */
export function windowDesign(
  dimsd: number | Shape,
  nwin: number | readonly number[],
  nover: number | readonly number[],
  nop: number | Shape,
): WindowDesign {
  const data = toShape(dimsd, 'dimsd');
  const model = toShape(nop, 'nop');
  const axes = Array.isArray(nwin) ? nwin.length : 1;
  const { counts, shape, overlap } = toWindows('windowDesign', data, nwin, nover, axes, data.length);
  return {
    nwins: counts,
    dims: model.map((n, k) => n * (counts[k] ?? 1)),
    dwins: counts.map((count, k) => {
      const w = shape[k] as number;
      return Array.from(
        { length: count },
        (_, i) => [i * (w - (overlap[k] as number)), i * (w - (overlap[k] as number)) + w] as const,
      );
    }),
  };
}
