import { asDType } from '../array/casting.js';
import { isLocalArray } from '../array/elementwise.js';
import { type Scalar, scalarOf } from '../base/complex.js';
import { type DType, promote } from '../base/dtype.js';
import { ArgumentError, DTypeError, PartitionError, ShapeError } from '../base/errors.js';
import { memo } from '../base/memo.js';
import { type Defaults, withDefaults } from '../base/options.js';
import { PlanCache } from '../base/plan-cache.js';
import { tidy } from '../base/scope.js';
import { formatShape, product, sameShape, toAxis } from '../base/shape.js';
import { textOf } from '../base/text-of.js';
import { type EitherArray, isDistributed } from '../distributed/align.js';
import type { DistributedArray } from '../distributed/distributed-array.js';
import { Layout } from '../distributed/layout.js';
import { isRows } from '../distributed/redistribution.js';
import { DistributedSpace } from '../distributed/space.js';
import { splitByRows } from '../distributed/unsplit.js';
import { checkSame, gatherFromAllRanks } from '../ports/agreement.js';
import type { Backend } from '../ports/backend.js';
import type { Communicator } from '../ports/communicator.js';
import { resolveBackend, resolveCommunicator } from '../ports/defaults.js';
import { withElements } from '../vector/workspace.js';
import { distinct, withColumns } from './columns.js';
import { firstNotBelow, type MatrixShape } from './compressed-rows.js';
import { CsrArray, diagonalOf, isSparseArray, type SparseArray, summed } from './csr-array.js';
import { valuesAt } from './entry-values.js';
import { fetchRows } from './fetch-rows.js';
import { type Entries, moveEntries } from './move-entries.js';
import { RowExchange } from './row-exchange.js';

/** Options of functions that make a {@link DistributedCsrArray}. */
export interface DistributedSparseOptions {
  /** @default the default communicator */
  readonly comm?: Communicator | undefined;
}
const DEFAULTS = { comm: undefined } satisfies Defaults<DistributedSparseOptions>;

/** What the products with vectors of one layout need. */
interface Plan {
  /** The columns that this rank has elements for, counted from the first of them. */
  readonly own: CsrArray;
  /** The other columns with entries, in their order. */
  readonly others: CsrArray;
  readonly exchange: RowExchange;
}

/** Where the rows of each rank begin, and where the last end. Idle ranks have none. */
function cutsOf(layout: Layout): number[] {
  const cuts = [0];
  for (const [n] of layout.localShapes) cuts.push((cuts.at(-1) as number) + (n as number));
  return cuts;
}

/**
 * The shapes of the arrays of all ranks, which agree in dtype, backend and these lengths. One
 * exchange of objects; errors of one rank, also those of `prepare`, are thrown on all.
 */
function agreedShapes(
  owner: string,
  comm: Communicator,
  a: SparseArray,
  same: readonly ('rows' | 'columns')[],
  prepare: (a: SparseArray) => SparseArray = (given) => given,
): readonly MatrixShape[] {
  const all = gatherFromAllRanks(comm, () => {
    if (!isSparseArray(a))
      throw new ArgumentError(`${owner}: expected a sparse array, received ${textOf(a)}`);
    const { shape, dtype, backend } = prepare(a);
    return { rows: shape[0], columns: shape[1], dtype, backend: backend.name };
  });
  checkSame(owner, all, same, { error: ShapeError });
  checkSame(owner, all, ['dtype'], { error: DTypeError });
  checkSame(owner, all, ['backend'], { error: PartitionError });
  return all.map(({ rows, columns }) => [rows, columns]);
}

/**
 * A sparse matrix whose rows are spread over the ranks of a communicator: each rank has some
 * successive rows, with all columns, as a {@link CsrArray}.
 *
 * The product with a vector needs elements that other ranks have. The first product with a vector
 * of a layout finds them, in one exchange of counts and one of places; then each product sends one
 * message to each rank that needs elements, while the columns of the own elements are multiplied.
 * The adjoint product sends sums back the same way. Results have the same bits every time. Memory:
 * the entries twice, and again for the adjoint.
 */
export class DistributedCsrArray {
  readonly format = 'csr';
  readonly ndim = 2;
  /** The rows of this rank, with all columns. */
  readonly local: CsrArray;
  readonly comm: Communicator;
  /** Which rank has which rows: the layout of `[rows, columns]` along axis 0. */
  readonly layout: Layout;
  readonly #plans = new PlanCache<Layout, Plan>(8, {
    same: (a, b) => a === b || sameShape(cutsOf(a), cutsOf(b)),
  });
  readonly #moved = new WeakMap<Backend, DistributedCsrArray>();
  #transposed: DistributedCsrArray | undefined;

  private constructor(local: CsrArray, layout: Layout, comm: Communicator) {
    this.local = local;
    this.layout = layout;
    this.comm = comm;
  }

  /**
   * A matrix of the rows that each rank has, rank after rank. Collective: the ranks exchange their
   * shapes. Errors of one rank are thrown on all.
   */
  static fromLocal(local: SparseArray, options?: DistributedSparseOptions): DistributedCsrArray {
    const owner = 'DistributedCsrArray.fromLocal';
    const comm = resolveCommunicator(withDefaults(owner, options, DEFAULTS).comm);
    const shapes = agreedShapes(owner, comm, local, ['columns'], (a) => a.toCsr());
    const layout = Layout.fromLocalShapes(shapes);
    return new DistributedCsrArray(local.toCsr(), layout, comm);
  }

  /**
   * The rows of a matrix that all ranks have, spread evenly. Each rank copies its rows. Nothing is
   * sent.
   */
  static distribute(a: SparseArray, options?: DistributedSparseOptions): DistributedCsrArray {
    const owner = 'DistributedCsrArray.distribute';
    const comm = resolveCommunicator(withDefaults(owner, options, DEFAULTS).comm);
    if (!isSparseArray(a))
      throw new ArgumentError(`${owner}: expected a sparse array, received ${textOf(a)}`);
    const layout = Layout.split(a.shape, comm.size);
    const { start, shape } = layout.box(comm.rank);
    const from = start[0] as number;
    return new DistributedCsrArray(a.toCsr().sliceRows(from, from + (shape[0] as number)), layout, comm);
  }

  /**
   * The elements of a dense matrix that are not 0, with its rows where they are. A matrix that is
   * split otherwise, or replicated, is split by rows first.
   */
  static fromDense(x: DistributedArray): DistributedCsrArray {
    if (!isDistributed(x))
      throw new ArgumentError(`csrArray: expected a DistributedArray, received ${textOf(x)}`);
    if (x.ndim !== 2)
      throw new ShapeError(
        `csrArray: expected a matrix, received an array of shape ${formatShape(x.globalShape)}`,
      );
    const { layout } = x;
    const to = layout.replicated || !isRows(layout) ? Layout.split(layout.globalShape, layout.ranks) : layout;
    const local = tidy(() => CsrArray.fromDense((to === layout ? x : x.redistribute(to)).local));
    return new DistributedCsrArray(local, to, x.comm);
  }

  /**
   * A matrix of the entries that each rank has, of any rows, which are spread evenly. Entries given
   * twice are added, in the order of ranks. Collective: one exchange of objects, one of counts and
   * three of entries. Errors of one rank are thrown on all.
   * @param shape the same on all ranks
   */
  static fromEntries(a: SparseArray, options?: DistributedSparseOptions): DistributedCsrArray {
    const owner = 'DistributedCsrArray.fromEntries';
    const comm = resolveCommunicator(withDefaults(owner, options, DEFAULTS).comm);
    agreedShapes(owner, comm, a, ['rows', 'columns']);
    return DistributedCsrArray.#ofEntries(entriesOf(a), Layout.split(a.shape, comm.size), comm);
  }

  static #ofEntries(given: Entries, layout: Layout, comm: Communicator): DistributedCsrArray {
    const { start, shape } = layout.box(comm.rank);
    const first = start[0] as number;
    const local = tidy(() => {
      const { rows, columns, data } = moveEntries(given, cutsOf(layout), comm);
      const own = rows.map((i) => i - first);
      return summed(shape as unknown as MatrixShape, own, columns, data);
    });
    return new DistributedCsrArray(local, layout, comm);
  }

  /** The numbers of all rows and columns. */
  get shape(): MatrixShape {
    return this.layout.globalShape as unknown as MatrixShape;
  }
  get dtype(): DType {
    return this.local.dtype;
  }
  get backend(): Backend {
    return this.local.backend;
  }
  /** The first row of this rank. */
  get firstRow(): number {
    return this.layout.box(this.comm.rank).start[0] as number;
  }
  /** The number of entries on all ranks. Collective: one reduction. */
  nnz(): number {
    const count = Float64Array.of(this.local.nnz);
    this.comm.allreduce(count, 'sum');
    return count[0] as number;
  }

  /** A matrix of rows that are on the same ranks. */
  #with(local: CsrArray): DistributedCsrArray {
    if (local === this.local) return this;
    const columns = local.shape[1];
    const layout = columns === this.shape[1] ? this.layout : this.rowLayout([columns]);
    return new DistributedCsrArray(local, layout, this.comm);
  }
  /** The array on a backend. The copy is kept for the next call. */
  to(backend: Backend | string): DistributedCsrArray {
    const target = resolveBackend(backend);
    return target === this.backend
      ? this
      : memo(this.#moved, target, () => this.#with(this.local.to(target)));
  }
  astype(dtype: DType): DistributedCsrArray {
    return this.#with(this.local.astype(dtype));
  }
  conj(): DistributedCsrArray {
    return this.#with(this.local.conj());
  }
  /** All entries times a number. */
  multiply(factor: Scalar): DistributedCsrArray {
    return this.#with(this.local.multiply(factor));
  }

  /** The layout of vectors, or of matrices with further axes, that are split as the rows are. */
  rowLayout(rest: readonly number[] = []): Layout {
    const shapes = this.layout.localShapes.map(([n]) => [n as number, ...rest]);
    return Layout.fromLocalShapes(shapes);
  }

  /**
   * The product with a vector `[columns]` or a matrix `[columns, k]`, or with a sparse matrix. The
   * result is split as the rows are. An NDArray, and a sparse array of one rank, are those that all
   * ranks have; products with them, and with BROADCAST arrays, send nothing. Each rank fetches the
   * rows of a distributed sparse matrix that it needs.
   */
  matmul(x: EitherArray): DistributedArray;
  matmul(x: SparseArray | DistributedCsrArray): DistributedCsrArray;
  matmul(x: EitherArray | SparseArray | DistributedCsrArray): DistributedArray | DistributedCsrArray {
    if (isSparseArray(x)) return this.#with(this.local.matmul(x));
    if (x instanceof DistributedCsrArray) return this.#timesSparse(x);
    const { from, rest, space } = this.#operand('matmul', x, 1);
    return tidy(() => {
      const y = space.withLayout(this.rowLayout(rest)).empty();
      const cast = asDType(from, space.dtype);
      if (isDistributed(cast)) this.timesInto(splitByRows('matmul', cast), y);
      else this.local.timesInto(cast.contiguous(), y.local, product(rest));
      return y;
    });
  }

  /**
   * Aᴴ x with a vector `[rows]` or a matrix `[rows, k]`. The result is split evenly. A vector in
   * another layout is moved first.
   */
  rmatmul(x: EitherArray): DistributedArray {
    const { from, rest, space } = this.#operand('rmatmul', x, 0);
    return tidy(() => {
      const y = space.withLayout(Layout.split([this.shape[1], ...rest], this.comm.size)).empty();
      const cast = asDType(from, space.dtype);
      this.adjointInto(this.#inRows(cast, this.rowLayout(rest), space), y);
      return y;
    });
  }

  /** An array split as the rows are. Replicated ones are cut, and others moved. */
  #inRows(x: EitherArray, rows: Layout, space: DistributedSpace): DistributedArray {
    if (isDistributed(x) && !x.layout.replicated) return x.layout.equals(rows) ? x : x.redistribute(rows);
    const { start, shape } = rows.box(this.comm.rank);
    const [from, n] = [start[0] as number, shape[0] as number];
    return space.withLayout(rows).wrap((isLocalArray(x) ? x : x.local).slice([from, from + n]).contiguous());
  }

  /** An operand, its further axes, and the space of the result, its layout aside. */
  #operand(name: string, x: unknown, axis: 0 | 1) {
    if (!isLocalArray(x) && !isDistributed(x))
      throw new ArgumentError(`${name}: expected an array, received ${textOf(x)}`);
    const shape = x.space.shape;
    if (shape.length !== 1 && shape.length !== 2)
      throw new ShapeError(
        `${name}: expected a vector or a matrix, received an array of shape ${formatShape(shape)}`,
      );
    if (shape[0] !== this.shape[axis])
      throw new ShapeError(`${name}: sizes differ in ${formatShape(this.shape)} and ${formatShape(shape)}`);
    if (isDistributed(x)) this.#checkComm(name, x.comm);
    const dtype = promote(this.dtype, x.dtype);
    const space = (isDistributed(x) ? x.space : this.#space(this.layout)).withDType(dtype);
    return { from: x, rest: shape.slice(1), space };
  }

  #checkComm(name: string, comm: Communicator): void {
    if (comm.id !== this.comm.id)
      throw new PartitionError(
        `${name}: expected operands on one communicator: make both with the same comm`,
      );
  }

  /** The plan for vectors with these rows on each rank. Collective at the first call. */
  #planFor(layout: Layout): Plan {
    return this.#plans.get(layout, () => {
      const cuts = cutsOf(layout);
      const [from, to] = [cuts[this.comm.rank] as number, cuts[this.comm.rank + 1] as number];
      const isOwn = (j: number): boolean => j >= from && j < to;
      const needed = distinct(this.local.pattern.columns.filter((j) => !isOwn(j)));
      const exchange = new RowExchange(this.comm, cuts, needed);
      if (from === 0 && to === this.shape[1]) return { own: this.local, others: this.local, exchange };
      const own = withColumns(this.local, isOwn, to - from, (j) => j - from);
      const others = withColumns(
        this.local,
        (j) => !isOwn(j),
        needed.length,
        (j) => firstNotBelow(needed, j),
      );
      return { own, others, exchange };
    });
  }

  /**
   * `y ← A x`. x is split along its first axis only, or replicated; y as the rows are. Both have
   * the array's dtype, or the complex one of its precision.
   */
  timesInto(x: DistributedArray, y: DistributedArray): void {
    const inner = product(y.globalShape.slice(1));
    if (x.layout.replicated) return this.local.timesInto(x.local, y.local, inner);
    const { own, others, exchange } = this.#planFor(x.layout);
    withElements(x.backend, x.dtype, exchange.needed * inner, (received) => {
      exchange.fetch(x.local, received, inner, () => own.timesInto(x.local, y.local, inner));
      if (exchange.needed > 0) others.timesInto(received, y.local, inner, 'add');
    });
  }

  /** `x ← Aᴴ y`, with the layouts of {@link timesInto}. A replicated x costs one reduction. */
  adjointInto(y: DistributedArray, x: DistributedArray): void {
    const inner = product(x.globalShape.slice(1));
    if (x.layout.replicated) {
      this.local.adjoint().timesInto(y.local, x.local, inner);
      const { storage, offset, size } = x.local;
      if (this.comm.size > 1) this.comm.allreduce(storage.span(offset, size), 'sum');
      return;
    }
    const { own, others, exchange } = this.#planFor(x.layout);
    withElements(x.backend, x.dtype, exchange.needed * inner, (sums) => {
      if (exchange.needed > 0) others.adjoint().timesInto(y.local, sums, inner);
      exchange.addBack(sums, x.local, inner, () => own.adjoint().timesInto(y.local, x.local, inner));
    });
  }

  /** Fetches the rows of `b` that meet entries, and multiplies on each rank. */
  #timesSparse(b: DistributedCsrArray): DistributedCsrArray {
    this.#checkComm('matmul', b.comm);
    if (this.shape[1] !== b.shape[0])
      throw new ShapeError(
        `matmul: inner sizes differ in ${formatShape(this.shape)} and ${formatShape(b.shape)}`,
      );
    const dtype = promote(this.dtype, b.dtype);
    const rows = distinct(this.local.pattern.columns);
    const fetched = fetchRows(b.local, cutsOf(b.layout), rows, this.comm).astype(dtype);
    const left = withColumns(
      this.local,
      () => true,
      rows.length,
      (j) => firstNotBelow(rows, j),
    );
    return this.#with(left.matmul(fetched));
  }

  /** All entries of this rank at their global places. */
  #entries(): Entries {
    const { firstRow } = this;
    return { ...entriesOf(this.local), rows: this.local.pattern.rows.map((i) => i + firstRow) };
  }

  /** Aᵀ, with its rows spread evenly. Collective at the first call: entries are moved, and kept. */
  transpose(): DistributedCsrArray {
    if (!this.#transposed) {
      const { rows, columns, data } = this.#entries();
      const layout = Layout.split([this.shape[1], this.shape[0]], this.comm.size);
      this.#transposed = DistributedCsrArray.#ofEntries(
        { rows: columns, columns: rows, data },
        layout,
        this.comm,
      );
    }
    return this.#transposed;
  }
  /** Aᴴ: see {@link transpose}. {@link rmatmul} does not use it. */
  adjoint(): DistributedCsrArray {
    return this.transpose().conj();
  }

  /**
   * The matrix with its rows as in another layout along axis 0. Entries are moved.
   * @throws {@link ShapeError} or {@link PartitionError} for another layout
   */
  redistribute(layout: Layout): DistributedCsrArray {
    if (!(layout instanceof Layout))
      throw new ArgumentError(`redistribute: expected a Layout, received ${textOf(layout)}`);
    const { globalShape, ranks } = layout;
    if (!sameShape(globalShape, this.shape) || ranks !== this.comm.size)
      throw new ShapeError(
        `redistribute: expected a layout of ${formatShape(this.shape)} over ${this.comm.size} ranks, ` +
          `received ${layout}`,
      );
    if (layout.kind !== 'boxes' || layout.replicated || !isRows(layout))
      throw new PartitionError(`redistribute: expected a layout along axis 0, received ${layout}`);
    if (layout.equals(this.layout)) return this;
    return DistributedCsrArray.#ofEntries(this.#entries(), layout, this.comm);
  }

  /** The sum with a matrix of the same shape, whose rows are moved if they are spread otherwise. */
  add(other: DistributedCsrArray): DistributedCsrArray {
    return this.#plus('add', other);
  }
  subtract(other: DistributedCsrArray): DistributedCsrArray {
    return this.#plus('subtract', other);
  }
  #plus(name: 'add' | 'subtract', other: DistributedCsrArray): DistributedCsrArray {
    if (!(other instanceof DistributedCsrArray))
      throw new ArgumentError(`${name}: expected a DistributedCsrArray, received ${textOf(other)}`);
    this.#checkComm(name, other.comm);
    if (this.shape[0] !== other.shape[0] || this.shape[1] !== other.shape[1])
      throw new ShapeError(
        `${name}: shapes ${formatShape(this.shape)} and ${formatShape(other.shape)} differ`,
      );
    promote(this.dtype, other.dtype);
    return this.#with(this.local[name](other.redistribute(this.layout).local));
  }

  /**
   * The sum of all elements, a number: one reduction. Along axis 1, of each row, nothing is sent;
   * along axis 0, as in an adjoint product.
   */
  sum(axis?: null): Scalar;
  sum(axis: number): DistributedArray;
  sum(axis?: number | null): Scalar | DistributedArray {
    if (axis === undefined || axis === null) {
      const own = this.local.sum();
      const pair = typeof own === 'number' ? Float64Array.of(own, 0) : Float64Array.of(own.re, own.im);
      this.comm.allreduce(pair, 'sum');
      return scalarOf(this.dtype, pair[0] as number, pair[1] as number);
    }
    const along = toAxis(axis, 2);
    if (along === 1) return this.#space(this.rowLayout()).wrap(this.local.sum(1));
    return tidy(() => {
      const ones = this.#space(this.rowLayout()).empty().fill(1);
      const sums = this.rmatmul(ones);
      sums.local.conjInPlace();
      return sums;
    });
  }
  #space(layout: Layout): DistributedSpace {
    const { comm, dtype, backend } = this;
    return DistributedSpace.of({ layout, partition: 'SCATTER', comm, dtype, backend });
  }

  /** The elements `A[i, i + k]`, on the ranks that have their rows. Nothing is sent. */
  diagonal(k = 0): DistributedArray {
    const [first, n] = diagonalOf('diagonal', this.shape, k);
    const ranges = this.layout.localShapes.map(([count], rank) => {
      const start = this.layout.box(rank).start[0] as number;
      const from = Math.max(start, first);
      return [from, Math.max(0, Math.min(start + (count as number), first + n) - from)] as const;
    });
    const [from, count] = ranges[this.comm.rank] as readonly [number, number];
    const { local, firstRow } = this;
    const places = Int32Array.from({ length: count }, (_, i) =>
      local.pattern.find(from + i - firstRow, from + i + k),
    );
    const layout = Layout.fromLocalShapes(ranges.map(([, size]) => [size]));
    return this.#space(layout).wrap(valuesAt(local.data, places));
  }

  /** The dense matrix, split by rows. Nothing is sent. */
  toDense(): DistributedArray {
    return this.#space(this.layout).wrap(this.local.toDense());
  }

  /** The whole matrix on every rank. Collective: one exchange of counts and three of entries. */
  gather(): CsrArray {
    const { comm } = this;
    const counts = comm.allgatherObject(this.local.nnz);
    const total = counts.reduce((sum, n) => sum + n, 0);
    const whole = (part: Int32Array): Int32Array => {
      const all = new Int32Array(total);
      comm.allgatherv(part, all, counts);
      return all;
    };
    const { rows, columns } = this.#entries();
    return tidy(() => {
      const data = this.local.data.space.withShape([total]).empty();
      comm.allgatherv(this.local.data, data, counts);
      return summed(this.shape, whole(rows), whole(columns), data);
    });
  }

  toString(): string {
    return `DistributedCsrArray ${formatShape(this.shape)} ${this.dtype} on ${this.comm.size} ranks`;
  }
}

/** The entries of a matrix of one rank. */
function entriesOf(a: SparseArray): Entries {
  return a instanceof CsrArray
    ? { rows: a.pattern.rows, columns: a.pattern.columns, data: a.data }
    : { rows: a.rows, columns: a.columns, data: a.data };
}
