import { ArgumentError, ShapeError } from '../../core/base/errors.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import { tidy } from '../../core/base/scope.js';
import { formatShape, product } from '../../core/base/shape.js';
import type { DistributedArray } from '../../core/distributed/distributed-array.js';
import { sameOnAllRanks } from '../../core/ports/agreement.js';
import { checkBoxes, moved, runsOf } from '../parts/file-runs.js';
import { writeFileTogether } from '../parts/shared-file.js';
import { FILE_HEADER } from './parts/file-header.js';
import { traceBytesOf, writeTraces } from './parts/trace-io.js';
import { traceLayout } from './parts/trace-layout.js';
import { delayWords, putTimes } from './parts/trace-times.js';
import { putWord } from './parts/trace-words.js';
import { BYTES, isSorted, placesOf, type SegyBytes } from './parts/volume-order.js';
import { formatSegyHeader, intervalWord } from './parts/write-file-header.js';
import { formOf, INT32, microseconds, textualHeader } from './parts/write-settings.js';
import type { SegyGeometry } from './read-segy.js';

/** Options of {@link writeSegy}. */
export interface SegyWriteOptions extends Partial<SegyGeometry>, SegyBytes {
  readonly sampleInterval: number;
}

const count = (n: number): number[] => Array.from({ length: n }, (_, k) => k + 1);

const DEFAULTS = {
  inlines: undefined,
  crosslines: undefined,
  sampleInterval: undefined,
  delay: 0,
  text: undefined,
  format: undefined,
  byteOrder: 'big',
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
  if (ni * nx > INT32)
    throw new ShapeError(`writeSegy: expected at most ${INT32} traces, received ${ni * nx}`);
  const at = placesOf(given);
  const form = formOf(x.dtype, given);
  const { inlines = count(ni), crosslines = count(nx) } = given;
  const text =
    given.text ??
    textualHeader(
      'POST-STACK VOLUME SORTED BY INLINE, THEN CROSSLINE',
      `INLINE IN BYTES ${at.inline + 1}-${at.inline + 4}, CROSSLINE IN BYTES ` +
        `${at.crossline + 1}-${at.crossline + 4} OF TRACE HEADERS`,
    );
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
  const interval = microseconds(given.sampleInterval);
  return {
    at,
    form: { ...form, samples },
    inlines: [...inlines],
    crosslines: [...crosslines],
    times: { ...delayWords(given.delay), sampleInterval: intervalWord(interval) },
    head: formatSegyHeader({ ...form, text, samples, interval, traces: ni * nx, sorting: 4, fixed: true }),
  };
}

/**
 * Writes a real volume `[inline, crossline, sample]` in any layout of boxes as SEG-Y (textual
 * header in EBCDIC), sorted by inline, then crossline. All ranks write, each its traces. The file
 * is big-endian and of revision 1, or of revision 2 if it needs that: for `byteOrder`, for formats
 * that revision 1 lacks, for more than 65,535 samples and for intervals that are no whole number of
 * microseconds below 65,536. The format of floats is 'float32' (IEEE) by default; 'ibm' rounds to
 * 21 to 24 bits. The format of int32 is 'int32' by default. The file appears as a whole or not at
 * all. The geometry that `readSegy` returns is accepted as `options`. Collective. Errors are the
 * same on all ranks, and then no file is left.
 *
 * @throws {@link DTypeError} for complex arrays and for values that the format does not hold: those
 * beyond its range, and fractions in formats of integers
 * @throws {@link ArgumentError} for a delay that the words of a trace header do not hold
 */
export function writeSegy(path: string, x: DistributedArray, options: SegyWriteOptions): void {
  checkBoxes('writeSegy', x);
  const { comm } = x;
  const { at, form, inlines, crosslines, times, head } = sameOnAllRanks(comm, 'writeSegy', () => {
    // throws if the array was disposed
    void x.local.storage;
    return { ...settings(x, options), path, layout: x.layout.key };
  });
  const little = form.byteOrder === 'little';
  const grid = [inlines.length, crosslines.length];
  const traceBytes = traceBytesOf(form);
  tidy(() => {
    const part = moved(x, x.space.withLayout(traceLayout(x.layout, [0, 1])));
    const { start, shape } = { start: part.box.start.slice(0, 2), shape: part.box.shape.slice(0, 2) };
    writeFileTogether(comm, path, FILE_HEADER + product(grid) * traceBytes, head, (fd) => {
      if (part.local.size === 0) return;
      const runs = runsOf(grid, { start, shape }, traceBytes, FILE_HEADER);
      writeTraces(fd, form, runs, product(shape), part.local, (view, head, t) => {
        const row = (start[0] as number) + Math.floor(t / (shape[1] as number));
        const column = (start[1] as number) + (t % (shape[1] as number));
        const trace = row * crosslines.length + column + 1;
        putWord(view, head, 'traceInLine', column + 1, little);
        putWord(view, head, 'traceInFile', trace, little);
        putWord(view, head, 'ensemble', trace, little);
        putWord(view, head, 'traceKind', 1, little); // seismic data
        putWord(view, head, 'samples', Math.min(form.samples, 0xffff), little);
        putTimes(view, head, times, little);
        view.setInt32(head + at.inline, inlines[row] as number, little);
        view.setInt32(head + at.crossline, crosslines[column] as number, little);
      });
    });
  });
}
