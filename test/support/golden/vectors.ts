import type { HostValues } from '../../../src/core/array/host-values.js';
import { NDArray } from '../../../src/core/array/ndarray.js';
import { hostArray, lanesOf } from '../../../src/core/base/dtype.js';
import type { DistributedArray } from '../../../src/core/distributed/distributed-array.js';
import { Layout } from '../../../src/core/distributed/layout.js';
import { flatOf } from '../../../src/core/distributed/row-layout.js';
import { DistributedSpace } from '../../../src/core/distributed/space.js';
import {
  StackedDistributedArray,
  StackedSpace,
} from '../../../src/core/distributed/stacked-distributed-array.js';
import type { AnyOperator } from '../../../src/core/operator/linear-operator.js';
import type { AnyVector, Space } from '../../../src/core/vector/vector.js';

type DistributedKind = DistributedSpace | StackedSpace;

function distributed(space: Space<unknown>): DistributedKind {
  if (space instanceof DistributedSpace || space instanceof StackedSpace) return space;
  throw new Error(`expected the space of a distributed vector, received ${space}`);
}

/** The space of vectors in the form of the golden data: flat, in C order. */
function flat(space: DistributedKind): DistributedKind {
  if (space instanceof StackedSpace) return StackedSpace.of(space.children.map(flat));
  return space.layout.kind === 'boxes' && space.axis === 0 ? space.withLayout(flatOf(space.layout)) : space;
}

/** A space with the partitions that a case specifies. */
function partitioned(space: DistributedKind, partition: string | readonly string[]): DistributedKind {
  if (space instanceof StackedSpace) {
    return StackedSpace.of(
      space.children.map((child, k) =>
        partitioned(child, typeof partition === 'string' ? partition : (partition[k] ?? 'SCATTER')),
      ),
    );
  }
  return partition === 'BROADCAST'
    ? space.withLayout(Layout.replicated(space.shape, space.comm.size))
    : space;
}

/**
 * The models with which a case can be run: flat vectors cut as the operator prefers. If there are
 * others, also vectors in natural shape and evenly cut flat ones.
 */
export function modelSpaces(
  A: AnyOperator,
  dtype: HostValues['dtype'],
  partition: string | readonly string[],
  backend: DistributedSpace['backend'],
): DistributedKind[] {
  const natural = partitioned(distributed(A.domain({ dtype, backend })), partition);
  const first = flat(natural);
  if (!(natural instanceof DistributedSpace) || natural.shape.length === 1) return [first];
  const even = natural.layout.replicated
    ? []
    : [natural.withLayout(Layout.split([natural.size], natural.comm.size))];
  return [first, natural, ...even].filter(
    (space, k, all) => all.findIndex((other) => other.equals(space)) === k,
  );
}

/** A vector of a space with global values, in the precision and kind of the values. */
export function vectorOf(space: Space<DistributedArray>, values: HostValues): DistributedArray;
export function vectorOf(
  space: Space<unknown>,
  values: HostValues,
): DistributedArray | StackedDistributedArray;
export function vectorOf(
  space: Space<unknown>,
  { values, dtype }: HostValues,
): DistributedArray | StackedDistributedArray {
  const target = distributed(space).withDType(dtype);
  if (target instanceof DistributedSpace) return target.empty().assignGlobal(values);
  const lanes = lanesOf(dtype);
  let start = 0;
  return new StackedDistributedArray(
    target.children.map((child) => {
      const part = values.slice(start * lanes, (start += child.size) * lanes);
      return vectorOf(child, { values: part, dtype, shape: [child.size] });
    }),
  );
}

/**
 * The whole of a distributed vector on every rank, or a local array, for comparison. Collective for
 * distributed vectors.
 */
export function download(x: AnyVector): HostValues {
  const whole = x instanceof NDArray ? x : x.asArray();
  return { values: whole.toHost(), dtype: whole.dtype, shape: whole.shape };
}

/** Real numbers as host values, for comparison. */
export function numbers(values: readonly number[]): HostValues {
  const host = hostArray('float64', values.length);
  host.set(values);
  return { values: host, dtype: 'float64', shape: [values.length] };
}
