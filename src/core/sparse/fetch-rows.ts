import { tidy } from '../base/scope.js';
import type { Communicator } from '../ports/communicator.js';
import { CompressedRows } from './compressed-rows.js';
import { CsrArray } from './csr-array.js';
import { valuesAt } from './entry-values.js';
import { requestRows } from './row-exchange.js';

/** The running sums of counts, from 0 on. */
function startsOf(counts: Int32Array): Int32Array {
  const starts = new Int32Array(counts.length + 1);
  counts.forEach((n, k) => {
    starts[k + 1] = (starts[k] as number) + n;
  });
  return starts;
}

/** The sum of the items of each rank, which lie rank after rank. */
function totals(counts: Int32Array, starts: Int32Array): number[] {
  let first = 0;
  return Array.from(counts, (n) => {
    const total = (starts[first + n] as number) - (starts[first] as number);
    first += n;
    return total;
  });
}

/**
 * Rows of a matrix that is spread over ranks, ascending, from any of them. Collective: two
 * exchanges of requests, one of lengths and two of entries.
 * @param local the rows of this rank
 * @param cuts where the rows of each rank begin, and where the last end
 */
export function fetchRows(
  local: CsrArray,
  cuts: readonly number[],
  rows: Int32Array,
  comm: Communicator,
): CsrArray {
  const { needs, needed, rows: requests } = requestRows(comm, cuts, rows);
  const { starts, columns } = local.pattern;
  const first = cuts[comm.rank] as number;
  const lengths = requests.map(
    (row) => (starts[row - first + 1] as number) - (starts[row - first] as number),
  );
  const sizes = new Int32Array(rows.length);
  comm.alltoallv(lengths, [...needed], sizes, [...needs]);
  const [outgoing, incoming] = [startsOf(lengths), startsOf(sizes)];
  const [sent, received] = [totals(needed, outgoing), totals(needs, incoming)];
  const places = new Int32Array(outgoing[requests.length] as number);
  requests.forEach((row, k) => {
    const from = starts[row - first] as number;
    for (let e = 0; e < (lengths[k] as number); e++) places[(outgoing[k] as number) + e] = from + e;
  });
  const arrived = new Int32Array(incoming[rows.length] as number);
  comm.alltoallv(
    places.map((e) => columns[e] as number),
    sent,
    arrived,
    received,
  );
  return tidy(() => {
    const packed = valuesAt(local.data, places);
    const data = packed.space.withShape([arrived.length]).empty();
    comm.alltoallv(packed, sent, data, received);
    return new CsrArray(new CompressedRows([rows.length, local.shape[1]], incoming, arrived), data);
  });
}
