import { ArgumentError } from '../../../core/base/errors.js';
import type { Defaults } from '../../../core/base/options.js';
import { textOf } from '../../../core/base/text-of.js';
import { readAt } from '../../parts/raw-io.js';
import { swapPairs } from './byte-order.js';
import type { SegyHeader } from './read-file-header.js';
import { type TraceTimes, timesOf } from './trace-times.js';
import { TRACE_HEADER } from './trace-words.js';

/** The bytes of a trace header that have the position of the trace, from 0. */
export interface Places {
  readonly inline: number;
  readonly crossline: number;
}

/**
 * The bytes of a trace header with the position of the trace, counted from 1 as in the standard.
 */
export interface SegyBytes {
  /** First byte of the inline number, 4 bytes. @default 189 */
  readonly inlineByte?: number;
  /** First byte of the crossline number, 4 bytes. @default 193 */
  readonly crosslineByte?: number;
}

export const BYTES = { inlineByte: 189, crosslineByte: 193 } satisfies Defaults<SegyBytes>;

/** @throws {@link ArgumentError} for bytes that are not in a trace header */
export const placesOf = ({
  inlineByte = BYTES.inlineByte,
  crosslineByte = BYTES.crosslineByte,
}: SegyBytes): Places => {
  for (const byte of [inlineByte, crosslineByte])
    if (!(Number.isInteger(byte) && byte >= 1 && byte <= TRACE_HEADER - 3))
      throw new ArgumentError(
        `expected a byte of the trace header between 1 and ${TRACE_HEADER - 3}, received ${textOf(byte)}`,
      );
  return { inline: inlineByte - 1, crossline: crosslineByte - 1 };
};

/** The order of traces: `slow` changes after all of `fast`. */
export interface VolumeOrder {
  readonly inlineFirst: boolean;
  readonly slow: readonly number[];
  readonly fast: readonly number[];
  /** Of the first trace. */
  readonly times: TraceTimes;
}

/** Whether numbers rise at each step, or fall at each. */
export const isSorted = (list: readonly number[]): boolean => {
  const step = Math.sign((list[1] ?? 0) - (list[0] ?? 0));
  return (
    list.every((n, k) => k === 0 || Math.sign(n - (list[k - 1] as number)) === step) &&
    (list.length < 2 || step !== 0)
  );
};

/**
 * Finds how the traces are sorted. Reads the headers of the first row, and one header of each row.
 * @throws {@link ArgumentError} for traces that are no regular volume
 */
export function findOrder(fd: number, path: string, header: SegyHeader, at: Places): VolumeOrder {
  const { traces, byteOrder, dataOffset, traceBytes, revision } = header;
  const little = byteOrder === 'little';
  const irregular = (why: string) =>
    new ArgumentError(
      `${path} is no regular volume sorted by inline and crossline: ${why} (read at bytes ` +
        `${at.inline + 1} and ${at.crossline + 1}; inlineByte and crosslineByte set others; ` +
        'readSegyTraces reads traces in any order)',
    );
  const raw = new Uint8Array(TRACE_HEADER);
  const view = new DataView(raw.buffer);
  const load = (trace: number) => {
    readAt(fd, raw, dataOffset + trace * traceBytes, path);
    if (byteOrder === 'swapped') swapPairs(raw);
    return {
      inline: view.getInt32(at.inline, little),
      crossline: view.getInt32(at.crossline, little),
    };
  };
  const first = load(0);
  const times = timesOf(view, 0, little, revision);
  const second = traces > 1 ? load(1) : first;
  const inlineFirst = second.inline === first.inline;
  if (!inlineFirst && second.crossline !== first.crossline && traces > 1)
    throw irregular('inline and crossline both change from trace 1 to trace 2');
  const [slowKey, fastKey] = inlineFirst
    ? (['inline', 'crossline'] as const)
    : (['crossline', 'inline'] as const);
  // Only the last three are compared, so the first trace out of order ends the search
  const check = (key: string, list: readonly number[], trace: number) => {
    if (!isSorted(list.slice(-3)))
      throw irregular(
        `${key}s don't rise or fall steadily: ${list.slice(-3).join(', ')} up to trace ${trace + 1}`,
      );
  };
  const fast = [first[fastKey]];
  for (let trace = 1; trace < traces; trace++) {
    const place = load(trace);
    if (place[slowKey] !== first[slowKey]) break;
    fast.push(place[fastKey]);
    check(fastKey, fast, trace);
  }
  if (traces % fast.length !== 0)
    throw irregular(`${traces} traces are no multiple of the ${fast.length} of the first ${slowKey}`);
  const slow: number[] = [];
  for (let trace = 0; trace < traces; trace += fast.length) {
    slow.push(load(trace)[slowKey]);
    check(slowKey, slow, trace);
  }
  return { inlineFirst, slow, fast, times };
}
