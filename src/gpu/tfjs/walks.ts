import { product, type Shape, stridesOf } from '../../core/base/shape.js';
import type { Tensor, TensorModule } from './tfjs-engine.js';

/** A strided walk through a whole storage. `start` and strides are in elements. */
export interface Walk {
  readonly start: number;
  readonly strides: readonly number[];
}

/** The most elements of all cached indices. */
const MOST = 2 ** 24;

/** Whether a walk of `shape` is a contiguous run. Strides of axes of length 1 do not matter. */
export function isContiguous(shape: Shape, strides: readonly number[]): boolean {
  const packed = stridesOf(shape);
  return strides.every((s, k) => s === packed[k] || shape[k] === 1);
}

/** Calls `visit` with the place of every element of a walk, in C order. */
function forPlaces(
  shape: Shape,
  { start, strides }: Walk,
  visit: (place: number, position: number) => void,
): void {
  const total = product(shape);
  const index = new Array<number>(shape.length).fill(0);
  let place = start;
  for (let position = 0; position < total; position++) {
    visit(place, position);
    for (let k = shape.length - 1; k >= 0; k--) {
      place += strides[k] as number;
      index[k] = (index[k] as number) + 1;
      if ((index[k] as number) < (shape[k] as number)) break;
      place -= (strides[k] as number) * (shape[k] as number);
      index[k] = 0;
    }
  }
}

/** The first and last place of a walk of at least one element. */
export function reach(shape: Shape, { start, strides }: Walk): readonly [first: number, last: number] {
  let [first, last] = [start, start];
  for (const [k, stride] of strides.entries()) {
    const span = stride * ((shape[k] as number) - 1);
    if (span < 0) first += span;
    else last += span;
  }
  return [first, last];
}

/**
 * Index tensors of walks. Every application of an operator uses the same walks, so the most
 * recently used tensors are cached.
 */
export class WalkIndices {
  readonly #tf: TensorModule;
  readonly #kept = new Map<string, Tensor>();
  #elements = 0;

  constructor(tf: TensorModule) {
    this.#tf = tf;
  }

  /** The place of each element of the walk. One gather with this index reads the walk. */
  read(shape: Shape, walk: Walk): Tensor {
    return this.#index(`${shape}|${walk.start}|${walk.strides}`, () => {
      const index = new Int32Array(product(shape));
      forPlaces(shape, walk, (place, position) => {
        index[position] = place;
      });
      return index;
    });
  }

  /**
   * For each place between the first and last of the walk, the index of the element that is written
   * there. At place i without an element, the index is `size + i`, or `size` if `kept` is false.
   */
  write(shape: Shape, walk: Walk, kept: boolean): Tensor {
    return this.#index(`${shape}|${walk.start}|${walk.strides}|${kept}`, () => {
      const size = product(shape);
      const [first, last] = reach(shape, walk);
      const index = Int32Array.from({ length: last - first + 1 }, (_, i) => (kept ? size + i : size));
      forPlaces(shape, walk, (place, position) => {
        index[place - first] = position;
      });
      return index;
    });
  }

  /** Returns a cached tensor, which the caller must not dispose. */
  #index(key: string, make: () => Int32Array): Tensor {
    let index = this.#kept.get(key);
    if (index) this.#kept.delete(key);
    else {
      const values = make();
      index = this.#tf.keep(this.#tf.tensor1d(values, 'int32'));
      this.#elements += values.length;
    }
    this.#kept.set(key, index);
    for (const [old, tensor] of this.#kept) {
      if (this.#elements <= MOST || old === key) break;
      this.#elements -= tensor.shape[0] as number;
      this.#kept.delete(old);
      tensor.dispose();
    }
    return index;
  }
}
