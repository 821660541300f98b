import { checkArray } from '../core/array/elementwise.js';
import { NDArray } from '../core/array/ndarray.js';
import type { DType } from '../core/base/dtype.js';
import { ArgumentError, PartitionError, ShapeError } from '../core/base/errors.js';
import { checkOneOf, type Defaults, isListOf, withDefaults } from '../core/base/options.js';
import { formatShape, product, type Shape, toShape } from '../core/base/shape.js';
import { textOf } from '../core/base/text-of.js';
import { checkDistributed, type DistributedArray } from '../core/distributed/distributed-array.js';
import { Exchange } from '../core/distributed/exchange.js';
import { patternOf } from '../core/distributed/exchange-pattern.js';
import { type IndexBox, Layout, splitCount, splitStart } from '../core/distributed/layout.js';
import type { DistributedSpace } from '../core/distributed/space.js';
import type { SpaceOptions } from '../core/operator/linear-operator.js';
import { checkSame, gatherFromAllRanks } from '../core/ports/agreement.js';
import type { Elements, MatMul, Trans } from '../core/ports/backend.js';
import type { Communicator } from '../core/ports/communicator.js';
import { resolveCommunicator } from '../core/ports/defaults.js';
import type { Space } from '../core/vector/vector.js';
import { DeviceConstants } from '../local/device-constants.js';
import { LayoutAdapter } from './base/layout-adapter.js';
import { DISTRIBUTED_DEFAULTS, type DistributedOptions } from './distributed-options.js';
import { MPILinearOperator } from './mpi-linear-operator.js';
import { imageInOwn } from './parts/image-layout.js';
import { MatrixPanel, overPanels, type PanelPair, type Rows } from './parts/matrix-panel.js';

/**
 * `summa`: A is stored in tiles over the process grid. `block`: A is stored in blocks of rows, and
 * all ranks of a row of the grid have the same block.
 */
export const MATRIX_MULT_KINDS = ['summa', 'block'] as const;
/** How a matrix product is distributed. */
export type MatrixMultKind = (typeof MATRIX_MULT_KINDS)[number];

/**
 * A process grid `[Pr, Pc]`. Rank `i·Pc + j` has the block of row i and column j. Ranks beyond the
 * grid have none.
 */
export type ProcessGrid = readonly [number, number];

/** Options of {@link MPIMatrixMult}. */
export interface MPIMatrixMultOptions extends DistributedOptions {
  /** @default 'summa' */
  readonly kind?: MatrixMultKind;
  /** @default as square as the ranks allow */
  readonly grid?: ProcessGrid;
  /**
   * Keep a second copy of A, cut as the adjoint reads it. Each adjoint product then needs fewer
   * messages. Only for `summa`: `block` does not need it.
   * @default false
   */
  readonly saveAt?: boolean;
  /** @default that of A */
  readonly dtype?: DType;
}

const DEFAULTS = {
  kind: 'summa',
  grid: undefined,
  saveAt: false,
  dtype: undefined,
  ...DISTRIBUTED_DEFAULTS,
} satisfies Defaults<MPIMatrixMultOptions>;

/**
 * The cost of a number sent and of a message, in flops of one core, from about 40 Gflop/s, 5 GB/s
 * and 1 µs. Only their proportions matter.
 */
const COST = { number: 60, message: 4e4 } as const;

/**
 * The process grid on which a product of `[N, K]` with `[K, M]` is fastest by a count of flops,
 * numbers sent and messages. It may leave ranks idle. Grids of `block` have no more columns than
 * rows, so that there are few copies of A.
 */
export function matrixGrid(
  N: number,
  K: number,
  M: number,
  ranks: number,
  kind: MatrixMultKind = 'summa',
): ProcessGrid {
  checkOneOf('kind', kind, MATRIX_MULT_KINDS);
  for (const [name, n] of Object.entries({ N, K, M, ranks }))
    if (!(Number.isSafeInteger(n) && n >= (name === 'ranks' ? 1 : 0)))
      throw new ArgumentError(
        `matrixGrid: expected ${name} to be a whole number of at least ${name === 'ranks' ? 1 : 0}, ` +
          `received ${textOf(n)}`,
      );
  let best: { readonly grid: ProcessGrid; readonly cost: number } | undefined;
  for (let rows = ranks; rows >= 1; rows--) {
    for (let columns = Math.floor(ranks / rows); columns >= 1; columns--) {
      if (kind === 'block' && columns > rows) continue;
      const [n, m] = [Math.ceil(N / rows), Math.ceil(M / columns)];
      const numbers = (kind === 'summa' ? n * K * (1 - 1 / columns) : 0) + K * m * (1 - 1 / rows);
      const messages = (kind === 'summa' ? columns - 1 : 0) + rows - 1;
      const cost = 2 * n * K * m + COST.number * numbers + COST.message * messages;
      if (!best || cost < best.cost) best = { grid: [rows, columns], cost };
    }
  }
  return (best as { readonly grid: ProcessGrid }).grid;
}

/** The grid of all ranks that is closest to square, with at least as many columns as rows. */
function squarest(ranks: number): ProcessGrid {
  let rows = Math.floor(Math.sqrt(ranks));
  while (ranks % rows !== 0) rows--;
  return [rows, ranks / rows];
}

/** The start and the length of each part `k` of a division into intervals. */
interface Cuts {
  readonly starts: readonly number[];
  readonly counts: readonly number[];
}
const evenCuts = (n: number, parts: number): Cuts => ({
  starts: Array.from({ length: parts }, (_, k) => splitStart(n, parts, k)),
  counts: Array.from({ length: parts }, (_, k) => splitCount(n, parts, k)),
});
const cutsOf = (counts: readonly number[]): Cuts => ({
  counts,
  starts: counts.map((_, k) => counts.slice(0, k).reduce((a, b) => a + b, 0)),
});

/** The intervals between all cuts of two divisions of one length. */
function refine(a: Cuts, b: Cuts): Cuts {
  const total = a.counts.reduce((x, y) => x + y, 0);
  const starts = [...new Set([...a.starts, ...b.starts])].filter((s) => s < total).sort((x, y) => x - y);
  return { starts, counts: starts.map((s, k) => (starts[k + 1] ?? total) - s) };
}

/** The domain or the range of the operator: its vectors in tiles. */
interface TiledSide {
  readonly dims: Shape;
  readonly layout: Layout;
  readonly form: LayoutAdapter;
}

/** The description of this rank's block, which all ranks receive. */
interface Described {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly arguments: object;
}

/**
 * Product with a distributed matrix A of `[N, K]`: `Y = A X`. Shapes: `[K, M]` to `[N, M]`. X and Y
 * are stored in tiles over the process grid. Vectors in other layouts and flat vectors are moved by
 * a transfer. The result of a flat vector is flat, and that of a BROADCAST X is a SCATTER Y.
 *
 * `summa`: panels of A are sent along the rows of the grid and panels of X along its columns. The
 * next panels are sent while the present ones are multiplied. `block`: only X is sent, and in the
 * adjoint sums of K × M/Pc. Cost per rank: `2·N·K·M/(Pr·Pc)` flops (8 instead of 2 for complex
 * numbers); forward `Pr + Pc − 2` messages (`block`: `Pr − 1`) if the panels are alike. Holds this
 * rank's block of A, and another one with `saveAt`. Work: two panels of A `[N/Pr, K/max(Pr, Pc)]`
 * (`block`: none) and two of X `[K/max(Pr, Pc), M/Pc]`, the present ones and the next. Rows that
 * are not contiguous are packed for each rank that needs them.
 *
 * @example new MPIMatrixMult(NDArray.normal([2, 3]), 4, { grid: [COMM_WORLD.size, 1] })
 */
export class MPIMatrixMult extends MPILinearOperator {
  readonly grid: ProcessGrid;
  readonly kind: MatrixMultKind;
  readonly #matrix: DeviceConstants;
  /** A in the blocks that the adjoint reads, with `saveAt`. */
  readonly #transposed: DeviceConstants | undefined;
  readonly #model: TiledSide;
  readonly #data: TiledSide;
  readonly #forward: readonly PanelPair[];
  /** True if each rank has whole rows of A, so that the adjoint moves and adds partial sums. */
  readonly #sums: boolean;
  /** For `summa`: panels of A and Y over the rows of A. */
  readonly #adjoint: readonly PanelPair[];

  /**
   * Collective: one object exchange. An error on one rank is thrown on all ranks.
   * @param A this rank's block: the tile (i, j) of a `summa` grid, or the rows i of a `block` grid;
   *   an array of size 0 on ranks beyond the grid
   * @param M the number of columns of X
   */
  constructor(A: NDArray, M: number, options?: MPIMatrixMultOptions) {
    const comm = resolveCommunicator(options?.comm);
    const chosen = () => {
      const { kind, saveAt, dtype, grid } = withDefaults('MPIMatrixMult', options, DEFAULTS);
      return { kind, saveAt, dtype, grid: grid ?? squarest(comm.size) };
    };
    const all = gatherFromAllRanks(comm, (): Described => {
      const { kind, saveAt, dtype, grid } = chosen();
      checkOneOf('kind', kind, MATRIX_MULT_KINDS);
      checkGrid(grid, comm.size);
      toShape([M], 'M');
      if (!(A instanceof NDArray))
        throw new ArgumentError(
          `MPIMatrixMult: expected A to be an NDArray, this rank's block, received ${typeof A}`,
        );
      if (A.ndim !== 2)
        throw new ShapeError(`MPIMatrixMult: expected A of two axes, received shape ${formatShape(A.shape)}`);
      DeviceConstants.from(A, dtype);
      return { shape: A.shape, dtype: A.dtype, arguments: { M, kind, grid, saveAt, dtype } };
    });
    checkSame('MPIMatrixMult', all, ['dtype', 'arguments']);
    const { kind, saveAt, dtype, grid } = chosen();
    const [rows, columns] = blockCuts(
      all.map((d) => d.shape),
      grid,
      kind,
    );
    const [N, K] = [rows, columns].map((c) => c.counts.reduce((a, b) => a + b, 0)) as [number, number];
    const matrix = DeviceConstants.from(A, dtype);
    super({ dims: [K, M], dimsd: [N, M], dtype: matrix.dtype, holdsData: true, comm });
    this.grid = grid;
    this.kind = kind;
    this.#matrix = matrix;
    const [pr, pc] = grid;
    this.#sums = kind === 'block' || (pc === 1 && !saveAt);
    const [modelRows, width] = [evenCuts(K, pr), evenCuts(M, pc)];
    const tiles = (shape: Shape, along: Cuts, across: Cuts) => {
      const layout = Layout.tiles(shape, comm.size, grid, [along.counts, across.counts]);
      return { dims: shape, layout, form: new LayoutAdapter(shape, layout) };
    };
    this.#model = tiles(this.dims, modelRows, width);
    this.#data = tiles(this.dimsd, rows, width);

    const at = (rank: number) => (rank < pr * pc ? ([Math.floor(rank / pc), rank % pc] as const) : undefined);
    const none: IndexBox = { start: [0, 0], shape: [0, 0] };
    const boxes = (
      along: (i: number, j: number) => readonly [number, number],
      across: (i: number, j: number) => readonly [number, number],
    ) => {
      return (rank: number): IndexBox => {
        const place = at(rank);
        if (!place) return none;
        const [[r, n], [c, m]] = [along(...place), across(...place)];
        return { start: [r, c], shape: [n, m] };
      };
    };
    const part = ({ starts, counts }: Cuts, k: number): readonly [number, number] => [
      starts[k] as number,
      counts[k] as number,
    ];
    const held = boxes((i) => part(rows, i), kind === 'block' ? () => [0, K] : (_, j) => part(columns, j));
    const model = (rank: number) => this.#model.layout.box(rank);
    const data = (rank: number) => this.#data.layout.box(rank);

    const inner = kind === 'block' ? modelRows : refine(columns, modelRows);
    /** The panels of A, and those of X or Y with the same rows and this rank's columns. */
    const pairs = (
      steps: Cuts,
      a: {
        readonly held: (rank: number) => IndexBox;
        readonly at: (t: number) => (rank: number) => IndexBox;
      },
      b: { readonly shape: Shape; readonly held: (rank: number) => IndexBox },
    ): PanelPair[] =>
      steps.starts.map((_, t) => {
        const rows = boxes(
          () => part(steps, t),
          (_, j) => part(width, j),
        );
        return {
          a: new MatrixPanel([N, K], a.held, a.at(t), comm),
          b: new MatrixPanel(b.shape, b.held, rows, comm),
        };
      });
    const columnsOf = (t: number) =>
      boxes(
        (i) => part(rows, i),
        () => part(inner, t),
      );
    this.#forward = pairs(inner, { held, at: columnsOf }, { shape: this.dims, held: model });
    // The adjoint needs the rows of Aᴴ that correspond to this rank's rows of X, with all their
    // columns. The second copy divides these columns among the columns of the grid.
    const kept = evenCuts(N, pc);
    const again = boxes(
      (_, j) => part(kept, j),
      (i) => part(modelRows, i),
    );
    if (kind === 'summa' && saveAt)
      this.#transposed = DeviceConstants.from(fetched(matrix.on(A.backend), [N, K], held, again, comm));
    const outer = this.#transposed ? refine(kept, rows) : rows;
    const rowsOf = (t: number) =>
      boxes(
        () => part(outer, t),
        (i) => part(modelRows, i),
      );
    const source = { held: this.#transposed ? again : held, at: rowsOf };
    this.#adjoint = this.#sums ? [] : pairs(outer, source, { shape: this.dimsd, held: data });
  }

  /**
   * Makes the operator of a global matrix `[N, K]` that every rank has. Each rank keeps a copy of
   * its block. The default grid is the fastest one. Collective.
   */
  static fromGlobal(A: NDArray, M: number, options?: MPIMatrixMultOptions): MPIMatrixMult {
    const given = withDefaults('MPIMatrixMult.fromGlobal', options, DEFAULTS);
    const comm = resolveCommunicator(given.comm);
    checkArray('MPIMatrixMult.fromGlobal: A', A);
    if (A.ndim !== 2)
      throw new ShapeError(
        `MPIMatrixMult: expected a matrix of shape [N, K], received ${formatShape(A.shape)}`,
      );
    const [N = 0, K = 0] = A.shape;
    const { kind, grid = matrixGrid(N, K, M, comm.size, kind) } = given;
    checkGrid(grid, comm.size);
    const { start, shape } = heldBlock([N, K], comm.rank, grid, kind);
    const share = A.slice(
      ...start.map((first, k): readonly [number, number] => [first, first + (shape[k] as number)]),
    );
    const block = share.copy();
    share.dispose();
    return new MPIMatrixMult(block, M, { ...options, grid });
  }

  /**
   * Makes the operator of a distributed matrix `[N, K]` in any layout. Its blocks are sent to the
   * ranks that need them. Collective.
   */
  static fromDistributed(
    A: DistributedArray,
    M: number,
    options?: Omit<MPIMatrixMultOptions, 'comm'>,
  ): MPIMatrixMult {
    const given = withDefaults('MPIMatrixMult.fromDistributed', options as MPIMatrixMultOptions, DEFAULTS);
    checkDistributed('MPIMatrixMult.fromDistributed', A);
    const { comm, layout } = A;
    if (layout.kind !== 'boxes' || layout.globalShape.length !== 2)
      throw new ShapeError(`MPIMatrixMult: expected a matrix of shape [N, K], received ${layout}`);
    const [N, K] = layout.globalShape as readonly [number, number];
    const { kind, grid = matrixGrid(N, K, M, comm.size, kind) } = given;
    checkGrid(grid, comm.size);
    const wanted = (rank: number): IndexBox => heldBlock([N, K], rank, grid, kind);
    const block = fetched(
      A.local,
      layout.globalShape,
      (rank) => layout.box(rank),
      wanted,
      comm,
      layout.replicated,
    );
    return new MPIMatrixMult(block, M, { ...options, grid, comm });
  }

  override domain(options?: SpaceOptions): DistributedSpace {
    return this.spaceOn(this.#model.layout, options);
  }
  override rangeOf(x: Space<DistributedArray>): DistributedSpace {
    return this.#image(x, this.#model, this.#data);
  }
  override domainOf(y: Space<DistributedArray>): DistributedSpace {
    return this.#image(y, this.#data, this.#model);
  }
  #image(space: Space<DistributedArray>, from: TiledSide, to: TiledSide): DistributedSpace {
    this.checkShape(space, from.dims);
    const input = this.checkComm(space);
    // Refuses a vector if its parts have no place in the array.
    from.form.spaceOf(input);
    const parts = imageInOwn(input.layout, from, to);
    return input.withDType(this.inputDType(space.dtype)).withLayout(parts);
  }

  protected override forward(x: DistributedArray, y: DistributedArray): void {
    const a = this.#matrix.with(x.local);
    this.#model.form.read(x, (u) =>
      this.#data.form.write(y, (v) => {
        if (this.#forward.length === 0) v.fill(0);
        overPanels(this.#forward, a, u.local, (p, q, step) => {
          gemm(p, (this.#forward[step] as PanelPair).a.shape, 'n', q, v.local, step > 0);
        });
      }),
    );
  }

  protected override adjoint(y: DistributedArray, x: DistributedArray): void {
    this.#data.form.read(y, (v) =>
      this.#model.form.write(x, (u) => (this.#sums ? this.#sum(v, u) : this.#multiply(v, u))),
    );
  }

  /** The adjoint with panels: as the forward product, over the rows of A. */
  #multiply(y: DistributedArray, x: DistributedArray): void {
    const a = (this.#transposed ?? this.#matrix).with(y.local);
    if (this.#adjoint.length === 0) x.fill(0);
    overPanels(this.#adjoint, a, y.local, (p, q, step) => {
      gemm(p, (this.#adjoint[step] as PanelPair).a.shape, 'c', q, x.local, step > 0);
    });
  }

  /**
   * The adjoint with sums: each rank's rows of A give a share of all of X. The shares are sent to
   * the owners and added there.
   */
  #sum(y: DistributedArray, x: DistributedArray): void {
    const a = this.#matrix.with(y.local);
    const width = y.local.shape[1] as number;
    let pending: { finish(): void } | undefined;
    for (const { a: panel, b } of this.#forward) {
      const next = b.startAdjoint(x.local, (rows) =>
        gemm(panel.own(a), panel.shape, 'c', { elements: y.local, ld: width }, rows.elements, false),
      );
      pending?.finish();
      pending = next;
    }
    pending?.finish();
  }
}

function checkGrid(grid: ProcessGrid, ranks: number): void {
  if (
    !isListOf(grid, (g: number) => Number.isSafeInteger(g) && g >= 1) ||
    grid.length !== 2 ||
    product(grid) > ranks
  )
    throw new PartitionError(
      `MPIMatrixMult: expected a process grid of two positive numbers for ${ranks} ranks, received ` +
        `${textOf(grid)}`,
    );
}

/** The block of an evenly cut matrix that a rank has. Empty beyond the grid. */
function heldBlock(
  [N, K]: readonly [number, number],
  rank: number,
  [pr, pc]: ProcessGrid,
  kind: MatrixMultKind,
): IndexBox {
  if (rank >= pr * pc) return { start: [0, 0], shape: [0, 0] };
  const [i, j] = [Math.floor(rank / pc), rank % pc];
  const [parts, part] = kind === 'block' ? [1, 0] : [pc, j];
  return {
    start: [splitStart(N, pr, i), splitStart(K, parts, part)],
    shape: [splitCount(N, pr, i), splitCount(K, parts, part)],
  };
}

/**
 * The rows and columns of the blocks of all ranks.
 * @throws {@link ShapeError} if the blocks do not form a matrix
 */
function blockCuts(
  shapes: readonly Shape[],
  [pr, pc]: ProcessGrid,
  kind: MatrixMultKind,
): readonly [Cuts, Cuts] {
  const block = (i: number, j: number) => shapes[i * pc + j] as Shape;
  const rows = Array.from({ length: pr }, (_, i) => block(i, 0)[0] as number);
  const columns =
    kind === 'block'
      ? [block(0, 0)[1] as number]
      : Array.from({ length: pc }, (_, j) => block(0, j)[1] as number);
  shapes.forEach((shape, rank) => {
    const [i, j] = [Math.floor(rank / pc), rank % pc];
    const expected = i < pr ? [rows[i] as number, columns[kind === 'block' ? 0 : j] as number] : undefined;
    const fits = expected ? expected.every((n, k) => n === shape[k]) : product(shape) === 0;
    if (!fits)
      throw new ShapeError(
        'MPIMatrixMult: expected ' +
          `${expected ? `a block of shape ${formatShape(expected)}` : 'an empty block'} on rank ${rank} ` +
          `of a ${pr} × ${pc} grid (${kind}), received ${formatShape(shape)}`,
      );
  });
  return [cutsOf(rows), cutsOf(columns)];
}

/**
 * Returns the box of a matrix that this rank needs, in new memory. Each rank holds one box.
 * Collective.
 */
function fetched(
  local: NDArray,
  shape: Shape,
  held: (rank: number) => IndexBox,
  wanted: (rank: number) => IndexBox,
  comm: Communicator,
  replicated = false,
): NDArray {
  const pattern = patternOf(
    { globalShape: shape, replicated, held, wanted: (rank) => [wanted(rank)] },
    comm.rank,
    comm.size,
  );
  const block = NDArray.empty(wanted(comm.rank).shape, { dtype: local.dtype, backend: local.backend });
  const transfer = new Exchange(pattern, comm, local.dtype, local.backend, { buffers: 'pooled' });
  transfer.start(local, [block]);
  transfer.finish();
  transfer.dispose();
  return block;
}

/** `c ← op(a) b`, or the same added to c. The shape `[rows, columns]` is that of a before op. */
function gemm(a: Rows, [rows, columns]: Shape, transA: Trans, b: Rows, c: Elements, add: boolean): void {
  const [m, k] = (transA === 'n' ? [rows, columns] : [columns, rows]) as [number, number];
  if (c.size === 0) return;
  const { backend } = c.storage;
  if (k === 0) {
    if (!add) backend.fill(c, 0);
    return;
  }
  const n = c.size / m;
  const spec: MatMul = {
    m,
    n,
    k,
    transA,
    transB: 'n',
    lda: a.ld,
    ldb: b.ld,
    ldc: n,
    batch: 1,
    strideA: 0,
    strideB: 0,
    strideC: 0,
    alpha: 1,
    beta: add ? 1 : 0,
  };
  backend.matmul(a.elements, b.elements, c, spec);
}
