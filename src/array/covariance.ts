import { floatsOf } from '../core/array/casting.js';
import type { NDArray } from '../core/array/ndarray.js';
import { isComplex } from '../core/base/dtype.js';
import { ArgumentError, ShapeError } from '../core/base/errors.js';
import { checkFlag, type Defaults, type WithDefaults, withDefaults } from '../core/base/options.js';
import { tidy } from '../core/base/scope.js';
import { formatShape } from '../core/base/shape.js';
import { textOf } from '../core/base/text-of.js';
import { type EitherArray, isDistributed, ownPart } from '../core/distributed/align.js';
import { Layout } from '../core/distributed/layout.js';
import { checkReducible, combine, dropAxes } from '../core/distributed/reductions.js';
import { subtract } from './elementwise/arithmetic.js';
import { mean } from './methods.js';
import { type ArrayLike, arrayOf, onParts } from './operands.js';
import type { Reduced } from './reduction.js';

/** Options of {@link corrcoef}. */
export interface CorrelationOptions {
  /** Whether rows are variables and columns observations; otherwise the reverse. @default true */
  readonly rowvar?: boolean;
}
/** Options of {@link cov}. */
export interface CovarianceOptions extends CorrelationOptions {
  /** Whether the divisor is the number of observations n; otherwise `n − 1`. @default false */
  readonly bias?: boolean;
  /** The divisor is `n − ddof`. @default 1, or 0 with bias */
  readonly ddof?: number | undefined;
}
const CORRELATION_DEFAULTS = { rowvar: true } satisfies Defaults<CorrelationOptions>;
const DEFAULTS = {
  ...CORRELATION_DEFAULTS,
  bias: false,
  ddof: undefined,
} satisfies Defaults<CovarianceOptions>;

/** `Σ x[i] · conj(x[j])` over the observations of one rank, for each two variables. */
function products(x: NDArray, rowvar: boolean): NDArray {
  const [rows, columns] = x.shape as [number, number];
  const [variables, n] = rowvar ? [rows, columns] : [columns, rows];
  const y = x.space.withShape([variables, variables]).empty();
  if (x.size === 0) return y.fill(0);
  const sizes = { m: variables, n: variables, k: n, lda: columns, ldb: columns, ldc: variables };
  const one = { batch: 1, strideA: 0, strideB: 0, strideC: 0, alpha: 1, beta: 0 };
  x.backend.matmul(x, x, y, {
    ...sizes,
    ...one,
    transA: rowvar ? 'n' : 'c',
    transB: rowvar ? 'c' : 'n',
  });
  return rowvar ? y : y.conj();
}

/** The covariances `[variables, variables]` of an array of at most two axes. */
function covariances(
  name: string,
  m: ArrayLike,
  { rowvar, bias, ddof }: WithDefaults<CovarianceOptions, typeof DEFAULTS>,
): EitherArray {
  checkFlag(name, { rowvar, bias });
  if (ddof !== undefined && !Number.isSafeInteger(ddof))
    throw new ArgumentError(`${name}: expected ddof to be an integer, received ${textOf(ddof)}`);
  const given = arrayOf(name, m);
  checkReducible(name, given);
  const { shape } = given.space;
  if (shape.length !== 1 && shape.length !== 2)
    throw new ShapeError(`${name}: expected an array of one or two axes, received ${formatShape(shape)}`);
  // One axis: the observations of one variable
  const isVector = shape.length === 1;
  const byRows = !isVector && rowvar;
  const along = byRows ? 1 : 0;
  const floats = floatsOf(given);
  const isMoved =
    isDistributed(floats) && !floats.layout.replicated && floats.layout.grid[along] !== floats.comm.size;
  const from = isMoved ? floats.redistribute(along) : floats;
  const centred = subtract(from, mean(from, { axis: along, keepdims: true }));
  const part = ownPart(centred);
  const own = products(isVector ? part.reshape([part.size, 1]) : part, byRows);
  const divisor = Math.max(0, (shape[along] as number) - (ddof ?? (bias ? 0 : 1)));
  if (!isDistributed(from)) return own.divide(divisor);
  const { layout, comm, space } = from;
  const whole = layout.replicated ? own : combine(comm, 'sum', own);
  return space.withLayout(Layout.replicated(whole.shape, comm.size)).wrap(whole.divide(divisor));
}

/** The result for one variable has no axes. */
const squeezed = (x: EitherArray): EitherArray => dropAxes(x, x.space.size === 1 ? [0, 1] : []);

/**
 * The covariances of variables: `Σ (x − mean x) conj(y − mean y) / (n − 1)` for each two, where n
 * is the number of observations. One variable, such as an array of one axis, gives an array without
 * axes. The result is whole on each rank: two reductions if the observations are split. An array
 * that is not split along its observations only is first moved so.
 */
export function cov<X extends ArrayLike>(
  m: X,
  options?: CovarianceOptions,
): Reduced<X, { keepdims: true }, never> {
  const given = withDefaults('cov', options, DEFAULTS);
  return tidy(() => squeezed(covariances('cov', m, given))) as Reduced<X, { keepdims: true }, never>;
}

/** Real and imaginary parts between −1 and 1, which rounding errors may exceed. */
const clipped = (x: NDArray): NDArray =>
  isComplex(x.dtype)
    ? x
        .real()
        .clip(-1, 1)
        .add(x.imag().clip(-1, 1).multiply({ re: 0, im: 1 }))
    : x.clip(-1, 1);

/**
 * The correlations of variables: their covariances divided by both standard deviations. Result and
 * communication as those of {@link cov}.
 */
export function corrcoef<X extends ArrayLike>(
  x: X,
  options?: CorrelationOptions,
): Reduced<X, { keepdims: true }, never> {
  const { rowvar } = withDefaults('corrcoef', options, CORRELATION_DEFAULTS);
  return tidy(() => {
    const c = covariances('corrcoef', x, { ...DEFAULTS, rowvar });
    const correlations = onParts(c, (part) => {
      const n = part.shape[0] as number;
      const deviations = part
        .ravel()
        .slice([null, null, n + 1])
        .real()
        .sqrt();
      return clipped(part.divide(deviations.reshape([n, 1])).divide(deviations));
    });
    return squeezed(correlations);
  }) as Reduced<X, { keepdims: true }, never>;
}
