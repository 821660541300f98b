import { around, product, type Shape } from '../../core/base/shape.js';
import type { AnyStorage, BandSegment, Stencil } from '../../core/ports/backend.js';
import type { Tensor, TensorModule } from './tfjs-engine.js';

/** The ghost cells of a band as tensors. */
export interface Ghosts {
  readonly front: Tensor | undefined;
  readonly back: Tensor | undefined;
}

interface Range {
  readonly axis: number;
  readonly start: number;
  readonly end: number;
}

type Extents3 = readonly [outer: number, n: number, inner: number];

/** `count` cells of the middle axis, starting at `first`. */
const cells = (tf: TensorModule, x: Tensor, first: number, count: number): Tensor => {
  const [outer, n, inner] = x.shape as Extents3;
  return first === 0 && count === n ? x : tf.slice(x, [0, first, 0], [outer, count, inner]);
};
const zeros = (tf: TensorModule, outer: number, n: number, inner: number): Tensor =>
  tf.fill([outer, n, inner], 0, 'float32');
const join = (tf: TensorModule, xs: readonly Tensor[]): Tensor =>
  xs.length === 1 ? (xs[0] as Tensor) : tf.concat([...xs], 1);

/** The segments in the order of their rows. Undefined if two overlap. */
export function inOrder(segments: readonly BandSegment[]): readonly BandSegment[] | undefined {
  const sorted = segments.filter(({ start, end }) => start < end).sort((a, b) => a.start - b.start);
  return sorted.every(({ start }, k) => k === 0 || start >= (sorted[k - 1] as BandSegment).end)
    ? sorted
    : undefined;
}

/** The part of an array of `shape` in a range of one axis. */
export function cut(tf: TensorModule, x: Tensor, shape: Shape, { axis, start, end }: Range): Tensor {
  const [outer, n, inner] = around(shape, axis);
  return tf.reshape(cells(tf, tf.reshape(x, [outer, n, inner]), start, end - start), [
    outer * (end - start) * inner,
  ]);
}

/** Rows `first ≤ i < last` of one band of the block `[outer, n, inner]`. */
function bandRows(
  tf: TensorModule,
  x: Tensor,
  ghosts: Ghosts,
  segments: readonly BandSegment[],
  [outer, n, inner]: Extents3,
  first: number,
  last: number,
): Tensor {
  // The cells that the rows read, as one array that starts at cell `low`. Cells beyond the ghost
  // cells count as zero
  const used = segments
    .map((s) => ({ ...s, start: Math.max(s.start, first), end: Math.min(s.end, last) }))
    .filter(({ start, end }) => start < end);
  const reading = used.filter(({ taps }) => taps.length > 0);
  const low = Math.min(0, ...reading.map(({ start, lo }) => start + lo));
  const high = Math.max(n, ...reading.map(({ end, lo, taps }) => end + lo + taps.length - 1));
  const pieces: Tensor[] = [];
  const side = (ghost: Tensor | undefined, need: number, atFront: boolean) => {
    if (need === 0) return;
    const width = ghost ? product(ghost.shape) / (outer * inner) : 0;
    const have = Math.min(width, need);
    const given =
      ghost && have > 0
        ? [cells(tf, tf.reshape(ghost, [outer, width, inner]), atFront ? width - have : 0, have)]
        : [];
    const missing = need > have ? [zeros(tf, outer, need - have, inner)] : [];
    pieces.push(...(atFront ? [...missing, ...given] : [...given, ...missing]));
  };
  side(ghosts.front, -low, true);
  pieces.push(tf.reshape(x, [outer, n, inner]));
  side(ghosts.back, high - n, false);
  const source = join(tf, pieces);
  const rows: Tensor[] = [];
  let next = first;
  const gap = (to: number) => {
    if (to > next) rows.push(zeros(tf, outer, to - next, inner));
  };
  for (const { start, end, lo, taps } of used) {
    gap(start);
    next = end;
    const terms = taps.flatMap((tap, k) =>
      tap === 0
        ? []
        : [tf.mul(tf.scalar(tap, 'float32'), cells(tf, source, start + lo + k - low, end - start))],
    );
    rows.push(
      terms.length > 0
        ? terms.reduce((sum, term) => tf.add(sum, term))
        : zeros(tf, outer, end - start, inner),
    );
  }
  gap(last);
  return join(tf, rows);
}

/**
 * Engines on the CPU slice and concatenate run by run, which is slow for short runs (n · inner
 * elements). Such a block is transposed, so that the band's axis is first.
 */
const SHORT_RUN = 512;

/** {@link bandRows} of a transposed block if that is faster. */
function turnedRows(
  tf: TensorModule,
  x: Tensor,
  { front, back }: Ghosts,
  segments: readonly BandSegment[],
  [outer, n, inner]: Extents3,
  first: number,
  last: number,
): Tensor {
  if (outer === 1 || n * inner > SHORT_RUN)
    return bandRows(tf, x, { front, back }, segments, [outer, n, inner], first, last);
  const turn = (y: Tensor | undefined) => {
    const width = y ? product(y.shape) / (outer * inner) : 0;
    return y && width > 0 ? tf.transpose(tf.reshape(y, [outer, width, inner]), [1, 0, 2]) : y;
  };
  const rows = bandRows(
    tf,
    turn(x) as Tensor,
    { front: turn(front), back: turn(back) },
    segments,
    [1, n, outer * inner],
    first,
    last,
  );
  return tf.transpose(tf.reshape(rows, [last - first, outer, inner]), [1, 0, 2]);
}

/**
 * The rows of `range` (all rows if there is none) of `Σ bands(x)`, flat. Segments must be in order,
 * x must be a whole block, and neither may be empty.
 */
export function stencilRows(
  tf: TensorModule,
  x: Tensor,
  ghosts: readonly Ghosts[],
  stencil: Stencil<AnyStorage>,
): Tensor {
  const { bands, range } = stencil;
  const terms = bands.map((band, b): Tensor => {
    const { front, back } = ghosts[b] as Ghosts;
    const other = range && range.axis !== band.axis ? range : undefined;
    const [outer, , inner] = around(stencil.shape, band.axis);
    const whole = (ghost: Tensor) => {
      const shape = [...stencil.shape];
      shape[band.axis] = product(ghost.shape) / (outer * inner);
      return shape;
    };
    const part = (y: Tensor | undefined, shape: (y: Tensor) => Shape) =>
      y && other ? cut(tf, y, shape(y), other) : y;
    const shape = stencil.shape.map((m, k) => (k === other?.axis ? other.end - other.start : m));
    const extents = around(shape, band.axis);
    const [first, last] = range && !other ? [range.start, range.end] : [0, extents[1]];
    const from = part(x, () => stencil.shape) as Tensor;
    const rows = turnedRows(
      tf,
      from,
      { front: part(front, whole), back: part(back, whole) },
      band.segments,
      extents,
      first,
      last,
    );
    return tf.reshape(rows, [product(rows.shape)]);
  });
  return terms.reduce((sum, term) => tf.add(sum, term));
}

/** `whole` with the cells of `range` replaced. */
export function replaceRows(
  tf: TensorModule,
  whole: Tensor,
  rows: Tensor,
  shape: Shape,
  { axis, start, end }: Range,
): Tensor {
  const [outer, n, inner] = around(shape, axis);
  const block = tf.reshape(whole, [outer, n, inner]);
  const pieces = [tf.reshape(rows, [outer, end - start, inner])];
  if (start > 0) pieces.unshift(cells(tf, block, 0, start));
  if (end < n) pieces.push(cells(tf, block, end, n - end));
  return tf.reshape(join(tf, pieces), [outer * n * inner]);
}
