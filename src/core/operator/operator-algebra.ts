import type { NDArray } from '../array/ndarray.js';
import { conj, im, isScalar, mul as multiplyScalars, re, type Scalar } from '../base/complex.js';
import { complexOf, type DType, isComplex, isInteger, isSamePrecision, promote } from '../base/dtype.js';
import { ArgumentError, DTypeError, PartitionError, ShapeError } from '../base/errors.js';
import { memo } from '../base/memo.js';
import { type Shape, sameShape } from '../base/shape.js';
import { textOf } from '../base/text-of.js';
import { addInto, fillInto } from '../distributed/fill-into.js';
import { inSpace, type Space, sameMemory, type Vector, viewAs } from '../vector/vector.js';
import { withWorkspace } from '../vector/workspace.js';
import type { AnyOperator, LinearOperator, OperatorSpec, SpaceOptions } from './linear-operator.js';

/**
 * The methods of an operator made of others: adjoint, conjugate, multiple, sum, product, power.
 * They are rules and not classes, because linear-operator.ts makes the operators, and this module
 * uses operators only by their methods.
 */
export interface OperatorRule<M extends Vector<M>, D extends Vector<D>> {
  readonly name: string;
  readonly spec: OperatorSpec;
  /** Computed at each call: some operators must read their data for it. */
  readonly zero: boolean;
  domain(options: SpaceOptions): Space<M>;
  rangeOf(x: Space<M>): Space<D>;
  domainOf(y: Space<D>): Space<M>;
  inputDType(dtype: DType): DType;
  forward(x: M, y: D): void;
  adjoint(y: D, x: M): void;
  /** `y ← y + α A x` without an intermediate vector, if that is possible. */
  forwardAdd?(x: M, y: D, alpha: Scalar): void;
  adjointAdd?(y: D, x: M, alpha: Scalar): void;
  /** `A X` or `Aᴴ X` for the columns of X by those of the operands, if that is possible. */
  columns?(direction: Direction, X: NDArray): NDArray | undefined;
  /** Results that are simpler than the general rule, such as the adjoint of an adjoint. */
  readonly H?: LinearOperator<D, M>;
  readonly conj?: LinearOperator<M, D>;
  scale?(alpha: Scalar): LinearOperator<M, D>;
}

/** Forward is A, adjoint is Aᴴ. */
export type Direction = 'forward' | 'adjoint';

/** `op X` or `opᴴ X` as a matrix, for the columns of a matrix X. */
function columnsOf(op: AnyOperator, direction: Direction, X: NDArray): NDArray {
  const Y = direction === 'forward' ? op.matmat(X) : op.rmatmat(X);
  return Y.reshape([op.shape[direction === 'forward' ? 0 : 1], X.shape[1] as number]);
}

/**
 * The space in which an operator with vectors of shape `dims` takes vectors of `space`: that space
 * itself, or its flat form.
 */
export function fitting<V>(dims: Shape, space: Space<V>): Space<V> {
  return space.shape.length === 1 || sameShape(space.shape, dims) ? space : space.flat();
}

/**
 * A vector in the form in which an operator with vectors of shape `dims` takes it: itself, or flat.
 */
export function takenBy<V extends Vector<V>>(dims: Shape, x: V): V {
  const space = fitting(dims, x.space);
  return space === x.space ? x : viewAs(x, space);
}

/**
 * The dtype in which an operator computes with vectors of `dtype`.
 * @throws {@link DTypeError} if the operator holds data of another precision
 */
export function workingDType(
  op: { readonly name: string; readonly dtype: DType; readonly holdsData: boolean },
  dtype: DType,
): DType {
  if (op.holdsData) {
    if (!isInteger(dtype) && !isSamePrecision(dtype, op.dtype)) {
      throw new DTypeError(
        `${op.name} holds ${op.dtype}, the vector ${dtype}: cast one of them, for instance ` +
          `x.astype('${isComplex(dtype) ? complexOf(op.dtype) : op.dtype}')`,
      );
    }
    return promote(op.dtype, dtype);
  }
  if (isInteger(dtype)) return op.dtype;
  return isComplex(op.dtype) && !isComplex(dtype) ? complexOf(dtype) : dtype;
}

/**
 * A space in another dtype. A space of that dtype is returned unchanged: the blocks of a stack may
 * have several dtypes.
 */
const inDType = <V>(space: Space<V>, dtype: DType): Space<V> =>
  space.dtype === dtype ? space : (space.withDType(dtype) as Space<V>);

/**
 * What operators made of several have in common: a dtype in which all can work, whether one of them
 * holds data, and whether all are linear for complex factors.
 * @throws {@link DTypeError} if operators hold data of different precision
 */
export function commonSpec(
  ops: readonly Pick<AnyOperator, 'dtype' | 'holdsData' | 'complexLinear'>[],
): Required<Pick<OperatorSpec, 'dtype' | 'holdsData' | 'complexLinear'>> {
  const held = ops.filter((op) => op.holdsData).map((op) => op.dtype);
  const dtype = held.length > 0 ? held.reduce(promote) : (ops[0] as AnyOperator).dtype;
  return {
    dtype: ops.some((op) => isComplex(op.dtype)) ? complexOf(dtype) : dtype,
    holdsData: held.length > 0,
    complexLinear: ops.every((op) => op.complexLinear),
  };
}

/**
 * As {@link commonSpec}, with the communicator.
 * @throws {@link PartitionError} if the operators have different communicators
 */
function combined(a: AnyOperator, b: AnyOperator) {
  if (a.comm && b.comm && a.comm.id !== b.comm.id)
    throw new PartitionError(`${a.name} and ${b.name} are on different communicators`);
  return { ...commonSpec([a, b]), comm: a.comm ?? b.comm };
}

/** The inner operator converts the dtype. */
const asGiven = (dtype: DType): DType => dtype;

const sameData = ({ dtype, holdsData, comm, complexLinear }: AnyOperator) => ({
  dtype,
  holdsData,
  comm,
  complexLinear,
});

/** `Aᴴ` */
export function adjointRule<D extends Vector<D>, M extends Vector<M>>(
  of: LinearOperator<M, D>,
): OperatorRule<D, M> {
  return {
    name: `${of.name}.H`,
    spec: { dims: of.dimsd, dimsd: of.dims, ...sameData(of), frameBound: of.frameBound },
    get zero() {
      return of.zero;
    },
    H: of,
    domain: (options) => of.range(options),
    rangeOf: (x) => of.domainOf(x),
    domainOf: (y) => of.rangeOf(y),
    inputDType: asGiven,
    forward: (x, y) => void of.rmatvec(x, y),
    adjoint: (y, x) => void of.matvec(y, x),
    forwardAdd: (x, y, alpha) => void of.rmatvecAdd(x, y, alpha),
    adjointAdd: (y, x, alpha) => void of.matvecAdd(y, x, alpha),
    columns: (direction, X) => columnsOf(of, direction === 'forward' ? 'adjoint' : 'forward', X),
  };
}

/** `x ↦ conj(A conj(x))` */
export function conjugateRule<M extends Vector<M>, D extends Vector<D>>(
  of: LinearOperator<M, D>,
): OperatorRule<M, D> {
  return {
    name: `${of.name}.conj()`,
    spec: { dims: of.dims, dimsd: of.dimsd, ...sameData(of), frameBound: of.frameBound },
    get zero() {
      return of.zero;
    },
    conj: of,
    domain: (options) => of.domain(options),
    rangeOf: (x) => of.rangeOf(x),
    domainOf: (y) => of.domainOf(y),
    inputDType: asGiven,
    forward: (x, y) => {
      conjugated(x, (u) => of.matvec(u, y));
      y.conjInPlace();
    },
    adjoint: (y, x) => {
      conjugated(y, (u) => of.rmatvec(u, x));
      x.conjInPlace();
    },
    columns: (direction, X) => columnsOf(of, direction, X.conj()).conjInPlace(),
  };
}

function conjugated<V extends Vector<V>>(x: V, body: (x: V) => void): void {
  if (!isComplex(x.dtype)) return body(x);
  withWorkspace(x.space, (work) => body(work.assign(x).conjInPlace()));
}

/** `α A` */
export function scaledRule<M extends Vector<M>, D extends Vector<D>>(
  of: LinearOperator<M, D>,
  alpha: Scalar,
): OperatorRule<M, D> {
  const name = 'Scaled';
  if (!isScalar(alpha))
    throw new ArgumentError(`${of.name}.scale: expected a number or { re, im }, received ${textOf(alpha)}`);
  const complexScalar = typeof alpha !== 'number';
  const spec = {
    dims: of.dims,
    dimsd: of.dimsd,
    ...sameData(of),
    dtype: complexScalar ? complexOf(of.dtype) : of.dtype,
  };
  const inputDType = (dtype: DType): DType =>
    complexScalar ? workingDType({ name, ...spec }, dtype) : dtype;
  const working = <V>(space: Space<V>): Space<V> =>
    complexScalar ? inDType(space, inputDType(space.dtype)) : space;
  // If A is linear over the real numbers only, its results may be real, and (αA)ᴴ y is Aᴴ(conj(α)
  // y).
  const scaledFirst = complexScalar && !of.complexLinear;
  const scaled = (y: D, body: (y: D) => void): void => {
    if (!scaledFirst) return body(y);
    withWorkspace(y.space, (work) => body(work.assign(y).scale(conj(alpha))));
  };
  return {
    name,
    spec,
    get zero() {
      return (re(alpha) === 0 && im(alpha) === 0) || of.zero;
    },
    scale: (beta) => of.scale(multiplyScalars(beta, alpha)),
    domain: (options) => {
      const space = of.domain(options);
      return options.dtype || scaledFirst ? space : space.withDType(inputDType(space.dtype));
    },
    rangeOf: (x) => {
      const image = of.rangeOf(working(x));
      return complexScalar ? (image.withDType(complexOf(image.dtype)) as Space<D>) : image;
    },
    domainOf: (y) => of.domainOf(working(y)),
    inputDType,
    forward: (x, y) => {
      if (scaledFirst) fillInto(of.rangeOf(x.space), y, (image) => void of.matvec(x, image));
      else of.matvec(x, y);
      y.scale(alpha);
    },
    adjoint: (y, x) =>
      scaled(y, (data) => {
        of.rmatvec(data, x);
        if (!scaledFirst) x.scale(conj(alpha));
      }),
    forwardAdd: (x, y, beta) => {
      const factor = multiplyScalars(beta, alpha);
      if (!scaledFirst) of.matvecAdd(x, y, factor);
      else
        addInto(of.rangeOf(x.space), y, factor, {
          add: (image) => void of.matvecAdd(x, image, factor),
          fill: (image) => void of.matvec(x, image),
        });
    },
    adjointAdd: (y, x, beta) =>
      scaled(
        y,
        (data) => void of.rmatvecAdd(data, x, scaledFirst ? beta : multiplyScalars(beta, conj(alpha))),
      ),
    columns: (direction, X) => (complexScalar ? undefined : columnsOf(of, direction, X).scale(alpha)),
  };
}

/**
 * The common space for the results of several operators on a vector of `given`. It is the space of
 * the vector if one of the results is in that space, otherwise the space of the first result. Its
 * dtype holds all results.
 * @throws {@link PartitionError} if the results do not have the same elements
 */
export function commonSpace<V>(name: string, given: Space<unknown>, images: readonly Space<V>[]): Space<V> {
  const [first] = images as readonly [Space<V>];
  const odd = images.findIndex((space) => !space.sameElements(first));
  if (odd >= 0)
    throw new PartitionError(
      `${name}: expected term ${odd} to give a vector ${inSpace(first, images[odd] as Space<V>)}`,
    );
  const dtype = images.map((space) => space.dtype).reduce(promote);
  const chosen =
    images.find((space) => space.equals(given.withDType(space.dtype) as Space<unknown>)) ??
    images.find((space) => sameMemory(space, given)) ??
    first;
  return chosen.withDType(dtype);
}

/**
 * The dtype in which a sum or a stack of operators takes a vector: the vector's own dtype, which
 * each of the operators may convert. Integers are converted to the dtype of the operators.
 */
export function givenDType(
  op: { readonly name: string; readonly dtype: DType; readonly holdsData: boolean },
  dtype: DType,
): DType {
  const working = workingDType(op, dtype);
  return isInteger(dtype) ? working : dtype;
}

/** `A + B` */
export function sumRule<M extends Vector<M>, D extends Vector<D>>(
  a: LinearOperator<M, D>,
  b: LinearOperator<M, D>,
): OperatorRule<M, D> {
  const [[n, m], [p, q]] = [a.shape, b.shape];
  if (n !== p || m !== q)
    throw new ShapeError(`cannot add ${a.name} of ${n} × ${m} and ${b.name} of ${p} × ${q}`);
  const name = 'Sum';
  const spec = { dims: a.dims, dimsd: a.dimsd, ...combined(a, b) };
  const inputDType = (dtype: DType): DType => givenDType({ name, ...spec }, dtype);
  const ranges = new WeakMap<Space<M>, readonly [Space<D>, Space<D>]>();
  const domains = new WeakMap<Space<D>, readonly [Space<M>, Space<M>]>();
  /** The spaces of the images of a vector under both operators. */
  const rangesOf = (x: Space<M>) =>
    memo(ranges, x, () => [a.rangeOf(fitting(a.dims, x)), b.rangeOf(fitting(b.dims, x))] as const);
  const domainsOf = (y: Space<D>) =>
    memo(domains, y, () => [a.domainOf(fitting(a.dimsd, y)), b.domainOf(fitting(b.dimsd, y))] as const);
  const addForward = (op: LinearOperator<M, D>, x: M, y: D, alpha: Scalar): void => {
    const model = takenBy(op.dims, x);
    const image = rangesOf(x.space)[op === a ? 0 : 1];
    if (image === y.space) op.matvecAdd(model, y, alpha);
    else
      addInto(image, y, alpha, {
        add: (v) => void op.matvecAdd(model, v, alpha),
        fill: (v) => void op.matvec(model, v),
      });
  };
  const addAdjoint = (op: LinearOperator<M, D>, y: D, x: M, alpha: Scalar): void => {
    const data = takenBy(op.dimsd, y);
    const image = domainsOf(y.space)[op === a ? 0 : 1];
    if (image === x.space) op.rmatvecAdd(data, x, alpha);
    else
      addInto(image, x, alpha, {
        add: (v) => void op.rmatvecAdd(data, v, alpha),
        fill: (v) => void op.rmatvec(data, v),
      });
  };
  return {
    name,
    spec,
    get zero() {
      return a.zero && b.zero;
    },
    domain: (options) => {
      const space = a.domain(options);
      return options.dtype ? space : space.withDType(workingDType({ name, ...spec }, space.dtype));
    },
    rangeOf: (x) => {
      const working = inDType(x, inputDType(x.dtype));
      return commonSpace(name, working, rangesOf(working));
    },
    domainOf: (y) => {
      const working = inDType(y, inputDType(y.dtype));
      return commonSpace(name, working, domainsOf(working));
    },
    inputDType,
    forward: (x, y) => {
      const [image] = rangesOf(x.space);
      if (image === y.space) a.matvec(takenBy(a.dims, x), y);
      else fillInto(image, y, (v) => void a.matvec(takenBy(a.dims, x), v));
      addForward(b, x, y, 1);
    },
    adjoint: (y, x) => {
      const [image] = domainsOf(y.space);
      if (image === x.space) a.rmatvec(takenBy(a.dimsd, y), x);
      else fillInto(image, x, (v) => void a.rmatvec(takenBy(a.dimsd, y), v));
      addAdjoint(b, y, x, 1);
    },
    forwardAdd: (x, y, alpha) => {
      addForward(a, x, y, alpha);
      addForward(b, x, y, alpha);
    },
    adjointAdd: (y, x, alpha) => {
      addAdjoint(a, y, x, alpha);
      addAdjoint(b, y, x, alpha);
    },
    columns: (direction, X) => columnsOf(a, direction, X).add(columnsOf(b, direction, X)),
  };
}

/** `A B` */
export function productRule<M extends Vector<M>, K extends Vector<K>, D extends Vector<D>>(
  a: LinearOperator<K, D>,
  b: LinearOperator<M, K>,
): OperatorRule<M, D> {
  if (a.shape[1] !== b.shape[0]) {
    throw new ShapeError(
      `cannot multiply ${a.name} of ${a.shape[0]} × ${a.shape[1]} with ${b.name} of ${b.shape[0]} × ` +
        `${b.shape[1]}`,
    );
  }
  const images = new WeakMap<Space<M>, Space<K>>();
  const preimages = new WeakMap<Space<D>, Space<K>>();
  const between = (x: Space<M>): Space<K> => memo(images, x, () => fitting(a.dims, b.rangeOf(x)));
  const betweenAdjoint = (y: Space<D>): Space<K> => memo(preimages, y, () => fitting(b.dimsd, a.domainOf(y)));
  return {
    name: 'Product',
    spec: { dims: b.dims, dimsd: a.dimsd, ...combined(a, b) },
    get zero() {
      return a.zero || b.zero;
    },
    domain: (options) => b.domain(options),
    rangeOf: (x) => a.rangeOf(between(x)),
    domainOf: (y) => b.domainOf(betweenAdjoint(y)),
    inputDType: asGiven,
    forward: (x, y) => void withWorkspace(between(x.space), (work) => a.matvec(b.matvec(x, work), y)),
    adjoint: (y, x) =>
      void withWorkspace(betweenAdjoint(y.space), (work) => b.rmatvec(a.rmatvec(y, work), x)),
    forwardAdd: (x, y, alpha) =>
      void withWorkspace(between(x.space), (work) => a.matvecAdd(b.matvec(x, work), y, alpha)),
    adjointAdd: (y, x, alpha) =>
      void withWorkspace(betweenAdjoint(y.space), (work) => b.rmatvecAdd(a.rmatvec(y, work), x, alpha)),
    columns: (direction, X) => {
      const [first, second] = direction === 'forward' ? [b, a] : [a, b];
      return columnsOf(second, direction, columnsOf(first, direction, X));
    },
  };
}

/** `Aᵖ` */
export function powerRule<M extends Vector<M>>(of: LinearOperator<M, M>, p: number): OperatorRule<M, M> {
  if (of.shape[0] !== of.shape[1])
    throw new ShapeError(`only square operators have powers, ${of.name} is ${of.shape[0]} × ${of.shape[1]}`);
  if (!Number.isSafeInteger(p) || p < 0)
    throw new ArgumentError(`expected a non-negative integer power, received ${textOf(p)}`);
  const name = 'Power';
  const spec = { dims: of.dims, dimsd: of.dimsd, ...sameData(of) };
  const inputDType = (dtype: DType): DType => givenDType({ name, ...spec }, dtype);
  const ranges = new WeakMap<Space<M>, Space<M>>();
  const domains = new WeakMap<Space<M>, Space<M>>();
  const forward = (x: Space<M>): Space<M> => memo(ranges, x, () => of.rangeOf(fitting(of.dims, x)));
  const adjoint = (y: Space<M>): Space<M> => memo(domains, y, () => of.domainOf(fitting(of.dimsd, y)));
  const last = (space: Space<M>, image: (space: Space<M>) => Space<M>): Space<M> => {
    const start = inDType(space, inputDType(space.dtype));
    // Called for p = 0 too, so that a vector which A refuses is refused.
    let next = image(start);
    if (p === 0) return start;
    for (let k = 1; k < p; k++) {
      const end = next;
      next = image(end);
      if (next === end) break;
    }
    return next;
  };
  return {
    name,
    spec,
    get zero() {
      return p > 0 && of.zero;
    },
    domain: (options) => of.domain(options),
    rangeOf: (x) => last(x, forward),
    domainOf: (y) => last(y, adjoint),
    inputDType,
    forward: (x, y) => repeat(p, x, y, forward, (u, v) => of.matvec(takenBy(of.dims, u), v)),
    adjoint: (y, x) => repeat(p, y, x, adjoint, (u, v) => of.rmatvec(takenBy(of.dimsd, u), v)),
  };
}

/** `y ← Sᵖ x` for a step S from a vector of a space to a vector of `image(space)`. */
function repeat<M extends Vector<M>>(
  p: number,
  x: M,
  y: M,
  image: (space: Space<M>) => Space<M>,
  step: (u: M, v: M) => void,
): void {
  if (p === 0) {
    y.assign(x);
    return;
  }
  if (p === 1) return step(x, y);
  const next = image(x.space);
  if (!next.equals(y.space) || !image(next).equals(next)) {
    withWorkspace(next, (work) => {
      step(x, work);
      repeat(p - 1, work, y, image, step);
    });
    return;
  }
  withWorkspace(y.space, (work) => {
    // The last of the p steps writes into y.
    let [from, to] = p % 2 === 0 ? [y, work] : [work, y];
    step(x, to);
    for (let k = 1; k < p; k++) {
      [from, to] = [to, from];
      step(from, to);
    }
  });
}
