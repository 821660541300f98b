import { NDArray } from '../../src/core/array/ndarray.js';
import { type DType, isComplex, isSingle } from '../../src/core/base/dtype.js';
import { fillUniform } from '../../src/core/base/random.js';

/** A matrix in which about one of `every` elements is not 0. */
export function matrix(shape: readonly [number, number], dtype: DType, seed: number, every = 3): NDArray {
  const [n, m] = shape;
  const drawn = fillUniform(seed, 0, new Float64Array(2 * n * m));
  const list = Array.from({ length: n }, (_, i) =>
    Array.from({ length: m }, (_, j) => {
      const at = 2 * (i * m + j);
      if ((drawn[at] as number) * every > 1) return 0;
      const [re, im] = [2 * (drawn[at + 1] as number) - 1, (drawn[at] as number) * every - 0.5];
      return isComplex(dtype) ? { re, im } : re;
    }),
  );
  return NDArray.array(list, { dtype }).reshape([n, m]);
}

/** The dtypes with which arrays of a dtype can be multiplied. */
export const beside = (dtype: DType, floats: readonly DType[]): DType[] =>
  floats.filter((other) => isSingle(other) === isSingle(dtype));
