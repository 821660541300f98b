import { NDArray, NDArraySpace } from '../../core/array/ndarray.js';
import { drawInto, type RandomNumbers } from '../../core/array/random-draw.js';
import { broadcastShapes } from '../../core/base/broadcast.js';
import { isScalar, type Scalar, scalarOf } from '../../core/base/complex.js';
import { type DType, isComplex, isInteger, promote, realOf } from '../../core/base/dtype.js';
import { ArgumentError, DTypeError, ShapeError } from '../../core/base/errors.js';
import { checkNames } from '../../core/base/options.js';
import { formatShape, type Shape, sameShape, toShape } from '../../core/base/shape.js';
import { textOf } from '../../core/base/text-of.js';
import { align, checkBoxes, type EitherArray, isDistributed } from '../../core/distributed/align.js';
import type { DistributedArray } from '../../core/distributed/distributed-array.js';
import {
  DISTRIBUTED_ARRAY_DEFAULTS,
  type DistributedArrayOptions,
  DistributedSpace,
  spaceOf,
} from '../../core/distributed/space.js';
import type { Backend } from '../../core/ports/backend.js';
import { resolveBackend } from '../../core/ports/defaults.js';
import { checkRandomDType } from '../../core/ports/random-draws.js';
import { arrayOf } from '../operands.js';

/**
 * Options of random arrays: dtype and backend, and how a distributed array is laid out. With one of
 * the options of the layout (`comm`, `partition`, `axis`, `grid`, `localShapes`, `mask`), the array
 * is distributed; without them it is an NDArray.
 */
export interface DrawOptions extends DistributedArrayOptions {}

type LayoutOption = Exclude<keyof DistributedArrayOptions, 'dtype' | 'backend'>;

/** A parameter of a distribution: a number, or an array with one for each element. */
export type RandomParameter = number | EitherArray | readonly unknown[];

/** An array of the kind that options say. */
export type DrawnAs<O> = Extract<keyof O, LayoutOption> extends never ? NDArray : DistributedArray;

/** What a method returns: a number without a shape, unless parameters P are arrays. */
export type Drawn<P, S, O> =
  Extract<P, DistributedArray> extends never
    ? Exclude<P, number | undefined> extends never
      ? S extends undefined
        ? number
        : DrawnAs<O>
      : DrawnAs<O>
    : DistributedArray;

const isLaidOut = (options: DrawOptions): boolean =>
  (Object.keys(DISTRIBUTED_ARRAY_DEFAULTS) as (keyof DrawOptions)[]).some(
    (name) => name !== 'dtype' && name !== 'backend' && options[name] !== undefined,
  );

/** The space of a new array of either kind. */
export function spaceFor(
  name: string,
  shape: number | Shape,
  options: DrawOptions,
  dtype: DType,
): NDArraySpace | DistributedSpace {
  if (isLaidOut(options)) return spaceOf(name, shape, { ...options, dtype });
  return NDArraySpace.of(toShape(shape), dtype, resolveBackend(options.backend));
}

/** Checks names and types of options, and returns them. */
export function drawOptions(name: string, options: DrawOptions | undefined): DrawOptions {
  if (options !== undefined) checkNames(name, options, DISTRIBUTED_ARRAY_DEFAULTS);
  return options ?? {};
}

/** Fills an array of either kind. */
export function fill<X extends EitherArray>(x: X, numbers: RandomNumbers): X {
  if (isDistributed(x)) drawInto(x.local, numbers, x.globalShape, x.box);
  else drawInto(x as NDArray, numbers);
  return x;
}

/** A parameter, its name, and what is allowed. */
export interface Bounds {
  readonly name: string;
  readonly least: number;
  readonly most: number;
}

function checkBounds(owner: string, { name, least, most }: Bounds, low: number, high: number): void {
  if (low >= least && high <= most) return;
  const range = least > -Number.MAX_VALUE ? ` and from ${least} to ${most}` : '';
  throw new ArgumentError(
    `${owner}: expected ${name} to be finite${range}, received ${low >= least ? high : low}`,
  );
}

/** A parameter as a number, or as an array of real numbers, within its bounds. */
function checked(owner: string, p: RandomParameter, bounds: Bounds): number | EitherArray {
  if (typeof p === 'number') {
    checkBounds(owner, bounds, p, p);
    return p;
  }
  if (isScalar(p))
    throw new DTypeError(`${owner}: expected ${bounds.name} to be real, received ${textOf(p)}`);
  const array = arrayOf(owner, p as EitherArray);
  checkBoxes(owner, array);
  if (isComplex(array.dtype))
    throw new DTypeError(`${owner}: expected ${bounds.name} to be real, received ${array.dtype}`);
  if (array.size > 0) checkBounds(owner, bounds, array.min() as number, array.max() as number);
  return array;
}

/** This rank's part of a parameter, as contiguous floats on the backend of the result. */
function partFor(p: NDArray | Scalar, shape: Shape, backend: Backend): NDArray | number {
  if (isScalar(p)) return p as number;
  const floats = isInteger(p.dtype) ? p.astype(p.backend.defaultDType) : p;
  return floats.broadcastTo(shape).to(backend).contiguous();
}

/** What a method of the generator draws. */
export interface Request {
  /** The name of the method. */
  readonly owner: string;
  readonly distribution: RandomNumbers['distribution'];
  readonly seed: number;
  /** The number of the draw. It is called once all arguments are checked. */
  readonly nextDraw: () => number;
  readonly parameters: readonly (readonly [RandomParameter, Bounds])[];
  /** The second parameter of the kernel, where it is not the user's. */
  readonly fixed?: number;
  readonly shape: number | Shape | undefined;
  readonly options: DrawOptions | undefined;
  /** The dtype unless options have one. @default that of arrays of parameters, or the backend's */
  readonly dtype?: DType;
}

function spaceOfRequest(
  { owner, shape, dtype }: Request,
  options: DrawOptions,
  arrays: readonly EitherArray[],
): NDArraySpace | DistributedSpace {
  const like = arrays.find(isDistributed) ?? arrays[0];
  const backend = resolveBackend(options.backend ?? like?.space.backend);
  const floats = arrays.map((p) => p.dtype).filter((each) => !isInteger(each));
  const float = floats.length > 0 ? realOf(floats.reduce(promote)) : backend.defaultDType;
  const to = options.dtype ?? dtype ?? float;
  const all = broadcastShapes(...arrays.map((p) => p.space.shape));
  const sizes = shape === undefined ? all : toShape(shape);
  if (!sameShape(broadcastShapes(sizes, all), sizes))
    throw new ShapeError(
      `${owner}: parameters of shape ${formatShape(all)} do not broadcast to ${formatShape(sizes)}`,
    );
  const distributed = arrays.filter(isDistributed);
  if (distributed.length === 0) return spaceFor(owner, sizes, { ...options, backend }, to);
  if (isLaidOut(options))
    throw new ArgumentError(`${owner}: the layout is that of the parameters: pass no options of layouts`);
  const whole = NDArray.empty([], { backend }).broadcastTo(sizes);
  const space = align(owner, [...distributed, whole]).space as DistributedSpace;
  return space.withDType(to).withBackend(backend);
}

/** The random numbers of a request: a number, or an array of either kind. */
export function drawn(request: Request): number | Scalar | EitherArray {
  const { owner, distribution, seed, nextDraw, parameters, fixed = 0, shape } = request;
  const options = drawOptions(owner, request.options);
  const given = parameters.map(([p, bounds]) => checked(owner, p, bounds));
  const arrays = given.filter((p) => typeof p !== 'number') as EitherArray[];
  const space = spaceOfRequest(request, options, arrays);
  checkRandomDType(distribution, space.dtype);
  const isSpread = space instanceof DistributedSpace;
  const draw = nextDraw();
  if (isSpread) space.comm.checker?.same(`random numbers ${distribution} of seed ${seed}, draw ${draw}`);
  const y = space.empty() as EitherArray;
  const { locals } = align(owner, arrays.length > 0 && isDistributed(y) ? [...given, y] : given);
  const box = isDistributed(y) ? y.local.shape : y.space.shape;
  const [a = fixed, b = fixed] = locals.slice(0, given.length).map((p) => partFor(p, box, y.backend));
  fill(y, { distribution, seed, draw, parameters: [a, b] });
  if (shape !== undefined || arrays.length > 0 || isSpread) return y;
  const [real = 0, imaginary = 0] = (y as NDArray).toHost();
  return scalarOf(y.dtype, real, imaginary);
}
