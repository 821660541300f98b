import type { Communicator } from '../../src/core/ports/communicator.js';
import type * as Library from '../support/library.js';
import type { Kind, Parameter, Signatures, Target } from './signatures.js';

/** Returns uniform numbers in [0, 1) for a seed (Mulberry32, public domain). */
export function generator(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The environment that the calls of a program share. */
export interface Setting {
  readonly library: typeof Library;
  readonly comm: Communicator;
  readonly signatures: Signatures;
  /** The export of a module with this name. */
  exported(module: string, name: string): unknown;
  /** A path in a temporary folder. */
  path(name: string): string;
}

/** The draws for one call. */
export interface Draw {
  readonly setting: Setting;
  random(): number;
  pick<T>(list: readonly T[]): T;
  /** True if the vectors and operators of the call are distributed, false if all are local. */
  readonly distributed: boolean;
  readonly receiver: unknown;
}

type Maker = (draw: Draw) => unknown;

const SHAPES = [[4], [2, 2], [2, 3], [4, 4], [1], [3]] as const;
const DTYPE_NAMES = ['float64', 'float64', 'float64', 'float32', 'complex128', 'int32'] as const;

const array: Maker = ({ setting: { library: L }, pick, random }) => {
  const shape = random() < 0.5 ? [4] : pick(SHAPES);
  return L.NDArray.array(new Float64Array(shape.reduce((a, b) => a * b, 1)).map(random))
    .astype(random() < 0.7 ? 'float64' : pick(DTYPE_NAMES))
    .reshape(shape);
};
const spread: Maker = ({ setting: { library: L }, pick, random }) =>
  L.DistributedArray.ones(random() < 0.5 ? [4] : pick(SHAPES), {
    partition: random() < 0.8 ? 'SCATTER' : 'BROADCAST',
    dtype: random() < 0.7 ? 'float64' : pick(DTYPE_NAMES),
  });
const stack: Maker = ({ setting: { library: L } }) =>
  new L.StackedDistributedArray([L.DistributedArray.ones([4]), L.DistributedArray.ones([2, 2])]);
const space: Maker = (draw) => (vector(draw) as { space: unknown }).space;

const vector: Maker = (draw) => {
  const { receiver, random, setting } = draw;
  const { LinearOperator } = setting.library;
  if (receiver instanceof LinearOperator && random() < 0.7) {
    try {
      return (random() < 0.5 ? receiver.domain() : receiver.range()).zeros();
    } catch {
      // the operator has no natural space
    }
  }
  if (receiver instanceof setting.library.StackedDistributedArray) return stack(draw);
  const named = (receiver as { space?: { zeros(): unknown } } | undefined)?.space;
  if (named && random() < 0.7) return named.zeros();
  return draw.distributed ? (random() < 0.85 ? spread : stack)(draw) : array(draw);
};

const operator: Maker = (draw) => {
  const { setting, pick, random } = draw;
  const L = setting.library;
  if (random() < 0.3) {
    const made = madeBefore.filter(
      (x) => x instanceof L.LinearOperator && (x.comm !== undefined) === draw.distributed,
    );
    if (made.length > 0) return pick(made);
  }
  return draw.distributed ? spreadOperator(draw) : localOperator(draw);
};
const localOperator: Maker = ({ setting: { library: L }, pick }) =>
  pick([
    () => new L.MatrixMult(L.NDArray.eye(4).add(1)),
    () => new L.Diagonal([1, 2, 3, 4]),
    () => new L.FirstDerivative([4]),
    () => new L.Identity([4]),
    () => new L.FFT([4]),
  ])();
const spreadOperator: Maker = ({ setting: { library: L }, pick }) =>
  pick([
    () => new L.MPIFirstDerivative([4]),
    () => new L.MPILaplacian([2, 2]),
    () => new L.MPIBlockDiag([new L.Identity([2])]),
  ])();

const traced: Maker = ({ setting: { library: L } }) => {
  let seen: unknown;
  L.fuse((x: Library.Traced) => {
    seen = x;
    return x.add(1);
  })(L.NDArray.ones([4]));
  return seen;
};

const prox: Maker = ({ setting: { library: L }, pick }) =>
  pick([
    () => new L.L1(),
    () => new L.L2(),
    () => new L.Euclidean(),
    () => new L.L0(),
    () => new L.L1Ball(),
  ])();

const storage: Maker = (draw) => (array(draw) as Library.NDArray).storage;
const memory: Maker = ({ pick }) =>
  pick([Float64Array.of(1, 2, 3, 4), Float32Array.of(1, 2), Int32Array.of(1, 2, 3, 4)]);
const hostSpan: Maker = ({ setting: { library: L } }) => L.hostSpan(Float64Array.of(1, 2, 3, 4));

/**
 * Objects that constructors have returned. They are used as receivers of methods and as arguments.
 */
const madeBefore: object[] = [];
const KEPT = 400;
export function keepMade(object: object): void {
  if (madeBefore.length < KEPT) madeBefore.push(object);
  else madeBefore[Math.floor((madeBefore.length * 7919) % KEPT)] = object;
}

/**
 * Makers of values of classes and interfaces that cannot be made from their TypeScript type alone.
 */
export const MAKERS: Readonly<Record<string, Maker>> = {
  NDArray: array,
  DistributedArray: spread,
  StackedDistributedArray: stack,
  AnyDistributedArray: (draw) => (draw.random() < 0.8 ? spread : stack)(draw),
  Vector: vector,
  AnyVector: vector,
  Elements: array,
  Space: space,
  NDArraySpace: (draw) => (array(draw) as Library.NDArray).space,
  DistributedSpace: (draw) => (spread(draw) as Library.DistributedArray).space,
  StackedSpace: (draw) => (stack(draw) as Library.StackedDistributedArray).space,
  Layout: (draw) => (spread(draw) as Library.DistributedArray).layout,
  LinearOperator: operator,
  AnyOperator: operator,
  LocalOperator: localOperator,
  AnyLocalOperator: localOperator,
  MPILinearOperator: spreadOperator,
  FunctionOperator: ({ setting: { library: L } }) => new L.FunctionOperator((x) => x, 4),
  ProxOperator: prox,
  Backend: ({ setting: { library: L } }) => L.defaultBackend(),
  Communicator: ({ setting, pick }) => pick([setting.comm, setting.comm, setting.library.COMM_SELF]),
  Storage: storage,
  Transferable: (draw) => draw.pick([memory, array, hostSpan])(draw),
  HostArray: memory,
  HostData: (draw) => (draw.random() < 0.5 ? memory : array)(draw),
  Span: hostSpan,
  HostSpan: hostSpan,
  DeviceSpan: hostSpan,
  Traced: traced,
  // biome-ignore format: one line
  Nested: ({ pick }) => pick([[1, 2, 3, 4], 3, [[1, 2], [3, 4]], [{ re: 1, im: 2 }]]),
  Scalar: ({ pick }) => pick([2, -0.5, 0, 1, { re: 1, im: -2 }]),
  DType: ({ pick }) => pick(DTYPE_NAMES),
  Shape: ({ pick, random }) => [...(random() < 0.5 ? [4] : pick(SHAPES))],
  Float64Array: () => Float64Array.of(1, 2, 3, 4),
  Float32Array: () => Float32Array.of(1, 2, 3, 4),
  Int32Array: () => Int32Array.of(0, 1, 2, 3),
  Uint8Array: () => Uint8Array.of(1, 2, 3, 4),
  ArrayBuffer: () => new ArrayBuffer(64),
  SharedArrayBuffer: () => new SharedArrayBuffer(64),
  Promise: () => Promise.resolve(1),
  ArrayLike: () => [1, 2, 3],
  Iterable: () => [1, 2, 3],
  Map: () => new Map(),
  ReadonlyMap: () => new Map(),
  Function: () => () => 1,
  Error: () => new Error('of a user'),
};

/**
 * Parameters for which huge numbers are left out, because the number of steps or the size would be
 * too large.
 */
const ENDLESS = /niter|ninner|nouter|iterations|maxTime|interval|timeout|num\b|count|every|width|length/i;
/** Sizes that exceed the memory of every machine. */
const HUGE = [2 ** 53, 2 ** 40, 1e300, Number.MAX_SAFE_INTEGER];

/** Values that are wrong for nearly every parameter. Each is made anew. */
const WRONG: readonly Maker[] = [
  () => undefined,
  () => null,
  () => Number.NaN,
  () => Number.POSITIVE_INFINITY,
  () => Number.NEGATIVE_INFINITY,
  () => -1,
  () => 0,
  () => -0,
  () => 1.5,
  () => 7,
  () => -(2 ** 31),
  () => '2',
  () => '',
  () => 'abc',
  () => '__proto__',
  () => true,
  () => false,
  () => 3n,
  () => Symbol('s'),
  () => ({}),
  () => ({ nv: 1 }),
  () => ({ length: 2 }),
  () => ({ re: 1 }),
  () => ({ re: '1', im: {} }),
  () => ({ dtype: 'float16', axis: 'x', shape: 3, space: null, storage: undefined }),
  () => Object.create(null),
  () => [],
  () => [1, 2],
  () => [0, 1],
  () => [[1], [2, 3]],
  () => ['a', 'b'],
  () => [Number.NaN],
  () => [-1],
  () => [1.5],
  () => [null],
  () => [undefined, undefined],
  () => [Symbol('in a list')],
  () => [1n],
  () => [{}],
  () => new Array(3),
  () => () => 1,
  () => class Wrong {},
  () => async () => 1,
  () => Promise.resolve(1),
  () => new Date(0),
  () => /x/,
  () => new Map([[1, 2]]),
  () => new Set([1]),
  () => new WeakMap(),
  () => new Error('of a user'),
  () => new Uint8Array(4),
  () => new Float32Array(4),
  () => new Float64Array(3),
  () => new Int32Array(2),
  () => new BigInt64Array(4),
  () => new ArrayBuffer(32),
  () => new DataView(new ArrayBuffer(8)),
  () => new Proxy({}, {}),
  () => new Proxy([1, 2], {}),
  () => new Proxy(() => 1, {}),
  () => [1, 2, 3, 4][Symbol.iterator](),
  array,
  spread,
  stack,
  localOperator,
  spreadOperator,
  prox,
  ({ setting }) => setting.comm,
  ({ setting }) => setting.library.defaultBackend(),
  space,
  storage,
  ({ setting: { library: L } }) => {
    const x = L.NDArray.ones([4]);
    x.dispose();
    return x;
  },
  ({ setting: { library: L } }) => L.NDArray,
  ({ setting: { library: L } }) => L.FirstDerivative,
];

/** Numbers for a parameter with a name for which only some numbers are useful. */
const NUMBERS: readonly (readonly [RegExp, readonly number[]])[] = [
  [/axis/i, [0, 0, -1, 1]],
  [/seed/i, [0, 1, 20]],
  [/niter|outer|inner|iterations|every/i, [1, 2, 3]],
  [/tol|eps|damp/i, [0, 1e-4, 1e-10]],
  [/rank|root|from|to\b|source/i, [0]],
  [/tag/i, [0, 5]],
  [/sampling|dt|dr|dx|dz|d[0-9]|step/i, [1, 0.5, 2]],
  [/offset|start|byteOffset/i, [0, 0, 1]],
  [/alpha|tau|mu|rho|sigma|gamma|radius|lambda|theta/i, [1, 0.5, 0.1]],
];
const ANY_NUMBER = [1, 2, 4, 4, 3, 0, 0.5, -1];

const STRINGS: readonly (readonly [RegExp, Maker])[] = [
  [
    /path|file|folder|dir|store/i,
    ({ setting, pick }) => setting.path(pick(['a.npy', 'b.npz', 'c.zarr', 'd.segy', 'e.png', 'f'])),
  ],
  [/backend/i, () => 'cpu'],
];

/** Draws arguments, and the wrong value for one of them. */
export class Arguments implements Draw {
  #made = 0;
  constructor(
    readonly setting: Setting,
    readonly random: () => number,
    readonly receiver: unknown,
    readonly distributed: boolean,
    /** Draws the wrong value, so that the other values stay the same. */
    readonly other: () => number,
    /** The index of the value that is made wrong, in the order in which values are made. */
    readonly wrongAt: number,
  ) {}

  pick = <T>(list: readonly T[]): T => list[Math.floor(this.random() * list.length)] as T;

  /** The number of values that were made. */
  get made(): number {
    return this.#made;
  }

  list(parameters: readonly Parameter[]): unknown[] {
    const values: unknown[] = [];
    for (const parameter of parameters) {
      if (parameter.optional && this.random() < (/^(options|out)$/.test(parameter.name) ? 0.4 : 0.6)) break;
      const times = parameter.rest ? Math.floor(this.random() * 3) : 1;
      for (let k = 0; k < times; k++) values.push(this.value(parameter.kind, parameter.name));
    }
    return values;
  }

  value(kind: number, name: string, depth = 0): unknown {
    if (this.#made++ === this.wrongAt) return this.wrong(name);
    return this.#right(this.setting.signatures.kinds[kind] as Kind, name, depth);
  }

  /** A wrong value for a parameter of this name. */
  wrong(name: string): unknown {
    const draw: Draw = {
      ...this,
      random: this.other,
      pick: (list) => list[Math.floor(this.other() * list.length)] as never,
    };
    if (this.other() < 0.06 && !ENDLESS.test(name)) return draw.pick(HUGE);
    const value = draw.pick(WRONG)(draw);
    return value === Number.POSITIVE_INFINITY && ENDLESS.test(name) ? Number.NaN : value;
  }

  #right(kind: Kind, name: string, depth: number): unknown {
    switch (kind.is) {
      case 'number':
        return this.pick(NUMBERS.find(([pattern]) => pattern.test(name))?.[1] ?? ANY_NUMBER);
      case 'string':
        return (
          STRINGS.find(([pattern]) => pattern.test(name))?.[1](this) ?? this.pick(['a', 'x', 'some text'])
        );
      case 'boolean':
        return this.random() < 0.5;
      case 'literal':
        return kind.value;
      case 'nothing':
        return undefined;
      case 'null':
        return null;
      case 'any':
        return this.pick<Maker>([() => 1, () => 'text', () => [1, 2], () => ({}), array, localOperator])(
          this,
        );
      case 'union': {
        const of = kind.of.filter((k) => (this.setting.signatures.kinds[k] as Kind).is !== 'nothing');
        return of.length === 0 ? undefined : this.#inner(this.pick(of), name, depth);
      }
      case 'tuple':
        return kind.of.map((k) => this.#inner(k, name, depth + 1));
      case 'list': {
        if (depth > 4) return [];
        const length = this.pick([1, 2, 2, 4]);
        return Array.from({ length }, () => this.#inner(kind.of, name, depth + 1));
      }
      case 'function': {
        const result = this.#inner(kind.of, name, 9);
        return (first: unknown) =>
          typeof first === 'object' && first !== null && result === undefined ? undefined : result;
      }
      case 'object': {
        if (depth > 4) return {};
        const object: Record<string, unknown> = {};
        for (const member of kind.members)
          if (!member.optional || this.random() < 0.25)
            object[member.name] = this.#inner(member.kind, member.name, depth + 1);
        return object;
      }
      case 'instance': {
        const maker = MAKERS[kind.name];
        return maker ? maker(this) : this.instance(kind.name, depth);
      }
    }
  }

  #inner(kind: number, name: string, depth: number): unknown {
    return this.value(kind, name, depth);
  }

  /** An object of an exported class, made by its constructor. */
  instance(name: string, depth = 0): unknown {
    const { targets } = this.setting.signatures;
    const before = madeBefore.filter((x) => x.constructor.name === name);
    if (before.length > 2 && this.random() < 0.8) return this.pick(before);
    const target = targets.find((t) => t.form === 'construct' && t.owner === name);
    if (!target || depth > 1) return before.length > 0 ? this.pick(before) : undefined;
    for (let attempt = 0; attempt < 12; attempt++) {
      try {
        const made = construct(this.setting, target, this.#withoutFault().list(this.pick(target.overloads)));
        keepMade(made);
        return made;
      } catch {
        // try other arguments
      }
    }
    return before[0];
  }

  #withoutFault(): Arguments {
    return new Arguments(this.setting, this.random, this.receiver, false, this.other, -1);
  }
}

export function construct(setting: Setting, target: Target, values: readonly unknown[]): object {
  const made = setting.exported(target.module, target.owner) as new (...list: readonly unknown[]) => object;
  return new made(...values);
}

/**
 * An object of an exported class, as the receiver of its methods. Undefined if none could be made.
 */
export function receiverOf(draw: Arguments, target: Target): unknown {
  const maker = MAKERS[target.owner];
  return maker ? maker(draw) : draw.instance(target.owner);
}

/** A short text for any value. */
export function textOf(value: unknown, depth = 0): string {
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? '-0' : String(value);
  const name = Object.prototype.toString.call(value);
  if (Array.isArray(value))
    return depth > 2 ? '[…]' : `[${Array.from(value, (v) => textOf(v, depth + 1)).join(', ')}]`;
  const made: unknown = Object.getPrototypeOf(value)?.constructor;
  if (typeof made === 'function' && made !== Object) {
    const { shape, dims } = value as { shape?: unknown; dims?: unknown };
    const of = Array.isArray(dims) ? dims : shape;
    return `<${made.name}${Array.isArray(of) ? ` [${of}]` : ''}>`;
  }
  if (depth > 2 || name !== '[object Object]') return name;
  return `{ ${Reflect.ownKeys(value)
    .map((key) => `${String(key)}: ${textOf((value as Record<PropertyKey, unknown>)[key], depth + 1)}`)
    .join(', ')} }`;
}
