import type { NDArray } from '../array/ndarray.js';
import { isScalar, type Scalar } from '../base/complex.js';
import { textOnly } from '../base/conversion.js';
import { ArgumentError } from '../base/errors.js';
import { textOf } from '../base/text-of.js';
import type { BinaryOp, UnaryOp } from '../ports/backend.js';
import { ElementwiseKernel } from './elementwise-kernel.js';
import { type AnyArray, type InputKind, isArray } from './kernel-source.js';

/** A step of a trace: computes its text from the texts of its operands. */
interface Step {
  readonly operands: readonly Traced[];
  readonly text: (...operands: readonly string[]) => string;
}

/** An operand of an operation in {@link fuse}. */
export type TracedOperand = Traced | Scalar;

function literal(value: Scalar): string {
  if (typeof value !== 'number') {
    if (!Number.isFinite(value.im))
      throw new ArgumentError(`fuse: expected a finite imaginary part, received ${textOf(value.im)}`);
    return `(${literal(value.re)} ${value.im < 0 ? '-' : '+'} ${Math.abs(value.im)}j)`;
  }
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '(-inf)';
  return value < 0 || Object.is(value, -0) ? `(-${Math.abs(value)})` : String(value);
}

/**
 * A placeholder for an array, which records the operations on it. Its methods are the elementwise
 * methods of NDArray.
 */
export class Traced {
  readonly #step: Step;
  constructor(step: Step) {
    this.#step = step;
  }
  /** @internal */
  get step(): Step {
    return this.#step;
  }
  toString(): string {
    return 'a value that fuse() records';
  }
  /** Converts to text only. Elements are not known while a function is recorded. */
  [Symbol.toPrimitive](hint: string): string {
    return textOnly(
      this,
      hint,
      'a value that fuse() records',
      'write x.greater(0).where(a, b) for x > 0 ? a : b, x.abs() for Math.abs(x), x.multiply(y) for x ' +
        '* y, x.add(y) for x + y',
    );
  }

  add(other: TracedOperand): Traced {
    return signed('+', this, other);
  }
  subtract(other: TracedOperand): Traced {
    return signed('-', this, other);
  }
  multiply(other: TracedOperand): Traced {
    return signed('*', this, other);
  }
  divide(other: TracedOperand): Traced {
    return signed('/', this, other);
  }
  power(other: TracedOperand): Traced {
    return signed('**', this, other);
  }
  equal(other: TracedOperand): Traced {
    return signed('==', this, other);
  }
  notEqual(other: TracedOperand): Traced {
    return signed('!=', this, other);
  }
  less(other: TracedOperand): Traced {
    return signed('<', this, other);
  }
  lessEqual(other: TracedOperand): Traced {
    return signed('<=', this, other);
  }
  greater(other: TracedOperand): Traced {
    return signed('>', this, other);
  }
  greaterEqual(other: TracedOperand): Traced {
    return signed('>=', this, other);
  }
  maximum(other: TracedOperand): Traced {
    return called('maximum', this, other);
  }
  minimum(other: TracedOperand): Traced {
    return called('minimum', this, other);
  }
  arctan2(other: TracedOperand): Traced {
    return called('arctan2', this, other);
  }
  clip(low: TracedOperand | null, high: TracedOperand | null): Traced {
    const above = low === null ? this : this.maximum(low);
    return high === null ? above : above.minimum(high);
  }
  /** `this ? x : y` */
  where(x: TracedOperand, y: TracedOperand): Traced {
    return traced((c, a, b) => `where(${bare(c)}, ${bare(a)}, ${bare(b)})`, this, x, y);
  }
  negative(): Traced {
    return traced((x) => `(-${x})`, this);
  }
  abs(): Traced {
    return called('abs', this);
  }
  conj(): Traced {
    return called('conj', this);
  }
  real(): Traced {
    return called('real', this);
  }
  imag(): Traced {
    return called('imag', this);
  }
  exp(): Traced {
    return called('exp', this);
  }
  log(): Traced {
    return called('log', this);
  }
  sqrt(): Traced {
    return called('sqrt', this);
  }
  square(): Traced {
    return called('square', this);
  }
  reciprocal(): Traced {
    return called('reciprocal', this);
  }
  sign(): Traced {
    return called('sign', this);
  }
  sin(): Traced {
    return called('sin', this);
  }
  cos(): Traced {
    return called('cos', this);
  }
  tan(): Traced {
    return called('tan', this);
  }
  arctan(): Traced {
    return called('arctan', this);
  }
  tanh(): Traced {
    return called('tanh', this);
  }
  floor(): Traced {
    return called('floor', this);
  }
  ceil(): Traced {
    return called('ceil', this);
  }
  rint(): Traced {
    return called('rint', this);
  }
  isnan(): Traced {
    return called('isnan', this);
  }
  isfinite(): Traced {
    return called('isfinite', this);
  }
}

function traced(text: Step['text'], ...operands: readonly TracedOperand[]): Traced {
  return new Traced({
    text,
    operands: operands.map((x) => {
      if (x instanceof Traced) return x;
      if (isScalar(x)) return new Traced({ operands: [], text: () => literal(x) });
      throw new ArgumentError(
        'fuse: expected an argument of the function or a number, received ' +
          `${isArray(x) ? 'an array from outside: make it an argument' : textOf(x)}`,
      );
    }),
  });
}
const signed = (sign: string, x: TracedOperand, y: TracedOperand): Traced =>
  traced((a, b) => `(${a} ${sign} ${b})`, x, y);
const called = (name: UnaryOp | BinaryOp, ...operands: readonly TracedOperand[]): Traced =>
  traced((...texts) => `${name}(${texts.map(bare).join(', ')})`, ...operands);

/**
 * The longest text that is inserted into others. Longer ones become assignments, so that
 * expressions are not deeply nested.
 */
const LONGEST = 160;

/** Writes assignments that compute `result`. A value that is used twice has a name. */
function expressionOf(result: Traced, output: string): string {
  const uses = new Map<Traced, number>();
  const order: Traced[] = [];
  // without recursion, because a trace may be as deep as a loop is long
  const stack: { readonly node: Traced; next: number }[] = [{ node: result, next: 0 }];
  uses.set(result, 1);
  while (stack.length > 0) {
    const top = stack.at(-1) as { node: Traced; next: number };
    const operand = top.node.step.operands[top.next++];
    if (operand === undefined) {
      order.push(top.node);
      stack.pop();
      continue;
    }
    const seen = uses.get(operand) ?? 0;
    uses.set(operand, seen + 1);
    if (seen === 0) stack.push({ node: operand, next: 0 });
  }
  const texts = new Map<Traced, string>();
  const lines: string[] = [];
  for (const node of order) {
    const { operands, text } = node.step;
    const made = text(...operands.map((operand) => texts.get(operand) as string));
    const isNamed =
      node !== result && operands.length > 0 && ((uses.get(node) as number) > 1 || made.length > LONGEST);
    if (isNamed) {
      const name = `t${lines.length}`;
      lines.push(`${name} = ${bare(made)}`);
      texts.set(node, name);
    } else texts.set(node, made);
  }
  lines.push(`${output} = ${bare(texts.get(result) as string)}`);
  return lines.join('; ');
}

/** Removes the brackets around the whole text. */
function bare(text: string): string {
  const inner = text.slice(1, -1);
  return text.startsWith('(') && text.endsWith(')') && closes(inner) ? inner : text;
}

/** True if the brackets within a text match, so that the outer ones can be removed. */
function closes(text: string): boolean {
  let depth = 0;
  for (const character of text) {
    if (character === '(') depth += 1;
    if (character === ')' && --depth < 0) return false;
  }
  return depth === 0;
}

type Kernel = ElementwiseKernel<Readonly<Record<string, InputKind>>, 'z'>;

/** The result of {@link fuse}: a function of arrays (at least one) and scalars. */
export interface Fused<A extends readonly Traced[]> {
  <V extends AnyArray = NDArray>(...args: { readonly [K in keyof A]: V | Scalar }): V;
  /**
   * As the function itself, with the result in the array `out`, which may be one of the arguments.
   */
  into<V extends AnyArray = NDArray>(out: V, ...args: { readonly [K in keyof A]: V | Scalar }): V;
  /** The recorded expression, with the arguments `x0, x1, …`. */
  readonly expression: string;
}

/**
 * Makes a function of arrays, written with their elementwise methods, that runs in one pass over
 * memory: `fuse((x, y) => x.multiply(y).add(2).sqrt())`. The function runs once, in this call, with
 * placeholders that record its steps. {@link ElementwiseKernel} runs them. Numbers from outside are
 * constants. A number that is passed at a call is a scalar; with it, int32 arrays become floats.
 * @throws {@link ArgumentError} if the function returns anything else, or uses arrays that are not
 *   its arguments
 */
export function fuse<A extends readonly Traced[]>(body: (...args: A) => Traced): Fused<A> {
  if (typeof body !== 'function')
    throw new ArgumentError(`fuse: expected a function of arrays, received ${textOf(body)}`);
  const names = Array.from({ length: body.length }, (_, k) => `x${k}`);
  if (names.length === 0)
    throw new ArgumentError(
      'fuse: expected a function with arguments, each with a name of its own (no default values, no rest)',
    );
  const stands = names.map((name) => new Traced({ operands: [], text: () => name }));
  const result = body(...(stands as readonly Traced[] as A));
  if (!(result instanceof Traced))
    throw new ArgumentError(
      `fuse: expected the function to return what its arguments' methods gave, received ${textOf(result)}`,
    );
  const expression = expressionOf(result, 'z');
  const kernels = new Map<string, Kernel>();

  function run<V extends AnyArray>(args: readonly (V | Scalar)[], out: V | undefined): V {
    if (args.length !== names.length)
      throw new ArgumentError(`fuse: expected ${names.length} arguments, received ${args.length}`);
    const kinds = args.map((x): InputKind => (isArray(x) ? 'array' : 'scalar'));
    const key = kinds.join();
    let kernel = kernels.get(key);
    if (!kernel) {
      const inputs = Object.fromEntries(
        names.map((name, k): [string, InputKind] => [name, kinds[k] as InputKind]),
      );
      kernels.set(key, (kernel = new ElementwiseKernel({ inputs, outputs: ['z'], expression })));
    }
    const given = Object.fromEntries(
      names.map((name, k): [string, V | Scalar] => [name, args[k] as V | Scalar]),
    );
    return kernel.run<V>(given, out === undefined ? {} : { z: out }).z;
  }
  const fused = <V extends AnyArray = NDArray>(...args: { readonly [K in keyof A]: V | Scalar }): V =>
    run<V>(args, undefined);
  const into = <V extends AnyArray = NDArray>(out: V, ...args: { readonly [K in keyof A]: V | Scalar }): V =>
    run<V>(args, out);
  return Object.assign(fused, { into, expression });
}
