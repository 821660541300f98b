import { isLocalArray } from '../core/array/elementwise.js';
import { type NumberList, numberList } from '../core/array/number-list.js';
import { ArgumentError } from '../core/base/errors.js';
import { checkFlag, checkTexts, type Defaults, withDefaults } from '../core/base/options.js';
import { textOf } from '../core/base/text-of.js';
import { linePlot, type Series } from './line-plot.js';
import type { Panel } from './panel.js';

/**
 * The course of a solver: its result, the costs from iteration 0 on, or costs by iteration.
 */
export type ConvergenceHistory =
  | { readonly cost: readonly number[] }
  | NumberList
  | ReadonlyMap<number, number>;

/** Options of {@link convergence}. */
export interface ConvergenceOptions {
  /** Each history is divided by its first value. @default false */
  readonly relative?: boolean;
  /** A value that is shown as a dashed line, such as the norm of the noise. */
  readonly target?: number;
  /** @default 'log' */
  readonly yScale?: 'linear' | 'log';
  /** @default 'Convergence' */
  readonly title?: string;
  /** @default 'cost', or 'cost / first cost' */
  readonly yLabel?: string;
  /** @default 'iteration' */
  readonly xLabel?: string;
}

const DEFAULTS = {
  relative: false,
  target: undefined,
  yScale: 'log',
  title: 'Convergence',
  yLabel: undefined,
  xLabel: 'iteration',
} satisfies Defaults<ConvergenceOptions>;

/** The widths of curves fall from that of the first to this. */
const THINNEST = 1.5;
const WIDEST = 5;

const isHistory = (value: unknown): value is ConvergenceHistory =>
  Array.isArray(value) ||
  ArrayBuffer.isView(value) ||
  isLocalArray(value) ||
  value instanceof Map ||
  (typeof value === 'object' && value !== null && 'cost' in value);

/** The iterations and costs of a history. */
function curveOf(name: string, history: ConvergenceHistory): { x: Float64Array; y: Float64Array } {
  if (history instanceof Map)
    return { x: Float64Array.from(history.keys()), y: Float64Array.from(history.values()) };
  const list = 'cost' in history ? history.cost : (history as NumberList);
  const y = Float64Array.from(numberList('convergence', `the costs of ${name}`, list));
  return { x: Float64Array.from(y, (_, k) => k), y };
}

/**
 * A panel of the costs of solvers over their iterations. Histories that coincide all show: the
 * first one is the widest line, and the last one the thinnest. No communication; costs are the same
 * on all ranks.
 *
 * @param histories one history, or several by name
 * @throws {@link ArgumentError} if one is not a history, or options are wrong
 * @example
 * const result = cgls(A, y, { niter: 50 });
 * const panel = convergence({ CGLS: result, FISTA: costs }, { target: noise });
 * if (COMM_WORLD.rank === 0) new Figure().add(panel).writePng('cost.png');
 */
export function convergence(
  histories: ConvergenceHistory | Readonly<Record<string, ConvergenceHistory>>,
  options?: ConvergenceOptions,
): Panel {
  const given = withDefaults('convergence', options, DEFAULTS);
  const { relative, target, yScale, title, xLabel } = given;
  checkFlag('convergence', { relative });
  checkTexts('convergence', given, ['title', 'xLabel', 'yLabel']);
  if (target !== undefined && !(Number.isFinite(target) && (target > 0 || yScale !== 'log')))
    throw new ArgumentError(`convergence: expected a positive finite target, received ${textOf(target)}`);
  const isOne = isHistory(histories);
  if (!isOne && (typeof histories !== 'object' || histories === null || Object.keys(histories).length === 0))
    throw new ArgumentError(
      `convergence: expected a result, costs, or several of them by name, received ${textOf(histories)}`,
    );
  const named: [string, ConvergenceHistory][] = isOne
    ? [['the solver', histories]]
    : Object.entries(histories as Readonly<Record<string, ConvergenceHistory>>);
  const step = named.length > 1 ? Math.min(1.2, (WIDEST - THINNEST) / (named.length - 1)) : 0;
  const series: Series[] = named.map(([name, history], k) => {
    if (!isHistory(history))
      throw new ArgumentError(
        `convergence: expected ${name} to be a result or costs, received ${textOf(history)}`,
      );
    const { x, y } = curveOf(name, history);
    const width = THINNEST + step * (named.length - 1 - k);
    const first = y[0] ?? 1;
    return { x, y: relative ? y.map((v) => v / first) : y, width, ...(isOne ? {} : { label: name }) };
  });
  const lasts = series.map(({ x }) => (x as Float64Array).at(-1) ?? 0);
  const firsts = series.map(({ x }) => (x as Float64Array)[0] ?? 0);
  if (target !== undefined)
    series.push({
      x: [Math.min(...firsts), Math.max(...lasts)],
      y: [target, target],
      style: 'dashed',
      color: '#777777',
      label: 'target',
    });
  return linePlot(series, {
    title,
    xLabel,
    yScale,
    yLabel: given.yLabel ?? (relative ? 'cost / first cost' : 'cost'),
  });
}
