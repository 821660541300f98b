import { LinearOperator } from '../core/operator/linear-operator.js';
import type { Backend } from '../core/ports/backend.js';
import type { Communicator } from '../core/ports/communicator.js';

/** A product of an operator, a method of a backend, or a method of a communicator or request. */
export type CallKind = 'operator' | 'kernel' | 'communication';

/** A call that is about to be made. */
export interface Call {
  readonly kind: CallKind;
  /** The name of the method. */
  readonly name: string;
  /** The object whose method is called. */
  readonly self: object;
  readonly args: readonly unknown[];
  /** Makes the call. */
  proceed(): unknown;
}

/** The name of a product of an operator, such as `MPIFirstDerivative.matvec`. */
export const productName = ({ self, name }: Call): string =>
  `${(self as LinearOperator<never, never>).name}.${name}`;

/** Surrounds a call: makes it and returns its result. */
export type Around = (call: Call) => unknown;

type Method = (...args: unknown[]) => unknown;
type Wrap = (method: Method) => Method;

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
const has = (value: object, name: string): boolean => typeof Reflect.get(value, name) === 'function';

const PRODUCTS = ['matvec', 'rmatvec', 'matvecAdd', 'rmatvecAdd'];
/** Methods of a backend that are no work. */
const NO_WORK = ['synchronize', 'stats'];

/** An object and the prototypes from which it inherits methods. */
function* chain(target: object): Generator<object> {
  for (let at: object | null = target; at && at !== Object.prototype; at = Reflect.getPrototypeOf(at))
    yield at;
}

/** A replaced method: its original, and what surrounds it, the innermost first. */
interface Replaced {
  readonly original: PropertyDescriptor;
  readonly wraps: Wrap[];
}

/** All replaced methods, so that several interpositions may end in any order. */
const replaced = new WeakMap<object, Map<string, Replaced>>();

function define(owner: object, name: string, { original, wraps }: Replaced): void {
  const value = wraps.reduce((method, wrap) => wrap(method), original.value as Method);
  Object.defineProperty(owner, name, { ...original, value });
}

/** Surrounds a method. Returns the function that ends this. */
function surround(owner: object, name: string, original: PropertyDescriptor, wrap: Wrap): () => void {
  const methods = replaced.get(owner) ?? new Map<string, Replaced>();
  replaced.set(owner, methods);
  const entry = methods.get(name) ?? { original, wraps: [] };
  methods.set(name, entry);
  entry.wraps.push(wrap);
  define(owner, name, entry);
  return () => {
    entry.wraps.splice(entry.wraps.indexOf(wrap), 1);
    define(owner, name, entry);
    if (entry.wraps.length === 0) methods.delete(name);
  };
}

/**
 * Surrounds the products of operators, the methods of a backend and those of a communicator, until
 * the returned function is called. Communicators and requests that the calls return are included,
 * and persistent requests that exist already. Methods of prototypes are replaced, so that other
 * backends and communicators of the same class are included too. Without an interposition there is
 * no cost.
 */
export function interpose(backend: Backend, comm: Communicator, around: Around): () => void {
  const seen = new WeakSet<object>();
  const undo: (() => void)[] = [];
  const include = (target: object, kind: CallKind, chosen: (name: string) => boolean): void => {
    for (const owner of chain(target)) {
      if (seen.has(owner)) continue;
      seen.add(owner);
      for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(owner)))
        if (typeof descriptor.value === 'function' && name !== 'constructor' && chosen(name))
          undo.push(surround(owner, name, descriptor, wrapper(kind, name)));
    }
  };
  const wrapper =
    (kind: CallKind, name: string): Wrap =>
    (method) =>
      function (this: object, ...args: unknown[]) {
        const result = around({ kind, name, self: this, args, proceed: () => method.apply(this, args) });
        if (kind === 'communication' && isObject(result) && (has(result, 'wait') || has(result, 'barrier')))
          include(result, kind, () => true);
        return result;
      };
  include(backend, 'kernel', (name) => !NO_WORK.includes(name));
  include(comm, 'communication', () => true);
  // The class of persistent requests, of which some may exist already
  const request = comm.recvInit(new Int32Array(1), comm.rank);
  include(request, 'communication', () => true);
  request.free();
  include(LinearOperator.prototype, 'operator', (name) => PRODUCTS.includes(name));
  return () => {
    for (const end of undo.splice(0)) end();
  };
}
