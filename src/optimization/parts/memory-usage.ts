import type { Scalar } from '../../core/base/complex.js';
import { bytesOf } from '../../core/base/dtype.js';
import { SizingBackend } from '../../core/kernels/sizing-backend.js';
import { LinearOperator, type SpaceOptions } from '../../core/operator/linear-operator.js';
import type { Elements } from '../../core/ports/backend.js';
import { InnerProducts, type PendingDots } from '../../core/vector/inner-products.js';
import { isSpace, isVector, type Space, type Vector, type VectorPair } from '../../core/vector/vector.js';
import { PLAIN_START, type SolverStart, vectorsOf } from '../solver-state.js';
import { isFunction } from './describe-problem.js';

/** The space of vectors without values. */
const sizingSpace = <V>(space: Space<V>): Space<V> => space.withBackend(SizingBackend.of(space.backend));

/** An operator with the spaces of another one. It computes nothing. */
class SizingOperator<M extends Vector<M>, D extends Vector<D>> extends LinearOperator<M, D> {
  readonly #of: LinearOperator<M, D>;

  constructor(of: LinearOperator<M, D>) {
    const { dims, dimsd, dtype, holdsData, comm, complexLinear } = of;
    super({ dims, dimsd, dtype, holdsData, comm, complexLinear });
    this.#of = of;
  }
  override get name(): string {
    return this.#of.name;
  }
  override domain(options?: SpaceOptions): Space<M> {
    return sizingSpace(this.#of.domain(options));
  }
  override rangeOf(x: Space<M>): Space<D> {
    return this.#of.rangeOf(x);
  }
  override domainOf(y: Space<D>): Space<M> {
    return this.#of.domainOf(y);
  }
  protected override forward(_x: M, _y: D): void {}
  protected override adjoint(_y: D, _x: M): void {}
}

/** Inner products of vectors without values: 1, without communication. */
class SizingProducts extends InnerProducts {
  override rdots(...pairs: readonly VectorPair[]): number[] {
    return pairs.map(() => 1);
  }
  override rdot(): number {
    return 1;
  }
  override vdots(...pairs: readonly VectorPair[]): Scalar[] {
    return pairs.map(() => 1);
  }
  override dot(): Scalar {
    return 1;
  }
  override startDots(...pairs: readonly VectorPair[]): PendingDots {
    return { wait: () => Float64Array.from({ length: 2 * pairs.length }, (_, k) => 1 - (k % 2)) };
  }
  override norm(): number {
    return 1;
  }
}

/** A proximal function whose methods compute nothing. */
const sizingFunction = (f: object): object =>
  new Proxy(f, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return name === 'memories' ? value.bind(target) : () => 1;
    },
  });

/** An argument of a solver, with vectors without values, and what computes with those. */
export function sizingArgument(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (isVector(value)) return sizingSpace(value.space).empty();
  if (isSpace(value)) return sizingSpace(value);
  if (value instanceof LinearOperator) return new SizingOperator(value);
  if (isFunction(value)) return sizingFunction(value);
  if (Array.isArray(value)) return value.map(sizingArgument);
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([name, v]) => [name, sizingArgument(v)]));
}

/** The start for an `init` whose arguments are of {@link sizingArgument}. */
export const SIZING_START: SolverStart = { ...PLAIN_START, dots: new SizingProducts(), sizesOnly: true };

/** The bytes of the vectors of a state on this rank. */
export function stateBytes(state: object): number {
  let bytes = 0;
  const add = ({ size, storage }: Elements): void => {
    bytes += size * bytesOf(storage.dtype);
  };
  for (const v of new Set(vectorsOf(state))) v.map(add);
  return bytes;
}
