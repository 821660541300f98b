import { product, type Shape, stridesOf } from './shape.js';

/** The steps between neighbours along each axis, in elements. Negative ones go back, 0 repeats. */
export type Strides = readonly number[];

/** Whether elements with these strides lie one after another in C order. */
export function isContiguous(shape: Shape, strides: Strides): boolean {
  if (shape.includes(0)) return true;
  let step = 1;
  for (let k = shape.length - 1; k >= 0; k--) {
    const n = shape[k] as number;
    if (n > 1 && strides[k] !== step) return false;
    step *= n;
  }
  return true;
}

/** Whether indices share an element: an axis that is longer than 1 has the stride 0. */
export const isBroadcast = (shape: Shape, strides: Strides): boolean =>
  strides.some((step, k) => step === 0 && (shape[k] as number) > 1) && product(shape) > 0;

/** The lowest and the highest position, relative to the first element, of a non-empty shape. */
export function reachOf(shape: Shape, strides: Strides): readonly [low: number, high: number] {
  let [low, high] = [0, 0];
  for (let k = 0; k < shape.length; k++) {
    const way = ((shape[k] as number) - 1) * (strides[k] as number);
    if (way < 0) low += way;
    else high += way;
  }
  return [low, high];
}

/**
 * Whether the elements fill their part of the memory, in any order of axes and directions: then
 * what does not depend on the order of elements can read them as one run.
 */
export function isDense(shape: Shape, strides: Strides): boolean {
  const axes = shape.flatMap((n, k) => (n === 1 ? [] : [{ n, step: Math.abs(strides[k] as number) }]));
  axes.sort((a, b) => a.step - b.step);
  let step = 1;
  for (const axis of axes) {
    if (axis.step !== step) return false;
    step *= axis.n;
  }
  return true;
}

/**
 * The strides of the same elements in another shape of the same size, in C order. Undefined if no
 * strides reach them.
 */
export function reshapedStrides(shape: Shape, strides: Strides, to: Shape): number[] | undefined {
  if (product(shape) === 0) return stridesOf(to);
  const from = shape.flatMap((n, k) => (n === 1 ? [] : [{ n, step: strides[k] as number }]));
  const result = new Array<number>(to.length).fill(1);
  let first = 0;
  let target = 0;
  while (first < from.length) {
    // The axes from `first` on, and as many of the new ones, that have the same number of elements
    let last = first;
    let size = (from[first] as { n: number }).n;
    let end = target;
    let reached = 1;
    while (reached !== size) {
      if (reached < size) reached *= to[end++] as number;
      else size *= (from[++last] as { n: number }).n;
    }
    for (let k = first; k < last; k++) {
      const [outer, inner] = [from[k], from[k + 1]] as { n: number; step: number }[];
      if (outer?.step !== (inner?.step as number) * (inner?.n as number)) return undefined;
    }
    let { step } = from[last] as { step: number };
    for (let k = end - 1; k >= target; k--) {
      result[k] = step;
      step *= to[k] as number;
    }
    first = last + 1;
    target = end;
  }
  return result;
}

/** Elements in memory: the position of the first one, and the strides of a shape. */
export interface Placed {
  readonly start: number;
  readonly shape: Shape;
  readonly strides: Strides;
}

/** Steps along axes that are longer than 1, the longest first, from the lowest position on. */
function rising({ start, shape, strides }: Placed) {
  const axes = shape.flatMap((n, k) => (n === 1 ? [] : [{ n, step: Math.abs(strides[k] as number) }]));
  axes.sort((a, b) => b.step - a.step);
  return { low: start + reachOf(shape, strides)[0], axes };
}

/**
 * Whether elements of two shapes may lie at one position. False only if none do; true also for some
 * regions whose ranges of memory overlap and that share nothing.
 */
export function mayShare(a: Placed, b: Placed): boolean {
  if (product(a.shape) === 0 || product(b.shape) === 0) return false;
  const [lowA, highA] = reachOf(a.shape, a.strides);
  const [lowB, highB] = reachOf(b.shape, b.strides);
  if (a.start + lowA > b.start + highB || b.start + lowB > a.start + highA) return false;
  const [x, y] = [rising(a), rising(b)].sort((p, q) => p.low - q.low) as [
    ReturnType<typeof rising>,
    ReturnType<typeof rising>,
  ];
  // Positions as digits in the steps: a range for each, unless it reaches the next digit
  const steps = [...new Set([...x.axes, ...y.axes].map(({ step }) => step))].sort((p, q) => q - p);
  const lengthOf = (axes: typeof x.axes, step: number) => {
    const along = axes.filter((axis) => axis.step === step);
    return along.length > 1 ? Number.NaN : (along[0]?.n ?? 1);
  };
  let rest = y.low - x.low;
  let isApart = false;
  for (const [k, step] of steps.entries()) {
    if (step === 0) return true;
    const room = k === 0 ? Number.POSITIVE_INFINITY : (steps[k - 1] as number) / step;
    const first = Math.floor(rest / step);
    const [n, m] = [lengthOf(x.axes, step), lengthOf(y.axes, step)];
    if (!(room === Number.POSITIVE_INFINITY || Number.isInteger(room))) return true;
    if (!(n <= room && first + m <= room)) return true;
    if (first >= n) isApart = true;
    rest -= first * step;
  }
  return !isApart && rest === 0;
}
