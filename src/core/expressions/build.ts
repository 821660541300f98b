import type { Scalar } from '../base/complex.js';
import {
  complexOf,
  DTYPES,
  type DType,
  FLAG_DTYPE,
  isComplex,
  isDType,
  isFloat,
  isInteger,
  promote,
  type RealDType,
} from '../base/dtype.js';
import { DTypeError } from '../base/errors.js';
import { nearest } from '../base/options.js';
import { operandsOf } from '../kernels/compose.js';
import {
  BINARY_OPS,
  type BinaryOp,
  type Instruction,
  type Program,
  type ProgramInput,
  UNARY_OPS,
  type UnaryOp,
} from '../ports/backend.js';
import { binaryResult, computeDType, kernelOf, unaryResult } from '../ports/kernel-dtypes.js';
import { type Assignment, type BinarySign, type Expression, refuse } from './parse.js';

/** Names with a fixed meaning in expressions. */
export const RESERVED = ['i', 'n', 'pi', 'inf', 'nan'] as const;

const SIGNS: Readonly<Record<Exclude<BinarySign, '&&' | '||'>, BinaryOp>> = {
  '+': 'add',
  '-': 'subtract',
  '*': 'multiply',
  '/': 'divide',
  '**': 'power',
  '==': 'equal',
  '!=': 'notEqual',
  '<': 'less',
  '<=': 'lessEqual',
  '>': 'greater',
  '>=': 'greaterEqual',
};

/** Functions by their number of arguments. */
const UNARY_NAMES: ReadonlyMap<string, UnaryOp> = new Map<string, UnaryOp>([
  ...UNARY_OPS.map((op): [string, UnaryOp] => [op, op]),
  ['atan', 'arctan'],
  ['fabs', 'abs'],
]);
const BINARY_NAMES: ReadonlyMap<string, BinaryOp> = new Map<string, BinaryOp>([
  ['pow', 'power'],
  ['power', 'power'],
  ['max', 'maximum'],
  ['min', 'minimum'],
  ['atan2', 'arctan2'],
  ...BINARY_OPS.filter((op) => !(Object.values(SIGNS) as readonly BinaryOp[]).includes(op)).map(
    (op): [string, BinaryOp] => [op, op],
  ),
]);
const TERNARY_NAMES = ['where', 'clip'] as const;
export const FUNCTION_NAMES: readonly string[] = [
  ...UNARY_NAMES.keys(),
  ...BINARY_NAMES.keys(),
  ...TERNARY_NAMES,
  ...DTYPES,
];
const ARITY: ReadonlyMap<string, number> = new Map([
  ...[...UNARY_NAMES.keys(), ...DTYPES].map((name): [string, number] => [name, 1]),
  ...[...BINARY_NAMES.keys()].map((name): [string, number] => [name, 2]),
  ...TERNARY_NAMES.map((name): [string, number] => [name, 3]),
]);

export interface BuildInput extends ProgramInput {
  readonly name: string;
  /** The largest modulus of the input, which is an integer. */
  readonly most?: number | undefined;
}
export interface BuildOutput {
  readonly name: string;
  /** Undefined: the dtype of the value. */
  readonly dtype: DType | undefined;
}

/** A list of instructions in order, without duplicates. */
class Builder {
  readonly instructions: Instruction[] = [];
  readonly #known = new Map<string, number>();
  readonly #float: RealDType;
  /** The ranges of int32 values that are not computed from arrays. */
  readonly #spans = new Map<number, Span>();

  constructor(float: RealDType) {
    this.#float = float;
  }

  /** Records the range in which an int32 value lies. */
  within(span: Span, value: number): number {
    this.#spans.set(value, span);
    return value;
  }
  #spanOf(x: number): Span | undefined {
    const known = this.at(x);
    if (known.op === 'constant' && isInteger(known.dtype))
      return [known.value as number, known.value as number];
    return known.dtype === FLAG_DTYPE ? [0, 1] : this.#spans.get(x);
  }

  push(instruction: Instruction): number {
    const { dtype, ...rest } = instruction;
    // distinguishes -0 from 0, and NaN from null
    const key =
      `${dtype} ` +
      `${JSON.stringify(rest, (_, value) =>
        typeof value === 'number' && (Object.is(value, -0) || !Number.isFinite(value))
          ? `#${Object.is(value, -0) ? '-0' : value}`
          : value,
      )}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.#known.set(key, this.instructions.length);
    return this.instructions.push(instruction) - 1;
  }

  at(position: number): Instruction {
    return this.instructions[position] as Instruction;
  }

  real(value: number): number {
    return this.push({ op: 'constant', value, dtype: this.#float });
  }
  constant(value: Scalar, dtype: DType): number {
    return this.push({ op: 'constant', value, dtype });
  }

  cast(x: number, dtype: DType): number {
    const from = this.at(x);
    if (from.dtype === dtype) return x;
    if (dtype === FLAG_DTYPE) return this.flag(x);
    if (from.op === 'constant' && !isComplex(from.dtype) && isFloat(dtype))
      return this.constant(from.value, dtype);
    return this.push({ op: 'cast', x, dtype });
  }

  unary(name: UnaryOp, x: number): number {
    const from = this.at(x);
    // a negative constant becomes one instruction
    if (
      name === 'negative' &&
      from.op === 'constant' &&
      typeof from.value === 'number' &&
      !(isInteger(from.dtype) && from.value === 0)
    )
      return this.constant(-from.value, from.dtype);
    const span = this.#spanOf(x);
    if (span && from.dtype !== FLAG_DTYPE && (name === 'negative' || name === 'square'))
      return name === 'square'
        ? this.binary('multiply', x, x)
        : this.binary('subtract', this.constant(0, 'int32'), x);
    const after = unarySpan(name, span);
    const dtype = after && exceeds(after) ? this.#float : computeDType(name, from.dtype, this.#float);
    const result = this.push({ op: 'unary', name, x: this.cast(x, dtype), dtype: unaryResult(name, dtype) });
    return after && isInteger(this.at(result).dtype) ? this.within(after, result) : result;
  }

  binary(name: BinaryOp, x: number, y: number): number {
    const [a, b] = [this.at(x), this.at(y)];
    const common = promote(a.dtype, b.dtype);
    // as for arrays: int32 to a constant power that is not negative stays int32
    const integral = name === 'power' && b.op === 'constant' && typeof b.value === 'number' && b.value >= 0;
    let dtype = integral ? common : computeDType(name, common, this.#float);
    let span: Span | undefined;
    if (isInteger(dtype)) {
      const [p, q] = [this.#spanOf(x), this.#spanOf(y)];
      span = p && q && spanOf(name, p, q);
      // values of indices and numbers are not computed modulo 2^32, unlike products of int32 arrays
      if (span && exceeds(span)) dtype = this.#float;
    }
    const result = this.push({
      op: 'binary',
      name: kernelOf(name, dtype),
      x: this.cast(x, dtype),
      y: this.cast(y, dtype),
      dtype: binaryResult(kernelOf(name, dtype), dtype),
    });
    return span && isInteger(dtype) ? this.within(span, result) : result;
  }

  /** Whether a value is not 0. */
  flag(x: number): number {
    return this.at(x).dtype === FLAG_DTYPE ? x : this.binary('notEqual', x, this.constant(0, 'int32'));
  }

  where(condition: number, x: number, y: number): number {
    const dtype = promote(this.at(x).dtype, this.at(y).dtype);
    const [p, q] = [this.#spanOf(x), this.#spanOf(y)];
    const result = this.push({
      op: 'where',
      condition: this.flag(condition),
      x: this.cast(x, dtype),
      y: this.cast(y, dtype),
      dtype,
    });
    return p && q ? this.within([Math.min(p[0], q[0]), Math.max(p[1], q[1])], result) : result;
  }
}

type Span = readonly [least: number, largest: number];

/** Whether a range contains integers that int32 cannot represent. */
const exceeds = ([least, largest]: Span): boolean => least < -(2 ** 31) || largest >= 2 ** 31;

/**
 * The range of a function's values for arguments in `span`. Undefined if the values need not be
 * integers, or if `span` is undefined.
 */
function unarySpan(name: UnaryOp, span: Span | undefined): Span | undefined {
  if (!span) return undefined;
  const [a, b] = span;
  switch (name) {
    case 'abs':
      return [Math.max(0, a, -b), Math.max(-a, b)];
    case 'sign':
      return [Math.sign(a), Math.sign(b)];
    case 'conj':
    case 'real':
    case 'floor':
    case 'ceil':
    case 'rint':
    case 'trunc':
      return span;
    default:
      return undefined;
  }
}

/** The range of `x op y`. */
function spanOf(name: BinaryOp, [a, b]: Span, [c, d]: Span): Span | undefined {
  const around = (...values: number[]): Span => [Math.min(...values), Math.max(...values)];
  switch (name) {
    case 'add':
      return [a + c, b + d];
    case 'subtract':
      return [a - d, b - c];
    case 'multiply':
    case 'multiplyConj':
      return around(a * c, a * d, b * c, b * d);
    case 'floorDivide': {
      const most = Math.max(Math.abs(a), Math.abs(b));
      return a >= 0 && c >= 0 ? [0, b] : [-most, most];
    }
    case 'remainder': {
      const most = Math.max(Math.abs(c), Math.abs(d));
      return [c >= 0 ? 0 : -most, most];
    }
    case 'fmod':
      return [Math.min(a, 0), Math.max(b, 0)];
    case 'power': {
      const most = Math.max(Math.abs(a), Math.abs(b)) ** Math.max(0, d);
      return [a < 0 ? -most : 0, Math.max(1, most)];
    }
    case 'maximum':
    case 'fmax':
      return [Math.max(a, c), Math.max(b, d)];
    case 'minimum':
    case 'fmin':
      return [Math.min(a, c), Math.min(b, d)];
    default:
      return undefined;
  }
}

/** Removes the instructions that no output needs, and keeps the order of the others. */
function withoutUnused(
  instructions: readonly Instruction[],
  outputs: readonly number[],
): Pick<Program, 'instructions' | 'outputs'> {
  const used = new Set(outputs);
  for (let k = instructions.length - 1; k >= 0; k--)
    if (used.has(k)) for (const o of operandsOf(instructions[k] as Instruction)) used.add(o);
  const place = new Map<number, number>();
  const kept: Instruction[] = [];
  const moved = (k: number): number => place.get(k) as number;
  instructions.forEach((k, at) => {
    if (!used.has(at)) return;
    place.set(at, kept.length);
    if (k.op === 'where') kept.push({ ...k, condition: moved(k.condition), x: moved(k.x), y: moved(k.y) });
    else if (k.op === 'binary') kept.push({ ...k, x: moved(k.x), y: moved(k.y) });
    else if (k.op === 'unary' || k.op === 'cast') kept.push({ ...k, x: moved(k.x) });
    else kept.push(k);
  });
  return { instructions: kept, outputs: outputs.map(moved) };
}

/**
 * Builds the program of parsed statements for inputs of known dtypes.
 * @param float the dtype of fractions, of functions of integers, and of integers from indices and
 *   numbers that may exceed 32 bits
 * @param size the number of elements, or an upper bound
 * @throws {@link ArgumentError} for unknown names, with the place in the text
 * @throws {@link DTypeError} for what a dtype does not support, with the place in the text
 */
export function buildProgram(
  text: string,
  statements: readonly Assignment[],
  inputs: readonly BuildInput[],
  outputs: readonly BuildOutput[],
  float: RealDType,
  size: number,
): Program {
  const builder = new Builder(float);
  const values = new Map<string, number>();
  inputs.forEach(({ name, dtype, most }, input) => {
    const value = builder.push({ op: 'input', input, dtype });
    values.set(name, most === undefined ? value : builder.within([-most, most], value));
  });
  const outputNames = outputs.map(({ name }) => name);

  function named(name: string, at: number): number {
    const value = values.get(name);
    if (value !== undefined) return value;
    if (name === 'i')
      return builder.within([0, Math.max(0, size - 1)], builder.push({ op: 'index', dtype: 'int32' }));
    if (name === 'n') return builder.within([0, size], builder.push({ op: 'size', dtype: 'int32' }));
    if (name === 'pi') return builder.real(Math.PI);
    if (name === 'inf') return builder.real(Number.POSITIVE_INFINITY);
    if (name === 'nan') return builder.real(Number.NaN);
    if (outputNames.includes(name)) refuse(text, at, `output '${name}' is read before it is assigned`);
    const known = [...values.keys(), ...RESERVED];
    const guess = nearest(name, known);
    return refuse(
      text,
      at,
      `unknown name '${name}'${guess ? `, did you mean '${guess}'?` : `; known are ${known.join(', ')}`}`,
    );
  }

  function call(name: string, args: readonly number[], at: number): number {
    const arity = ARITY.get(name);
    if (arity === undefined) {
      const guess = nearest(name, FUNCTION_NAMES);
      refuse(
        text,
        at,
        'unknown function ' +
          `'${name}'${guess ? `, did you mean '${guess}'?` : `; known are ${FUNCTION_NAMES.join(', ')}`}`,
      );
    }
    if (args.length !== arity)
      refuse(
        text,
        at,
        `expected ${arity} argument${arity === 1 ? '' : 's'} of ${name}, received ${args.length}`,
      );
    const [x, y, z] = args as [number, number, number];
    const unary = UNARY_NAMES.get(name);
    if (unary) return builder.unary(unary, x);
    const binary = BINARY_NAMES.get(name);
    if (binary) return builder.binary(binary, x, y);
    if (isDType(name)) {
      if (isComplex(builder.at(x).dtype) && !isComplex(name))
        refuse(text, at, `${name} of complex data: take real(), imag() or abs()`);
      return builder.cast(x, name);
    }
    return name === 'where'
      ? builder.where(x, y, z)
      : builder.binary('minimum', builder.binary('maximum', x, y), z);
  }

  function evaluate(e: Expression): number {
    switch (e.type) {
      case 'number':
        if (e.kind === 'imaginary') return builder.constant({ re: 0, im: e.value }, complexOf(float));
        return e.kind === 'integer' ? builder.constant(e.value, 'int32') : builder.real(e.value);
      case 'name':
        return named(e.name, e.at);
      case 'unary': {
        const x = evaluate(e.x);
        if (e.sign === '+') return x;
        return placed(e.at, () =>
          e.sign === '-'
            ? builder.unary('negative', x)
            : builder.binary('equal', x, builder.constant(0, 'int32')),
        );
      }
      case 'binary': {
        const [x, y] = [evaluate(e.x), evaluate(e.y)];
        return placed(e.at, () => {
          if (e.sign === '&&') return builder.binary('multiply', builder.flag(x), builder.flag(y));
          if (e.sign === '||') return builder.binary('maximum', builder.flag(x), builder.flag(y));
          return builder.binary(SIGNS[e.sign], x, y);
        });
      }
      case 'choice': {
        const [condition, x, y] = [evaluate(e.condition), evaluate(e.x), evaluate(e.y)];
        return placed(e.at, () => builder.where(condition, x, y));
      }
      case 'call': {
        const args = e.args.map(evaluate);
        return placed(e.at, () => call(e.name, args, e.at));
      }
    }
  }

  /** Adds the place in the text to a DTypeError. */
  function placed(at: number, build: () => number): number {
    try {
      return build();
    } catch (error) {
      if (error instanceof DTypeError)
        throw new DTypeError(`expression, at '${text.slice(at, at + 20)}': ${error.message}`, {
          cause: error,
        });
      throw error;
    }
  }

  for (const { target, value, at } of statements) {
    if (inputs.some(({ name }) => name === target))
      refuse(text, at, `'${target}' is an input and cannot be assigned`);
    if ((RESERVED as readonly string[]).includes(target))
      refuse(text, at, `'${target}' has a meaning of its own and cannot be assigned`);
    values.set(target, evaluate(value));
  }
  const positions = outputs.map(({ name, dtype }) => {
    const value = values.get(name);
    if (value === undefined) return refuse(text, text.length, `output '${name}' is never assigned`);
    if (dtype === undefined) return value;
    if (isComplex(builder.at(value).dtype) && !isComplex(dtype))
      throw new DTypeError(
        `output '${name}' is ${builder.at(value).dtype} and does not fit into ${dtype}: take real(), ` +
          'imag() or abs()',
      );
    return builder.cast(value, dtype);
  });
  return Object.freeze({
    inputs: inputs.map(({ kind, dtype }) => ({ kind, dtype })),
    ...withoutUnused(builder.instructions, positions),
  });
}
