import { type DType, isBoolean, isComplex, isFloat } from '../../src/core/base/dtype.js';
import { type Defaults, withDefaults } from '../../src/core/base/options.js';
import type { Backend } from '../../src/core/ports/backend.js';
import type { Communicator } from '../../src/core/ports/communicator.js';
import { tolerance } from './tolerance.js';

/**
 * The arguments of the body of a distributed test. While the body runs, the default backend and the
 * default communicator are set to these.
 */
export interface RanksContext {
  /** A communicator for tests only. A failed test leaves no messages to the next one. */
  readonly comm: Communicator;
  readonly backend: Backend;
  /** The dtypes of numbers that the backend supports: all but bool. */
  readonly dtypes: readonly DType[];
  /** The dtypes of floats. */
  readonly floats: readonly DType[];
  /** The dtypes of real floats. */
  readonly reals: readonly DType[];
  /** The largest relative error of a few operations in this precision. */
  tolerance(dtype: DType): number;
  /** Ends the test on this rank as skipped. All ranks must call it. */
  skip(why: string): never;
}

export type RanksBody = (context: RanksContext) => void | Promise<void>;

export interface DistributedOptions {
  /**
   * The numbers of ranks.
   *
   * @default 1, 2, 3, 4
   */
  readonly ranks?: readonly number[];
  /**
   * Names from `backends.ts`.
   *
   * @default all of them
   */
  readonly backends?: readonly string[];
  /**
   * Milliseconds.
   *
   * @default 30 000
   */
  readonly timeout?: number;
}

const DEFAULTS = {
  ranks: undefined,
  backends: undefined,
  timeout: undefined,
} satisfies Defaults<DistributedOptions>;

export interface DistributedTest {
  readonly title: string;
  readonly options: DistributedOptions;
  readonly body: RanksBody;
}

/** The error that `skip` throws. */
export class Skip {
  readonly why: string;
  constructor(why: string) {
    this.why = why;
  }
}

let tests: DistributedTest[] = [];
const groups: string[] = [];
/** The collected tests by URL, because a module is evaluated only once. */
const collected = new Map<string, readonly DistributedTest[]>();

/**
 * Defines a test whose body runs on every rank of 1 to 4, on every backend. It must be called at
 * the top level of a `*.ranks.ts` file, or in a `group` there. The test fails if the body throws.
 * An error on one rank fails the test on all ranks.
 */
export function distributed(title: string, body: RanksBody): void;
export function distributed(title: string, options: DistributedOptions, body: RanksBody): void;
export function distributed(title: string, first: DistributedOptions | RanksBody, second?: RanksBody): void {
  const [options, body] = typeof first === 'function' ? [{}, first] : [first, second];
  if (!body) throw new Error(`${title}: expected a body`);
  withDefaults('distributed', options, DEFAULTS);
  const full = [...groups, title].join(': ');
  if (tests.some((t) => t.title === full)) throw new Error(`two tests are called '${full}'`);
  tests.push({ title: full, options, body });
}

/** Puts a name before the titles of the tests that `define` defines. */
export function group(name: string, define: () => void): void {
  groups.push(name);
  try {
    define();
  } finally {
    groups.pop();
  }
}

/** The tests that a file defines. */
export async function collect(url: string): Promise<readonly DistributedTest[]> {
  const known = collected.get(url);
  if (known) return known;
  tests = [];
  await import(url);
  if (tests.length === 0) throw new Error(`${url} defines no tests`);
  collected.set(url, tests);
  return tests;
}

export function makeContext(comm: Communicator, backend: Backend): RanksContext {
  return {
    comm,
    backend,
    dtypes: backend.dtypes.filter((d) => !isBoolean(d)),
    floats: backend.dtypes.filter(isFloat),
    reals: backend.dtypes.filter((d) => isFloat(d) && !isComplex(d)),
    tolerance,
    skip: (why) => {
      throw new Skip(why);
    },
  };
}
