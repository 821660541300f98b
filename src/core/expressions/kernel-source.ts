import { NDArray } from '../array/ndarray.js';
import { broadcastShapes } from '../base/broadcast.js';
import { isScalar, type Scalar } from '../base/complex.js';
import { complexOf, type DType, isFloat, isSamePrecision, type RealDType, realOf } from '../base/dtype.js';
import { ArgumentError, DTypeError, PartitionError } from '../base/errors.js';
import { checkNames, checkOneOf } from '../base/options.js';
import { product, type Shape } from '../base/shape.js';
import { textOf } from '../base/text-of.js';
import { DistributedArray } from '../distributed/distributed-array.js';
import { StackedDistributedArray } from '../distributed/stacked-distributed-array.js';
import type { Program, ProgramRange } from '../ports/backend.js';
import { checkSameBackend, checkSameSpace } from '../vector/vector.js';
import { type BuildOutput, buildProgram, FUNCTION_NAMES, RESERVED } from './build.js';
import { type Assignment, parseStatements } from './parse.js';

/** An array of any kind. */
export type AnyArray = NDArray | DistributedArray | StackedDistributedArray;
/** The kind of an input of a kernel. */
export type InputKind = 'array' | 'scalar' | 'integer';
/** The names and the kinds of the inputs of a kernel. */
export type InputKinds = Readonly<Record<string, InputKind>>;
/** The arguments by name: arrays of one kind, and scalars. */
export type KernelArguments<I extends InputKinds, V extends AnyArray> = {
  readonly [K in keyof I]: KernelArgument<I[K], V>;
};
type KernelArgument<K extends InputKind, V extends AnyArray> = K extends 'array'
  ? V
  : K extends 'integer'
    ? number
    : Scalar;
/** The values of the inputs by name. */
export type Bound = ReadonlyMap<string, AnyArray | Scalar>;

const NAME = /^[A-Za-z_]\w*$/;
const KINDS = ['array', 'scalar', 'integer'] as const;

export const isArray = (value: unknown): value is AnyArray =>
  value instanceof NDArray || value instanceof DistributedArray || value instanceof StackedDistributedArray;

/** The text of a kernel, and its programs by the dtypes of the arguments. */
export class KernelSource {
  readonly #owner: string;
  readonly #inputs: readonly (readonly [string, InputKind])[];
  readonly #outputs: readonly BuildOutput[];
  /** The inputs as they were passed; the keys are the names. */
  readonly #known: InputKinds;
  readonly #text: string;
  readonly #statements: readonly Assignment[];
  /** Whether the text may contain i or n. */
  readonly #readsPlaces: boolean;
  readonly #programs = new Map<string, Program>();

  constructor(owner: string, inputs: InputKinds, outputs: readonly BuildOutput[], text: string) {
    if (typeof text !== 'string')
      throw new ArgumentError(
        `${owner}: expected an expression such as 'z = x + y', received ${textOf(text)}`,
      );
    if (typeof inputs !== 'object' || inputs === null)
      throw new ArgumentError(`${owner}: expected inputs by name, received ${textOf(inputs)}`);
    this.#owner = owner;
    this.#text = text;
    this.#inputs = Object.entries(inputs);
    this.#outputs = outputs;
    this.#known = inputs;
    for (const [name, kind] of this.#inputs) checkOneOf(`input '${name}'`, kind, KINDS);
    if (!this.#inputs.some(([, kind]) => kind === 'array'))
      throw new ArgumentError(`${owner}: expected at least one input that is an array`);
    if (outputs.length === 0) throw new ArgumentError(`${owner}: expected at least one output`);
    const seen = new Set<string>();
    for (const name of [...this.#inputs.map(([input]) => input), ...outputs.map((output) => output.name)]) {
      if (typeof name !== 'string' || !NAME.test(name))
        throw new ArgumentError(
          `${owner}: ${textOf(name)} is no name: letters, digits and _, no digit first`,
        );
      if ((RESERVED as readonly string[]).includes(name) || FUNCTION_NAMES.includes(name))
        throw new ArgumentError(
          `${owner}: '${name}' has a meaning of its own in expressions: choose another name`,
        );
      if (seen.has(name))
        throw new ArgumentError(
          `${owner}: '${name}' is given twice; an output is named apart from the inputs, and may be ` +
            'one of them at the call',
        );
      seen.add(name);
    }
    this.#statements = parseStatements(text);
    this.#readsPlaces = /\b[in]\b/.test(text);
    // reports errors that do not depend on dtypes in the constructor
    try {
      this.#build(
        new Map(this.#inputs.map(([name, kind]) => [name, kind === 'integer' ? 'int32' : 'float64'])),
        'float64',
        new Map(),
        1,
      );
    } catch (error) {
      if (!(error instanceof DTypeError)) throw error;
    }
  }

  /** Checks the arguments of a call. */
  bind(args: object): { readonly bound: Bound; readonly first: AnyArray } {
    checkNames(`${this.#owner}.run`, args, this.#known);
    const given = new Map<string, unknown>(Object.entries(args));
    const bound = new Map<string, AnyArray | Scalar>();
    let first: AnyArray | undefined;
    for (const [name, kind] of this.#inputs) {
      const value = given.get(name);
      if (kind === 'array') {
        if (!isArray(value))
          throw new ArgumentError(
            `${this.#owner}: expected input '${name}' to be an array, received ${describe(value)}`,
          );
        first ??= value;
        checkAlike(name, value, first);
        bound.set(name, value);
      } else {
        if (!isScalar(value))
          throw new ArgumentError(
            `${this.#owner}: expected input '${name}' to be a ${kind}, received ${describe(value)}`,
          );
        if (kind === 'integer' && (typeof value !== 'number' || (value | 0) !== value))
          throw new ArgumentError(
            `${this.#owner}: expected input '${name}' to be an integer of 32 bits, received ` +
              `${describe(value)}`,
          );
        bound.set(name, value);
      }
    }
    return { bound, first: first as AnyArray };
  }

  /** The program for the dtypes of bound arguments. It is built at the first call with them. */
  program(bound: Bound, defaultFloat: DType): Program {
    let float: DType | undefined;
    let before = '';
    for (const [name, value] of bound) {
      if (!isArray(value) || !isFloat(value.dtype)) continue;
      if (float !== undefined && !isSamePrecision(float, value.dtype))
        throw new DTypeError(
          `${this.#owner}: '${before}' is ${float} and '${name}' ${value.dtype}: cast one of them with ` +
            'astype()',
        );
      float ??= value.dtype;
      before ||= name;
    }
    const real = realOf(float ?? defaultFloat);
    const dtypes = new Map(
      this.#inputs.map(([name, kind]): [string, DType] => {
        const value = bound.get(name) as AnyArray | Scalar;
        if (isArray(value)) return [name, value.dtype];
        return [name, kind === 'integer' ? 'int32' : typeof value === 'number' ? real : complexOf(real)];
      }),
    );
    // rounded up to powers of two, so that few programs serve all sizes
    const size = this.#readsPlaces ? upTo(sizeOf(bound)) : 0;
    const integers = new Map<string, number>();
    for (const [name, kind] of this.#inputs)
      if (kind === 'integer') integers.set(name, upTo(Math.abs(bound.get(name) as number)));
    const key = `${real} ${[...dtypes.values()].join()} ${size} ${[...integers.values()].join()}`;
    let program = this.#programs.get(key);
    if (!program) this.#programs.set(key, (program = this.#build(dtypes, real, integers, size)));
    return program;
  }

  /** The number of combinations of dtypes of calls so far. */
  get signatures(): number {
    return this.#programs.size;
  }

  #build(
    dtypes: ReadonlyMap<string, DType>,
    float: RealDType,
    integers: ReadonlyMap<string, number>,
    size: number,
  ): Program {
    const inputs = this.#inputs.map(([name, kind]) => ({
      name,
      most: integers.get(name),
      kind: kind === 'array' ? kind : ('scalar' as const),
      dtype: dtypes.get(name) as DType,
    }));
    return buildProgram(this.#text, this.#statements, inputs, this.#outputs, float, size);
  }
}

function describe(value: unknown): string {
  if (isArray(value)) return `an array of ${value.dtype}`;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/**
 * Throws unless the arrays of one call have one kind, one backend and, if they are distributed, one
 * space.
 */
function checkAlike(name: string, value: AnyArray, first: AnyArray): void {
  if (value.constructor !== first.constructor)
    throw new ArgumentError(
      `input '${name}': expected a ${first.constructor.name} as the first array is, received a ` +
        `${value.constructor.name}`,
    );
  checkSameBackend(first, value);
  if (value instanceof StackedDistributedArray) {
    const blocks = (first as StackedDistributedArray).arrays;
    if (value.arrays.length !== blocks.length)
      throw new PartitionError(
        `input '${name}': expected ${blocks.length} blocks as the first array has, received ` +
          `${value.arrays.length}`,
      );
    value.arrays.forEach((block, k) => checkAlike(`${name}[${k}]`, block, blocks[k] as AnyArray));
  } else if (value instanceof DistributedArray) checkSameSpace(first as DistributedArray, value);
}

/** The smallest power of two that is not below `n`. */
const upTo = (n: number): number => (n <= 1 ? n : 2 ** Math.ceil(Math.log2(n)));

/**
 * The largest number of elements of an array in a call, over all ranks; for arrays that broadcast,
 * an upper bound.
 */
function sizeOf(bound: Bound): number {
  const shapes: Shape[] = [];
  let most = 0;
  for (const value of bound.values()) {
    if (value instanceof NDArray) shapes.push(value.shape);
    else if (isArray(value)) most = Math.max(most, value.size);
  }
  return Math.max(most, shapes.length === 0 ? 0 : product(broadcastShapes(...shapes)));
}

/** The dtype of an output. */
export const outputDType = (program: Program, k: number): DType =>
  (program.instructions[program.outputs[k] as number] as Program['instructions'][number]).dtype;

const usesPlace = (program: Program): boolean =>
  program.instructions.some(({ op }) => op === 'index' || op === 'size');

/**
 * The position of an array's local elements in the whole array.
 * @throws {@link ArgumentError} if `i` or `n` is used for an array of more than 2^31 − 1 elements
 * @throws {@link PartitionError} if `i` or `n` is used for an array that is split along another
 *   axis than its first
 */
export function rangeOf(program: Program, x: NDArray | DistributedArray): ProgramRange {
  if (!usesPlace(program)) return { start: 0, size: 0 };
  if (x.size > 2 ** 31 - 1)
    throw new ArgumentError(`i and n of expressions are int32, and the array has ${x.size} elements`);
  if (x instanceof NDArray || x.layout.replicated) return { start: 0, size: x.size };
  const { layout, globalShape, box } = x;
  const rows =
    layout.kind === 'boxes' &&
    globalShape.every((length, k) => k === 0 || (box.start[k] === 0 && layout.grid[k] === 1) || length === 0);
  if (!rows && x.comm.size > 1)
    throw new PartitionError(
      'i and n of expressions need an array that is split along its first axis: redistribute(0) first; ' +
        `received ${x.space}`,
    );
  const row = globalShape.slice(1).reduce((a, b) => a * b, 1);
  return { start: (box.start[0] ?? 0) * row, size: x.size };
}

/** The k-th block of each bound stack. Scalars do not change. */
export const blockOf = (bound: Bound, k: number): Bound =>
  new Map(
    [...bound].map(([name, value]) => [
      name,
      value instanceof StackedDistributedArray ? (value.arrays[k] as AnyArray) : value,
    ]),
  );

/** This rank's part of each bound distributed array. */
export const localOf = (bound: Bound): ReadonlyMap<string, NDArray | Scalar> =>
  new Map(
    [...bound].map(([name, value]) => {
      if (value instanceof StackedDistributedArray)
        throw new ArgumentError('expected blocks, received a stack');
      return [name, value instanceof DistributedArray ? value.local : value];
    }),
  );
