import type { Scalar } from '../base/complex.js';
import { ArgumentError } from '../base/errors.js';
import { formatShape, sameShape, stridesOf } from '../base/shape.js';
import { isBroadcast, isDense, reachOf } from '../base/strides.js';
import type { Backend, Elements, Strided, StridedElements } from '../ports/backend.js';
import { storageOf } from '../ports/kernel-operands.js';
import { elementsIn, replaceElements } from './call-operands.js';

/** Whether an operand has strides, so that kernels of a device cannot run over it. */
export const isStrided = (x: Elements | Scalar): boolean =>
  typeof x !== 'number' && (x as Partial<Elements>).strided !== undefined;

/**
 * Throws {@link ArgumentError} for elements that are written, if several indices have the same one.
 */
export function checkWritable({ shape, strides }: StridedElements): void {
  if (isBroadcast(shape, strides))
    throw new ArgumentError(
      `a broadcast view of shape ${formatShape(shape)} cannot be written, because its elements share ` +
        'memory: copy() it first',
    );
}

/** An operand of a strided copy, for a run the whole of `shape` in C order. */
export const walkOver = (x: Elements, { shape }: StridedElements): Strided =>
  x.strided ?? { elements: x, start: 0, strides: stridesOf(shape) };

/**
 * `y ← x` by one strided copy, for operands of which one at least has strides. False if both have,
 * and their shapes differ.
 */
export function copyStrided(backend: Backend, x: Elements, y: Elements): boolean {
  const walk = (x.strided ?? y.strided) as StridedElements;
  if (x.strided && y.strided && !sameShape(x.strided.shape, y.strided.shape)) return false;
  if (y.strided && x.size !== y.size) return false;
  if (y.strided) checkWritable(y.strided);
  backend.stridedCopy(walk.shape, walkOver(x, walk), walkOver(y, walk), 'set');
  return true;
}

/** The run of memory that elements fill in some order. Undefined if they do not fill one. */
export function denseRun(
  { elements, start, shape, strides }: StridedElements,
  size: number,
): Elements | undefined {
  if (!isDense(shape, strides)) return undefined;
  const { storage, offset } = elements;
  return { storage, offset: offset + start + reachOf(shape, strides)[0], size };
}

/**
 * Calls `run` with the arguments of a kernel in which operands with strides are replaced by
 * contiguous copies, from the pool of the backend. Those of the argument number `written` are
 * copied back.
 * @throws {@link ArgumentError} if a broadcast view is to be written
 */
export function runContiguously<A extends readonly unknown[], R>(
  backend: Backend,
  args: A,
  written: number | undefined,
  run: (...args: A) => R,
): R {
  const targets = written === undefined ? [] : elementsIn(args[written]).filter(isStrided);
  for (const y of targets) checkWritable(y.strided as StridedElements);
  const copies = new Map<Elements, Elements>();
  try {
    const replaced = replaceElements(args, (x) => {
      if (!isStrided(x)) return x;
      let copy = copies.get(x);
      if (!copy) {
        copy = { storage: backend.alloc(storageOf(x).dtype, x.size), offset: 0, size: x.size };
        copies.set(x, copy);
        copyStrided(backend, x, copy);
      }
      return copy;
    });
    const result = run(...replaced);
    for (const y of targets) copyStrided(backend, copies.get(y) as Elements, y);
    return result;
  } finally {
    for (const { storage } of copies.values()) backend.release(storage);
  }
}
