import { NDArray } from '../../core/array/ndarray.js';
import { ArgumentError } from '../../core/base/errors.js';
import { tidy } from '../../core/base/scope.js';
import { product } from '../../core/base/shape.js';
import type { DistributedArray } from '../../core/distributed/distributed-array.js';
import type { IndexBox } from '../../core/distributed/layout.js';
import { type DistributedArrayOptions, spaceOf } from '../../core/distributed/space.js';
import { onAllRanks, onRoot, sameOnAllRanks } from '../../core/ports/agreement.js';
import { resolveCommunicator } from '../../core/ports/defaults.js';
import { moved, plainOptions, runsOf } from '../parts/file-runs.js';
import { withFile } from '../parts/local-file.js';
import type { SegyByteOrder } from './parts/byte-order.js';
import type { SegyFileHeader } from './parts/file-header.js';
import { readSegyHeader, type SegyHeader } from './parts/read-file-header.js';
import { type SegyFormat, sampleDType } from './parts/sample-formats.js';
import { readTraces } from './parts/trace-io.js';
import { traceLayout } from './parts/trace-layout.js';
import { checkSamples, checkTimes, intervalOf, type TraceTimes } from './parts/trace-times.js';
import { findOrder, type Places, placesOf, type SegyBytes, type VolumeOrder } from './parts/volume-order.js';
import { readSegyTraces, type SegyTraces } from './segy-traces.js';

export type { SegyByteOrder, SegyFileHeader, SegyFormat };

/** A post-stack volume without its samples. `writeSegy` accepts it unchanged. */
export interface SegyGeometry extends SegyFileHeader {
  /** Inline numbers, one for each entry of axis 0. */
  readonly inlines: readonly number[];
  /** Crossline numbers, one for each entry of axis 1. */
  readonly crosslines: readonly number[];
  /** In seconds (depth volumes: in kilometres); 0 if the file does not state it. */
  readonly sampleInterval: number;
  /** The time of the first sample, in seconds. @default 0 */
  readonly delay: number;
}

/** A volume, as {@link readSegy} returns it. */
export interface SegyVolume extends SegyGeometry {
  /** `[inline, crossline, sample]` */
  readonly data: DistributedArray;
}

/** Options of {@link readSegy}. */
export interface SegyReadOptions extends DistributedArrayOptions, SegyBytes {
  /** If true, the result is that of {@link readSegyTraces}. @default false */
  readonly ignoreGeometry?: boolean;
}

/** The times of the first trace, which are those of the volume. */
const volumeTimes = (header: SegyHeader, { times }: VolumeOrder): TraceTimes => ({
  delay: times.delay,
  interval: intervalOf(header, times.interval),
});

/**
 * Reads this rank's traces, `[slow, fast, sample]`, and checks each trace header.
 */
function readVolume(
  fd: number,
  path: string,
  header: SegyHeader,
  order: VolumeOrder,
  at: Places,
  box: IndexBox,
  x: NDArray,
): void {
  const [slowAt, fastAt] = order.inlineFirst ? [at.inline, at.crossline] : [at.crossline, at.inline];
  const little = header.byteOrder === 'little';
  const times = volumeTimes(header, order);
  const { start, shape } = { start: box.start.slice(0, 2), shape: box.shape.slice(0, 2) };
  const runs = runsOf(
    [order.slow.length, order.fast.length],
    { start, shape },
    header.traceBytes,
    header.dataOffset,
  );
  readTraces(fd, path, header, runs, product(shape), x, (view, head, t) => {
    const row = (start[0] as number) + Math.floor(t / (shape[1] as number));
    const column = (start[1] as number) + (t % (shape[1] as number));
    const trace = row * order.fast.length + column + 1;
    const slow = view.getInt32(head + slowAt, little);
    const fast = view.getInt32(head + fastAt, little);
    if (slow !== order.slow[row] || fast !== order.fast[column]) {
      const name = (a: number | undefined, b: number | undefined) =>
        order.inlineFirst ? `inline ${a}, crossline ${b}` : `inline ${b}, crossline ${a}`;
      throw new ArgumentError(
        `${path} is no regular volume: trace ${trace} is of ${name(slow, fast)}, expected ` +
          `${name(order.slow[row], order.fast[column])}: readSegyTraces reads traces in any order`,
      );
    }
    checkSamples(path, header, view, head, trace);
    checkTimes(path, header, view, head, trace, times);
  });
}

/** Swaps inline and crossline. */
const swapped = ([a, b, ...rest]: readonly number[]): number[] => [b as number, a as number, ...rest];

/**
 * Reads a post-stack volume from SEG-Y (revisions 0 to 2, any byte order and format of
 * {@link SegyFormat}). All ranks read, each its traces. `data` is `[inline, crossline, sample]`,
 * whichever of the two varies first in the file. Its dtype is float32 for the formats 'ibm' and
 * 'float32', int32 for integers that int32 holds, and float64 otherwise, unless `dtype` is given.
 * Collective.
 *
 * Every trace header is checked. Errors are the same on all ranks.
 *
 * @throws {@link ArgumentError} for files that are cut short, for volumes with gaps or without an
 * order, for traces that differ in delay, interval or length, and if ranks see different files or
 * options
 * @throws {@link DTypeError} for other sample formats and for values that the dtype does not hold
 * @see {@link readSegyTraces} for traces in any order
 */
export function readSegy(path: string, options: SegyReadOptions & { ignoreGeometry: true }): SegyTraces;
export function readSegy(path: string, options?: SegyReadOptions): SegyVolume;
export function readSegy(path: string, options: SegyReadOptions = {}): SegyVolume | SegyTraces {
  const { inlineByte, crosslineByte, ignoreGeometry, ...rest } = options ?? {};
  if (ignoreGeometry) return readSegyTraces(path, rest);
  const bytes = {
    ...(inlineByte !== undefined && { inlineByte }),
    ...(crosslineByte !== undefined && { crosslineByte }),
  };
  const comm = resolveCommunicator(rest.comm);
  const read = (): SegyVolume => {
    const { header, at } = sameOnAllRanks(comm, 'readSegy', () => ({
      options: plainOptions('readSegy', options),
      at: placesOf(bytes),
      header: withFile(path, (fd, size) => readSegyHeader(fd, size, path)),
    }));
    const { format, samples, text, byteOrder } = header;
    const dtype = sampleDType(path, format, rest.dtype);
    const order = onRoot(comm, () => withFile(path, (fd) => findOrder(fd, path, header, at)));
    const { inlineFirst, slow, fast } = order;
    const times = volumeTimes(header, order);
    const [inlines, crosslines] = inlineFirst ? [slow, fast] : [fast, slow];
    const space = spaceOf('readSegy', [inlines.length, crosslines.length, samples], { ...rest, dtype, comm });
    const axes = inlineFirst ? [0, 1] : [1, 0];
    const x = onAllRanks(comm, () => {
      const part = space.withLayout(traceLayout(space.layout, axes)).empty();
      const { box, local } = part;
      if (local.size === 0) return part;
      withFile(path, (fd) =>
        tidy(() => {
          if (inlineFirst) return readVolume(fd, path, header, order, at, box, local);
          const inFile = { start: swapped(box.start), shape: swapped(box.shape) };
          const traces = NDArray.empty(inFile.shape, { dtype, backend: part.backend });
          readVolume(fd, path, header, order, at, inFile, traces);
          local.assign(traces.transpose([1, 0, 2]));
        }),
      );
      return part;
    });
    return {
      data: moved(x, space),
      inlines,
      crosslines,
      sampleInterval: times.interval / 1e6,
      delay: times.delay,
      text,
      format,
      byteOrder,
    };
  };
  return tidy(read);
}
