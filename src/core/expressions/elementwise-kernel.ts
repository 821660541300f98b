import { aside, fit } from '../array/elementwise.js';
import { NDArray } from '../array/ndarray.js';
import { broadcastShapes } from '../base/broadcast.js';
import type { Scalar } from '../base/complex.js';
import { checkDType, type DType } from '../base/dtype.js';
import { ArgumentError, DTypeError, PartitionError, ShapeError } from '../base/errors.js';
import { checkNames, type Defaults, requireOptions } from '../base/options.js';
import { formatShape, type Shape, sameShape } from '../base/shape.js';
import { textOf } from '../base/text-of.js';
import { DistributedArray } from '../distributed/distributed-array.js';
import {
  type AnyDistributedArray,
  StackedDistributedArray,
} from '../distributed/stacked-distributed-array.js';
import type { Program, ProgramRange } from '../ports/backend.js';
import { checkSameBackend } from '../vector/vector.js';
import {
  type AnyArray,
  type Bound,
  blockOf,
  type InputKinds,
  isArray,
  type KernelArguments,
  KernelSource,
  localOf,
  outputDType,
  rangeOf,
} from './kernel-source.js';

/**
 * The names of the outputs, or the dtypes of the outputs by name if they differ from those of the
 * values.
 */
export type OutputNames<O extends string> = readonly O[] | Readonly<Record<O, DType>>;

/** The inputs, the outputs and the expression of an {@link ElementwiseKernel}. */
export interface ElementwiseKernelSpec<I extends InputKinds, O extends string> {
  /**
   * The kind of each input: `'array'`, `'scalar'` (a number, or a complex one), or `'integer'` (a
   * scalar with which int32 stays int32).
   */
  readonly inputs: I;
  readonly outputs: OutputNames<O>;
  /** Assignments: `'t = a * x; z = t + exp(-y)'`. The language is described in docs/kernels.md. */
  readonly expression: string;
}

const DEFAULTS = { inputs: undefined, outputs: undefined, expression: undefined } satisfies Defaults<
  ElementwiseKernelSpec<never, never>
>;

/**
 * An expression of arrays that is computed in one pass over memory. Each input is read once, each
 * output is written once, and no intermediate result is stored. The same source runs on every
 * backend: as a generated loop on the CPU, as one generated kernel on a GPU, and as one kernel
 * after another elsewhere. It is compiled at the first call for each combination of dtypes.
 * Expressions are parsed and checked; no part of the text is run as code.
 * @throws {@link ArgumentError} with the place in the text, also for unknown names
 * @throws {@link DTypeError} as the array methods do
 */
export class ElementwiseKernel<const I extends InputKinds, const O extends string> {
  readonly expression: string;
  readonly #source: KernelSource;
  readonly #outputs: readonly O[];
  /** The names of the outputs are the keys. */
  readonly #known: object;

  constructor(spec: ElementwiseKernelSpec<I, O>) {
    const { inputs, outputs, expression } = requireOptions('ElementwiseKernel', spec, DEFAULTS);
    if (typeof outputs !== 'object' || outputs === null)
      throw new ArgumentError(
        `ElementwiseKernel: expected outputs to be a list of names, received ${textOf(outputs)}`,
      );
    const named: readonly (readonly [O, DType | undefined])[] = Array.isArray(outputs)
      ? (outputs as readonly O[]).map((name) => [name, undefined])
      : (Object.entries(outputs) as [O, DType][]).map(([name, dtype]) => [name, checkDType(dtype)]);
    this.#outputs = named.map(([name]) => name);
    this.#known = Object.fromEntries(named);
    this.expression = expression;
    this.#source = new KernelSource(
      'ElementwiseKernel',
      inputs,
      named.map(([name, dtype]) => ({ name, dtype })),
      expression,
    );
  }

  /** The number of combinations of dtypes for which the kernel was compiled. */
  get signatures(): number {
    return this.#source.signatures;
  }

  /**
   * Runs the kernel. Local arrays broadcast; an array that is stretched is copied first.
   * Distributed arrays have one space, and nothing is communicated. Stacks are computed block by
   * block.
   * @param out arrays to write, by name; they may be inputs. New arrays by default
   */
  run<V extends AnyArray = NDArray>(
    args: KernelArguments<I, V>,
    out: { readonly [K in O]?: V } = {},
  ): { [K in O]: V } {
    checkNames('ElementwiseKernel.run: out', out, this.#known);
    const { bound, first } = this.#source.bind(args);
    const targets = this.#outputs.map((name): AnyArray | undefined => out[name]);
    targets.forEach((target, k) => {
      if (target === undefined) return;
      const name = this.#outputs[k];
      if (!isArray(target) || target.constructor !== first.constructor)
        throw new ArgumentError(
          `output '${name}': expected a ${first.constructor.name} as the inputs are, received ` +
            `${textOf(target)}`,
        );
      checkSameBackend(first, target);
      if (targets.some((other, l) => l < k && other?.overlaps(target as never)))
        throw new ArgumentError(`output '${name}' lies in the memory of another output`);
    });
    const results = this.#run(bound, first, targets);
    return Object.fromEntries(this.#outputs.map((name, k) => [name, results[k]])) as { [K in O]: V };
  }

  #run(bound: Bound, first: AnyArray, targets: readonly (AnyArray | undefined)[]): AnyArray[] {
    if (first instanceof StackedDistributedArray)
      return this.#runStacked(bound, first, targets as readonly (StackedDistributedArray | undefined)[]);
    const program = this.#source.program(bound, first.backend.defaultDType);
    const range = rangeOf(program, first);
    if (first instanceof NDArray) {
      const locals = localOf(bound);
      const shape = broadcastShapes(
        ...[...locals.values()].filter((x): x is NDArray => x instanceof NDArray).map((x) => x.shape),
      );
      return this.#fill(program, locals, first, shape, targets as readonly (NDArray | undefined)[], range);
    }
    targets.forEach((target, k) => {
      const space = first.space.withDType(outputDType(program, k));
      if (target && !space.equals((target as DistributedArray).space))
        throw new PartitionError(
          `output '${this.#outputs[k]}': expected an array of ${space}, received ${target.space}`,
        );
    });
    const locals = targets.map((target) => (target as DistributedArray | undefined)?.local);
    return this.#fill(program, localOf(bound), first.local, first.localShape, locals, range).map(
      (local, k) => targets[k] ?? DistributedArray.inSpace(first.space.withDType(local.dtype), local),
    );
  }

  #runStacked(
    bound: Bound,
    first: StackedDistributedArray,
    targets: readonly (StackedDistributedArray | undefined)[],
  ): StackedDistributedArray[] {
    targets.forEach((target, k) => {
      if (target && target.arrays.length !== first.arrays.length)
        throw new PartitionError(
          `output '${this.#outputs[k]}': expected ${first.arrays.length} blocks, received ` +
            `${target.arrays.length}`,
        );
    });
    const blocks = first.arrays.map((block, k) =>
      this.#run(
        blockOf(bound, k),
        block,
        targets.map((target) => target?.arrays[k]),
      ),
    );
    return targets.map(
      (target, o) =>
        target ?? new StackedDistributedArray(blocks.map((block) => block[o] as AnyDistributedArray)),
    );
  }

  #fill(
    program: Program,
    locals: ReadonlyMap<string, NDArray | Scalar>,
    first: NDArray,
    shape: Shape,
    targets: readonly (NDArray | undefined)[],
    { start, size }: ProgramRange,
  ): NDArray[] {
    const results = targets.map((target, k) => {
      const dtype = outputDType(program, k);
      if (!target) return first.space.withShape(shape, dtype).empty();
      const name = this.#outputs[k];
      if (!sameShape(target.shape, shape))
        throw new ShapeError(
          `output '${name}': expected shape ${formatShape(shape)}, received ${formatShape(target.shape)}`,
        );
      if (target.dtype !== dtype)
        throw new DTypeError(
          `output '${name}': its values are ${dtype}, received an array of ${target.dtype}; outputs ` +
            'may declare a dtype',
        );
      return target;
    });
    const n = (results[0] as NDArray).size;
    if (n === 0) return results;
    const borrowed: NDArray[] = [];
    const operands = [...locals.values()].map((x) => {
      if (!(x instanceof NDArray)) return x;
      const stretched = fit(x, x.dtype, shape, borrowed);
      return results.reduce((y, written) => aside(y, written, borrowed), stretched);
    });
    // indices of arrays that broadcast are those of the result
    const range = { start, size: Math.max(size, n) };
    const { backend } = first;
    backend.program(program, operands, results, range);
    for (const x of borrowed) x.dispose();
    return results;
  }
}
