import { asDType } from '../array/casting.js';
import { checkArray } from '../array/elementwise.js';
import { NDArray } from '../array/ndarray.js';
import { drawInto } from '../array/random-draw.js';
import type { NormOptions } from '../array/reductions.js';
import type { Scalar } from '../base/complex.js';
import { checkDType, type DType, type HostArray, isComplex, promote } from '../base/dtype.js';
import { ArgumentError, DTypeError, PartitionError, ShapeError } from '../base/errors.js';
import { type Defaults, withDefaults } from '../base/options.js';
import { checkSeed, distributedSeed } from '../base/random.js';
import { PARTS, tidy } from '../base/scope.js';
import { formatShape, product, type Shape, sameShape, stridesOf, toAxis, toShape } from '../base/shape.js';
import { textOf } from '../base/text-of.js';
import { checkSame, gatherFromAllRanks, sameOnAllRanks } from '../ports/agreement.js';
import type { Backend, Elements, InnerProduct } from '../ports/backend.js';
import { resolveBackend, resolveCommunicator } from '../ports/defaults.js';
import { distributedNorm } from '../vector/norm.js';
import {
  type AnyVector,
  checkKernel,
  checkSameBackend,
  checkSameElements,
  checkSameMemory,
  checkSameSpace,
  type NormOrder,
  type Vector,
} from '../vector/vector.js';
import { contains, placeIn } from './box-index.js';
import { gather } from './gather.js';
import { ghosted } from './ghost-cells.js';
import { type IndexBox, Layout } from './layout.js';
import { normAlong } from './methods/axis-norm.js';
import { ReductionMethods } from './methods/reduction-methods.js';
import { move } from './redistribution.js';
import { flatOf, partsAlong, rowsOf } from './row-layout.js';
import {
  type DistributedArrayOptions,
  DistributedSpace,
  type Partition,
  setNewArray,
  spaceOf,
} from './space.js';
import { TransferPlan } from './transfer.js';

/** Host data: an array, or a typed array in C order. Complex numbers are pairs. */
export type HostData = NDArray | HostArray;

type FromLocalOptions = Pick<DistributedArrayOptions, 'axis' | 'comm' | 'mask'>;
const FROM_LOCAL_DEFAULTS = {
  axis: 0,
  comm: undefined,
  mask: undefined,
} satisfies Defaults<FromLocalOptions>;

interface AsArrayOptions {
  /** Gather only the parts of the ranks that have this rank's colour in the mask. @default false */
  readonly masked?: boolean;
}
const AS_ARRAY_DEFAULTS = { masked: false } satisfies Defaults<AsArrayOptions>;

/**
 * An N-dimensional array spread over the ranks of a communicator: a {@link DistributedSpace} and
 * this rank's part, an NDArray on any backend.
 *
 * Arithmetic and properties never communicate. Inner products, norms and `asArray` communicate. The
 * comments of other methods state it if they communicate.
 */
export class DistributedArray extends ReductionMethods implements Vector<DistributedArray> {
  readonly space: DistributedSpace;
  /** This rank's part, C-contiguous. Writing into it changes the array. */
  readonly local: NDArray;
  /** The elements of a replicated array's local part that this rank adds to reductions. */
  readonly #share: Elements | undefined;

  static {
    setNewArray((space, local) => DistributedArray.inSpace(space, local));
  }

  private constructor(space: DistributedSpace, local: NDArray) {
    super();
    if (!(space instanceof DistributedSpace))
      throw new ArgumentError(
        'DistributedArray: arrays are not made with new, but by DistributedArray.zeros([10, 4]), ones, ' +
          'random, toDist …',
      );
    this.space = space;
    // messages and halos read runs of memory
    this.local = local.contiguous();
    if (space.layout.replicated)
      this.#share = {
        storage: this.local.storage,
        offset: this.local.offset + space.reducedStart,
        size: space.reducedCount,
      };
    constructed++;
  }

  /** The elements that this rank adds to inner products and norms. Throws if they were disposed. */
  get #reduced(): Elements {
    void this.local.storage;
    return this.#share ?? this.local;
  }

  /**
   * The number of arrays constructed since the program began. Tests use it to check that a loop
   * constructs none.
   */
  static get constructions(): number {
    return constructed;
  }

  static inSpace(space: DistributedSpace, local?: NDArray): DistributedArray {
    if (!(space instanceof DistributedSpace))
      throw new ArgumentError(
        `DistributedArray.inSpace: expected a DistributedSpace, received ${textOf(space)}`,
      );
    if (local !== undefined) checkArray('DistributedArray.inSpace', local);
    if (local && !sameShape(local.shape, space.localShape)) {
      throw new ShapeError(
        `rank ${space.comm.rank}: expected a local array of shape ${formatShape(space.localShape)}, ` +
          `received ${formatShape(local.shape)}`,
      );
    }
    const { localShape: shape, dtype, backend } = space;
    return new DistributedArray(space, local ?? NDArray.empty(shape, { dtype, backend }));
  }

  /**
   * Allocates an array with undefined contents. Never communicates, as all constructors from a
   * global shape. A mask costs one split at its first use.
   */
  static empty(globalShape: number | Shape, options: DistributedArrayOptions = {}): DistributedArray {
    return spaceOf('DistributedArray.empty', globalShape, options).empty();
  }

  static zeros(globalShape: number | Shape, options: DistributedArrayOptions = {}): DistributedArray {
    return spaceOf('DistributedArray.zeros', globalShape, options).zeros();
  }

  static ones(globalShape: number | Shape, options: DistributedArrayOptions = {}): DistributedArray {
    return spaceOf('DistributedArray.ones', globalShape, options).empty().fill(1);
  }

  static full(
    globalShape: number | Shape,
    value: Scalar,
    options: DistributedArrayOptions = {},
  ): DistributedArray {
    return spaceOf('DistributedArray.full', globalShape, options).empty().fill(value);
  }

  /**
   * Standard normal values. Each value is a function of the seed and the global index and does not
   * depend on the number of ranks.
   * @param options without a seed, each call gives other values. They are the same when the program
   *   runs again on any number of ranks.
   */
  static random(
    globalShape: number | Shape,
    options: DistributedArrayOptions & { readonly seed?: number } = {},
  ): DistributedArray {
    const { seed, ...rest } = options;
    return spaceOf('DistributedArray.random', globalShape, rest).random(seed);
  }

  /**
   * Distributes a global array that every rank has: each rank copies its part. With partition
   * BROADCAST, all ranks receive rank 0's values in one broadcast. Otherwise nothing is sent.
   * @param options the dtype and the backend default to those of the data. Values are cast to
   *   another dtype as by `astype`.
   * @throws {@link DTypeError} if the data is complex and the dtype is real
   */
  static toDist(data: NDArray, options: DistributedArrayOptions = {}): DistributedArray {
    const check = () => {
      if (!(data instanceof NDArray))
        throw new ArgumentError(
          'DistributedArray.toDist: expected an NDArray, as NDArray.array([[1, 2], [3, 4]]) makes it ' +
            'of lists and typed arrays',
        );
      const { dtype = data.dtype, backend = data.backend } = options;
      if (isComplex(data.dtype) && !isComplex(checkDType(dtype)))
        throw new DTypeError(
          `toDist: ${data.dtype} does not fit into ${dtype}: take data.real() or data.abs() first`,
        );
      return { shape: data.shape, dtype, backend: resolveBackend(backend).name };
    };
    const replicated = options.partition === 'BROADCAST';
    if (replicated) {
      // If the data of one rank does not fit, all ranks throw.
      const all = gatherFromAllRanks(options.comm ?? resolveCommunicator(), check);
      checkSame('DistributedArray.toDist', all, ['shape'], { error: ShapeError });
      checkSame('DistributedArray.toDist', all, ['dtype', 'backend']);
    } else check();
    const { dtype = data.dtype, backend = data.backend } = options;
    const x = spaceOf('DistributedArray.toDist', data.shape, { ...options, dtype, backend }).empty();
    return tidy(() => {
      x.#take(asDType(data, dtype).to(x.backend));
      return replicated ? x.#fromFirst() : x;
    });
  }

  /**
   * Wraps local arrays, one on each rank, without copying; only views with strides are copied. They
   * are concatenated along `axis`.
   * Collective: the ranks exchange their shapes.
   * @throws {@link ShapeError} on every rank if the shapes differ along other axes
   * @throws {@link DTypeError} on every rank if the dtypes differ
   * @throws {@link PartitionError} on every rank if the axes or backends differ
   */
  static fromLocal(local: NDArray, options?: FromLocalOptions): DistributedArray {
    const given = withDefaults('DistributedArray.fromLocal', options, FROM_LOCAL_DEFAULTS);
    const { axis, mask } = given;
    const comm = resolveCommunicator(given.comm);
    const owner = 'DistributedArray.fromLocal';
    const all = gatherFromAllRanks(comm, () => {
      checkArray(owner, local);
      return { shape: local.shape, dtype: local.dtype, backend: local.backend.name, axis };
    });
    checkSame(owner, all, ['dtype'], { error: DTypeError });
    checkSame(owner, all, ['axis', 'backend'], { error: PartitionError });
    const layout = Layout.fromLocalShapes(
      all.map(({ shape }) => shape),
      axis,
    );
    return new DistributedArray(
      DistributedSpace.of({
        layout,
        partition: 'SCATTER',
        comm,
        dtype: local.dtype,
        backend: local.backend,
        mask,
      }),
      local,
    );
  }

  get rank(): number {
    return this.space.comm.rank;
  }
  get layout(): Layout {
    return this.space.layout;
  }
  get partition(): Partition {
    return this.space.partition;
  }
  get mask(): readonly number[] | undefined {
    return this.space.mask;
  }
  get axis(): number {
    return this.space.axis;
  }
  get globalShape(): Shape {
    return this.space.shape;
  }
  get localShape(): Shape {
    return this.space.localShape;
  }
  /** The local shapes of all ranks. */
  get localShapes(): Shape[] {
    return this.layout.localShapes;
  }
  get ndim(): number {
    return this.globalShape.length;
  }
  /** This rank's part of the global array. */
  get box(): IndexBox {
    return this.layout.box(this.rank);
  }
  copy(): DistributedArray {
    return this.space.empty().assign(this);
  }
  dispose(): void {
    this.local.dispose();
  }
  [PARTS](): Iterable<NDArray> {
    return [this.local];
  }

  /**
   * `this ← x`, where x is an array of the same space. A real array may be assigned to a complex
   * one.
   */
  assign(x: DistributedArray): this {
    this.#check(x);
    this.local.assign(x.local);
    return this;
  }

  /**
   * Assigns a global array that every rank has.
   * - SCATTER: each rank copies its part, and nothing is sent.
   * - BROADCAST: all ranks receive rank 0's values in one broadcast. Before it, the ranks check
   *   that the data of each fits. If it does not fit on one rank, all ranks throw.
   * - UNSAFE_BROADCAST: each rank keeps its own values.
   */
  assignGlobal(data: HostData): this {
    if (this.partition !== 'BROADCAST') {
      this.#take(data);
      return this;
    }
    const take = () => {
      this.#take(data);
      return { shape: this.globalShape };
    };
    sameOnAllRanks(this.comm, 'DistributedArray.assignGlobal', take, { error: ShapeError });
    return this.#fromFirst();
  }

  /** Copies the values of rank 0 to all ranks. */
  #fromFirst(): this {
    this.comm.bcast(this.local);
    return this;
  }

  /** Copies this rank's part of a global array. */
  #take(data: HostData): void {
    tidy(() => {
      const whole =
        data instanceof NDArray
          ? data
          : NDArray.fromHost(data, this.globalShape, { dtype: this.dtype, backend: this.backend });
      checkSameBackend(this, whole);
      if (!sameShape(whole.shape, this.globalShape)) {
        throw new ShapeError(
          `expected a global array of shape ${formatShape(this.globalShape)}, received ` +
            `${formatShape(whole.shape)}`,
        );
      }
      if (this.layout.replicated) this.local.assign(whole);
      else {
        const { start, shape } = this.box;
        const ranges = shape.map((n, k): [number, number] => [start[k] as number, (start[k] as number) + n]);
        this.local.assign(whole.slice(...ranges).reshape(this.localShape));
      }
    });
  }

  fill(value: Scalar): this {
    this.local.fill(value);
    return this;
  }

  /**
   * Fills with standard normal values, or with uniform values in [0, 1). Each value is a function
   * of the seed and the global index. Without a seed, the communicator's next draw is the seed.
   */
  fillRandom(seed?: number, distribution: 'normal' | 'uniform' = 'normal'): this {
    const key = seed ?? distributedSeed(this.comm);
    checkSeed(key);
    this.comm.checker?.same(`random values of seed ${key}`);
    const numbers = { distribution, seed: key, draw: 0, parameters: [0, 1] } as const;
    drawInto(this.local, numbers, this.globalShape, this.box);
    return this;
  }

  /**
   * Sets one element by its global index. Every rank calls it, and the owners store the value.
   * Never communicates.
   */
  set(index: readonly number[], value: Scalar): this {
    const at = placeIn(this.box, this.#globalIndex(index));
    // Checked on every rank, not only on the owners, so that all ranks throw if the value does not
    // fit.
    const fitting = this.local.checkFits(value);
    if (at !== undefined) this.local.setAt(at, fitting);
    return this;
  }

  /** Returns one element by its global index, on every rank. One broadcast from its owner. */
  get(index: readonly number[]): Scalar {
    const wanted = this.#globalIndex(index);
    let owner = 0;
    while (!contains(this.layout.box(owner), wanted)) owner++;
    const at = placeIn(this.box, wanted);
    const mine = at !== undefined && owner === this.rank;
    return this.comm.bcastObject(mine ? tidy(() => this.local.reshape([this.local.size]).get(at)) : 0, owner);
  }

  setAt(index: number, value: Scalar): this {
    this.checkFlatIndex(index);
    return this.set(
      stridesOf(this.globalShape).map(
        (step, k) => Math.floor(index / step) % (this.globalShape[k] as number),
      ),
      value,
    );
  }

  #globalIndex(index: readonly number[]): number[] {
    if (!Array.isArray(index))
      throw new ShapeError(`expected a list of indices, such as [5, 1], received ${textOf(index)}`);
    const wanted = index.every(Number.isSafeInteger)
      ? index.map((i, k) => (i < 0 ? i + (this.globalShape[k] ?? 0) : i))
      : [];
    if (
      wanted.length !== this.ndim ||
      !wanted.every((i, k) => i >= 0 && i < (this.globalShape[k] as number))
    ) {
      throw new ShapeError(
        `expected an index into ${formatShape(this.globalShape)}, received ${formatShape(index)}`,
      );
    }
    return wanted;
  }

  axpby(a: Scalar, x: DistributedArray, b: Scalar): this {
    this.#check(x);
    this.local.axpby(a, x.local, b);
    return this;
  }
  scale(a: Scalar): this {
    this.local.scale(a);
    return this;
  }

  astype(dtype: DType): DistributedArray {
    return this.withPart(this.local.astype(dtype));
  }

  /** The same array on another backend. */
  to(backend: Backend | string): DistributedArray {
    const target = resolveBackend(backend);
    return new DistributedArray(this.space.withBackend(target), this.local.to(target));
  }

  map(kernel: (x: Elements, y: Elements) => void, target: DistributedArray = this): DistributedArray {
    checkKernel(kernel);
    this.#check(target);
    kernel(this.local, target.local);
    return target;
  }

  innerProducts(y: DistributedArray, conjugate: boolean, into: InnerProduct[]): void {
    if (this.dtype === y.dtype) {
      into.push({ x: this.#reduced, y: y.#reduced, conjugate });
      return;
    }
    const dtype = promote(this.dtype, y.dtype);
    const cast = (v: DistributedArray) => asDType(v, dtype).#reduced;
    into.push({ x: cast(this), y: cast(y), conjugate });
  }

  /**
   * The norm of all elements, a number, in one reduction. With `axis`, the norms along it: an array
   * without that axis, replicated if the axis is the distributed one.
   */
  override norm(order?: NormOrder): number;
  override norm(order: NormOrder | undefined, axis: number, options?: NormOptions): DistributedArray;
  override norm(order?: NormOrder, axis?: number, options: NormOptions = {}): number | DistributedArray {
    if (axis !== undefined) return normAlong(this, order, toAxis(axis, this.ndim), options);
    return distributedNorm(this, this.reducer, order);
  }

  overlaps(other: AnyVector): boolean {
    if (!(other instanceof DistributedArray)) return false;
    // A rank without elements must return the same result as the other ranks.
    return (
      this.local.overlaps(other.local) ||
      (this.local.size === 0 && this.local.storage === other.local.storage)
    );
  }

  /**
   * The global array on every rank. Collective for a SCATTER array. With `masked`, only the parts
   * of the ranks with this rank's colour, concatenated along the distributed axis.
   */
  asArray(options?: AsArrayOptions): NDArray {
    const { masked } = withDefaults('asArray', options, AS_ARRAY_DEFAULTS);
    if (this.layout.replicated) return this.local.copy();
    if (!masked || !this.mask) return gather(this.local, this.layout, this.comm);
    const mine = this.mask[this.rank];
    const concatenated = this.layout.kind === 'concatenated';
    const shapes = concatenated ? this.localShapes : partsAlong(this.layout, this.axis);
    const group = shapes.filter((_, r) => this.mask?.[r] === mine);
    return gather(
      this.local,
      concatenated ? Layout.concatenated(group) : Layout.fromLocalShapes(group, this.axis),
      this.reducer,
    );
  }

  /**
   * The same values split along another axis, over a process grid, or in any other layout of boxes.
   * Two ranks exchange a point-to-point message if their boxes intersect.
   */
  redistribute(to: number | Layout): DistributedArray {
    const layout =
      to instanceof Layout ? to : Layout.split(this.globalShape, this.comm.size, toAxis(to, this.ndim));
    if (layout.equals(this.layout)) return this.copy();
    const result = this.space.withLayout(layout).empty();
    TransferPlan.between(this.layout, layout, this.comm).run(this.local, result.local);
    return result;
  }

  /** The whole array on every rank, as a BROADCAST array. */
  broadcast(): DistributedArray {
    return this.redistribute(Layout.replicated(this.globalShape, this.comm.size));
  }

  /**
   * The local arrays raveled, one after another, without copying. If the array is split along its
   * first axis only, this is the ravel of the global array.
   */
  ravel(): DistributedArray {
    return this.viewIn(this.space.flat());
  }

  /**
   * The same elements in C order under another global shape, split along its first axis. If each
   * rank's part consists of whole rows, nothing is copied. Otherwise a transfer between neighbours
   * completes the rows.
   * @throws {@link ShapeError} if the sizes differ, or if the array is not split along its first
   *   axis only
   */
  reshape(globalShape: number | Shape): DistributedArray {
    const shape = toShape(globalShape, 'global shape');
    if (product(shape) !== this.size)
      throw new ShapeError(`cannot reshape ${formatShape(this.globalShape)} into ${formatShape(shape)}`);
    const { comm } = this;
    if (this.layout.replicated)
      return new DistributedArray(
        this.space.withLayout(Layout.replicated(shape, comm.size)),
        this.local.reshape(shape),
      );
    if (this.layout.kind !== 'boxes' || this.axis !== 0 || this.layout.grid.some((g, k) => k > 0 && g > 1))
      throw new ShapeError('only arrays split along their first axis can be reshaped: redistribute(0) first');
    const flat = this.ravel();
    const layout = rowsOf(flat.layout, shape);
    const aligned = flatOf(layout);
    const source = aligned.equals(flat.layout) ? flat : flat.redistribute(aligned);
    return new DistributedArray(
      this.space.withLayout(layout),
      source.local.reshape(layout.localShape(comm.rank)),
    );
  }

  /** A view of the same memory in another space with the same parts. Never communicates. */
  viewIn(space: DistributedSpace): DistributedArray {
    checkSameMemory(this.space, space);
    return new DistributedArray(space, this.local.reshape(space.localShape));
  }

  aliasIn(space: DistributedSpace): DistributedArray {
    checkSameMemory(this.space, space);
    return new DistributedArray(space, this.local.alias(0, space.localShape));
  }

  redistributeInto(target: DistributedArray): void {
    checkDistributed('redistributeInto', target);
    checkSameElements(this.space, target.space);
    move(this.layout, this.local, target.layout, target.local, this.comm);
  }

  /**
   * Gives each rank's part a local shape of its own. Collective: the ranks exchange their shapes.
   */
  reshapeLocal(localShape: Shape, axis = 0): DistributedArray {
    const all = gatherFromAllRanks(this.comm, () => {
      const shape = toShape(localShape, 'the local shape');
      if (product(shape) !== this.local.size)
        throw new ShapeError(`cannot reshape ${formatShape(this.localShape)} into ${formatShape(shape)}`);
      return { shape };
    });
    const { replicated } = this.layout;
    if (replicated) checkSame('DistributedArray.reshapeLocal', all, ['shape'], { error: ShapeError });
    const shapes = all.map(({ shape }) => shape);
    const layout = replicated
      ? Layout.replicated(shapes[0] as Shape, this.comm.size)
      : Layout.fromLocalShapes(shapes, axis);
    return new DistributedArray(
      this.space.withLayout(layout),
      this.local.reshape(shapes[this.rank] as Shape),
    );
  }

  /**
   * This rank's part with ghost cells of the ranks before and after it along the distributed axis.
   * There are none at the outer ends. One halo exchange. The cells come from as many ranks as
   * needed.
   */
  addGhostCells(front: number, back = 0): NDArray {
    return ghosted(this, front, back);
  }

  /**
   * Checks that a replicated array has the same bits on all ranks. One broadcast of the array and
   * one allgather of the results.
   * @throws {@link PartitionError} on all ranks if the array differs on one of them, or if it is
   *   not replicated
   */
  assertReplicated(): this {
    if (!this.layout.replicated)
      throw new PartitionError(`expected a BROADCAST array, received ${this.partition}`);
    const mine = this.local.toHost();
    const first = this.local.toHost();
    this.comm.bcast(first, 0);
    const [own, rank0s] = [mine, first].map((a) => new Uint8Array(a.buffer, a.byteOffset, a.byteLength)) as [
      Uint8Array,
      Uint8Array,
    ];
    const ranks = this.comm.allgatherObject(own.some((byte, k) => byte !== rank0s[k]));
    if (ranks.some(Boolean))
      throw new PartitionError(
        `a BROADCAST array differs from rank 0's on ranks ` +
          `${ranks.flatMap((d, r) => (d ? [r] : [])).join(', ')}`,
      );
    return this;
  }

  override toString(): string {
    return (
      `<DistributedArray with global shape=${formatShape(this.globalShape)}, local ` +
      `shape=${formatShape(this.localShape)}, dtype=${this.dtype}, partition=${this.partition}, ` +
      `backend=${this.backend.name}, rank ${this.rank} of ${this.comm.size}>`
    );
  }

  #check(other: DistributedArray): void {
    if (other?.space !== this.space) checkSameSpace(this, other);
  }
  protected override withPart(local: NDArray): DistributedArray {
    return new DistributedArray(this.space.withDType(local.dtype), local);
  }
}

let constructed = 0;

/**
 * Checks that `x` is a distributed array.
 * @throws {@link ArgumentError} if it is not
 */
export function checkDistributed(owner: string, x: unknown): void {
  if (!(x instanceof DistributedArray))
    throw new ArgumentError(`${owner}: expected a DistributedArray, received ${textOf(x)}`);
}
