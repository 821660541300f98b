import { expect } from 'chai';
import { type NDArray, NDArraySpace } from '../../src/core/array/ndarray.js';
import { complexOf, DTYPES, type DType, isFloat } from '../../src/core/base/dtype.js';
import type { Shape } from '../../src/core/base/shape.js';
import type { Backend } from '../../src/core/ports/backend.js';
import { CpuBackend } from '../../src/cpu/cpu-backend.js';
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

export const kitOf = (backend: Backend, dtype: DType): Kit => ({
  dtype,
  complex: backend.dtypes.includes(complexOf(dtype)),
  data: (shape, seed = 3) => NDArraySpace.of(shape, dtype, backend).random(seed),
});

const REFERENCE = new CpuBackend({ name: 'reference' });
const FLOATS = DTYPES.filter(isFloat);

/** What the operators of a row are, each once for all dtypes, in order. */
function namesOf(make: DotTable[string]): string[] {
  const lists = FLOATS.map((dtype) => make(kitOf(REFERENCE, dtype)));
  const longest = lists.reduce((a, b) => (b.length > a.length ? b : a));
  return longest.map((op) => `[${op.dims}] to [${op.dimsd}]`);
}

/**
 * Dot tests of every operator of a table on every backend and with every dtype, one test for each
 * operator and shape. The vectors have the dtype of the operator or its complex form, and natural
 * or flat shape.
 */
export function dotTests(title: string, table: DotTable): void {
  const rows = Object.entries(table).map(([name, make]) => [name, make, namesOf(make)] as const);
  for (const entry of BACKENDS) {
    describe(`dot test of ${title} [${entry.name}]`, () => {
      let backend: Backend;
      before(async () => {
        backend = await makeBackend(entry.name);
      });
      for (const [name, make, names] of rows) {
        let made: readonly (readonly [DType, readonly AnyLocalOperator[]])[] | undefined;
        names.forEach((shapes, k) => {
          it(`${name} ${k + 1}: ${shapes}`, () => {
            made ??= backend.dtypes.filter(isFloat).map((dtype) => [dtype, make(kitOf(backend, dtype))]);
            for (const [dtype, ops] of made) {
              const op = ops[k];
              if (!op) continue;
              for (const vectors of new Set([dtype, complexOf(dtype)])) {
                if (!backend.dtypes.includes(vectors)) continue;
                for (const dims of [op.dims, [op.shape[1]]]) {
                  const domain = NDArraySpace.of(dims, vectors, backend);
                  const { left, error } = op.dotTest({ domain, rtol: tolerance(dtype), raise: false });
                  const what = `${op} with ${vectors}, dims [${dims}], left ${JSON.stringify(left)}`;
                  expect(error, what).to.be.at.most(tolerance(dtype));
                }
              }
            }
            if (k === names.length - 1) made = undefined;
          });
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
