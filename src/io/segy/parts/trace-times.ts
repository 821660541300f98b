import { ArgumentError } from '../../../core/base/errors.js';
import type { SegyHeader } from './read-file-header.js';
import { getWord, putWord, wordHolds } from './trace-words.js';

/** What a volume has once and trace headers state for each trace. */
export interface TraceTimes {
  /** The time of the first sample, in seconds. */
  readonly delay: number;
  /** In microseconds; 0 if the trace header does not state one. */
  readonly interval: number;
}

const STANDARD_SCALARS = [1, 10, 100, 1000, 10_000];

/** The factor of a scalar word: positive ones multiply, negative ones divide, and 0 is 1. */
export const scalarFactor = (scalar: number): { readonly by: number; readonly over: number } =>
  scalar < 0 ? { by: 1, over: -scalar } : { by: scalar || 1, over: 1 };

/**
 * Reads the times of the trace header that starts at byte `head`. The scalar of times (bytes 215 to
 * 216) is applied. Revision 0 does not define it, so there only the values of the standard count.
 */
export function timesOf(view: DataView, head: number, little: boolean, revision: number): TraceTimes {
  const scalar = getWord(view, head, 'timeScalar', little);
  const counts = revision > 0 || STANDARD_SCALARS.includes(Math.abs(scalar));
  const { by, over } = scalarFactor(counts ? scalar : 0);
  return {
    delay: (getWord(view, head, 'delay', little) * by) / (1000 * over),
    interval: getWord(view, head, 'sampleInterval', little),
  };
}

/**
 * The words `delay` and `timeScalar` for a delay in seconds.
 * @param scalars the values of `timeScalar` to try
 * @throws {@link ArgumentError} if with none of them the delay is a whole number of 16 bits
 */
export function delayWords(
  delay: number,
  scalars: readonly number[] = [0, -10, -100, -1000, -10_000, 10, 100, 1000, 10_000],
): { readonly delay: number; readonly timeScalar: number } {
  for (const scalar of scalars) {
    const { by, over } = scalarFactor(scalar);
    const exact = (delay * 1000 * over) / by;
    const whole = Math.round(exact);
    if (wordHolds('delay', whole) && Math.abs(exact - whole) <= 1e-9 * Math.max(1, Math.abs(whole)))
      return { delay: whole, timeScalar: scalar };
  }
  throw new ArgumentError(
    'expected a delay in seconds that is a whole number of milliseconds between -32768 and 32767, times a ' +
      `scalar of ${scalars.join(', ')} (negative ones divide, 0 is 1), received ${delay}`,
  );
}

/**
 * Checks the number of samples in the trace header at byte `head`.
 * @param trace the number of the trace, from 1, for messages
 */
export function checkSamples(
  path: string,
  header: SegyHeader,
  view: DataView,
  head: number,
  trace: number,
): void {
  const samples = getWord(view, head, 'samples', header.byteOrder === 'little');
  if (!header.fixedSamples && samples !== 0 && !header.sampleWords.includes(samples))
    throw new ArgumentError(
      `${path}: trace ${trace} has ${samples} samples, expected ${header.samples} as in the file header`,
    );
}

/**
 * The interval of a trace in microseconds. Its own is that of the trace header, unless the file
 * headers state one for all traces.
 */
export function intervalOf(header: SegyHeader, own: number): number {
  const isStated = header.fixedInterval || own === 0 || header.intervalWords.includes(own);
  return isStated ? header.interval : own;
}

/** Checks that the trace at byte `head` has the interval and the delay of the volume. */
export function checkTimes(
  path: string,
  header: SegyHeader,
  view: DataView,
  head: number,
  trace: number,
  expected: TraceTimes,
): void {
  const own = timesOf(view, head, header.byteOrder === 'little', header.revision);
  const interval = intervalOf(header, own.interval);
  const differ = (what: string, one: string, all: string) =>
    new ArgumentError(
      `${path}: trace ${trace} has ${what} of ${one}, expected ${all}, because a volume has one for all ` +
        'traces: readSegyTraces reads traces that differ',
    );
  if (interval !== 0 && interval !== expected.interval)
    throw differ('an interval', `${interval} µs`, `${expected.interval} µs`);
  if (own.delay !== expected.delay) throw differ('a delay', `${own.delay} s`, `${expected.delay} s`);
}

/** Writes the words of times and counts. */
export function putTimes(
  view: DataView,
  head: number,
  words: { readonly delay: number; readonly timeScalar: number; readonly sampleInterval: number },
  little: boolean,
): void {
  for (const word of ['delay', 'timeScalar', 'sampleInterval'] as const)
    putWord(view, head, word, words[word], little);
}
