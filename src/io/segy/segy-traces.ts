import { type NumberList, numberList } from '../../core/array/number-list.js';
import { hostArray, isComplex } from '../../core/base/dtype.js';
import { ArgumentError, DTypeError, ShapeError } from '../../core/base/errors.js';
import {
  checkList,
  checkOneOf,
  checkOptionsObject,
  type Defaults,
  withDefaults,
} from '../../core/base/options.js';
import { tidy } from '../../core/base/scope.js';
import { formatShape, product } from '../../core/base/shape.js';
import { DistributedArray } from '../../core/distributed/distributed-array.js';
import { Layout } from '../../core/distributed/layout.js';
import { type DistributedArrayOptions, DistributedSpace, spaceOf } from '../../core/distributed/space.js';
import { gatherFromAllRanks, onAllRanks, sameOnAllRanks } from '../../core/ports/agreement.js';
import { resolveCommunicator } from '../../core/ports/defaults.js';
import { crc32 } from '../parts/crc32.js';
import { checkBoxes, moved, plainOptions, type Runs, runsOf } from '../parts/file-runs.js';
import { withFile } from '../parts/local-file.js';
import { writeFileTogether } from '../parts/shared-file.js';
import { FILE_HEADER, type SegyFileHeader } from './parts/file-header.js';
import { readSegyHeader } from './parts/read-file-header.js';
import { sampleDType } from './parts/sample-formats.js';
import { readTraces, type TraceForm, traceBytesOf, writeTraces } from './parts/trace-io.js';
import { traceLayout } from './parts/trace-layout.js';
import { checkSamples, delayWords, intervalOf, timesOf } from './parts/trace-times.js';
import { getWord, putWord, type SegyWord, TRACE_HEADER, WORD_NAMES, wordHolds } from './parts/trace-words.js';
import { formatSegyHeader, intervalWord } from './parts/write-file-header.js';
import { formOf, INT32, microseconds, textualHeader } from './parts/write-settings.js';

export type { SegyWord };

/** Words of the headers of traces, by name: int32 `[trace]`, on the ranks that have the traces. */
export type SegyTraceHeaders<W extends SegyWord = SegyWord> = Readonly<Record<W, DistributedArray>>;

/** Options of {@link readSegyHeaders}. */
export interface SegyHeadersReadOptions<W extends SegyWord = SegyWord> extends DistributedArrayOptions {
  /** The numbers of the traces to read, from 0, in any order. @default all, as in the file */
  readonly traces?: NumberList;
  /** The words to read. @default all */
  readonly words?: readonly W[];
}

/** Options of {@link readSegyTraces}. */
export interface SegyTracesReadOptions<W extends SegyWord = SegyWord> extends SegyHeadersReadOptions<W> {}

/** The headers of a file, as {@link readSegyHeaders} returns them. */
export interface SegyHeaders<W extends SegyWord = SegyWord> extends SegyFileHeader {
  /** The words as they are in the file: scalars are not applied. */
  readonly headers: SegyTraceHeaders<W>;
  /** The samples of a trace. */
  readonly samples: number;
  /** In seconds; 0 if the file does not state it, undefined if the traces differ. */
  readonly sampleInterval: number | undefined;
  /** The time of the first sample, in seconds; undefined if the traces differ. */
  readonly delay: number | undefined;
}

/** Traces with their headers, as {@link readSegyTraces} returns them. */
export interface SegyTraces<W extends SegyWord = SegyWord> extends SegyHeaders<W> {
  /** `[trace, sample]` */
  readonly data: DistributedArray;
}

/** Options of {@link writeSegyTraces}. What {@link readSegyTraces} returns is accepted. */
export interface SegyTracesWriteOptions extends Partial<SegyFileHeader> {
  /**
   * Words of the trace headers: one number for each trace, as a distributed array or the same list
   * on all ranks. The words that are not given are 0, except the numbers of traces in the line and
   * in the file, the kind (1, seismic data) and the number of samples, which is always that of the
   * array.
   */
  readonly headers?: Readonly<Partial<Record<SegyWord, DistributedArray | NumberList>>>;
  /** In seconds, for all traces. @default that of `headers` */
  readonly sampleInterval?: number | undefined;
  /** In seconds, for all traces. @default that of `headers` */
  readonly delay?: number | undefined;
}

/** The rows of each rank, as the layout of one number for each row. */
const rowLayout = (layout: Layout): Layout =>
  layout.replicated
    ? Layout.replicated(layout.globalShape.slice(0, 1), layout.ranks)
    : Layout.fromLocalShapes(
        Array.from({ length: layout.ranks }, (_, r) => [
          product(layout.globalShape) === 0 ? 0 : (layout.box(r).shape[0] as number),
        ]),
        0,
      );

/** The one value of all ranks, each of which has a list of its different values. */
const common = (lists: readonly (readonly number[])[]): number | undefined => {
  const values = new Set(lists.flat());
  return values.size === 1 ? [...values][0] : undefined;
};

function checkTraces(owner: string, traces: NumberList, most: number): Float64Array {
  const list = Float64Array.from(numberList(owner, 'traces', traces));
  const wrong = list.find((k) => !(Number.isInteger(k) && k >= 0 && k < most));
  if (wrong !== undefined)
    throw new ArgumentError(`expected traces from 0 to ${most - 1}, received ${wrong}`);
  return list;
}

/** Reads headers, and samples if `whole`. */
function readFile<W extends SegyWord>(
  owner: string,
  path: string,
  options: SegyHeadersReadOptions<W>,
  whole: boolean,
): Omit<SegyTraces<W>, 'data'> & { readonly data: DistributedArray | undefined } {
  const { traces, words, ...rest } = options ?? {};
  const comm = resolveCommunicator(rest.comm);
  return tidy(() => {
    let chosen: Float64Array | undefined;
    const { header, names } = sameOnAllRanks(comm, owner, () => {
      checkOptionsObject(owner, options);
      const header = withFile(path, (fd, size) => readSegyHeader(fd, size, path));
      chosen = traces && checkTraces(owner, traces, header.traces);
      if (words !== undefined) checkList(owner, 'words', words);
      return {
        header,
        names: (words ?? (WORD_NAMES as readonly W[])).map((word) => checkOneOf('a word', word, WORD_NAMES)),
        chosen: chosen && [chosen.length, crc32(new Uint8Array(chosen.buffer))],
        options: plainOptions(owner, rest),
      };
    });
    const { text, format, byteOrder, samples, dataOffset, traceBytes } = header;
    const little = byteOrder === 'little';
    const n = chosen?.length ?? header.traces;
    const dtype = sampleDType(path, format, rest.dtype);
    const space = spaceOf(owner, [n, samples], { ...rest, dtype, comm });
    const fileSpace = space.withLayout(traceLayout(space.layout, [0]));
    const rows = DistributedSpace.of({
      layout: rowLayout(fileSpace.layout),
      partition: 'SCATTER',
      comm,
      dtype: 'int32',
      backend: space.backend,
      mask: undefined,
    });
    let part: DistributedArray | undefined;
    const columns: DistributedArray[] = [];
    const facts = gatherFromAllRanks(comm, () => {
      part = whole ? fileSpace.empty() : undefined;
      const { start, shape } = rows.layout.box(comm.rank);
      const [first, count] = [start[0] as number, shape[0] as number];
      const bytes = whole ? traceBytes : TRACE_HEADER;
      const position = (k: number) =>
        dataOffset + (chosen ? (chosen[first + k] as number) : first + k) * traceBytes;
      const runs: Runs =
        whole && !chosen
          ? runsOf([n], { start: [first], shape: [count] }, traceBytes, dataOffset)
          : { count, bytes, position };
      const lists = names.map(() => hostArray('int32', count));
      const intervals = new Set<number>();
      const delays = new Set<number>();
      if (count > 0)
        withFile(path, (fd) =>
          readTraces(fd, path, header, runs, count, part?.local, (view, head, t) => {
            const trace = chosen ? (chosen[first + t] as number) : first + t;
            checkSamples(path, header, view, head, trace + 1);
            const times = timesOf(view, head, little, header.revision);
            // two of each are enough to know that they differ
            if (intervals.size < 2) intervals.add(intervalOf(header, times.interval));
            if (delays.size < 2) delays.add(times.delay);
            for (let k = 0; k < names.length; k++)
              (lists[k] as Int32Array)[t] = getWord(view, head, names[k] as SegyWord, little);
          }),
        );
      for (const list of lists) {
        const column = rows.empty();
        columns.push(column);
        if (count > 0) column.backend.upload(list, column.local);
      }
      return { intervals: [...intervals], delays: [...delays] };
    });
    const interval = common(facts.map((f) => f.intervals));
    const target = space.layout.replicated ? rows.withLayout(Layout.replicated([n], comm.size)) : rows;
    return {
      data: part && moved(part, space),
      headers: Object.fromEntries(
        names.map((name, k) => [name, moved(columns[k] as DistributedArray, target)]),
      ) as SegyTraceHeaders<W>,
      samples,
      sampleInterval: interval === undefined ? undefined : interval / 1e6,
      delay: common(facts.map((f) => f.delays)),
      text,
      format,
      byteOrder,
    };
  });
}

/**
 * Reads the headers of the traces of a SEG-Y file without their samples, to find gathers in them.
 * All ranks read, each its part of the traces. Collective. Errors are the same on all ranks.
 *
 * @throws {@link ArgumentError} for files that are cut short, for traces that differ in length, and
 * if ranks see different files or options
 * @throws {@link DTypeError} for other sample formats
 */
export function readSegyHeaders<W extends SegyWord = SegyWord>(
  path: string,
  options: SegyHeadersReadOptions<W> = {},
): SegyHeaders<W> {
  const { data: _, ...headers } = readFile('readSegyHeaders', path, options, false);
  return headers;
}

/**
 * Reads traces with their headers from SEG-Y, in the order of the file: pre-stack gathers, volumes
 * with gaps or repeated traces. All ranks read, each its traces. `data` is `[trace, sample]`, by
 * default split over the traces; its dtype is as with `readSegy`. Collective. Errors are the same
 * on all ranks.
 *
 * @throws {@link ArgumentError} for files that are cut short, for traces that differ in length, and
 * if ranks see different files or options
 * @throws {@link DTypeError} for other sample formats and for values that the dtype does not hold
 */
export function readSegyTraces<W extends SegyWord = SegyWord>(
  path: string,
  options: SegyTracesReadOptions<W> = {},
): SegyTraces<W> {
  return readFile('readSegyTraces', path, options, true) as SegyTraces<W>;
}

const DEFAULTS = {
  headers: undefined,
  sampleInterval: undefined,
  delay: undefined,
  text: undefined,
  format: undefined,
  byteOrder: 'big',
} satisfies Defaults<SegyTracesWriteOptions>;

type Column = DistributedArray | NumberList;

const listOf = (word: SegyWord, column: NumberList): number[] =>
  Array.from(numberList('writeSegyTraces', word, column));

function checkColumn(word: SegyWord, column: Column | undefined, n: number): void {
  if (column instanceof DistributedArray) {
    checkBoxes('writeSegyTraces', column);
    if (isComplex(column.dtype))
      throw new DTypeError(`writeSegyTraces: expected whole numbers in ${word}, received ${column.dtype}`);
    if (column.globalShape.length !== 1 || column.globalShape[0] !== n)
      throw new ShapeError(
        `writeSegyTraces: expected ${word} of shape [${n}], received ${formatShape(column.globalShape)}`,
      );
  } else if (column === undefined || listOf(word, column).length !== n)
    throw new ArgumentError(`writeSegyTraces: expected ${n} numbers in ${word}, one for each trace`);
}

function settings(x: DistributedArray, options: SegyTracesWriteOptions) {
  checkOptionsObject('writeSegyTraces', options);
  // the surplus of what readSegyTraces returns
  const {
    data: _,
    samples: __,
    ...own
  } = options as SegyTracesWriteOptions & Record<'data' | 'samples', unknown>;
  const given = withDefaults('writeSegyTraces', own, DEFAULTS);
  const { globalShape: shape } = x;
  if (shape.length !== 2 || product(shape) === 0)
    throw new ShapeError(`writeSegyTraces: expected [trace, sample], received ${formatShape(shape)}`);
  const [n, samples] = shape as readonly [number, number];
  if (n > INT32) throw new ShapeError(`writeSegyTraces: expected at most ${INT32} traces, received ${n}`);
  const form = formOf(x.dtype, given);
  const { headers = {}, text = textualHeader('TRACES'), delay, sampleInterval } = given;
  for (const word of Object.keys(headers)) checkOneOf('a word of the headers', word, WORD_NAMES);
  const names = WORD_NAMES.filter((word) => headers[word] !== undefined);
  for (const word of names) checkColumn(word, headers[word], n);
  if (sampleInterval === undefined && !headers.sampleInterval)
    throw new ArgumentError('writeSegyTraces: expected sampleInterval, or headers with sampleInterval');
  const interval = sampleInterval === undefined ? undefined : microseconds(sampleInterval);
  return {
    form: { ...form, samples } satisfies TraceForm,
    names,
    kinds: names.map((word) => {
      const column = headers[word] as Column;
      return column instanceof DistributedArray ? column.layout.key : listOf(word, column);
    }),
    interval,
    delay,
    shared: delay === undefined || headers.timeScalar ? undefined : delayWords(delay),
    head: formatSegyHeader({
      ...form,
      text,
      samples,
      interval: interval ?? 0,
      traces: n,
      sorting: 0,
      fixed: interval !== undefined,
    }),
  };
}

/**
 * Writes traces `[trace, sample]` with their headers as SEG-Y, as `writeSegy` writes volumes. All
 * ranks write, each its traces. What `readSegyTraces` returns is accepted as `options`; all 240
 * bytes of each trace header are then as they were, unless `sampleInterval`, `delay` or the number
 * of samples changes. Collective. Errors are the same on all ranks, and then no file is left.
 *
 * @throws {@link ArgumentError} for words that a trace header does not hold
 * @throws {@link DTypeError} for complex arrays and for values that the format does not hold
 */
export function writeSegyTraces(path: string, x: DistributedArray, options: SegyTracesWriteOptions): void {
  checkBoxes('writeSegyTraces', x);
  const { comm } = x;
  const spec = sameOnAllRanks(comm, 'writeSegyTraces', () => {
    // throws if the array was disposed
    void x.local.storage;
    return { ...settings(x, options), path, layout: x.layout.key };
  });
  const { form, names, interval, delay, shared, head } = spec;
  const little = form.byteOrder === 'little';
  const traceBytes = traceBytesOf(form);
  const n = x.globalShape[0] as number;
  tidy(() => {
    const part = moved(x, x.space.withLayout(traceLayout(x.layout, [0])));
    const rows = rowLayout(part.layout);
    const { start, shape } = rows.box(comm.rank);
    const [first, count] = [start[0] as number, shape[0] as number];
    const columns = names.map((word) => {
      const column = options.headers?.[word] as Column;
      return column instanceof DistributedArray
        ? moved(column, column.space.withLayout(rows))
        : listOf(word, column).slice(first, first + count);
    });
    const lists = onAllRanks(comm, () =>
      columns.map((column, k) => {
        const list = column instanceof DistributedArray ? column.local.toHost() : column;
        const word = names[k] as SegyWord;
        const wrong = (list as number[]).findIndex((value) => !wordHolds(word, value));
        if (wrong >= 0)
          throw new ArgumentError(
            `writeSegyTraces: ${list[wrong]} does not fit into ${word} of trace ${first + wrong + 1}`,
          );
        return list;
      }),
    );
    writeFileTogether(comm, path, FILE_HEADER + n * traceBytes, head, (fd) => {
      if (count === 0) return;
      const runs = runsOf([n], { start: [first], shape: [count] }, traceBytes, FILE_HEADER);
      writeTraces(fd, form, runs, count, part.local, (view, head, t) => {
        putWord(view, head, 'traceInLine', first + t + 1, little);
        putWord(view, head, 'traceInFile', first + t + 1, little);
        putWord(view, head, 'traceKind', 1, little);
        for (let k = 0; k < names.length; k++)
          putWord(view, head, names[k] as SegyWord, lists[k]?.[t] as number, little);
        putWord(view, head, 'samples', Math.min(form.samples, 0xffff), little);
        // a word 0 says that the file headers have the interval
        const states =
          !names.includes('sampleInterval') || getWord(view, head, 'sampleInterval', little) !== 0;
        if (interval !== undefined && states)
          putWord(view, head, 'sampleInterval', intervalWord(interval), little);
        if (delay === undefined || timesOf(view, head, little, 1).delay === delay) return;
        const words = shared ?? delayWords(delay, [getWord(view, head, 'timeScalar', little)]);
        putWord(view, head, 'delay', words.delay, little);
        putWord(view, head, 'timeScalar', words.timeScalar, little);
      });
    });
  });
}
