import { extname } from 'node:path';
import { type NumberList, numberList } from '../core/array/number-list.js';
import { ArgumentError } from '../core/base/errors.js';
import { checkFunction, checkOptionsObject, type Defaults, withDefaults } from '../core/base/options.js';
import { textOf } from '../core/base/text-of.js';
import { defaultRank } from '../core/ports/defaults.js';
import { writeDocument } from '../io/output.js';
import { formatNumber } from './table.js';

/** A step that a solver's generator yields. Its numbers are logged, other values are not. */
interface LoggedStep {
  readonly iteration: number;
}

/** Options of {@link logSolver}. */
export interface LogOptions {
  /** The title, for the heading. */
  readonly title?: string;
  /** The number of this rank. Only rank 0 writes. @default the rank in the default communicator */
  readonly rank?: number;
  /** Shows the first ten iterations, then every n-th one, and the last. @default 10 */
  readonly every?: number;
  /** The function that writes the text. @default standard output */
  readonly write?: (text: string) => void;
}

const WIDTH = 12;

const LOGGED_DEFAULTS = {
  title: undefined,
  rank: undefined,
  every: 10,
  write: undefined,
} satisfies Defaults<LogOptions>;

/**
 * Yields the iterations of a solver unchanged, and writes a line for each on rank 0:
 * `for (const step of logged(cgls.steps(A, y), { title: 'CGLS' })) …`. The columns are the
 * numbers of a step. The last line has the reason of the result and the time. If
 * the caller leaves the loop, the solver's generator ends too.
 *
 * @returns the result of the solver
 */
export function* logged<T extends LoggedStep, R>(
  steps: Generator<T, R, void>,
  options?: LogOptions,
): Generator<T, R, void> {
  const {
    title,
    rank = defaultRank(),
    every,
    write = (text: string) => void process.stdout.write(text),
  } = withDefaults('logged', options, LOGGED_DEFAULTS);
  if (!(Number.isSafeInteger(every) && every >= 1))
    throw new ArgumentError(
      `logged: expected every to be a whole number of at least 1, received ${textOf(every)}`,
    );
  if (typeof steps !== 'object' || typeof steps?.next !== 'function' || typeof steps.return !== 'function')
    throw new ArgumentError(
      `logged: expected the steps of a solver, as cgls.steps(A, y) gives them, received ${textOf(steps)}`,
    );
  checkFunction('logged', 'write', write);
  const show = rank === 0 ? write : () => undefined;
  const began = performance.now();
  let skipped = '';
  let first = true;
  try {
    for (;;) {
      const { done, value } = steps.next();
      if (done) {
        show(skipped);
        show(`${ending(value)} after ${((performance.now() - began) / 1000).toFixed(2)} s\n`);
        return value;
      }
      const columns = Object.entries(value).filter(
        (entry): entry is [string, number] => typeof entry[1] === 'number',
      );
      if (first)
        show(`${title ? `${title}\n` : ''}${columns.map(([name]) => name.padStart(WIDTH)).join(' ')}\n`);
      first = false;
      const line = `${columns.map(([, number]) => formatNumber(number).padStart(WIDTH)).join(' ')}\n`;
      const shown = value.iteration <= 10 || value.iteration % every === 0;
      if (shown) show(line);
      skipped = shown ? '' : line;
      yield value;
    }
  } finally {
    // if the caller leaves the loop early, the solver ends too and disposes its vectors
    steps.return(undefined as R);
  }
}

const ending = (result: unknown): string =>
  typeof result === 'object' && result !== null && 'reason' in result
    ? `Ended: ${String(result.reason)}`
    : 'Ended';

const WRITE_HISTORY_DEFAULTS = { rank: undefined } satisfies Defaults<Pick<LogOptions, 'rank'>>;

/**
 * Writes histories, one number an iteration, on rank 0. For a name that ends in `.csv` it writes a
 * table with one column for each history; for `.json` it writes an object of lists. The file is
 * written completely or not at all.
 *
 * @throws {@link ArgumentError} for any other name
 */
export function writeHistory(
  path: string,
  histories: Readonly<Record<string, NumberList>>,
  options?: Pick<LogOptions, 'rank'>,
): void {
  const { rank = defaultRank() } = withDefaults('writeHistory', options, WRITE_HISTORY_DEFAULTS);
  const kind = typeof path === 'string' ? extname(path) : '';
  if (kind !== '.csv' && kind !== '.json')
    throw new ArgumentError(
      `writeHistory: expected a file name that ends in .csv or .json, received ${textOf(path)}`,
    );
  if (rank !== 0) return;
  checkOptionsObject('writeHistory: histories', histories ?? null);
  const lists = Object.entries(histories).map(([name, values]): [string, number[]] => [
    name,
    Array.from(numberList('writeHistory', name, values)),
  ]);
  const text = kind === '.json' ? `${JSON.stringify(Object.fromEntries(lists))}\n` : asCsv(lists);
  writeDocument(path, text);
}

/** CSV by RFC 4180. Cells after the end of a shorter list are empty. */
function asCsv(lists: readonly [string, number[]][]): string {
  const rows = Math.max(0, ...lists.map(([, values]) => values.length));
  const quoted = (name: string): string => (/[",\r\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name);
  const head = ['iteration', ...lists.map(([name]) => quoted(name))].join(',');
  const body = Array.from({ length: rows }, (_, k) =>
    [k, ...lists.map(([, values]) => values[k] ?? '')].join(','),
  );
  return `${[head, ...body].join('\n')}\n`;
}
