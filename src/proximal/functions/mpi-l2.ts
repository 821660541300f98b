import type { DistributedArray } from '../../core/distributed/distributed-array.js';
import type { StackedDistributedArray } from '../../core/distributed/stacked-distributed-array.js';
import type { Vector } from '../../core/vector/vector.js';
import { L2 } from './l2.js';

type Distributed = DistributedArray | StackedDistributedArray;

/** {@link L2} over distributed vectors, under its name in PyLops-MPI. */
export class MPIL2<
  V extends Vector<V> & Distributed = DistributedArray,
  D extends Vector<D> & Distributed = V,
> extends L2<V, D> {}
