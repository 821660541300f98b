import type { NDArray } from '../../core/array/ndarray.js';
import type { DType } from '../../core/base/dtype.js';
import { product, type Shape, stridesOf } from '../../core/base/shape.js';
import type { Elements } from '../../core/ports/backend.js';
import { type LinearMap, MapOperator } from './map-operator.js';

/** The start of a walk through an array, and its strides along the axes of a piece. */
export interface Walk {
  readonly start: number;
  readonly strides: readonly number[];
}

/**
 * A box of `shape` cells to copy from the model to the data: `y[data] = x[model]`. Cells are added
 * if an earlier piece wrote the same cells.
 */
export interface Piece {
  readonly shape: Shape;
  readonly model: Walk;
  readonly data: Walk;
  /** The side on which earlier pieces have the same cells. */
  readonly adds?: 'model' | 'data' | undefined;
}

/**
 * Cells `from, from + step, …` of an axis of the model, which are copied to cells `to, to + 1, …`
 * of the same axis of the data.
 */
export interface AxisPiece {
  readonly from: number;
  readonly to: number;
  readonly count: number;
  /** @default 1 */
  readonly step?: 1 | -1;
  readonly adds?: Piece['adds'];
}

/** Pieces along one axis of arrays. All other axes of the arrays agree. */
export function axisPieces(dims: Shape, dimsd: Shape, axis: number, list: readonly AxisPiece[]): Piece[] {
  const [model, data] = [stridesOf(dims), stridesOf(dimsd)];
  const [into, out] = [model[axis] as number, data[axis] as number];
  return list.map(({ from, to, count, step = 1, adds }) => ({
    shape: dims.with(axis, count),
    model: { start: from * into, strides: model.with(axis, step * into) },
    data: { start: to * out, strides: data },
    adds,
  }));
}

/** The copies of one direction. `complete` is true if they write all cells of the target. */
interface Copies {
  readonly list: readonly {
    readonly shape: Shape;
    readonly from: Walk;
    readonly to: Walk;
    readonly mode: 'set' | 'add';
  }[];
  readonly complete: boolean;
}

function copies(
  pieces: readonly Piece[],
  from: 'model' | 'data',
  to: 'model' | 'data',
  size: number,
): Copies {
  const list = pieces
    .filter(({ shape }) => product(shape) > 0)
    .map((piece) => ({
      shape: piece.shape,
      ...forwards(piece.shape, piece[from], piece[to]),
      mode: piece.adds === to ? ('add' as const) : ('set' as const),
    }));
  const written = list.reduce((sum, { shape, mode }) => sum + (mode === 'set' ? product(shape) : 0), 0);
  return { list, complete: written === size };
}

/**
 * Reverses source and target on each axis on which the target has a backward step. Kernels accept
 * backward steps in the source only.
 */
function forwards(shape: Shape, from: Walk, to: Walk): { from: Walk; to: Walk } {
  const turn = ({ start, strides }: Walk): Walk => ({
    start: to.strides.reduce(
      (sum, s, k) => (s < 0 ? sum + ((shape[k] as number) - 1) * (strides[k] as number) : sum),
      start,
    ),
    strides: strides.map((s, k) => ((to.strides[k] as number) < 0 ? -s : s)),
  });
  return to.strides.some((s) => s < 0) ? { from: turn(from), to: turn(to) } : { from, to };
}

/** A piece of arrays with a further, last axis of k cells. */
function ofColumns(piece: Piece, k: number): Piece {
  const walk = ({ start, strides }: Walk): Walk => ({
    start: k * start,
    strides: [...strides.map((s) => k * s), 1],
  });
  return { ...piece, shape: [...piece.shape, k], model: walk(piece.model), data: walk(piece.data) };
}

/** Copies cells from one array to another, and back. */
export class Rearrangement implements LinearMap {
  readonly #forward: Copies;
  readonly #adjoint: Copies;
  constructor(dims: Shape, dimsd: Shape, pieces: readonly Piece[]) {
    this.#forward = copies(pieces, 'model', 'data', product(dimsd));
    this.#adjoint = copies(pieces, 'data', 'model', product(dims));
  }
  /** Fills y. */
  forward(x: Elements, y: NDArray): void {
    apply(this.#forward, x, y);
  }
  /** Fills x. */
  adjoint(y: Elements, x: NDArray): void {
    apply(this.#adjoint, y, x);
  }
}

function apply({ list, complete }: Copies, x: Elements, y: NDArray): void {
  if (!complete) y.fill(0);
  for (const { shape, from, to, mode } of list)
    y.backend.stridedCopy(shape, { elements: x, ...from }, { elements: y, ...to }, mode);
}

/**
 * Copies cells of the model to other places of the data; other cells of the data are zero. The
 * adjoint copies them back, and sums the values of cells that were copied more than once. Cost: one
 * copy.
 */
export class RearrangingOperator extends MapOperator {
  constructor(
    spec: { readonly dims: Shape; readonly dimsd?: Shape; readonly dtype: DType },
    pieces: readonly Piece[],
  ) {
    const { dims, dimsd = dims } = spec;
    super(
      spec,
      new Rearrangement(dims, dimsd, pieces),
      (k) =>
        new Rearrangement(
          [...dims, k],
          [...dimsd, k],
          pieces.map((piece) => ofColumns(piece, k)),
        ),
    );
  }
}
