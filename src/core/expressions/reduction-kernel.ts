import { fit } from '../array/elementwise.js';
import { NDArray } from '../array/ndarray.js';
import { broadcastShapes } from '../base/broadcast.js';
import { add, im, mul, re, type Scalar, scalarOf } from '../base/complex.js';
import { type DType, isComplex, isInteger } from '../base/dtype.js';
import { ArgumentError, DTypeError, ShapeError } from '../base/errors.js';
import { checkOneOf, type Defaults, requireOptions } from '../base/options.js';
import { product } from '../base/shape.js';
import { textOf } from '../base/text-of.js';
import { StackedDistributedArray } from '../distributed/stacked-distributed-array.js';
import { type Elements, FOLDS, type Fold } from '../ports/backend.js';
import type { Communicator } from '../ports/communicator.js';
import { checkExact } from '../vector/integer-sums.js';
import { combineShares } from '../vector/norm.js';
import {
  type AnyArray,
  type Bound,
  blockOf,
  type InputKinds,
  type KernelArguments,
  KernelSource,
  localOf,
  outputDType,
  rangeOf,
} from './kernel-source.js';

/** The inputs, the expression and the reduction of a {@link ReductionKernel}. */
export interface ReductionKernelSpec<I extends InputKinds, R> {
  /** The inputs, as those of an ElementwiseKernel. */
  readonly inputs: I;
  /**
   * An expression of one element, `'abs(x - y) ** 2'`, or assignments of which one is to `value`:
   * `'d = x - y; value = d * d'`.
   */
  readonly map: string;
  readonly reduce: Fold;
  /**
   * A function that computes the result from the reduced value, once, in JavaScript. `size` is the
   * number of elements of all ranks. Without it, the reduced value is the result.
   */
  readonly post?: (value: Scalar, size: number) => R;
}

const VALUE = 'value';

const DEFAULTS = { inputs: undefined, map: undefined, reduce: undefined, post: undefined } satisfies Defaults<
  ReductionKernelSpec<never, never>
>;

/**
 * An expression of arrays that is reduced over all elements without being stored:
 * `post(reduce(map(x, y, …)))`. One pass over memory. Over ranks, one reduction of one or two
 * numbers, for products of complex numbers of two numbers for each rank. Sums are computed in
 * double precision, in an order that depends on the sizes alone. For no elements, a sum is 0 and a
 * product is 1. max and min return NaN if an element is NaN.
 * @throws {@link ArgumentError} as ElementwiseKernel does
 * @throws {@link ShapeError} for max and min of no elements
 * @throws {@link DTypeError} as ElementwiseKernel does, and for max and min of complex values
 */
export class ReductionKernel<const I extends InputKinds, R = Scalar> {
  readonly map: string;
  readonly #source: KernelSource;
  readonly #fold: Fold;
  readonly #post: ((value: Scalar, size: number) => R) | undefined;

  constructor(spec: ReductionKernelSpec<I, R>) {
    const { inputs, map, reduce, post } = requireOptions('ReductionKernel', spec, DEFAULTS);
    this.#fold = checkOneOf('reduce', reduce, FOLDS);
    if (post !== undefined && typeof post !== 'function')
      throw new ArgumentError(
        `ReductionKernel: expected post to be a function of the reduced value, received ${textOf(post)}`,
      );
    if (typeof map !== 'string')
      throw new ArgumentError(
        `ReductionKernel: expected map to be an expression such as 'x * y', received ${textOf(map)}`,
      );
    this.map = map;
    this.#post = post;
    this.#source = new KernelSource(
      'ReductionKernel',
      inputs,
      [{ name: VALUE, dtype: undefined }],
      /(^|[^=!<>])=([^=]|$)/.test(map) ? map : `${VALUE} = ${map}`,
    );
  }

  /**
   * Runs the kernel. Waits. For distributed arrays, there is one reduction over the ranks, and all
   * ranks have the same bits.
   */
  run<V extends AnyArray = NDArray>(args: KernelArguments<I, V>): R {
    const { bound, first } = this.#source.bind(args);
    const total = new Total(this.#fold);
    const reducer = first instanceof NDArray ? undefined : first.reducer;
    this.#add(bound, first, total);
    if ((this.#fold === 'max' || this.#fold === 'min') && total.size === 0)
      throw new ShapeError(`ReductionKernel: ${this.#fold} of nothing is not defined`);
    if (reducer) total.combine(reducer);
    const value = total.value;
    return this.#post ? this.#post(value, total.size) : (value as R);
  }

  #add(bound: Bound, first: AnyArray, total: Total): void {
    if (first instanceof StackedDistributedArray) {
      first.arrays.forEach((block, k) => this.#add(blockOf(bound, k), block, total));
      return;
    }
    const { backend } = first;
    const program = this.#source.program(bound, backend.defaultDType);
    const dtype = outputDType(program, 0);
    const fold = this.#fold;
    if ((fold === 'max' || fold === 'min') && isComplex(dtype))
      throw new DTypeError(`${fold} is not defined for ${dtype}: take abs(), real() or imag()`);
    const { start, size } = rangeOf(program, first);
    const locals = localOf(bound);
    const isLocal = first instanceof NDArray;
    const shape = isLocal
      ? broadcastShapes(
          ...[...locals.values()].filter((x): x is NDArray => x instanceof NDArray).map((x) => x.shape),
        )
      : first.localShape;
    const whole = product(shape);
    // each rank reduces a part of a replicated array
    const [from, n] =
      !isLocal && first.layout.replicated ? [first.space.reducedStart, first.space.reducedCount] : [0, whole];
    total.count(dtype, isLocal ? whole : first.size);
    if (n === 0) return;
    const borrowed: NDArray[] = [];
    const operands = [...locals.values()].map((x): Elements | Scalar => {
      if (!(x instanceof NDArray)) return x;
      const { storage, offset } = fit(x, x.dtype, shape, borrowed);
      return { storage, offset: offset + from, size: n };
    });
    const range = { start: start + from, size: Math.max(size, whole) };
    total.add(backend.programReduce(fold, program, operands, n, range));
    for (const x of borrowed) x.dispose();
  }
}

/** A reduced value that is not combined over ranks yet. */
class Total {
  readonly #fold: Fold;
  #value: Scalar;
  #dtype: DType = 'int32';
  size = 0;

  constructor(fold: Fold) {
    this.#fold = fold;
    this.#value = { sum: 0, prod: 1, max: Number.NEGATIVE_INFINITY, min: Number.POSITIVE_INFINITY }[fold];
  }

  count(dtype: DType, size: number): void {
    if (isComplex(dtype) || !isComplex(this.#dtype)) this.#dtype = dtype;
    this.size += size;
  }

  add(value: Scalar): void {
    if (this.#fold === 'sum') this.#value = add(this.#value, value);
    else if (this.#fold === 'prod') this.#value = mul(this.#value, value);
    else this.#value = extreme(this.#fold, re(this.#value), re(value));
  }

  /**
   * Combines the value over ranks: one reduction of one or two numbers, for products of complex
   * numbers of two numbers for each rank.
   */
  combine(reducer: Communicator): void {
    if (this.#fold === 'max' || this.#fold === 'min') {
      const share = Float64Array.of(re(this.#value));
      combineShares(reducer, share, this.#fold);
      this.#value = share[0] as number;
      return;
    }
    const parts = isComplex(this.#dtype)
      ? Float64Array.of(re(this.#value), im(this.#value))
      : Float64Array.of(re(this.#value));
    if (this.#fold === 'sum' || parts.length === 1) {
      reducer.allreduce(parts, this.#fold);
      this.#value = scalarOf(this.#dtype, parts[0] as number, parts[1] ?? 0);
      return;
    }
    // MPI has no product of complex numbers: each rank writes its factor to its own position, and a
    // sum brings all factors to all ranks
    const factors = new Float64Array(2 * reducer.size);
    factors.set(parts, 2 * reducer.rank);
    reducer.allreduce(factors, 'sum');
    this.#value = 1;
    for (let rank = 0; rank < reducer.size; rank++)
      this.add({ re: factors[2 * rank] as number, im: factors[2 * rank + 1] as number });
  }

  /**
   * The reduced value.
   * @throws {@link NumericalError} on all ranks, for a sum or a product of int32 that might not be
   *   exact in double precision
   */
  get value(): Scalar {
    if (isInteger(this.#dtype) && (this.#fold === 'sum' || this.#fold === 'prod'))
      checkExact(`the ${this.#fold}`, re(this.#value));
    return scalarOf(this.#dtype, re(this.#value), im(this.#value));
  }
}

const extreme = (fold: 'max' | 'min', x: number, y: number): number =>
  fold === 'max' ? Math.max(x, y) : Math.min(x, y);
