import { NDArray } from '../../core/array/ndarray.js';
import { checkDType, hostArray, isComplex } from '../../core/base/dtype.js';
import { ArgumentError, DTypeError, ShapeError } from '../../core/base/errors.js';
import { checkOneOf, type Defaults, withDefaults } from '../../core/base/options.js';
import { tidy } from '../../core/base/scope.js';
import { formatShape, product } from '../../core/base/shape.js';
import type { DistributedArray } from '../../core/distributed/distributed-array.js';
import type { IndexBox, Layout } from '../../core/distributed/layout.js';
import { type DistributedArrayOptions, spaceOf } from '../../core/distributed/space.js';
import { onAllRanks, onRoot, sameOnAllRanks } from '../../core/ports/agreement.js';
import { resolveCommunicator } from '../../core/ports/defaults.js';
import { checkConversion } from '../npy/npy-data.js';
import {
  checkBoxes,
  moved,
  plainOptions,
  runsOf,
  runsSink,
  runsSource,
  splitFor,
} from '../parts/file-runs.js';
import { withFile } from '../parts/local-file.js';
import { readAt } from '../parts/raw-io.js';
import { writeFileTogether } from '../parts/shared-file.js';
import {
  FILE_HEADER,
  formatFor,
  formatSegyHeader,
  readSegyHeader,
  SEGY_FORMATS,
  type SegyFormat,
  type SegyHeader,
  sampleBytes,
  TRACE_HEADER,
} from './parts/segy-header.js';
import { readSamples, writeSamples } from './parts/segy-samples.js';

export type { SegyFormat };

/**
 * The bytes of a trace header with the position of the trace, counted from 1 as in the standard.
 */
interface SegyBytes {
  /** First byte of the inline number, 4 bytes. @default 189 */
  readonly inlineByte?: number;
  /** First byte of the crossline number, 4 bytes. @default 193 */
  readonly crosslineByte?: number;
}

/** Options of {@link readSegy}. */
export interface SegyReadOptions extends DistributedArrayOptions, SegyBytes {}

/** A post-stack volume without its samples. `writeSegy` accepts it unchanged. */
export interface SegyGeometry {
  /** Inline numbers, one for each entry of axis 0. */
  readonly inlines: readonly number[];
  /** Crossline numbers, one for each entry of axis 1. */
  readonly crosslines: readonly number[];
  /** In seconds (depth volumes: in kilometres). */
  readonly sampleInterval: number;
  /** The time of the first sample, in seconds. @default 0 */
  readonly delay: number;
  /** The textual header: at most 40 lines of 80 characters. */
  readonly text: string;
  readonly format: SegyFormat;
}

/** A volume, as {@link readSegy} returns it. */
export interface SegyVolume extends SegyGeometry {
  /** `[inline, crossline, sample]` */
  readonly data: DistributedArray;
}

/** Options of {@link writeSegy}. */
export interface SegyWriteOptions extends Partial<SegyGeometry>, SegyBytes {
  readonly sampleInterval: number;
}

/** The order of traces: `slow` changes after all of `fast`. */
interface Order {
  readonly inlineFirst: boolean;
  readonly slow: readonly number[];
  readonly fast: readonly number[];
  /** In milliseconds, of the first trace. */
  readonly delay: number;
  /** In microseconds, of the first trace. */
  readonly interval: number;
}

// Bytes of a trace header, counted from 0
const AT = { inLine: 0, inFile: 4, ensemble: 20, kind: 28, delay: 108, samples: 114, interval: 116 };
/** The number of bytes that are read or written at a time. */
const PIECE = 1 << 22;

const BYTES = { inlineByte: 189, crosslineByte: 193 } satisfies Defaults<SegyBytes>;

const places = ({
  inlineByte = BYTES.inlineByte,
  crosslineByte = BYTES.crosslineByte,
}: SegyBytes): { inline: number; crossline: number } => {
  for (const byte of [inlineByte, crosslineByte])
    if (!(Number.isInteger(byte) && byte >= 1 && byte <= TRACE_HEADER - 3))
      throw new ArgumentError(
        `expected a byte of the trace header between 1 and ${TRACE_HEADER - 3}, received ${byte}`,
      );
  return { inline: inlineByte - 1, crossline: crosslineByte - 1 };
};

const isSorted = (list: readonly number[]): boolean => {
  const step = Math.sign((list[1] ?? 0) - (list[0] ?? 0));
  return (
    list.every((n, k) => k === 0 || Math.sign(n - (list[k - 1] as number)) === step) &&
    (list.length < 2 || step !== 0)
  );
};

/**
 * Finds how the traces are sorted. Reads the headers of the first row, and one header of each row.
 */
function findOrder(fd: number, path: string, header: SegyHeader, bytes: SegyBytes): Order {
  const at = places(bytes);
  const { traces, littleEndian, dataOffset, traceBytes } = header;
  const irregular = (why: string) =>
    new ArgumentError(
      `${path} is no regular volume sorted by inline and crossline: ${why} (read at bytes ` +
        `${at.inline + 1} and ${at.crossline + 1}; inlineByte and crosslineByte set others)`,
    );
  const raw = new Uint8Array(TRACE_HEADER);
  const view = new DataView(raw.buffer);
  const load = (trace: number) => {
    readAt(fd, raw, dataOffset + trace * traceBytes, path);
    return {
      inline: view.getInt32(at.inline, littleEndian),
      crossline: view.getInt32(at.crossline, littleEndian),
    };
  };
  const first = load(0);
  const delay = view.getInt16(AT.delay, littleEndian);
  const interval = view.getUint16(AT.interval, littleEndian);
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
  return { inlineFirst, slow, fast, delay, interval };
}

/**
 * Reads this rank's traces, `[slow, fast, sample]`, and checks the position in each trace header.
 */
function readTraces(
  fd: number,
  path: string,
  header: SegyHeader,
  order: Order,
  bytes: SegyBytes,
  box: IndexBox,
  x: NDArray,
): void {
  const at = places(bytes);
  const [slowAt, fastAt] = order.inlineFirst ? [at.inline, at.crossline] : [at.crossline, at.inline];
  const { traceBytes, samples, littleEndian, format } = header;
  const { start, shape } = { start: box.start.slice(0, 2), shape: box.shape.slice(0, 2) };
  const count = product(shape);
  const source = runsSource(
    fd,
    path,
    runsOf([order.slow.length, order.fast.length], { start, shape }, traceBytes, header.dataOffset),
  );
  const most = Math.max(1, Math.floor(PIECE / traceBytes));
  const piece = new Uint8Array(Math.min(most, count) * traceBytes);
  const layout = { format, bytes: sampleBytes(format), count: samples, littleEndian };
  for (let first = 0; first < count; first += most) {
    const traces = Math.min(most, count - first);
    const raw = source.read(piece.subarray(0, traces * traceBytes));
    const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
    const values = hostArray(x.dtype, traces * samples);
    for (let t = 0; t < traces; t++) {
      const head = t * traceBytes;
      const row = (start[0] as number) + Math.floor((first + t) / (shape[1] as number));
      const column = (start[1] as number) + ((first + t) % (shape[1] as number));
      const slow = view.getInt32(head + slowAt, littleEndian);
      const fast = view.getInt32(head + fastAt, littleEndian);
      if (slow !== order.slow[row] || fast !== order.fast[column]) {
        const name = (a: number | undefined, b: number | undefined) =>
          order.inlineFirst ? `inline ${a}, crossline ${b}` : `inline ${b}, crossline ${a}`;
        throw new ArgumentError(
          `${path} is no regular volume: trace ${row * order.fast.length + column + 1} is of ` +
            `${name(slow, fast)}, expected ${name(order.slow[row], order.fast[column])}`,
        );
      }
      const own = view.getUint16(head + AT.samples, littleEndian);
      if (own !== 0 && own !== Math.min(samples, 0xffff) && samples <= 0xffff)
        throw new ArgumentError(
          `${path}: trace ${row * order.fast.length + column + 1} has ${own} samples, expected ` +
            `${samples} as in the file header`,
        );
      readSamples(view, head + TRACE_HEADER, layout, values, t * samples);
    }
    x.backend.upload(values, {
      storage: x.storage,
      offset: x.offset + first * samples,
      size: traces * samples,
    });
  }
}

/**
 * The layout in which ranks read or write whole traces. It is `layout` itself if that cuts no
 * trace, otherwise rows of the file.
 */
function traceLayout(layout: Layout, inlineFirst: boolean): Layout {
  const samples = layout.globalShape[2] as number;
  const whole = Array.from({ length: layout.ranks }, (_, r) => layout.box(r).shape).every(
    (shape) => product(shape) === 0 || shape[2] === samples,
  );
  return whole && !layout.replicated
    ? layout
    : splitFor(layout.globalShape, layout.ranks, inlineFirst ? [0, 1] : [1, 0]);
}

/** Swaps inline and crossline. */
const swapped = ([a, b, ...rest]: readonly number[]): number[] => [b as number, a as number, ...rest];

/**
 * Reads a post-stack volume from SEG-Y (revisions 0 to 2, either byte order, samples IBM float,
 * IEEE float, int32 and int16). All ranks read, each its traces. `data` is
 * `[inline, crossline, sample]`, whichever of the two varies first in the file. Its dtype is int32
 * for integer samples and float32 otherwise, unless `dtype` is given. Collective.
 *
 * Every trace header is checked. Errors are the same on all ranks.
 *
 * @throws {@link ArgumentError} for files that are cut short, for volumes with gaps or without an
 * order, and if ranks see different files or options
 * @throws {@link DTypeError} for other sample formats and for IBM floats beyond float32
 */
export function readSegy(path: string, options: SegyReadOptions = {}): SegyVolume {
  const { inlineByte, crosslineByte, ...rest } = options;
  const bytes = {
    ...(inlineByte !== undefined && { inlineByte }),
    ...(crosslineByte !== undefined && { crosslineByte }),
  };
  const comm = resolveCommunicator(options.comm);
  const read = (): SegyVolume => {
    const { header } = sameOnAllRanks(comm, 'readSegy', () => {
      places(bytes);
      return {
        header: withFile(path, (fd, size) => readSegyHeader(fd, size, path)),
        options: plainOptions(rest),
        bytes,
      };
    });
    const { format, samples, text } = header;
    const isInteger = format === 'int32' || format === 'int16';
    const dtype = options.dtype === undefined ? (isInteger ? 'int32' : 'float32') : checkDType(options.dtype);
    checkConversion({ kind: isInteger ? 'int' : 'float', descr: `samples of format ${format}` }, dtype, path);
    if (isComplex(dtype))
      throw new DTypeError(
        `expected a real dtype for SEG-Y, received ${dtype}: read it as it is, then astype('${dtype}')`,
      );
    const order = onRoot(comm, () => withFile(path, (fd) => findOrder(fd, path, header, bytes)));
    const [inlines, crosslines] = order.inlineFirst ? [order.slow, order.fast] : [order.fast, order.slow];
    const space = spaceOf('readSegy', [inlines.length, crosslines.length, samples], { ...rest, dtype, comm });
    const x = onAllRanks(comm, () => {
      const part = space.withLayout(traceLayout(space.layout, order.inlineFirst)).empty();
      const { box, local } = part;
      if (local.size === 0) return part;
      withFile(path, (fd) =>
        tidy(() => {
          if (order.inlineFirst) return readTraces(fd, path, header, order, bytes, box, local);
          const inFile = { start: swapped(box.start), shape: swapped(box.shape) };
          const traces = NDArray.empty(inFile.shape, { dtype, backend: part.backend });
          readTraces(fd, path, header, order, bytes, inFile, traces);
          local.assign(traces.transpose([1, 0, 2]));
        }),
      );
      return part;
    });
    return {
      data: moved(x, space),
      inlines,
      crosslines,
      sampleInterval: (header.interval || order.interval) / 1e6,
      delay: order.delay / 1e3,
      text,
      format,
    };
  };
  return tidy(read);
}

const count = (n: number): number[] => Array.from({ length: n }, (_, k) => k + 1);

const defaultText = (inline: number, crossline: number): string =>
  [
    'C 1 POST-STACK VOLUME SORTED BY INLINE, THEN CROSSLINE',
    `C 2 INLINE IN BYTES ${inline + 1}-${inline + 4}, CROSSLINE IN BYTES ` +
      `${crossline + 1}-${crossline + 4} OF TRACE HEADERS`,
    ...Array.from({ length: 36 }, (_, k) => `C${String(k + 3).padStart(2)}`),
    'C39 SEG Y REV1',
    'C40 END TEXTUAL HEADER',
  ].join('\n');

/** A value in the units of the file. It must be a whole number in the range of its field. */
function field(name: string, value: number, scale: number, least: number, most: number): number {
  const whole = Math.round(value * scale);
  if (
    !(
      whole >= least &&
      whole <= most &&
      Math.abs(value * scale - whole) <= 1e-6 * Math.max(1, Math.abs(whole))
    )
  )
    throw new ArgumentError(
      `expected ${name} of ${least / scale} to ${most / scale} in steps of ${1 / scale}, received ${value}`,
    );
  return whole;
}

const INT32 = 2 ** 31 - 1;

const DEFAULTS = {
  inlines: undefined,
  crosslines: undefined,
  sampleInterval: undefined,
  delay: 0,
  text: undefined,
  format: undefined,
  ...BYTES,
} satisfies Defaults<SegyWriteOptions>;

function settings(x: DistributedArray, options: SegyWriteOptions) {
  const given = withDefaults('writeSegy', options, DEFAULTS);
  const { globalShape: shape } = x;
  if (shape.length !== 3 || product(shape) === 0)
    throw new ShapeError(
      `writeSegy: expected a volume [inline, crossline, sample], received ${formatShape(shape)}`,
    );
  const [ni, nx, samples] = shape as readonly [number, number, number];
  if (samples > 0xffff)
    throw new ShapeError(`writeSegy: expected at most 65535 samples a trace, received ${samples}`);
  if (ni * nx > INT32)
    throw new ShapeError(`writeSegy: expected at most ${INT32} traces, received ${ni * nx}`);
  const at = places(given);
  const names =
    given.format === undefined
      ? undefined
      : checkOneOf('format', given.format, Object.keys(SEGY_FORMATS) as SegyFormat[]);
  const format = formatFor(x.dtype, names);
  const { inlines = count(ni), crosslines = count(nx), text = defaultText(at.inline, at.crossline) } = given;
  for (const [name, list, n] of [
    ['inlines', inlines, ni],
    ['crosslines', crosslines, nx],
  ] as const) {
    if (
      list.length !== n ||
      !list.every((v) => Number.isInteger(v) && Math.abs(v) <= INT32) ||
      !isSorted([...list])
    )
      throw new ArgumentError(`writeSegy: expected ${n} ${name}, rising or falling whole numbers`);
  }
  const interval = field('sampleInterval', given.sampleInterval, 1e6, 1, 32767);
  const head = formatSegyHeader(text, format, samples, interval);
  return {
    at,
    format,
    inlines: [...inlines],
    crosslines: [...crosslines],
    delay: field('delay', given.delay, 1e3, -32768, 32767),
    interval,
    samples,
    head,
  };
}

/** Writes this rank's traces, one after another. */
function writeTraces(
  x: DistributedArray,
  spec: ReturnType<typeof settings>,
  write: (bytes: Uint8Array) => void,
): void {
  const { at, format, inlines, crosslines, delay, interval, samples } = spec;
  const { start, shape } = x.box;
  const count = (shape[0] as number) * (shape[1] as number);
  if (x.local.size === 0) return;
  const bytes = sampleBytes(format);
  const traceBytes = TRACE_HEADER + samples * bytes;
  const most = Math.max(1, Math.floor(PIECE / traceBytes));
  const raw = new Uint8Array(Math.min(most, count) * traceBytes);
  const view = new DataView(raw.buffer);
  for (let first = 0; first < count; first += most) {
    const traces = Math.min(most, count - first);
    const values = x.backend.download({
      storage: x.local.storage,
      offset: x.local.offset + first * samples,
      size: traces * samples,
    });
    for (let t = 0; t < traces; t++) {
      const row = (start[0] as number) + Math.floor((first + t) / (shape[1] as number));
      const column = (start[1] as number) + ((first + t) % (shape[1] as number));
      const head = t * traceBytes;
      view.setInt32(head + AT.inLine, column + 1);
      view.setInt32(head + AT.inFile, row * crosslines.length + column + 1);
      view.setInt32(head + AT.ensemble, row * crosslines.length + column + 1);
      view.setInt16(head + AT.kind, 1); // seismic data
      view.setInt16(head + AT.delay, delay);
      view.setUint16(head + AT.samples, samples);
      view.setUint16(head + AT.interval, interval);
      view.setInt32(head + at.inline, inlines[row] as number);
      view.setInt32(head + at.crossline, crosslines[column] as number);
      writeSamples(view, head + TRACE_HEADER, format, bytes, values, t * samples, samples);
    }
    write(raw.subarray(0, traces * traceBytes));
  }
}

/**
 * Writes a real volume `[inline, crossline, sample]` in any layout of boxes as SEG-Y (revision 1,
 * big-endian, textual header in EBCDIC), sorted by inline, then crossline. All ranks write, each
 * its traces. The format of floats is 'float32' (IEEE), or 'ibm' on request, which rounds to 21 to
 * 24 bits. int32 arrays are written as 'int32' or 'int16'. The file appears as a whole or not at
 * all. The geometry that `readSegy` returns is accepted as `options`. Collective. Errors are the
 * same on all ranks, and then no file is left.
 */
export function writeSegy(path: string, x: DistributedArray, options: SegyWriteOptions): void {
  checkBoxes('writeSegy', x);
  const { comm } = x;
  const spec = sameOnAllRanks(comm, 'writeSegy', () => {
    // throws if the array was disposed
    void x.local.storage;
    return { ...settings(x, options), path, layout: x.layout.key };
  });
  const traceBytes = TRACE_HEADER + spec.samples * sampleBytes(spec.format);
  tidy(() => {
    const part = moved(x, x.space.withLayout(traceLayout(x.layout, true)));
    const { start, shape } = part.box;
    const grid = [spec.inlines.length, spec.crosslines.length];
    writeFileTogether(comm, path, FILE_HEADER + product(grid) * traceBytes, spec.head, (fd) => {
      const runs = runsOf(
        grid,
        { start: start.slice(0, 2), shape: shape.slice(0, 2) },
        traceBytes,
        FILE_HEADER,
      );
      writeTraces(part, spec, runsSink(fd, runs));
    });
  });
}
