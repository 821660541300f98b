import { ArgumentError } from '../core/base/errors.js';
import { checkList, checkOptionsObject } from '../core/base/options.js';
import { textOf } from '../core/base/text-of.js';
/** A cell of a table. */
export type Cell = string | number;

/** Formats a number with four significant digits. Integers have all digits. */
export function formatNumber(value: number): string {
  if (typeof value !== 'number')
    throw new ArgumentError(`formatNumber: expected a number, received ${textOf(value)}`);
  if (Number.isInteger(value) && Math.abs(value) < 1e9) return String(value);
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  return size >= 1e5 || size < 1e-3 ? value.toExponential(3) : String(Number(value.toPrecision(4)));
}

/** The text of a cell of a table; of values that programs without types pass, a description. */
export function cellText(cell: unknown): string {
  if (typeof cell === 'number') return formatNumber(cell);
  if (typeof cell === 'string') return cell;
  return cell === undefined ? '' : textOf(cell);
}

/** Whether a column is one of numbers. */
export const isNumeric = (cells: readonly unknown[]): boolean =>
  cells.every((cell) => cell === undefined || typeof cell === 'number');

/**
 * Formats rows with the same keys as a table with a heading and a rule. Columns of numbers are
 * aligned to the right.
 *
 * ```
 * method             misfit  model error
 * ----------------  -------  -----------
 * CGLS               0.0123        0.241
 * ```
 */
export function formatTable(rows: readonly Readonly<Record<string, Cell>>[]): string {
  checkList('formatTable', 'rows { column: cell }', rows);
  for (const row of rows) checkOptionsObject('formatTable: a row', row ?? null);
  const heads = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const columns = heads.map((head) => {
    const cells = rows.map((row) => row[head]);
    const texts = cells.map(cellText);
    const numeric = isNumeric(cells);
    const width = Math.max(head.length, ...texts.map((t) => t.length));
    const pad = (text: string): string => (numeric ? text.padStart(width) : text.padEnd(width));
    return [head, '-'.repeat(width), ...texts].map(pad);
  });
  const lines = Array.from({ length: rows.length + 2 }, (_, k) =>
    columns
      .map((column) => column[k] as string)
      .join('  ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n`;
}
