import * as xp from '../../../../src/array/index.js';
import { NDArray, NDArraySpace } from '../../../../src/core/array/ndarray.js';
import type { Scalar } from '../../../../src/core/base/complex.js';
import { isDType, kindOf } from '../../../../src/core/base/dtype.js';
import { sameShape } from '../../../../src/core/base/shape.js';
import { DistributedArray } from '../../../../src/core/distributed/distributed-array.js';
import type { CaseFile } from '../case.js';
import { FACTORS } from '../factors.js';
import { NotSupported } from '../not-supported.js';
import { type Params, required } from '../params.js';
import { denseOf, SPARSE, type SparseArgument, sparseArray } from '../sparse-arrays.js';
import type { Trial } from '../trial.js';
import { numbers } from '../vectors.js';

/** What case.json of an array function has beside the parts of all kinds. */
interface ArrayFunctionCase extends CaseFile {
  readonly function: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  /** Files, or numbers. */
  readonly results: readonly (string | { readonly expected: unknown })[];
  readonly result_kinds: readonly string[];
  readonly compare: string;
  readonly signed_zeros?: boolean;
  readonly distributed?: boolean;
  readonly axis?: number;
  /** Single precision gives other answers. */
  readonly needs_double?: boolean;
}

const camel = (name: string): string => name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
/** Names of the cases that the library writes differently. */
const NAMES: Readonly<Record<string, string>> = {
  isclose: 'isClose',
  getitem: 'getItem',
  setitem: 'setItem',
};

/** How many arguments stand before the options, where some of them may be left out. */
const POSITIONAL: Readonly<Record<string, number>> = { trapz: 2, 'ndimage.median_filter': 2 };
/** Options that cases give by their place, after this many arguments. */
const OPTIONS: Readonly<Record<string, readonly [number, string]>> = {
  convolve: [2, 'mode'],
  diagonal: [1, 'offset'],
};

type Compute = (...args: unknown[]) => unknown;

/** The function of `lops-mpi/array` that a case names, such as `special.erf`. */
function functionOf(name: string): Compute {
  const method = SPARSE[name] as Compute | undefined;
  if (method) return method;
  let found: unknown = xp;
  for (const part of name.split('.'))
    found = (found as Readonly<Record<string, unknown>> | undefined)?.[NAMES[part] ?? camel(part)];
  if (typeof found !== 'function') throw new NotSupported(`function ${name}`);
  return found as Compute;
}

/** The arguments of a case, of which arrays are distributed if the case is run on several ranks. */
class Arguments {
  readonly #trial: Trial;
  readonly #axis: number | undefined;
  /** Whether the case is one of sparse arrays, whose vectors are split too. */
  readonly #isSparse: boolean;
  /** The shape of the first array. Arrays of the same shape are split as it is. */
  #split: readonly number[] | undefined;

  constructor(trial: Trial, { distributed, axis, family }: ArrayFunctionCase) {
    this.#isSparse = family === 'sparse';
    this.#trial = trial;
    this.#axis = distributed ? (axis ?? 0) : undefined;
  }

  of(p: Params, name: string): unknown {
    const value = p.values[name];
    if (value === null || typeof value === 'boolean') return value;
    if (typeof value === 'string') return isDType(value) ? this.#trial.source.dtype(value) : value;
    if (Array.isArray(value)) {
      const list = p.inside(name);
      return value.map((_, k) => this.of(list, `${k}`));
    }
    if (typeof value === 'object' && 'npy' in value) return this.#array(value.npy as string);
    if (typeof value === 'object' && 'sparse' in value)
      return this.#sparse(value as unknown as SparseArgument, p.inside(name).inside('sparse'));
    if (typeof value === 'object' && 'stop' in value)
      return ['start', 'stop', 'step'].map((part) => (value as Readonly<Record<string, unknown>>)[part]);
    return required(p.scalar(name), name);
  }

  #sparse(argument: SparseArgument, p: Params): unknown {
    const names = argument.sparse.format === 'csr' ? ['data', 'indices', 'indptr'] : ['data', 'row', 'col'];
    const entries = Object.fromEntries(names.map((part) => [part, p.array(part)]));
    return sparseArray(argument, entries as never, this.#axis === undefined ? undefined : this.#trial.comm);
  }

  #array(file: string): NDArray | DistributedArray {
    const { backend, comm } = this.#trial;
    const { values, shape, dtype } = this.#trial.input(file);
    const whole = NDArraySpace.of(shape, dtype, backend).upload(values);
    this.#split ??= shape;
    const isSplit = this.#isSparse || sameShape(shape, this.#split);
    if (this.#axis === undefined || !isSplit) return whole;
    return DistributedArray.empty(shape, { dtype, backend, comm, axis: this.#axis }).assignGlobal(whole);
  }
}

const wholeOf = (x: unknown): NDArray => (x instanceof DistributedArray ? x.asArray() : (x as NDArray));

/** Compares the kind of a result, and with `signed_zeros` the signs of its zeros. */
function compareKind(trial: Trial, name: string, result: NDArray, kind: string, file: string): void {
  const { signed_zeros: signs } = trial.source.content as ArrayFunctionCase;
  trial.compareNumbers(`${name}: kind ${kind}`, [Number(kindOf(result.dtype) === kind)], [1]);
  if (!signs) return;
  const negativeZeros = (values: ArrayLike<number>): number[] =>
    Array.from(values, (v) => Number(Object.is(v, -0)));
  trial.compareNumbers(
    `${name}: negative zeros`,
    negativeZeros(result.toHost()),
    negativeZeros(trial.source.read(file).values),
  );
}

/** Runs a function of `lops-mpi/array` and compares its results. */
export function arrayFunction(trial: Trial): void {
  const content = trial.source.content as ArrayFunctionCase;
  const { function: name, distributed, needs_double: needsDouble, results, result_kinds: kinds } = content;
  const compute = functionOf(name);
  if (needsDouble && trial.source.narrowed) throw new NotSupported(`single precision for ${name}`);
  // Every rank computes the whole of a case that is not for distributed arrays
  const given = new Arguments(trial, {
    ...content,
    distributed: distributed === true && trial.comm.size > 1,
  });
  const list = trial.params.with({ args: content.args, kwargs: content.kwargs });
  const args = given.of(list, 'args') as unknown[];
  const named = list.inside('kwargs');
  const options = Object.keys(named.values).map((key) => [camel(key), given.of(named, key)]);
  const [count, option] = OPTIONS[name] ?? [args.length, ''];
  for (const value of args.splice(count)) options.push([option, value]);
  while (args.length < (POSITIONAL[name] ?? 0)) args.push(undefined);
  const { hostFallbacks } = trial.backend.stats();
  const computed = compute(...args, ...(options.length > 0 ? [Object.fromEntries(options)] : []));
  if (trial.backend.name === 'cuda')
    trial.compareNumbers('kernels on the host', [trial.backend.stats().hostFallbacks - hostFallbacks], [0]);
  const factors = FACTORS[content.compare];
  if (factors) {
    const [a, ...parts] = [args[0], ...(computed as unknown[])].map(wholeOf) as [NDArray, ...NDArray[]];
    return factors(trial, a, parts, results[0] as string);
  }
  const values = (results.length === 1 ? [computed] : (computed as unknown[])).map(denseOf);
  results.forEach((expected, k) => {
    const result = values[k];
    const label = results.length === 1 ? name : `${name} ${k}`;
    if (typeof result === 'boolean' || typeof result === 'number' || !(typeof expected === 'string')) {
      const value = typeof result === 'boolean' ? Number(result) : (result as NDArray | Scalar);
      compareNumber(trial, label, value, expected, list);
      return;
    }
    const whole = wholeOf(result);
    trial.compareNumbers(`${label}: shape`, whole.shape, trial.source.read(expected).shape);
    compareKind(trial, label, whole, kinds[k] as string, expected);
    trial.compare(label, whole, expected);
  });
}

/** Compares a number with an entry of the case, which may be a boolean or a file of one element. */
function compareNumber(
  trial: Trial,
  label: string,
  value: NDArray | Scalar,
  expected: string | { readonly expected: unknown },
  params: Params,
): void {
  if (typeof expected === 'string') return trial.compare(label, numbers([value as number]), expected);
  const wanted = expected.expected;
  const scalar = typeof wanted === 'boolean' ? Number(wanted) : params.with({ wanted }).scalar('wanted');
  trial.compareScalar(label, value instanceof NDArray ? value.get() : value, required(scalar, 'expected'));
}
