import type { NDArray } from '../array/ndarray.js';
import type { Scalar } from '../base/complex.js';
import { product, type Shape, sameShape, stridesOf } from '../base/shape.js';
import { checkBoxes, type EitherArray, isDistributed } from '../distributed/align.js';
import type { DistributedArray } from '../distributed/distributed-array.js';
import { Exchange } from '../distributed/exchange.js';
import { patternOf } from '../distributed/exchange-pattern.js';
import type { IndexBox } from '../distributed/layout.js';

/**
 * How an axis continues beyond its ends. `constant`: a constant. `edge`: the element at the end.
 * `symmetric`: reflected beyond it (c b a, a b c, c b a). `reflect`: reflected at it (c b, a b c,
 * b a). `wrap`: periodic.
 */
export type Continuation = 'constant' | 'edge' | 'symmetric' | 'reflect' | 'wrap';

/** Positions `first, first + step, …` of an axis, `count` of them. */
export interface AxisRun {
  readonly first: number;
  readonly count: number;
  readonly step: number;
}

/** One period of the ways that continue an axis of length n by its own elements. */
const PERIODS: Readonly<Partial<Record<Continuation, (n: number) => readonly AxisRun[]>>> = {
  wrap: (n) => [{ first: 0, count: n, step: 1 }],
  symmetric: (n) => [
    { first: 0, count: n, step: 1 },
    { first: n - 1, count: n, step: -1 },
  ],
  reflect: (n) =>
    n === 1
      ? [{ first: 0, count: 1, step: 1 }]
      : [
          { first: 0, count: n - 1, step: 1 },
          { first: n - 1, count: n - 1, step: -1 },
        ],
};

/** A run, and where it begins. Without `first`, it is constant. */
export interface ContinuedRun {
  readonly first?: number;
  readonly count: number;
  readonly step: number;
  /** The distance from the first position that was asked for. */
  readonly at: number;
}

/** The runs of the positions `from ≤ i < to` of an axis of length n that is continued. */
export function continuedRuns(kind: Continuation, n: number, from: number, to: number): ContinuedRun[] {
  const runs: ContinuedRun[] = [];
  const period = n > 0 ? PERIODS[kind]?.(n) : undefined;
  const length = period?.reduce((sum, { count }) => sum + count, 0) ?? 0;
  for (let i = from; i < to; ) {
    const at = i - from;
    if (i >= 0 && i < n) runs.push({ first: i, count: Math.min(to, n) - i, step: 1, at });
    else if (period) {
      let rest = ((i % length) + length) % length;
      const run = period.find(({ count }) => {
        if (rest < count) return true;
        rest -= count;
        return false;
      }) as AxisRun;
      const most = Math.min(run.count - rest, (i < 0 ? Math.min(to, 0) : to) - i);
      runs.push({ first: run.first + rest * run.step, count: most, step: run.step, at });
    } else {
      const count = (i < 0 ? Math.min(to, 0) : to) - i;
      runs.push({ ...(kind === 'edge' && n > 0 ? { first: i < 0 ? 0 : n - 1 } : {}), count, step: 0, at });
    }
    i += (runs.at(-1) as ContinuedRun).count;
  }
  return runs;
}

/** One box of a continued array: a run along each axis. */
type Piece = readonly ContinuedRun[];

/** The boxes of which a box of a continued array consists. */
function piecesOf(shape: Shape, { start, shape: sizes }: IndexBox, kinds: readonly Continuation[]): Piece[] {
  let pieces: ContinuedRun[][] = [[]];
  shape.forEach((n, k) => {
    const from = start[k] as number;
    const runs = continuedRuns(kinds[k] as Continuation, n, from, from + (sizes[k] as number));
    pieces = pieces.flatMap((piece) => runs.map((run) => [...piece, run]));
  });
  return pieces;
}

const isConstant = (piece: Piece): boolean => piece.some(({ first }) => first === undefined);
/** Whether a piece lies within the array that is continued. */
const isInside = (piece: Piece, { start }: IndexBox): boolean =>
  piece.every(({ first, step, at }, k) => step === 1 && first === (start[k] as number) + at);

const lowOf = ({ first = 0, step, count }: ContinuedRun): number =>
  Math.min(first, first + (count - 1) * step);
/** The box of the elements that a piece repeats. */
const sourceOf = (piece: Piece): IndexBox => ({
  start: piece.map(lowOf),
  shape: piece.map(({ step, count }) => Math.abs(step) * (count - 1) + 1),
});

/** Copies a piece into its place in y. `x` covers the box `frame` of the array. */
function place(x: NDArray, frame: IndexBox, y: NDArray, piece: Piece): void {
  const [from, to] = [stridesOf(frame.shape), stridesOf(y.shape)];
  const sum = (of: (run: ContinuedRun, k: number) => number): number =>
    piece.reduce((total, run, k) => total + of(run, k), 0);
  x.backend.stridedCopy(
    piece.map(({ count }) => count),
    {
      elements: x,
      start: sum(({ first = 0 }, k) => (first - (frame.start[k] as number)) * (from[k] as number)),
      strides: piece.map(({ step }, k) => step * (from[k] as number)),
    },
    { elements: y, start: sum(({ at }, k) => at * (to[k] as number)), strides: to },
    'set',
  );
}

const emptyBox = (ndim: number): IndexBox => ({
  start: new Array<number>(ndim).fill(0),
  shape: new Array<number>(ndim).fill(0),
});

/** This rank's box of a split array that is continued. One exchange. */
function exchanged(
  x: DistributedArray,
  boxOf: (rank: number) => IndexBox,
  kinds: readonly Continuation[],
  value: Scalar,
): NDArray {
  const { comm, layout, backend, dtype } = x;
  const { globalShape } = layout;
  const boxes = Array.from({ length: comm.size }, (_, rank) => boxOf(rank));
  const isOwn = boxes.every((box, rank) => {
    const own = layout.box(rank);
    const isSame = sameShape(box.shape, own.shape);
    return isSame && (product(own.shape) === 0 || sameShape(box.start, own.start));
  });
  if (isOwn) return x.local;
  const borders = boxes.map((box) => {
    if (product(box.shape) === 0) return [];
    return piecesOf(globalShape, box, kinds).filter((piece) => !isConstant(piece) && !isInside(piece, box));
  });
  const most = Math.max(...borders.map((list) => list.length));
  const none = emptyBox(globalShape.length);
  const wanted = (rank: number): IndexBox[] => {
    const own = (borders[rank] as Piece[]).map(sourceOf);
    return [boxes[rank] as IndexBox, ...own, ...Array.from({ length: most - own.length }, () => none)];
  };
  const held = (rank: number): IndexBox => layout.box(rank);
  const pattern = patternOf({ globalShape, replicated: false, held, wanted }, comm.rank, comm.size);
  const box = boxes[comm.rank] as IndexBox;
  const pieces = borders[comm.rank] as Piece[];
  const y = x.local.space.withShape(box.shape).empty();
  const parts = pieces.map((piece) => x.local.space.withShape(sourceOf(piece).shape).empty());
  const exchange = new Exchange(pattern, comm, dtype, backend, { buffers: 'pooled' });
  exchange.start(
    x.local,
    Array.from({ length: most + 1 }, (_, k) => (k === 0 ? (y.size > 0 ? y : undefined) : parts[k - 1])),
  );
  exchange.finish();
  exchange.dispose();
  pieces.forEach((piece, k) => {
    const part = parts[k] as NDArray;
    place(part, sourceOf(piece), y, piece);
    part.dispose();
  });
  if (value !== 0 && y.size > 0) fillConstant(y, piecesOf(globalShape, box, kinds), value);
  return y;
}

/** Fills the constant pieces of a box. */
function fillConstant(y: NDArray, pieces: readonly Piece[], value: Scalar): void {
  const constant = pieces.filter(isConstant);
  if (constant.length === 0) return;
  const one = y.space.withShape([1]).empty().fill(value);
  const frame: IndexBox = { start: y.shape.map(() => 0), shape: y.shape.map(() => 1) };
  const repeated = ({ count, at }: ContinuedRun): ContinuedRun => ({ first: 0, count, step: 0, at });
  for (const piece of constant) place(one, frame, y, piece.map(repeated));
  one.dispose();
}

/**
 * This rank's box of an array that is continued beyond its ends. The box may have any place and
 * size, in coordinates of the array. If the array is split, each rank sends at most one message to
 * each other rank, with what that rank's box has of it; otherwise nothing is sent. The result may
 * share memory with the array.
 * @param boxOf the box of each rank, the same function on all ranks
 * @param value the constant
 */
export function continuedPart(
  name: string,
  x: EitherArray,
  boxOf: (rank: number) => IndexBox,
  kinds: readonly Continuation[],
  value: Scalar = 0,
): NDArray {
  checkBoxes(name, x);
  if (isDistributed(x) && !x.layout.replicated) return exchanged(x, boxOf, kinds, value);
  const whole = isDistributed(x) ? x.local : x.contiguous();
  const box = boxOf(isDistributed(x) ? x.comm.rank : 0);
  const { shape } = whole;
  if (sameShape(box.shape, shape) && box.start.every((s) => s === 0)) return whole;
  const y = whole.space.withShape(box.shape).empty();
  if (y.size === 0) return y;
  const pieces = piecesOf(shape, box, kinds);
  const frame = { start: shape.map(() => 0), shape };
  for (const piece of pieces) if (!isConstant(piece)) place(whole, frame, y, piece);
  fillConstant(y, pieces, value);
  return y;
}
