import fc from 'fast-check';
import type { Nested } from '../../src/core/array/host-values.js';
import { NDArray } from '../../src/core/array/ndarray.js';
import { complex, type Scalar } from '../../src/core/base/complex.js';
import { type DType, isBoolean, isComplex } from '../../src/core/base/dtype.js';
import { product, type Shape } from '../../src/core/base/shape.js';
import type { Backend } from '../../src/core/ports/backend.js';
import { setDefaultBackend } from '../../src/core/ports/defaults.js';
import { BACKENDS, makeBackend } from '../support/backends.js';
import { DeferredBackend } from '../support/deferred-backend.js';

const MAKERS = new Map<string, () => Promise<Backend> | Backend>([
  ['deferred', () => new DeferredBackend()],
  ...BACKENDS.map(({ name }) => [name, () => makeBackend(name)] as const),
]);

/**
 * Runs the tests of `body` on every backend of the matrix and on the deferred one. The backend
 * under test is the default one during the run.
 */
export function onEveryBackend(title: string, body: (backend: () => Backend) => void): void {
  for (const [name, make] of MAKERS) {
    describe(`${title} [${name}]`, () => {
      let backend: Backend | undefined;
      before(async () => {
        backend = await make();
      });
      beforeEach(() => setDefaultBackend(backend as Backend));
      body(() => backend as Backend);
    });
  }
}

/**
 * Whole numbers as elements, so that every dtype holds them and sums are exact. Complex elements
 * have an imaginary part. Those of bool are 0 and 1.
 */
export const element = (dtype: DType, i: number): Scalar =>
  isBoolean(dtype) ? Number(i % 3 === 0) : isComplex(dtype) ? complex(i - 7, 3 - 2 * i) : i - 7;

/** An array with `element` at every place of a shape, in C order. */
export function numbered(shape: Shape, dtype: DType): NDArray {
  return fromFlat(
    Array.from({ length: product(shape) }, (_, i) => element(dtype, i)),
    shape,
    dtype,
  );
}

export function fromFlat(values: readonly Scalar[], shape: Shape, dtype: DType): NDArray {
  return NDArray.array([...values], { dtype }).reshape(shape);
}

/** A boolean as 0 or 1. */
const scalarOf = (value: Nested): Scalar => (typeof value === 'boolean' ? Number(value) : (value as Scalar));

/** The elements in C order. */
export function flat(nested: Nested): Scalar[] {
  return Array.isArray(nested) ? (nested as readonly Nested[]).flatMap(flat) : [scalarOf(nested)];
}

export const at = (nested: Nested, index: readonly number[]): Scalar =>
  scalarOf(index.reduce<Nested>((level, i) => (level as readonly Nested[])[i] as Nested, nested));

/** All multi-indices of a shape in C order. */
export function indices(shape: Shape): number[][] {
  return shape.reduce<number[][]>(
    (list, n) => list.flatMap((index) => Array.from({ length: n }, (_, i) => [...index, i])),
    [[]],
  );
}

export const shapes = (maxAxes = 4, least = 0): fc.Arbitrary<number[]> =>
  fc.array(fc.integer({ min: least, max: 4 }), { maxLength: maxAxes });
/** The dtypes of a backend in which numbers are added: all but bool. */
export const numeric = (backend: Backend): DType[] => backend.dtypes.filter((dtype) => !isBoolean(dtype));
export const dtypesOf = (backend: Backend): fc.Arbitrary<DType> => fc.constantFrom(...numeric(backend));
