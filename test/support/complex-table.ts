import { readFileSync } from 'node:fs';
import { hostArray } from '../../src/core/base/dtype.js';
import type { Backend, Elements } from '../../src/core/ports/backend.js';

/** A row of the table: the function, its operands (one or two pairs), and the correct value. */
export interface TableRow {
  readonly name: string;
  readonly operands: readonly number[];
  readonly value: readonly [re: number, im: number];
}

/** The rows of `test/cpu/fixtures/complex-functions.txt`, by function. */
export function complexTable(): ReadonlyMap<string, readonly TableRow[]> {
  const text = readFileSync(
    new URL('../../../test/cpu/fixtures/complex-functions.txt', import.meta.url),
    'utf8',
  );
  const table = new Map<string, TableRow[]>();
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const [name = '', ...numbers] = line.split(' ');
    const values = numbers.map(Number);
    const row: TableRow = {
      name,
      operands: values.slice(0, -2),
      value: values.slice(-2) as [number, number],
    };
    table.set(name, [...(table.get(name) ?? []), row]);
  }
  return table;
}

/** The distance between neighbouring doubles at x. */
export function ulp(x: number): number {
  const exponent = Math.floor(Math.log2(Math.max(Math.abs(x), 2 ** -1022)));
  return 2 ** (exponent - 52);
}

const TWO_OPERANDS = ['divide', 'power'];
/**
 * The error of a result in units in the last place. Sums of two products cancel, so their error is
 * measured relative to the modulus. Powers are exp(w log z), whose error grows with |w log z|.
 */
function errorOf({ name, operands, value }: TableRow, got: readonly [number, number]): number {
  const parts = got.map((part, k) => (part === value[k] ? 0 : Math.abs(part - (value[k] as number))));
  if (!TWO_OPERANDS.includes(name))
    return Math.max(...parts.map((part, k) => part / ulp(value[k] as number)));
  const [a = 0, b = 0, c = 0, d = 0] = operands;
  const growth =
    name === 'power' ? 1 + Math.hypot(c, d) * Math.hypot(Math.log(Math.hypot(a, b)), Math.atan2(b, a)) : 1;
  return Math.max(...parts) / ulp(Math.max(...value.map(Math.abs))) / growth;
}

/**
 * Rows whose value differs by more than `ulps` units in the last place from the result of
 * `compute`, which is called once with all operands.
 */
export function wrongRows(
  rows: readonly TableRow[],
  ulps: number,
  compute: (operands: readonly Float64Array[]) => ArrayLike<number>,
): string[] {
  const count = (rows[0]?.operands.length ?? 0) / 2;
  const operands = Array.from({ length: count }, (_, k) =>
    Float64Array.from(rows.flatMap((row) => row.operands.slice(2 * k, 2 * k + 2))),
  );
  const got = compute(operands);
  return rows.flatMap((row, i) => {
    const pair = [got[2 * i] as number, got[2 * i + 1] as number] as const;
    const error = errorOf(row, pair);
    if (error <= ulps) return [];
    return [
      `${row.name} of ${row.operands.join(' ')}: expected ${row.value.join(' ')}, received ` +
        `${pair.join(' ')}: ${error} ulp`,
    ];
  });
}

/** Runs one kernel of a backend over all rows. */
export function kernelValues(
  backend: Backend,
  name: string,
  operands: readonly Float64Array[],
): ArrayLike<number> {
  const n = (operands[0]?.length ?? 0) / 2;
  const elements = [...operands, hostArray('complex128', n)].map((values): Elements => {
    const e = { storage: backend.alloc('complex128', n), offset: 0, size: n };
    backend.upload(values, e);
    return e;
  }) as [Elements, Elements, Elements];
  const y = elements[elements.length - 1] as Elements;
  if (operands.length === 1) backend.unary(name as 'exp', elements[0], y);
  else backend.binary(name as 'divide', elements[0], elements[1], y);
  const values = backend.download(y);
  for (const { storage } of elements) backend.release(storage);
  return values;
}
