import { ARRAY_DEFAULTS, type ArrayOptions } from '../../core/array/creation.js';
import { NDArray } from '../../core/array/ndarray.js';
import { checkDType, type HostArray } from '../../core/base/dtype.js';
import { withDefaults } from '../../core/base/options.js';
import { isArrayOfEitherKind } from '../../core/distributed/align.js';
import { resolveBackend } from '../../core/ports/defaults.js';
import type { ArrayLike, ArrayOf } from '../operands.js';

/** Converts to an array. One that has the dtype and the backend already is returned itself. */
function converted(name: string, x: ArrayLike | HostArray, options: ArrayOptions | undefined) {
  const { dtype, backend } = withDefaults(name, options, ARRAY_DEFAULTS);
  if (!isArrayOfEitherKind(x)) return NDArray.array(x, options);
  const cast = dtype === undefined || checkDType(dtype) === x.dtype ? x : x.astype(dtype);
  const target = backend === undefined ? cast.backend : resolveBackend(backend);
  return target === cast.backend ? cast : cast.to(target);
}

/**
 * A new array of numbers, nested lists, a typed array, or the elements of another array. A
 * distributed array keeps its layout. Nothing is sent.
 */
export function array<X extends ArrayLike | HostArray>(x: X, options?: ArrayOptions): ArrayOf<X> {
  const y = converted('array', x, options);
  return (y === (x as unknown) ? y.copy() : y) as ArrayOf<X>;
}

/**
 * As {@link array}, without a copy of an array that has the dtype and the backend already. Nothing
 * is sent.
 */
export const asarray = <X extends ArrayLike | HostArray>(x: X, options?: ArrayOptions): ArrayOf<X> =>
  converted('asarray', x, options) as ArrayOf<X>;
