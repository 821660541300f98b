import { ArgumentError, ShapeError } from '../../../core/base/errors.js';
import { perAxis } from '../../../core/base/per-axis.js';
import { formatShape, product, type Shape, toShape } from '../../../core/base/shape.js';
import { textOf } from '../../../core/base/text-of.js';

/** Overlapping windows over the first axes of an array. */
export interface Windows {
  /** Of the data. */
  readonly dimsd: Shape;
  /** Of a window, on every axis. */
  readonly shape: Shape;
  readonly overlap: readonly number[];
  /** How many windows there are along each windowed axis. */
  readonly counts: readonly number[];
  /** Where each begins on all axes; the last axis fastest. */
  readonly starts: readonly Shape[];
}

/**
 * Windows of `nwin` samples, `nover` of them shared with the next, on the first `axes` axes of
 * `dimsd`. Samples that no whole window reaches are left out. Throws ArgumentError.
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

/** First sample, and the one after the last, of every window on one axis. */
export interface WindowDesign {
  /** How many windows there are along each windowed axis. */
  readonly nwins: readonly number[];
  /**
   * What the constructors take: `nwins · nop` on windowed axes, `nop` on the others. The model of
   * the operator is `[...nwins, ...nop]`.
   */
  readonly dims: Shape;
  /** Of the data, for each windowed axis. */
  readonly dwins: readonly (readonly (readonly [start: number, end: number])[])[];
}

/**
 * The windows that a sliding or patching operator has, and the `dims` that its constructor takes,
 * for data of `dimsd` and a transform whose model is `nop`.
 */
export function windowDesign(
  dimsd: number | Shape,
  nwin: number | readonly number[],
  nover: number | readonly number[],
  nop: number | Shape,
): WindowDesign {
  const data = toShape(dimsd, 'dimsd');
  const model = toShape(nop, 'nop');
  const axes = typeof nwin === 'number' ? 1 : nwin.length;
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
