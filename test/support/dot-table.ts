import { assert } from 'chai';
import { type NDArray, NDArraySpace } from '../../src/core/array/ndarray.js';
import { complexOf, type DType, isFloat } from '../../src/core/base/dtype.js';
import type { Shape } from '../../src/core/base/shape.js';
import type { Backend } from '../../src/core/ports/backend.js';
import type { AnyLocalOperator } from '../../src/local/index.js';
import { BACKENDS, makeBackend } from './backends.js';
import { tolerance } from './tolerance.js';

/**
 * Input of the functions that make operators of one dtype. `data` returns arrays of that dtype for
 * operators that hold data.
 */
export interface Kit {
  readonly dtype: DType;
  /** True if the backend supports complex data of this precision. */
  readonly complex: boolean;
  data(shape: Shape, seed?: number): NDArray;
}

/** One line per operator: all the shapes and options with which it is tested. */
export type DotTable = Readonly<Record<string, (kit: Kit) => AnyLocalOperator[]>>;

/** The tables of all local operators, by title. */
export const DOT_TABLES = new Map<string, DotTable>();

export function dotTable(title: string, table: DotTable): void {
  DOT_TABLES.set(title, table);
}

/**
 * Dot tests of every operator of a table on every backend and with every dtype. The vectors have
 * the dtype of the operator or its complex form, and natural or flat shape.
 */
export function dotTests(title: string, table: DotTable): void {
  for (const entry of BACKENDS) {
    describe(`dot test of ${title} [${entry.name}]`, () => {
      let backend: Backend;
      before(async () => {
        backend = await makeBackend(entry.name);
      });
      for (const [name, make] of Object.entries(table)) {
        it(name, () => {
          for (const dtype of backend.dtypes.filter(isFloat)) {
            for (const vectors of new Set([dtype, complexOf(dtype)])) {
              if (!backend.dtypes.includes(vectors)) continue;
              const complex = backend.dtypes.includes(complexOf(dtype));
              const ops = make({
                dtype,
                complex,
                data: (shape, seed = 3) => NDArraySpace.of(shape, dtype, backend).random(seed),
              });
              for (const op of ops) {
                const domain = op.domain({ dtype: vectors, backend });
                const { left, error } = op.dotTest({ domain, rtol: tolerance(dtype), raise: false });
                const what = `${op} with ${vectors}, dims [${op.dims}], left ${JSON.stringify(left)}`;
                assert.isAtMost(error, tolerance(dtype), what);
                const flat = op.dotTest({
                  domain: NDArraySpace.of(op.shape[1], vectors, backend),
                  rtol: tolerance(dtype),
                  raise: false,
                });
                assert.isAtMost(flat.error, tolerance(dtype), `flat: ${what}`);
              }
            }
          }
        });
      }
    });
  }
}

/** Operators along every axis of several shapes. */
export const onEveryAxis = (
  shapes: readonly Shape[],
  make: (dims: Shape, axis: number) => AnyLocalOperator,
): AnyLocalOperator[] => shapes.flatMap((dims) => dims.map((_, axis) => make(dims, axis)));
