import { type NDArray, NDArraySpace } from '../../core/array/ndarray.js';
import {
  type DType,
  hostArray,
  isInteger,
  isSingle,
  lanesOf,
  placeDType,
  realOf,
} from '../../core/base/dtype.js';
import { keep } from '../../core/base/scope.js';
import type { Backend, Elements, IndexTable } from '../../core/ports/backend.js';

/** A sparse matrix by rows with `width` entries each. */
export interface RowSource {
  readonly rows: number;
  readonly columns: number;
  readonly width: number;
  /**
   * Whether entries have weights, and whether these are real or complex. Without weights all are 1.
   * @default 'none'
   */
  readonly weights?: 'none' | 'real' | 'complex';
  /**
   * Writes the entries of `count` rows from `start` on: columns and weights. A negative column
   * means that there is no entry. Complex weights are pairs.
   */
  fill(start: number, count: number, index: Places, weights: Weights): void;
}

/** Column indices. They are doubles if `columns` exceeds the range of int32. */
export type Places = Int32Array | Float64Array;

/** Weights in the precision of the vectors. */
export type Weights = Float32Array | Float64Array;

export interface IndexedRowsOptions {
  /** Number of equal arrays before the axis along which the matrix is applied. @default 1 */
  readonly outer?: number;
  /** Number of contiguous elements at each place of the axis. @default 1 */
  readonly inner?: number;
  /**
   * Computes the table at every use, in blocks of rows that bound its memory, instead of once.
   * @default false
   */
  readonly onTheFly?: boolean;
}

/** A block of rows of the table on a backend. */
interface Block {
  readonly start: number;
  readonly count: number;
  readonly index: NDArray;
  readonly weights: NDArray | undefined;
}

/** Number of entries of a block, which takes a few megabytes. */
const BLOCK_ENTRIES = 2 ** 18;
const SEARCH_ENTRIES = 2 ** 12;

/**
 * A sparse matrix S along one axis of arrays `[outer, ·, inner]`. It is either a table of indices
 * and weights, stored for each backend and precision that was used, or it is computed in blocks of
 * rows at each use. Memory: 4 bytes and one real number an entry, once; on the fly, those of one
 * block.
 */
export class IndexedRows {
  readonly #source: RowSource;
  readonly #outer: number;
  readonly #inner: number;
  readonly #onTheFly: boolean;
  readonly #blockRows: number;
  readonly #kept = new WeakMap<Backend, Map<DType, readonly Block[]>>();

  constructor(source: RowSource, { outer = 1, inner = 1, onTheFly = false }: IndexedRowsOptions = {}) {
    this.#source = source;
    this.#outer = outer;
    this.#inner = inner;
    this.#onTheFly = onTheFly;
    // rows of several outer arrays are not contiguous
    this.#blockRows =
      outer === 1 ? Math.max(1, Math.floor(BLOCK_ENTRIES / Math.max(1, source.width))) : source.rows;
  }

  /** True if all entries are 0. Computes small blocks of the table until it finds an entry. */
  get isZero(): boolean {
    const { rows, columns, width, weights: kind = 'none' } = this.#source;
    const step = Math.max(1, Math.floor(SEARCH_ENTRIES / Math.max(1, width)));
    const index = hostArray(placeDType(columns), step * width) as Places;
    const lanes = kind === 'complex' ? 2 : 1;
    const weights = new Float64Array(kind === 'none' ? 0 : lanes * step * width);
    for (let start = 0; start < rows; start += step) {
      const count = Math.min(step, rows - start);
      this.#source.fill(start, count, index, weights);
      for (let e = 0; e < count * width; e++)
        if (
          (index[e] as number) >= 0 &&
          (kind === 'none' || weights[lanes * e] !== 0 || weights[lanes * e + lanes - 1] !== 0)
        )
          return false;
    }
    return true;
  }

  /**
   * Computes `y ← S x`. Fills y, which has `rows` samples on the axis, from x, which has `columns`.
   *
   * @param k the number of vectors, which are columns of x and y
   */
  gather(x: Elements, y: NDArray, k = 1): void {
    if (y.size === 0) return;
    if (x.size === 0 || this.#source.width === 0) {
      y.fill(0);
      return;
    }
    this.#each(y.backend, y.dtype, k, (block, table) => {
      y.backend.gather(x, this.#rowsOf(y, block, table), table);
    });
  }

  /** Computes `x ← x + Sᴴ y`, of k columns. */
  scatterAdd(y: NDArray, x: Elements, k = 1): void {
    if (y.size === 0 || x.size === 0 || this.#source.width === 0) return;
    this.#each(y.backend, y.dtype, k, (block, table) => {
      y.backend.scatterAdd(this.#rowsOf(y, block, table), x, table);
    });
  }

  #rowsOf(y: NDArray, { start, count }: Block, { inner }: IndexTable): Elements {
    if (this.#outer !== 1) return y;
    return { storage: y.storage, offset: y.offset + start * inner, size: count * inner };
  }

  #each(backend: Backend, dtype: DType, k: number, body: (block: Block, table: IndexTable) => void): void {
    const { columns, width } = this.#source;
    const run = (block: Block): void => {
      const { count, index, weights } = block;
      const inner = this.#inner * k;
      body(block, { outer: this.#outer, nx: columns, ny: count, inner, width, index, weights });
    };
    const weighting = this.#weightsDType(dtype);
    if (!this.#onTheFly) for (const block of this.#all(backend, weighting)) run(block);
    else {
      for (let start = 0; start < this.#source.rows; start += this.#blockRows) {
        const block = this.#make(backend, weighting, start);
        run(block);
        block.index.dispose();
        block.weights?.dispose();
      }
    }
  }

  /**
   * The dtype of the weights for vectors of `dtype`. Real weights are valid for complex vectors
   * too.
   */
  #weightsDType(dtype: DType): DType {
    return this.#source.weights === 'complex' ? dtype : realOf(dtype);
  }

  #all(backend: Backend, weighting: DType): readonly Block[] {
    let kept = this.#kept.get(backend);
    if (!kept) this.#kept.set(backend, (kept = new Map()));
    let blocks = kept.get(weighting);
    if (!blocks) {
      const made: Block[] = [];
      for (let start = 0; start < this.#source.rows; start += this.#blockRows) {
        const block = this.#make(backend, weighting, start);
        made.push({ ...block, index: keep(block.index), weights: block.weights && keep(block.weights) });
      }
      kept.set(weighting, (blocks = made));
    }
    return blocks;
  }

  #make(backend: Backend, weighting: DType, start: number): Block {
    const { rows, columns, width, weights = 'none' } = this.#source;
    const places = placeDType(columns);
    const count = Math.min(this.#blockRows, rows - start);
    const lanes = weights === 'none' ? 0 : lanesOf(weighting);
    const own = isInteger(places) ? undefined : new Float64Array(count * width);
    return withScratch(count * width, count * width * lanes, isSingle(weighting), (scratch, values) => {
      const index = own ?? scratch;
      this.#source.fill(start, count, index, values);
      return {
        start,
        count,
        index: NDArraySpace.of([count, width], places, backend).upload(index),
        weights: lanes === 0 ? undefined : NDArraySpace.of([count, width], weighting, backend).upload(values),
      };
    });
  }
}

/** Host memory for blocks. It is kept and used again. */
const scratch: { index: Int32Array[]; single: Float32Array[]; double: Float64Array[] } = {
  index: [],
  single: [],
  double: [],
};

/** Calls `body` with memory for a block. Blocks of more than the usual size get new memory. */
function withScratch<R>(
  entries: number,
  weights: number,
  single: boolean,
  body: (index: Int32Array, weights: Weights) => R,
): R {
  const usual = 2 * BLOCK_ENTRIES;
  if (entries > usual || weights > usual)
    return body(new Int32Array(entries), single ? new Float32Array(weights) : new Float64Array(weights));
  const index = scratch.index.pop() ?? new Int32Array(usual);
  const values = single
    ? (scratch.single.pop() ?? new Float32Array(usual))
    : (scratch.double.pop() ?? new Float64Array(usual));
  try {
    return body(index.subarray(0, entries), values.subarray(0, weights));
  } finally {
    scratch.index.push(index);
    if (values instanceof Float32Array) scratch.single.push(values);
    else scratch.double.push(values);
  }
}
