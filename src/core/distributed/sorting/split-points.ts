import type { NDArray } from '../../array/ndarray.js';
import { hostArray, isComplex, isFloat, lanesOf, placeDType } from '../../base/dtype.js';
import type { Communicator } from '../../ports/communicator.js';

/**
 * The most comparisons that a rank makes for one step of bisection, if two ranks have few lines.
 */
const TOGETHER = 4096;
const MOST_PIVOTS = 15;

/** Compares numbers in the order of sorted arrays, with -0 before 0. */
function compareNumbers(a: number, b: number): number {
  if (a < b) return -1;
  if (a > b) return 1;
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  if (a !== 0) return 0;
  return Number(Object.is(b, -0)) - Number(Object.is(a, -0));
}

/** Compares complex numbers by real, then imaginary part. -0 is equal to 0. */
function compareComplex(re: number, im: number, otherRe: number, otherIm: number): number {
  const kind = (x: number, y: number): number => 2 * Number(Number.isNaN(x)) + Number(Number.isNaN(y));
  const kinds = kind(re, im) - kind(otherRe, otherIm);
  return kinds || compareNumbers(re + 0, otherRe + 0) || compareNumbers(im + 0, otherIm + 0);
}

/**
 * Records of several arrays at the same places, of which the last array is the most significant.
 */
class Records {
  readonly #columns: readonly NDArray[];
  readonly lanes: number;
  readonly #isSigned: boolean;

  /** @param isSigned whether -0 comes before 0, instead of being equal */
  constructor(columns: readonly NDArray[], isSigned: boolean) {
    this.#columns = columns;
    this.lanes = columns.reduce((sum, { dtype }) => sum + lanesOf(dtype), 0);
    this.#isSigned = isSigned;
  }

  /** The records at places of the flattened arrays, each as `lanes` numbers. */
  at(places: ArrayLike<number>): Float64Array {
    const all = new Float64Array(places.length * this.lanes);
    if (places.length === 0) return all;
    let lane = 0;
    for (const x of this.#columns) {
      const dtype = placeDType(x.size);
      const host = hostArray(dtype, places.length);
      host.set(places);
      const index = x.space.withShape([places.length, 1], dtype).upload(host);
      const y = x.space.withShape([places.length]).empty();
      x.backend.gather(x, y, { outer: 1, nx: x.size, ny: y.size, inner: 1, width: 1, index });
      const values = y.toHost();
      index.dispose();
      y.dispose();
      const width = lanesOf(x.dtype);
      for (let i = 0; i < places.length; i++)
        for (let k = 0; k < width; k++) all[i * this.lanes + lane + k] = values[i * width + k] as number;
      lane += width;
    }
    return all;
  }

  /** Compares the records of number i and j of two lists. */
  compare(a: Float64Array, i: number, b: Float64Array, j: number): number {
    let [at, other] = [(i + 1) * this.lanes, (j + 1) * this.lanes];
    for (let c = this.#columns.length - 1; c >= 0; c--) {
      const { dtype } = this.#columns[c] as NDArray;
      const width = lanesOf(dtype);
      at -= width;
      other -= width;
      const [x, y] = [a[at] as number, b[other] as number];
      const order = isComplex(dtype)
        ? compareComplex(x, a[at + 1] as number, y, b[other + 1] as number)
        : this.#isSigned || !isFloat(dtype)
          ? compareNumbers(x, y)
          : compareNumbers(x + 0, y + 0);
      if (order !== 0) return order;
    }
    return 0;
  }
}

/** Lines whose parts on all ranks are sorted. */
export interface SortedParts {
  /** `[lines, n]` each, the most significant last. n is the length of the part of this rank. */
  readonly columns: readonly NDArray[];
  /** Whether -0 comes before 0, instead of being equal. */
  readonly isSigned: boolean;
  /** The lengths of the parts of a line on all ranks. */
  readonly lengths: readonly number[];
  readonly comm: Communicator;
}

/**
 * How many elements of this rank's part of each line are among the first ones of the whole line,
 * for as many first ones as the ranks up to each have: `[lines, ranks]`. Equal elements are in the
 * order of the ranks, then of their places.
 *
 * Each rank proposes elements in the middle of those that are undecided, and the ranks count how
 * many elements come before each: one all-gather and one reduction of at most 15 elements a rank,
 * cut and line. Each round leaves a sixteenth of the elements undecided (a half, if there are many
 * ranks and lines), so their number is at most log₁₆ (log₂) of the longest part.
 */
export function splitPoints({ columns, isSigned, lengths, comm }: SortedParts): Float64Array {
  const { rank, size } = comm;
  const records = new Records(columns, isSigned);
  const { lanes } = records;
  const [lines, n] = (columns[0] as NDArray).shape as [number, number];
  const cuts = lengths.slice(0, -1).map((_, r) => lengths.slice(0, r + 1).reduce((a, b) => a + b, 0));
  const entries = lines * cuts.length;
  const pivots = Math.max(1, Math.min(MOST_PIVOTS, Math.floor(TOGETHER / Math.max(1, size * entries))));
  const low = new Float64Array(entries);
  const high = new Float64Array(entries).fill(n);

  /** How many of this rank's elements of a line come before each of the other ranks' pivots. */
  const countBefore = (pivotsOf: Float64Array, asked: readonly number[]): Float64Array => {
    const first = Float64Array.from(asked, (q) => low[Math.floor(q / pivots) % entries] as number);
    const last = Float64Array.from(asked, (q) => high[Math.floor(q / pivots) % entries] as number);
    const starts = asked.map((q) => Math.floor((Math.floor(q / pivots) % entries) / cuts.length) * n);
    for (;;) {
      const open = asked.map((_, k) => k).filter((k) => (first[k] as number) < (last[k] as number));
      if (open.length === 0) return first;
      const middle = open.map((k) => Math.floor(((first[k] as number) + (last[k] as number)) / 2));
      const found = records.at(middle.map((m, t) => m + (starts[open[t] as number] as number)));
      open.forEach((k, t) => {
        const q = asked[k] as number;
        const order = records.compare(found, t, pivotsOf, q);
        const isBefore = order < 0 || (order === 0 && rank < Math.floor(q / (entries * pivots)));
        if (isBefore) first[k] = (middle[t] as number) + 1;
        else last[k] = middle[t] as number;
      });
    }
  };

  const own = entries * pivots;
  for (let width = Math.max(...lengths); width > 0; width = Math.floor(width / (pivots + 1))) {
    // Each rank sends the pivots, and for each entry whether there are any
    const places = new Float64Array(own);
    const isOpen = new Float64Array(entries);
    for (let e = 0; e < entries; e++) {
      const [from, to] = [low[e] as number, high[e] as number];
      isOpen[e] = Number(to > from);
      for (let j = 0; j < pivots; j++)
        places[e * pivots + j] = from + Math.floor(((j + 1) * (to - from)) / (pivots + 1));
    }
    const mine = new Float64Array(own * lanes + entries);
    const open = Array.from({ length: own }, (_, q) => q).filter((q) => isOpen[Math.floor(q / pivots)] === 1);
    const values = records.at(
      open.map((q) => (places[q] as number) + Math.floor(Math.floor(q / pivots) / cuts.length) * n),
    );
    open.forEach((q, t) => {
      mine.set(values.subarray(t * lanes, (t + 1) * lanes), q * lanes);
    });
    mine.set(isOpen, own * lanes);
    const all = new Float64Array(mine.length * size);
    comm.allgather(mine, all);
    const pivotsOf = new Float64Array(own * lanes * size);
    const asked: number[] = [];
    for (let r = 0; r < size; r++) {
      const part = all.subarray(r * mine.length, (r + 1) * mine.length);
      pivotsOf.set(part.subarray(0, own * lanes), r * own * lanes);
      for (let q = 0; q < own; q++)
        if (part[own * lanes + Math.floor(q / pivots)] === 1) asked.push(r * own + q);
    }

    const others = asked.filter((q) => Math.floor(q / own) !== rank);
    const before = new Float64Array(own * size);
    countBefore(pivotsOf, others).forEach((count, k) => {
      before[others[k] as number] = count;
    });
    for (const q of open) before[rank * own + q] = places[q] as number;
    const total = before.slice();
    comm.allreduce(total, 'sum');
    for (const q of asked) {
      const e = Math.floor(q / pivots) % entries;
      const [count, wanted] = [before[q] as number, cuts[e % cuts.length] as number];
      // Of the element itself, this rank has one more
      const through = count + Number(Math.floor(q / own) === rank);
      if ((total[q] as number) < wanted) low[e] = Math.max(low[e] as number, through);
      else high[e] = Math.min(high[e] as number, count);
      if (total[q] === wanted) low[e] = Math.max(low[e] as number, count);
    }
  }
  const points = new Float64Array(lines * size).fill(n);
  for (let e = 0; e < entries; e++)
    points[Math.floor(e / cuts.length) * size + (e % cuts.length)] = low[e] as number;
  return points;
}
