import type { Communicator } from '../core/communicator.js';
import { defaultCommunicator } from '../core/defaults.js';
import { complexOf, type DType, isComplex, promote } from '../core/dtype.js';
import { ArgumentError } from '../core/errors.js';
import { LinearOperator } from '../core/linear-operator.js';
import type { NDArray } from '../core/ndarray.js';
import { checkOptions } from '../core/options.js';
import { product, type Shape, sameShape } from '../core/shape.js';
import type { LocalLinearOperator } from './mpi-linear-operator.js';
import { exchange } from './rank-agreement.js';

export interface BlockOptions {
  /** @default the default communicator */
  readonly comm?: Communicator;
}

/** What ranks tell each other about their operators. */
interface Blocks {
  readonly dims: Shape[];
  readonly dimsd: Shape[];
  readonly dtypes: { readonly dtype: DType; readonly holdsData: boolean }[];
  readonly complexLinear: boolean;
  readonly zero: boolean;
}

/** Shapes that differ along their first axis only are put together along it; others are seen flat. */
export function stackedShape(shapes: readonly Shape[]): Shape {
  const first = shapes[0] ?? [0];
  const alike = shapes.every((s) => s.length === first.length && sameShape(s.slice(1), first.slice(1)));
  return alike ? [shapes.reduce((n, s) => n + (s[0] as number), 0), ...first.slice(1)] : [shapes.reduce((n, s) => n + product(s), 0)];
}

/**
 * The local operators of all ranks, as all ranks know them: how their models and data are cut. Collective when it is made, one object exchange;
 * a rank whose operators are wrong makes all ranks throw the same class of error.
 */
export class RankBlocks {
  readonly comm: Communicator;
  readonly ops: readonly LocalLinearOperator[];
  readonly dtype: DType;
  readonly holdsData: boolean;
  readonly complexLinear: boolean;
  readonly zero: boolean;
  /** Shapes of the operators' models and data, by rank. */
  readonly dims: readonly (readonly Shape[])[];
  readonly dimsd: readonly (readonly Shape[])[];

  constructor(owner: string, ops: readonly LocalLinearOperator[], options: BlockOptions = {}) {
    const comm = options.comm ?? defaultCommunicator();
    const all = exchange(comm, () => describe(ops, owner, options));
    const types = all.flatMap((b) => b.dtypes);
    if (types.length === 0) throw new ArgumentError(`${owner}: expected at least one operator on some rank, received none`);
    const held = types.filter((t) => t.holdsData).map((t) => t.dtype);
    const precision = held.length > 0 ? held.reduce(promote) : (types[0]?.dtype as DType);
    this.comm = comm;
    this.ops = [...ops];
    this.dtype = types.some((t) => isComplex(t.dtype)) ? complexOf(precision) : precision;
    this.holdsData = held.length > 0;
    this.complexLinear = all.every((b) => b.complexLinear);
    this.zero = all.every((b) => b.zero);
    this.dims = all.map((b) => b.dims);
    this.dimsd = all.map((b) => b.dimsd);
  }
}

function describe(ops: readonly LocalLinearOperator[], owner: string, options: BlockOptions): Blocks {
  checkOptions(owner, options, ['comm']);
  if (!Array.isArray(ops)) throw new ArgumentError(`${owner}: expected a list of operators, received ${String(ops)}`);
  for (const op of ops) {
    if (!(op instanceof LinearOperator) || op.comm)
      throw new ArgumentError(`${owner}: expected operators of one rank, received ${String(op)}`);
  }
  return {
    dims: ops.map((op) => op.dims),
    dimsd: ops.map((op) => op.dimsd),
    dtypes: ops.map(({ dtype, holdsData }) => ({ dtype, holdsData })),
    complexLinear: ops.every((op) => op.complexLinear),
    zero: ops.every((op) => op.zero),
  };
}

/** A local array seen in given shapes: as blocks one after another, or each as the whole. Made once for each array. */
export class BlockViews {
  readonly #shapes: readonly Shape[];
  readonly #stacked: boolean;
  readonly #views = new WeakMap<NDArray, readonly NDArray[]>();

  constructor(shapes: readonly Shape[], kind: 'blocks' | 'whole' = 'blocks') {
    this.#shapes = shapes;
    this.#stacked = kind === 'blocks';
  }

  of(local: NDArray): readonly NDArray[] {
    let views = this.#views.get(local);
    if (!views) {
      let start = 0;
      views = this.#shapes.map((shape) => {
        const view = local.alias(start, shape);
        if (this.#stacked) start += product(shape);
        return view;
      });
      this.#views.set(local, views);
    }
    return views;
  }
}

/** Elements of each rank's blocks. */
export const sizesOf = (shapes: readonly (readonly Shape[])[]): number[] => shapes.map((list) => list.reduce((n, s) => n + product(s), 0));
