import { isFloat, isSingle, singleOf } from '../../core/base/dtype.js';
import type { AnyOperator } from '../../core/operator/linear-operator.js';
import { rdots } from '../../core/vector/inner-products.js';
import type { Measure, Problem, Setting } from '../../core/vector/problem-description.js';
import { type AnyVector, isVector, type Space } from '../../core/vector/vector.js';

/** Options that limit the time or the accuracy of a computation. They do not define the problem. */
const LIMITS: ReadonlySet<string> = new Set([
  'niter',
  'tol',
  'rtol',
  'atol',
  'btol',
  'conlim',
  'gain',
  'replace',
  'eigs',
  'monitorres',
]);
const isLimit = (name: string, more: readonly string[]): boolean => LIMITS.has(name) || more.includes(name);
/** The limits in a state. `more` are names of limits that only this solver has. */
export const limitsOf = (state: object, more: readonly string[]): object =>
  Object.fromEntries(Object.entries(state).filter(([name]) => isLimit(name, more)));

const TOLERANCE = { float32: 1e-4, float64: 1e-9 } as const;
const SEEDS = { from: 7351, with: 9127 } as const;
/**
 * Functions are evaluated at vectors of these sizes. The effect of bounds or thresholds shows at
 * one of them.
 */
const SIZES = [0, 1e-6, 1e-3, 1, 1e3, 1e6];
/** Two sizes suffice for a linear gradient. */
const FEW_SIZES = [0, 1];

/** The part of a proximal function that is used here. */
interface ProxFunction {
  value(x: AnyVector): number;
  readonly isSmooth: boolean;
  readonly isQuadratic: boolean;
  prox(x: AnyVector, tau: number, out: AnyVector): AnyVector;
  grad(x: AnyVector, out: AnyVector): AnyVector;
  memories(space: Space<AnyVector>): { readonly vector: AnyVector; filled: boolean }[];
}

const has = <K extends string>(value: unknown, ...names: readonly K[]): value is Record<K, unknown> =>
  typeof value === 'object' && value !== null && names.every((name) => name in value);
const isOperator = (value: unknown): value is AnyOperator => has(value, 'matvec', 'rmatvec', 'rangeOf');
/** Whether a value is a proximal function. */
export const isFunction = (value: unknown): value is ProxFunction => has(value, 'prox', 'grad', 'memories');

/** An option as plain data; undefined if it is not plain data. */
function plain(value: unknown): Setting {
  if (typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean') return value;
  if (ArrayBuffer.isView(value) && !(value instanceof DataView))
    return Array.from(value as unknown as ArrayLike<number>);
  if (!Array.isArray(value)) return undefined;
  const members = value.map(plain);
  return members.includes(undefined) ? undefined : members;
}

function measure(w: AnyVector): Measure {
  if (!isFloat(w.dtype)) return [w.norm(), w.norm(1), 0];
  const u: AnyVector = w.space.random(SEEDS.with);
  const [uw = 0, uu = 0] = rdots([u, w], [u, u]);
  u.dispose();
  // Squares of small or large data leave the range
  return [w.norm(), uu === 0 ? 0 : uw / Math.sqrt(uu), 0];
}

/** The measure of `A v` for a random v. */
function measureOperator(A: AnyOperator, space: Space<AnyVector>): Measure {
  const v: AnyVector = space.random(SEEDS.from);
  const w: AnyVector = A.matvec(v);
  const found = measure(w);
  v.dispose();
  w.dispose();
  return found;
}

/**
 * Measures the gradient, or a value and the prox, at random vectors of several sizes. The memories
 * that the function keeps between proxes are restored.
 */
function measureFunction(f: ProxFunction, space: Space<AnyVector>): Measure[] {
  const v: AnyVector = space.random(SEEDS.from);
  const x: AnyVector = space.empty();
  const y: AnyVector = space.empty();
  const memories = f.memories(space).map((memory) => ({
    memory,
    filled: memory.filled,
    values: memory.filled ? memory.vector.copy() : undefined,
  }));
  const [vv = 0] = rdots([v, v]);
  // The value shows a threshold or a weight that no element of the prox shows
  const weight = f.isSmooth ? [] : [[f.value(v), 0, 0] as const];
  const found = (f.isQuadratic ? FEW_SIZES : SIZES).map((size) => {
    for (const { memory } of memories) memory.filled = false;
    x.axpby(size, v, 0);
    if (f.isSmooth) f.grad(x, y);
    else f.prox(x, 1, y);
    const [length, product] = measure(y);
    return [length, product, f.isSmooth ? 0 : size * Math.sqrt(vv)] as const;
  });
  for (const { memory, filled, values } of memories) {
    if (values) memory.vector.assign(values);
    memory.filled = filled;
    values?.dispose();
  }
  for (const vector of [v, x, y]) vector.dispose();
  return [...weight, ...found];
}

/**
 * A description of what a solver was called with. It holds the options that define the problem,
 * with the defaults in the state after the start. It also holds lengths and products of the data,
 * of operators applied to random vectors, and of functions at random vectors. The random vectors
 * depend on seeds and global indices alone. One application of each operator, up to six proxes and
 * a value of each function. Collective.
 */
export function describeProblem(
  name: string,
  args: readonly unknown[],
  options: object,
  { own, limits }: { readonly own: readonly string[]; readonly limits: readonly string[] },
  state: { readonly x: AnyVector },
): Problem {
  const settings: [string, Setting][] = [['the solver', name]];
  const measures: [string, readonly Measure[]][] = [];
  const { x } = state;
  const values: Readonly<Record<string, unknown>> = {
    ...(has(state, 'settings') ? (state['settings'] as object) : {}),
    ...state,
  };

  const spaceFor = (label: string): Space<AnyVector> => {
    if (label === 'single') return x.space.withDType(singleOf(x.dtype)) as Space<AnyVector>;
    const dual = values['z'] ?? values['y'];
    return label === 'g' && isVector(dual) ? dual.space : x.space;
  };
  const add = (label: string, value: unknown): void => {
    const key = label.slice(label.lastIndexOf('.') + 1);
    if (isLimit(key, limits)) return;
    if (isVector(value)) measures.push([`the vector ${label}`, [measure(value)]]);
    else if (isOperator(value)) {
      const space = key === 'SOp' ? (value.domainOf(x.space) as Space<AnyVector>) : spaceFor(key);
      measures.push([`the operator ${label}`, [measureOperator(value, space)]]);
    } else if (isFunction(value))
      measures.push([`the function ${label}`, measureFunction(value, spaceFor(key))]);
    else {
      const setting = plain(value);
      // An absent option counts as off
      if (setting !== undefined && setting !== false) settings.push([label, setting]);
      else if (Array.isArray(value)) for (const [k, member] of value.entries()) add(`${label}[${k}]`, member);
      else if (has(value) && [Object.prototype, null].includes(Object.getPrototypeOf(value)))
        for (const [inner, member] of Object.entries(value)) add(`${label}.${inner}`, member);
    }
  };

  for (const [k, value] of args.entries()) {
    if (value === options) continue;
    const label = Object.entries(state).find(([, inState]) => inState === value)?.[0] ?? `argument ${k + 1}`;
    if (isOperator(value) || isFunction(value)) add(label, value);
    // A start vector is measured below
    else if (isVector(value) && isOperator(args[0])) add('y', value);
  }
  add('x0', x);
  for (const key of own) {
    const start = /^([yz])0$/.exec(key)?.[1];
    const given: unknown = Reflect.get(options, key);
    if (key === 'x0') continue;
    if (start !== undefined) add(key, values[start]);
    else add(key, plain(values[key]) ?? given);
  }
  return { tolerance: TOLERANCE[isSingle(x.dtype) ? 'float32' : 'float64'], settings, measures };
}
