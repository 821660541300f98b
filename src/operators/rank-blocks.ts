import { type NDArray, NDArraySpace } from '../core/array/ndarray.js';
import { complexOf, DTYPES, type DType, isComplex, isFloat, promote } from '../core/base/dtype.js';
import { ArgumentError } from '../core/base/errors.js';
import { memo } from '../core/base/memo.js';
import { withDefaults } from '../core/base/options.js';
import { product, type Shape, sameShape } from '../core/base/shape.js';
import { textOf } from '../core/base/text-of.js';
import { commonSpec, LinearOperator } from '../core/operator/linear-operator.js';
import { type Failure, failureOf, gatherFromAllRanks, throwFailure } from '../core/ports/agreement.js';
import type { Communicator } from '../core/ports/communicator.js';
import { resolveBackend, resolveCommunicator } from '../core/ports/defaults.js';
import type { Space } from '../core/vector/vector.js';
import { withWorkspace } from '../core/vector/workspace.js';
import { DISTRIBUTED_DEFAULTS, type DistributedOptions } from './distributed-options.js';
import type { LocalLinearOperator } from './mpi-linear-operator.js';

/** Options of operators made of blocks. */
export type BlockOptions = DistributedOptions;

const FLOATS = DTYPES.filter(isFloat);

/**
 * The dtype of the operators' results for each dtype of a vector, or the error with which they
 * refuse it.
 */
type Images = Partial<Record<DType, DType | Failure>>;

type Direction = 'forward' | 'adjoint';

interface Way {
  readonly dims: (op: LocalLinearOperator) => Shape;
  readonly image: (op: LocalLinearOperator, space: Space<NDArray>) => Space<NDArray>;
  readonly fill: (op: LocalLinearOperator, from: NDArray, to: NDArray) => NDArray;
  readonly add: (op: LocalLinearOperator, from: NDArray, to: NDArray) => NDArray;
}

/** The methods of an operator in each direction. */
const WAYS: Readonly<Record<Direction, Way>> = {
  forward: {
    dims: (op) => op.dims,
    image: (op, space) => op.rangeOf(space),
    fill: (op, x, y) => op.matvec(x, y),
    add: (op, x, y) => op.matvecAdd(x, y),
  },
  adjoint: {
    dims: (op) => op.dimsd,
    image: (op, space) => op.domainOf(space),
    fill: (op, y, x) => op.rmatvec(y, x),
    add: (op, y, x) => op.rmatvecAdd(y, x),
  },
};

/** The description of one rank's operators, which all ranks exchange. */
interface Blocks {
  readonly dims: Shape[];
  readonly dimsd: Shape[];
  readonly types: ReturnType<typeof commonSpec>[];
  readonly zero: boolean;
  /** True if the natural models of one of the operators are complex. */
  readonly complexModels: boolean;
  /** One entry for each operator. */
  readonly images: readonly Readonly<Record<Direction, Images>>[];
}

/**
 * Shapes that differ along their first axis only are stacked along it. Other shapes are flattened.
 */
export function stackedShape(shapes: readonly Shape[]): Shape {
  const first = shapes[0] ?? [0];
  const alike = shapes.every((s) => s.length === first.length && sameShape(s.slice(1), first.slice(1)));
  return alike
    ? [shapes.reduce((n, s) => n + (s[0] as number), 0), ...first.slice(1)]
    : [shapes.reduce((n, s) => n + product(s), 0)];
}

/**
 * The description of the local operators of all ranks, the same on all ranks: the cuts of their
 * models and data. The constructor is collective: one object exchange. If the operators of one rank
 * are invalid, all ranks throw an error of the same class.
 */
export class RankBlocks {
  readonly ops: readonly LocalLinearOperator[];
  /** The properties of an operator that consists of those of all ranks. */
  readonly spec: ReturnType<typeof commonSpec> & { readonly comm: Communicator; readonly zero: boolean };
  readonly #complexModels: boolean;
  /** For the operators of all ranks together. */
  readonly #images: Readonly<Record<Direction, Images>>;
  /** For each operator of this rank. */
  readonly #own: readonly Readonly<Record<Direction, Images>>[];
  /** The shapes of the operators' models and data, by rank. */
  readonly dims: readonly (readonly Shape[])[];
  readonly dimsd: readonly (readonly Shape[])[];

  constructor(owner: string, ops: readonly LocalLinearOperator[], options: BlockOptions = {}) {
    const comm = resolveCommunicator(options?.comm);
    const all = gatherFromAllRanks(comm, () => describe(ops, owner, options));
    const types = all.flatMap((b) => b.types);
    if (types.length === 0)
      throw new ArgumentError(`${owner}: expected at least one operator on some rank, received none`);
    this.ops = [...ops];
    this.spec = { ...commonSpec(types), comm, zero: all.every((b) => b.zero) };
    this.dims = all.map((b) => b.dims);
    this.dimsd = all.map((b) => b.dimsd);
    this.#complexModels = all.some((b) => b.complexModels);
    const images = all.flatMap((b) => b.images);
    this.#images = {
      forward: combined(images.map((i) => i.forward)),
      adjoint: combined(images.map((i) => i.adjoint)),
    };
    this.#own = all[comm.rank]?.images ?? [];
  }

  /** The natural dtype of models in a space that has the dtype of the stack. */
  modelDType(dtype: DType): DType {
    return this.#complexModels ? complexOf(dtype) : dtype;
  }

  /**
   * The dtype of the result for vectors of a float dtype. Throws on all ranks if an operator of one
   * rank refuses the dtype.
   */
  imageDType(direction: Direction, dtype: DType): DType {
    const image = this.#images[direction][dtype] as DType | Failure;
    return typeof image === 'string' ? image : throwFailure(image);
  }

  /**
   * `y ← Aₖ x`, or `x ← Aₖᴴ y`, for operator k of this rank. The dtype of `to` holds the results.
   */
  fill(direction: Direction, k: number, from: NDArray, to: NDArray): void {
    this.#apply(direction, k, from, to, false);
  }

  /** The same as {@link fill}, but added to `to`. */
  add(direction: Direction, k: number, from: NDArray, to: NDArray): void {
    this.#apply(direction, k, from, to, true);
  }

  #apply(direction: Direction, k: number, from: NDArray, to: NDArray, adding: boolean): void {
    const op = this.ops[k] as LocalLinearOperator;
    const way = WAYS[direction];
    if (this.#own[k]?.[direction][from.dtype] === to.dtype) {
      if (adding) way.add(op, from, to);
      else way.fill(op, from, to);
      return;
    }
    withWorkspace(way.image(op, from.space), (work) => {
      way.fill(op, from, work);
      to.axpby(1, work, adding ? 1 : 0);
    });
  }
}

/**
 * The dtypes that hold the results of several operators, or the error of the first that refuses.
 */
function combined(images: readonly Images[]): Images {
  return Object.fromEntries(
    FLOATS.map((dtype) => {
      const list = images.map((image) => image[dtype] as DType | Failure);
      return [
        dtype,
        list.find((image) => typeof image !== 'string') ?? attempt(() => (list as DType[]).reduce(promote)),
      ];
    }),
  );
}

function attempt(dtype: () => DType): DType | Failure {
  try {
    return dtype();
  } catch (error) {
    return failureOf(error);
  }
}

/** The dtype of an operator's result for each dtype of a vector. */
function imagesOf(op: LocalLinearOperator, direction: Direction): Images {
  const { dims, image } = WAYS[direction];
  return Object.fromEntries(
    FLOATS.map((dtype) => [
      dtype,
      attempt(() => image(op, NDArraySpace.of(dims(op), dtype, resolveBackend())).dtype),
    ]),
  );
}

function describe(ops: readonly LocalLinearOperator[], owner: string, options: BlockOptions): Blocks {
  withDefaults(owner, options, DISTRIBUTED_DEFAULTS);
  if (!Array.isArray(ops))
    throw new ArgumentError(`${owner}: expected a list of operators, received ${textOf(ops)}`);
  for (const op of ops) {
    if (!(op instanceof LinearOperator) || op.comm)
      throw new ArgumentError(`${owner}: expected operators of one rank, received ${textOf(op)}`);
  }
  return {
    dims: ops.map((op) => op.dims),
    dimsd: ops.map((op) => op.dimsd),
    types: ops.map((op) => commonSpec([op])),
    zero: ops.every((op) => op.zero),
    complexModels: ops.some((op) => isComplex(op.domain().dtype)),
    images: ops.map((op) => ({ forward: imagesOf(op, 'forward'), adjoint: imagesOf(op, 'adjoint') })),
  };
}

/**
 * Views of a local array in given shapes: as blocks one after another, or each as the whole array.
 * Cached for each array.
 */
export class BlockViews {
  readonly #shapes: readonly Shape[];
  readonly #stacked: boolean;
  readonly #views = new WeakMap<NDArray, readonly NDArray[]>();

  constructor(shapes: readonly Shape[], kind: 'blocks' | 'whole' = 'blocks') {
    this.#shapes = shapes;
    this.#stacked = kind === 'blocks';
  }

  of(local: NDArray): readonly NDArray[] {
    return memo(this.#views, local, () => {
      let start = 0;
      return this.#shapes.map((shape) => {
        const view = local.alias(start, shape);
        if (this.#stacked) start += product(shape);
        return view;
      });
    });
  }
}

/** The number of elements of each rank's blocks. */
export const sizesOf = (shapes: readonly (readonly Shape[])[]): number[] =>
  shapes.map((list) => list.reduce((n, s) => n + product(s), 0));
