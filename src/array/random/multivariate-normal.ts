import { NDArray } from '../../core/array/ndarray.js';
import { type HostArray, isComplex } from '../../core/base/dtype.js';
import { ArgumentError, DTypeError, PartitionError, ShapeError } from '../../core/base/errors.js';
import { checkFinite } from '../../core/base/options.js';
import { product, type Shape, toShape } from '../../core/base/shape.js';
import { checkBoxes, type EitherArray, isDistributed } from '../../core/distributed/align.js';
import { resolveBackend } from '../../core/ports/defaults.js';
import { type ArrayLike, arrayOf, onParts } from '../operands.js';
import { wholeOn } from '../searching.js';
import { type DrawOptions, fill, spaceFor } from './draws.js';
import type { Generator } from './generator.js';

/** The largest part of a covariance that may be left over, or differ from its transpose. */
const TOLERANCE = 1e-8;

/**
 * A matrix F with `cov = F Fᵀ`, by Cholesky's method with the largest diagonal element as pivot.
 * Semidefinite matrices have columns of zeros. On the host, so that all ranks and backends take the
 * same pivots.
 */
function factorOf(cov: HostArray, n: number): Float64Array {
  const rest = Float64Array.from(cov);
  const factor = new Float64Array(n * n);
  const at = (i: number, j: number): number => rest[i * n + j] as number;
  let largest = 0;
  for (let i = 0; i < n; i++) largest = Math.max(largest, Math.abs(at(i, i)));
  checkFinite('multivariateNormal', { 'the largest variance': largest });
  const allowed = TOLERANCE * largest;
  for (let i = 0; i < n; i++)
    for (let j = 0; j < i; j++)
      if (!(Math.abs(at(i, j) - at(j, i)) <= allowed))
        throw new ArgumentError(
          `multivariateNormal: expected a symmetric covariance, received ${at(i, j)} at [${i}, ${j}] and ` +
            `${at(j, i)} at [${j}, ${i}]`,
        );
  for (let k = 0; k < n; k++) {
    let p = 0;
    for (let i = 1; i < n; i++) if (at(i, i) > at(p, p)) p = i;
    const pivot = at(p, p);
    if (!(pivot > n * 2 ** -52 * largest)) break;
    const root = Math.sqrt(pivot);
    for (let i = 0; i < n; i++) factor[i * n + k] = at(i, p) / root;
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++)
        rest[i * n + j] = at(i, j) - (factor[i * n + k] as number) * (factor[j * n + k] as number);
    for (let i = 0; i < n; i++) rest[i * n + p] = rest[p * n + i] = 0;
  }
  if (!rest.every((v) => Math.abs(v) <= allowed))
    throw new ArgumentError('multivariateNormal: expected a covariance that is positive semidefinite');
  return factor;
}

/** Real numbers that every rank has. */
function numbersOf(what: string, x: ArrayLike): NDArray {
  const given = wholeOn('multivariateNormal', `elements of ${what}`, arrayOf('multivariateNormal', x));
  if (isComplex(given.dtype)) throw new DTypeError(`multivariateNormal: expected ${what} to be real`);
  return given;
}

/** See {@link Generator.multivariateNormal}. */
export function multivariateNormal(
  rng: Generator,
  mean: ArrayLike,
  cov: ArrayLike,
  shape: number | Shape,
  options: DrawOptions,
): EitherArray {
  const owner = 'multivariateNormal';
  const [centre, matrix] = [numbersOf('mean', mean), numbersOf('cov', cov)];
  const n = centre.size;
  if (centre.ndim !== 1 || matrix.ndim !== 2 || matrix.shape[0] !== n || matrix.shape[1] !== n)
    throw new ShapeError(
      `${owner}: expected a mean of n and a covariance of [n, n], received [${centre.shape}] and ` +
        `[${matrix.shape}]`,
    );
  const backend = resolveBackend(options.backend);
  const dtype = options.dtype ?? backend.defaultDType;
  if (dtype !== 'float32' && dtype !== 'float64')
    throw new DTypeError(`${owner}: expected float32 or float64, received ${dtype}`);
  const values = factorOf(matrix.toHost(), n);
  const factor = NDArray.fromHost(dtype === 'float32' ? Float32Array.from(values) : values, [n, n], {
    backend,
  });
  const space = spaceFor(owner, [...toShape(shape), n], { ...options, backend }, dtype);
  const z = space.empty() as EitherArray;
  checkBoxes(owner, z);
  if (isDistributed(z) && z.layout.grid.at(-1) !== 1)
    throw new PartitionError(`${owner}: the last axis, of the ${n} components, cannot be split`);
  fill(z, { distribution: 'normal', seed: rng.seed, draw: rng.nextDraw(), parameters: [0, 1] });
  const shift = centre.to(backend).astype(dtype);
  return onParts(z, (part) => {
    const rows = part.reshape([product(part.shape.slice(0, -1)), n]);
    return rows.matmul(factor.transpose()).addInPlace(shift).reshape(part.shape);
  });
}
