import { checkArray } from '../array/elementwise.js';
import type { NDArray } from '../array/ndarray.js';
import { checkDType, type DType } from '../base/dtype.js';
import { ArgumentError, BackendError, PartitionError, ShapeError } from '../base/errors.js';
import { memo, memoUpTo } from '../base/memo.js';
import { checkList, checkOneOf, type Defaults, isListOf, withDefaults } from '../base/options.js';
import { type Shape, toAxis, toShape } from '../base/shape.js';
import { textOf } from '../base/text-of.js';
import { sameOnAllRanks } from '../ports/agreement.js';
import type { Backend } from '../ports/backend.js';
import type { Communicator } from '../ports/communicator.js';
import { resolveBackend, resolveCommunicator } from '../ports/defaults.js';
import type { SpreadSpace } from '../vector/distributed-vector.js';
import type { Space } from '../vector/vector.js';
import type { DistributedArray } from './distributed-array.js';
import { Layout, splitCount, splitStart } from './layout.js';
import { canMove } from './redistribution.js';

/**
 * SCATTER: each rank owns a part. BROADCAST: each rank has the whole array, and an assignment
 * copies rank 0's values to all. UNSAFE_BROADCAST: each rank has the whole array, and nothing
 * checks that the copies are equal.
 */
export const PARTITIONS = ['SCATTER', 'BROADCAST', 'UNSAFE_BROADCAST'] as const;
/** How an array is stored on the ranks: see {@link PARTITIONS}. */
export type Partition = (typeof PARTITIONS)[number];

/** The fields of a {@link DistributedSpace}. */
export interface DistributedSpaceFields {
  readonly layout: Layout;
  readonly partition: Partition;
  readonly comm: Communicator;
  readonly dtype: DType;
  readonly backend: Backend;
  /** A colour for every rank. Reductions are limited to the ranks of one colour. */
  readonly mask?: readonly number[] | undefined;
  /** Of a SCATTER space: the partition of its replicated vectors. @default 'BROADCAST' */
  readonly replicatedAs?: Partition;
}

let newArray: (space: DistributedSpace, local?: NDArray) => DistributedArray;

/**
 * Sets the function by which spaces make arrays. distributed-array.ts calls it when it is loaded,
 * so that this module need not import that one.
 */
export function setNewArray(make: typeof newArray): void {
  newArray = make;
}

/** The sub-communicators of masks, split once for each communicator and mask. */
const maskGroups = new WeakMap<Communicator, Map<string, Communicator>>();

/**
 * Checks that a mask has a colour for each rank, and returns it.
 * @throws {@link PartitionError} if it has not
 */
function checkColours(mask: readonly number[], ranks: number): readonly number[] {
  if (
    !isListOf(mask, (colour: number) => Number.isSafeInteger(colour) && colour >= 0) ||
    mask.length !== ranks
  )
    throw new PartitionError(
      `expected a mask of ${ranks} non-negative integers, one a rank, received ${textOf(mask)}`,
    );
  return mask;
}

/**
 * The communicator of the ranks that share this rank's colour. Collective at the first use of a
 * mask: the ranks compare it and split.
 */
function groupOf(comm: Communicator, mask: readonly number[]): Communicator {
  const groups = memo(maskGroups, comm, () => new Map<string, Communicator>());
  return memo(groups, String(mask), () => {
    const agreed = () => ({ mask: checkColours(mask, comm.size) });
    sameOnAllRanks(comm, 'DistributedArray', agreed, { error: PartitionError });
    return comm.split(mask[comm.rank] as number, comm.rank);
  });
}

function checkFields(fields: DistributedSpaceFields): void {
  const { layout, partition, comm, dtype, backend, mask } = fields ?? {};
  if (!(layout instanceof Layout))
    throw new ArgumentError(`DistributedSpace.of: expected a Layout, received ${textOf(layout)}`);
  checkOneOf('partition', partition, PARTITIONS);
  if (comm === undefined || backend === undefined || typeof backend === 'string')
    throw new ArgumentError(
      `DistributedSpace.of: expected a communicator and a backend, received ${textOf(comm)} and ` +
        `${textOf(backend)}`,
    );
  resolveCommunicator(comm);
  resolveBackend(backend);
  checkDType(dtype);
  checkMask(mask);
}

/**
 * Checks a mask on this rank. The ranks compare their masks when the mask is first used.
 * @throws {@link PartitionError} unless it is a list of numbers
 */
function checkMask(mask: unknown): void {
  if (mask !== undefined && !(Array.isArray(mask) && mask.every((c) => typeof c === 'number')))
    throw new PartitionError(
      `expected a mask to be a list of non-negative integers, one a rank, received ${textOf(mask)}`,
    );
}

/** Everything about a distributed vector except its values. */
export class DistributedSpace implements SpreadSpace<DistributedArray> {
  readonly layout: Layout;
  readonly partition: Partition;
  readonly comm: Communicator;
  readonly dtype: DType;
  readonly backend: Backend;
  readonly mask: readonly number[] | undefined;
  /**
   * The partition of replicated vectors that belong to vectors of this space. The result of an
   * operator for an UNSAFE_BROADCAST vector may be SCATTER. The adjoint then returns an
   * UNSAFE_BROADCAST vector. Spaces that differ only in this field are equal.
   */
  readonly replicatedAs: Partition;
  /** The communicator that sums inner products: all ranks, or the ranks of this rank's colour. */
  readonly reducer: Communicator;
  readonly localShape: Shape;
  /**
   * The range of this rank's local array that is added to inner products: all of it, or this rank's
   * share of a replicated array.
   */
  readonly reducedStart: number;
  readonly reducedCount: number;
  static readonly #known = new WeakMap<Communicator, WeakMap<Backend, Map<string, DistributedSpace>>>();

  /**
   * The space with these fields. Collective only at the first use of a mask on this communicator.
   * Spaces are interned, so that data which an operator caches for a space serves all its vectors.
   */
  static of(fields: DistributedSpaceFields): DistributedSpace {
    const { layout, partition, comm, backend, dtype, mask, replicatedAs = 'BROADCAST' } = fields ?? {};
    // The checks that the look-up needs. The constructor checks the rest.
    if (
      !(layout instanceof Layout) ||
      typeof comm !== 'object' ||
      typeof backend !== 'object' ||
      !comm ||
      !backend ||
      typeof dtype !== 'string'
    )
      checkFields(fields);
    if (mask !== undefined) checkMask(mask);
    checkOneOf('partition', partition, PARTITIONS);
    if (replicatedAs !== 'BROADCAST') checkOneOf('replicatedAs', replicatedAs, PARTITIONS);
    const byBackend = memo(
      DistributedSpace.#known,
      comm,
      () => new WeakMap<Backend, Map<string, DistributedSpace>>(),
    );
    const known = memo(byBackend, backend, () => new Map<string, DistributedSpace>());
    const kind = partition === 'SCATTER' && replicatedAs !== 'BROADCAST' ? replicatedAs : '';
    const key = `${dtype} ${partition} ${kind} ${mask ?? ''}: ${layout.key}`;
    return memoUpTo(4096, known, key, () => new DistributedSpace(fields));
  }

  private constructor(fields: DistributedSpaceFields) {
    checkFields(fields);
    const { layout, partition, comm, mask } = fields;
    if (layout.ranks !== comm.size)
      throw new PartitionError(`expected a layout for ${comm.size} ranks, received one for ${layout.ranks}`);
    if (layout.replicated !== (partition !== 'SCATTER'))
      throw new PartitionError(`partition ${partition} does not go with the layout ${layout}`);
    if (!fields.backend.dtypes.includes(fields.dtype)) {
      throw new BackendError(
        `backend '${fields.backend.name}' does not hold ${fields.dtype}; it holds ` +
          `${fields.backend.dtypes.join(', ')}`,
      );
    }
    this.layout = layout;
    this.partition = partition;
    this.replicatedAs = partition === 'SCATTER' ? (fields.replicatedAs ?? 'BROADCAST') : partition;
    this.comm = comm;
    this.dtype = fields.dtype;
    this.backend = fields.backend;
    this.mask = mask ? [...mask] : undefined;
    this.reducer = mask ? groupOf(comm, mask) : comm;
    this.localShape = layout.localShape(comm.rank);
    const size = layout.localSize(comm.rank);
    this.reducedStart = layout.replicated ? splitStart(size, this.reducer.size, this.reducer.rank) : 0;
    this.reducedCount = layout.replicated ? splitCount(size, this.reducer.size, this.reducer.rank) : size;
  }

  get shape(): Shape {
    return this.layout.globalShape;
  }

  get size(): number {
    return this.layout.size;
  }

  get reducedSize(): number {
    const { layout, mask, comm } = this;
    if (!mask || layout.replicated) return layout.size;
    return mask.reduce((n, colour, r) => (colour === mask[comm.rank] ? n + layout.localSize(r) : n), 0);
  }

  get axis(): number {
    return this.layout.axis;
  }

  zeros(): DistributedArray {
    return this.empty().fill(0);
  }

  empty(): DistributedArray {
    return newArray(this);
  }

  /** The array of this rank's part, of its dtype. Copies nothing, but for a view with strides. */
  wrap(local: NDArray): DistributedArray {
    checkArray('DistributedSpace.wrap', local);
    return newArray(this.withDType(local.dtype), local);
  }

  /**
   * An array of standard normal values. Without a seed, the communicator's next draw is the seed.
   */
  random(seed?: number): DistributedArray {
    return this.empty().fillRandom(seed);
  }

  withDType(dtype: DType): DistributedSpace {
    return dtype === this.dtype ? this : DistributedSpace.of({ ...this.#fields(), dtype });
  }

  /** The same space with another layout and the partition that belongs to it. */
  withLayout(layout: Layout): DistributedSpace {
    if (!(layout instanceof Layout)) throw new ArgumentError(`expected a Layout, received ${textOf(layout)}`);
    const partition = layout.replicated ? this.replicatedAs : 'SCATTER';
    return layout.equals(this.layout) ? this : DistributedSpace.of({ ...this.#fields(), layout, partition });
  }

  /**
   * The space of the local arrays raveled, one after another. If the array is split along its first
   * axis only, this is the C order of the global array. Otherwise it is concatenated blocks.
   */
  flat(): DistributedSpace {
    return this.withLayout(this.layout.flat());
  }

  withBackend(backend: Backend): DistributedSpace {
    return backend === this.backend ? this : DistributedSpace.of({ ...this.#fields(), backend });
  }

  #fields(): DistributedSpaceFields {
    const { layout, partition, comm, dtype, backend, mask, replicatedAs } = this;
    return { layout, partition, comm, dtype, backend, mask, replicatedAs };
  }

  equals(other: Space<unknown>): boolean {
    if (this === other) return true;
    return (
      other instanceof DistributedSpace &&
      this.dtype === other.dtype &&
      this.backend === other.backend &&
      this.partition === other.partition &&
      this.comm.id === other.comm.id &&
      this.layout.equals(other.layout) &&
      String(this.mask) === String(other.mask)
    );
  }

  sameElements(other: Space<unknown>): boolean {
    if (!(other instanceof DistributedSpace)) return false;
    const alike =
      this.backend === other.backend &&
      this.comm.id === other.comm.id &&
      String(this.mask) === String(other.mask);
    return alike && canMove(this.layout, other.layout);
  }

  toString(): string {
    return (
      `${this.partition} ${this.dtype} ${this.layout} (backend ${this.backend.name}, communicator ` +
      `${this.comm.id}${this.mask ? `, mask ${this.mask.join(' ')}` : ''})`
    );
  }
}

/** How a distributed array is laid out. */
export interface DistributedArrayOptions {
  /** @default the backend's default dtype */
  readonly dtype?: DType;
  /** The axis along which a SCATTER array is split. @default 0 */
  readonly axis?: number;
  /** @default 'SCATTER' */
  readonly partition?: Partition;
  /** A local shape for every rank, instead of the even split. */
  readonly localShapes?: readonly Shape[];
  /** A process grid to split over, one number for each axis, instead of `axis`. */
  readonly grid?: readonly number[];
  /**
   * A colour for every rank. Reductions (dot, norm, asArray({ masked: true })) are limited to the
   * ranks of one colour.
   */
  readonly mask?: readonly number[];
  /** A backend, or its name. @default the default backend */
  readonly backend?: Backend | string;
  /** @default the default communicator */
  readonly comm?: Communicator;
}

/** The defaults of {@link DistributedArrayOptions}, and with them their names. */
export const DISTRIBUTED_ARRAY_DEFAULTS = {
  dtype: undefined,
  axis: 0,
  partition: 'SCATTER',
  localShapes: undefined,
  grid: undefined,
  mask: undefined,
  backend: undefined,
  comm: undefined,
} satisfies Defaults<DistributedArrayOptions>;

/**
 * The space of a global shape and options. Collective only at the first use of a mask.
 * @param owner the name for error messages
 */
export function spaceOf(
  owner: string,
  globalShape: number | Shape,
  options: DistributedArrayOptions,
): DistributedSpace {
  const given = withDefaults(owner, options, DISTRIBUTED_ARRAY_DEFAULTS);
  const { axis, partition, localShapes, grid, mask } = given;
  const comm = resolveCommunicator(given.comm);
  const backend = resolveBackend(given.backend);
  const shape = toShape(globalShape, 'global shape');
  if (shape.length === 0)
    throw new ShapeError(`${owner}: expected a global shape of at least one axis, received []`);
  checkOneOf('partition', partition, PARTITIONS);
  const k = toAxis(axis, shape.length);
  if (partition !== 'SCATTER' && (localShapes || grid))
    throw new PartitionError(
      `${owner}: localShapes and grid are for SCATTER arrays, received partition ${partition}`,
    );
  checkMask(mask);
  if (localShapes !== undefined) checkList(owner, 'local shapes', localShapes);
  if (localShapes && grid) throw new ArgumentError(`${owner}: localShapes and grid exclude each other`);
  if (localShapes && localShapes.length !== comm.size)
    throw new PartitionError(
      `${owner}: expected ${comm.size} local shapes, one for each rank, received ${localShapes.length}`,
    );
  const layout =
    partition !== 'SCATTER'
      ? Layout.replicated(shape, comm.size)
      : localShapes
        ? Layout.fromLocalShapes(localShapes, k, shape)
        : grid
          ? Layout.grid(shape, comm.size, grid)
          : Layout.split(shape, comm.size, k);
  const dtype = checkDType(given.dtype ?? backend.defaultDType);
  comm.checker?.same(`${owner}: ${partition} ${dtype} ${layout}`);
  return DistributedSpace.of({ layout, partition, comm, dtype, backend, mask });
}
