import { type NDArray, NDArraySpace } from '../../../src/core/array/ndarray.js';
import type { Scalar } from '../../../src/core/base/complex.js';
import { type DType, isDType } from '../../../src/core/base/dtype.js';
import type { Backend } from '../../../src/core/ports/backend.js';
import type { GoldenCase, OperatorNode } from './case.js';
import { NotSupported } from './not-supported.js';

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** The options that the case specifies. */
export function given<T extends object>(options: T): Defined<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Defined<T>;
}

const isRecord = (v: unknown): v is Readonly<Record<string, unknown>> =>
  typeof v === 'object' && v !== null && !Array.isArray(v);

/**
 * The arguments of one operator of a case. Null and missing ones are undefined. An argument of
 * another type than requested is an error.
 */
export class Params {
  constructor(
    readonly owner: string,
    readonly values: Readonly<Record<string, unknown>>,
    readonly source: GoldenCase,
    readonly backend: Backend,
  ) {}

  number(name: string): number | undefined {
    return this.#as(name, 'a number', decodeNumber);
  }
  numbers(name: string): number[] | undefined {
    return this.#as(name, 'numbers', (v) => (Array.isArray(v) ? allOf(v, decodeNumber) : this.#list(v)));
  }
  /** A number, or a list of numbers. */
  numberOrList(name: string): number | number[] | undefined {
    return this.#as(name, 'a number or numbers', (v) =>
      Array.isArray(v) ? allOf(v, decodeNumber) : (decodeNumber(v) ?? this.#list(v)),
    );
  }
  scalar(name: string): Scalar | undefined {
    return this.#as(name, 'a scalar', (v) => {
      const pair = isRecord(v) && Array.isArray(v['complex']) ? allOf(v['complex'], decodeNumber) : undefined;
      return pair ? { re: pair[0] as number, im: pair[1] as number } : decodeNumber(v);
    });
  }
  flag(name: string): boolean | undefined {
    return this.#as(name, 'true or false', (v) => (typeof v === 'boolean' ? v : undefined));
  }
  /** A flag, or a list of flags. */
  flagOrList(name: string): boolean | boolean[] | undefined {
    const decode = (v: unknown): boolean | undefined => (typeof v === 'boolean' ? v : undefined);
    return this.#as(name, 'a flag or flags', (v) => (Array.isArray(v) ? allOf(v, decode) : decode(v)));
  }
  string(name: string): string | undefined {
    return this.#as(name, 'a string', (v) => (typeof v === 'string' ? v : undefined));
  }
  /** The element of a set of names that is equal to this argument. */
  oneOf<T>(name: string, set: readonly T[]): T | undefined {
    return this.#as(name, `one of ${set.join(', ')}`, (v) => set.find((member) => member === v));
  }
  dtype(): DType | undefined {
    const given = this.#as('dtype', 'a dtype', (v) => (isDType(v) ? this.source.dtype(v) : undefined));
    // operators have double precision unless the case says otherwise
    const { dtype } = this.source.content;
    return given ?? (this.source.narrowed && isDType(dtype) ? dtype : undefined);
  }
  /** An array argument on the backend of the run. */
  array(name: string): NDArray | undefined {
    return this.#as(name, 'an array', (v) => {
      if (!isRecord(v) || typeof v['npy'] !== 'string') return undefined;
      const { values, shape, dtype } = this.source.read(v['npy']);
      if (!this.backend.dtypes.includes(dtype))
        throw new NotSupported(`${dtype} on backend '${this.backend.name}'`);
      return NDArraySpace.of(shape, dtype, this.backend).upload(values);
    });
  }
  /** Positions along an axis, in double precision on every backend. */
  positions(name: string): Float64Array | undefined {
    return this.#as(name, 'positions', (v) =>
      isRecord(v) && typeof v['npy'] === 'string'
        ? Float64Array.from(this.source.readExactly(v['npy']).values)
        : undefined,
    );
  }
  operator(name: string): OperatorNode | undefined {
    return this.#as(name, 'an operator', decodeOperator);
  }
  operators(name: string): OperatorNode[] | undefined {
    return this.#as(name, 'operators', (v) => (Array.isArray(v) ? allOf(v, decodeOperator) : undefined));
  }

  /** The same arguments with some of them replaced. */
  with(values: Readonly<Record<string, unknown>>): Params {
    return new Params(this.owner, { ...this.values, ...values }, this.source, this.backend);
  }

  /** The arguments within an entry, by name, or by index if the entry is a list. */
  inside(name: string): Params {
    const value = this.values[name];
    return new Params(
      name,
      Object.fromEntries(Object.entries(typeof value === 'object' && value !== null ? value : {})),
      this.source,
      this.backend,
    );
  }

  #list(v: unknown): number[] | undefined {
    return isRecord(v) && typeof v['npy'] === 'string'
      ? Array.from(this.source.read(v['npy']).values)
      : undefined;
  }
  #as<T>(name: string, what: string, decode: (value: unknown) => T | undefined): T | undefined {
    const value = this.values[name];
    if (value === undefined || value === null) return undefined;
    const decoded = decode(value);
    if (decoded === undefined)
      throw new Error(`${this.owner}: ${name} is not ${what}: ${JSON.stringify(value)}`);
    return decoded;
  }
}

/**
 * Returns a value that the case must have.
 *
 * @throws Error if it is undefined
 */
export function required<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`the case lacks ${what}`);
  return value;
}

const FLOATS: Readonly<Record<string, number>> = {
  inf: Number.POSITIVE_INFINITY,
  '-inf': Number.NEGATIVE_INFINITY,
  nan: Number.NaN,
};

const isOperator = (v: unknown): v is OperatorNode => isRecord(v) && typeof v['op'] === 'string';
const decodeOperator = (v: unknown): OperatorNode | undefined => (isOperator(v) ? v : undefined);

function decodeNumber(v: unknown): number | undefined {
  if (typeof v === 'number') return v;
  return isRecord(v) && typeof v['float'] === 'string' ? FLOATS[v['float']] : undefined;
}

function allOf<T>(values: readonly unknown[], decode: (v: unknown) => T | undefined): T[] | undefined {
  const decoded = values.map(decode);
  return decoded.every((v): v is T => v !== undefined) ? decoded : undefined;
}
