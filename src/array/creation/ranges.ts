import {
  backendAndDType,
  isComplexValue,
  LINSPACE_DEFAULTS,
  type LinspaceOptions,
  type NumbersAndOptions,
  splitOptions,
} from '../../core/array/creation.js';
import { geomspaceValues, type HostValues, logspaceValues } from '../../core/array/host-values.js';
import { NDArray } from '../../core/array/ndarray.js';
import type { Scalar } from '../../core/base/complex.js';
import { checkFlag, type Defaults, withDefaults } from '../../core/base/options.js';
import type { Backend } from '../../core/ports/backend.js';

/** As {@link NDArray.arange}. */
export const arange = NDArray.arange;
/** As {@link NDArray.linspace}. */
export const linspace = NDArray.linspace;

/** Options of {@link logspace}. */
export interface LogspaceOptions extends LinspaceOptions {
  /** @default 10 */
  readonly base?: number | undefined;
}
const LOGSPACE_DEFAULTS = { ...LINSPACE_DEFAULTS, base: 10 } satisfies Defaults<LogspaceOptions>;

const fromValues = ({ values, shape, dtype }: HostValues, backend: Backend): NDArray =>
  NDArray.fromHost(values, shape, { dtype, backend });

/** `base` to the powers of `num` values in equal steps from `start` to `stop`. */
export function logspace(start: Scalar, stop: Scalar, options?: LogspaceOptions): NDArray;
export function logspace(start: Scalar, stop: Scalar, num?: number, options?: LogspaceOptions): NDArray;
export function logspace(start: Scalar, stop: Scalar, ...rest: NumbersAndOptions<LogspaceOptions>): NDArray {
  const [[num = 50], options] = splitOptions(rest);
  const { endpoint, base, ...others } = withDefaults('logspace', options, LOGSPACE_DEFAULTS);
  const complex = isComplexValue(start) || isComplexValue(stop);
  checkFlag('logspace', { endpoint });
  const { dtype, backend } = backendAndDType('logspace', others, complex);
  return fromValues(logspaceValues(start, stop, num, endpoint, base, dtype), backend);
}

/**
 * `num` values from `start` to `stop` whose quotients are equal. Complex ones follow a spiral of at
 * most half a turn.
 * @throws {@link ArgumentError} if an end is 0, or if real ends have different signs
 */
export function geomspace(start: Scalar, stop: Scalar, options?: LinspaceOptions): NDArray;
export function geomspace(start: Scalar, stop: Scalar, num?: number, options?: LinspaceOptions): NDArray;
export function geomspace(start: Scalar, stop: Scalar, ...rest: NumbersAndOptions<LinspaceOptions>): NDArray {
  const [[num = 50], options] = splitOptions(rest);
  const { endpoint, ...others } = withDefaults('geomspace', options, LINSPACE_DEFAULTS);
  const complex = isComplexValue(start) || isComplexValue(stop);
  checkFlag('geomspace', { endpoint });
  const { dtype, backend } = backendAndDType('geomspace', others, complex);
  return fromValues(geomspaceValues(start, stop, num, endpoint, dtype), backend);
}
