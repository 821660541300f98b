import { ArgumentError } from '../../core/base/errors.js';
import { checkList, checkOneOf, type Defaults, withDefaults } from '../../core/base/options.js';
import { textOf } from '../../core/base/text-of.js';
import { checkDistributed, DistributedArray } from '../../core/distributed/distributed-array.js';
import { sameOnAllRanks } from '../../core/ports/agreement.js';
import { resolveCommunicator } from '../../core/ports/defaults.js';
import type { SegyWord } from './parts/trace-words.js';
import type { SegyTraceHeaders } from './segy-traces.js';

/** Traces with equal keys. */
export interface SegyGather {
  /** The value of each key word. */
  readonly key: readonly number[];
  /** The numbers of the traces, from 0. */
  readonly traces: Int32Array;
}

/** Options of {@link segyGathers}. */
export interface SegyGathersOptions {
  /** The word that orders the traces of a gather. @default the order of the file */
  readonly sortBy?: SegyWord | undefined;
}

const DEFAULTS = { sortBy: undefined } satisfies Defaults<SegyGathersOptions>;

type Headers = Partial<SegyTraceHeaders>;

/**
 * The words of all traces, on all ranks. Collective.
 * @throws {@link ArgumentError} on all ranks if `words` is not valid, or not the same, on one
 */
function gatherWords(owner: string, headers: Headers, words: () => readonly SegyWord[]): Int32Array[] {
  const columns: readonly unknown[] = Object.values(headers ?? {});
  const first = columns.find((column) => column instanceof DistributedArray);
  const comm = first?.comm ?? resolveCommunicator(undefined);
  const { list } = sameOnAllRanks(comm, owner, () => {
    if (typeof headers !== 'object' || headers === null)
      throw new ArgumentError(
        `${owner}: expected headers as of readSegyHeaders, received ${textOf(headers)}`,
      );
    const list = words().map((word) => checkOneOf('a word', word, Object.keys(headers) as SegyWord[]));
    for (const word of list) checkDistributed(`${owner}: ${word}`, headers[word]);
    return { list };
  });
  return list.map((word) => {
    const whole = (headers[word] as DistributedArray).asArray();
    const values = whole.toHost() as Int32Array;
    whole.dispose();
    return values;
  });
}

/** The numbers of traces, sorted by words. Traces with equal words keep their order. */
function sorted(lists: readonly Int32Array[], n: number): Int32Array {
  return Int32Array.from({ length: n }, (_, k) => k).sort((a, b) => {
    for (const list of lists) {
      const step = (list[a] as number) - (list[b] as number);
      if (step !== 0) return step;
    }
    return a - b;
  });
}

/**
 * Finds the gathers of a file: the traces with equal `keys`, in rising order of the keys.
 * Collective; each key word is gathered on all ranks. Read a gather with the option `traces` of
 * `readSegyTraces`.
 *
 * @example
 * const { headers } = readSegyHeaders(path, { words: ['ensemble', 'offset'] });
 * const [first] = segyGathers(headers, 'ensemble', { sortBy: 'offset' });
 */
export function segyGathers(
  headers: Headers,
  keys: SegyWord | readonly SegyWord[],
  options: SegyGathersOptions = {},
): SegyGather[] {
  const all = gatherWords('segyGathers', headers, () => {
    const { sortBy } = withDefaults('segyGathers', options, DEFAULTS);
    const words = typeof keys === 'string' ? [keys] : keys;
    checkList('segyGathers', 'words', words);
    if (words.length === 0) throw new ArgumentError('segyGathers: expected at least one word');
    return sortBy === undefined ? words : [...words, sortBy];
  });
  const lists = options.sortBy === undefined ? all : all.slice(0, -1);
  const n = all[0]?.length ?? 0;
  const order = sorted(all, n);
  const gathers: SegyGather[] = [];
  for (let first = 0, k = 1; k <= n; k++) {
    const [a, b] = [order[first] as number, order[k] as number];
    if (k < n && lists.every((list) => list[a] === list[b])) continue;
    gathers.push({ key: lists.map((list) => list[a] as number), traces: order.slice(first, k) });
    first = k;
  }
  return gathers;
}

/** Pairs of words by which files are usually sorted, the more specific ones first. */
const SORTINGS: readonly (readonly [slow: SegyWord, fast: SegyWord])[] = [
  ['inline', 'crossline'],
  ['crossline', 'inline'],
  ['ensemble', 'offset'],
  ['fieldRecord', 'traceInRecord'],
  ['fieldRecord', 'offset'],
  ['sourcePoint', 'traceInRecord'],
  ['sourcePoint', 'offset'],
  ['ensemble', 'traceInEnsemble'],
];

/** Whether `slow` never returns to an earlier value, and `fast` rises, or falls, while it stays. */
function sorts(slow: Int32Array, fast: Int32Array): boolean {
  let [up, down, outer] = [true, true, 0];
  let changes = 0;
  for (let k = 1; k < slow.length; k++) {
    const step = Math.sign((slow[k] as number) - (slow[k - 1] as number));
    if (step !== 0) {
      if (outer !== 0 && step !== outer) return false;
      outer = step;
      continue;
    }
    changes++;
    if ((fast[k] as number) <= (fast[k - 1] as number)) up = false;
    if ((fast[k] as number) >= (fast[k - 1] as number)) down = false;
    if (!up && !down) return false;
  }
  return changes > 0;
}

/**
 * Finds the words by which the traces of a file are sorted, the slower one first: inline and
 * crossline, ensemble and offset, field record and trace, for example. Empty if none of the usual
 * pairs does. Only words that `headers` has are tried. Collective.
 */
export function segySorting(headers: Headers): SegyWord[] {
  const used = [...new Set(SORTINGS.flat())];
  const tried = used.filter((word) => headers?.[word] !== undefined);
  const lists = gatherWords('segySorting', headers, () => tried);
  const known = new Map(tried.map((word, k) => [word, lists[k] as Int32Array]));
  const found = SORTINGS.find(([slow, fast]) => {
    const [a, b] = [known.get(slow), known.get(fast)];
    return a && b && sorts(a, b);
  });
  return found ? [...found] : [];
}
