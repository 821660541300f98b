import { NDArray } from '../../../core/array/ndarray.js';
import { PartitionError, ShapeError } from '../../../core/base/errors.js';
import { DistributedArray } from '../../../core/distributed/distributed-array.js';
import { StackedDistributedArray } from '../../../core/distributed/stacked-distributed-array.js';
import type { Elements } from '../../../core/ports/backend.js';
import type { AnyVector } from '../../../core/vector/vector.js';
import { withWorkspace } from '../../../core/vector/workspace.js';
import { multiplyReal, realSpace } from '../../../optimization/moduli.js';

const cut = (x: NDArray, n: number): Elements[][] => {
  const size = x.size / n;
  return Array.from({ length: n }, (_, k) =>
    size > 0 ? [{ storage: x.storage, offset: x.offset + k * size, size }] : [],
  );
};

/**
 * The n components of a vector field as runs of this rank's memory: the blocks of a stack, or the
 * slices along the leading axis of an array (n equal parts of a flat one). The array must not be
 * distributed along that axis. Never communicates.
 *
 * @throws {@link ShapeError}, {@link PartitionError}, on every rank alike.
 */
export function componentsOf(owner: string, x: AnyVector, n: number): Elements[][] {
  if (x instanceof StackedDistributedArray) {
    const [first] = x.arrays;
    const uneven = x.arrays.some((a) => a.size !== first?.size);
    if (x.length !== n || uneven)
      throw new ShapeError(`${owner}: expected a stack of ${n} equal blocks, received ${x.space}`);
    const parts = x.arrays.map((a) => {
      const runs: Elements[] = [];
      const add = (run: Elements): void => {
        if (run.size > 0) runs.push(run);
      };
      a.map(add);
      return runs;
    });
    const alike = x.arrays.every(
      (a) => first !== undefined && a.space.equals(first.space.withDType(a.dtype)),
    );
    if (!alike) throw new PartitionError(`${owner}: expected blocks distributed alike, received ${x.space}`);
    return parts;
  }
  if (x instanceof NDArray) {
    if (x.size % n !== 0)
      throw new ShapeError(`${owner}: expected ${n} components of equal size, received ${x.size} elements`);
    return cut(x, n);
  }
  if (!(x instanceof DistributedArray))
    throw new ShapeError(`${owner}: expected an array or a stack of arrays, received ${x.space}`);
  const { layout, globalShape } = x;
  const whole = layout.replicated
    ? x.size % n === 0
    : globalShape[0] === n && layout.localShapes.every((s) => s[0] === n);
  if (!whole) {
    throw new PartitionError(
      `${owner}: expected ${n} components that every rank has parts of, received ${x.space}: stack ` +
        'them, or distribute another axis than the first',
    );
  }
  return cut(x.local, n);
}

/**
 * Computes for every location the 2-norm over the components of x. `body` receives the norms in the
 * first component of a real vector like x. The other components are scratch.
 */
export function withLocalNorms<R>(
  owner: string,
  x: AnyVector,
  n: number,
  body: (norms: AnyVector, components: Elements[][]) => R,
): R {
  return withWorkspace(realSpace(x), (work: AnyVector) => {
    const components = componentsOf(owner, work, n);
    x.map((a, m) => m.storage.backend.unary('abs', a, m), work);
    if (n > 1) {
      work.map((m) => m.storage.backend.unary('square', m, m));
      const [first = [], ...others] = components;
      for (const other of others) {
        first.forEach((into, i) => {
          const from = other[i] as Elements;
          into.storage.backend.linearCombination([1, 1], [into, from], into);
        });
      }
      for (const into of first) into.storage.backend.unary('sqrt', into, into);
    }
    return body(work, components);
  });
}

/**
 * `y ← f·x`, with the same real factor for all components of a location. The first component of
 * `factors` holds the factors. y may be x.
 */
export function multiplyComponents(
  x: AnyVector,
  factors: AnyVector,
  [first = [], ...others]: Elements[][],
  y: AnyVector,
): void {
  for (const other of others)
    first.forEach((from, i) => from.storage.backend.copy(from, other[i] as Elements));
  multiplyReal(x, factors, y);
}
