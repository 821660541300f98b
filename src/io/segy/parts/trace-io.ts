import type { NDArray } from '../../../core/array/ndarray.js';
import { hostArray } from '../../../core/base/dtype.js';
import { type Runs, runsSink, runsSource } from '../../parts/file-runs.js';
import { viewOf } from '../../parts/raw-io.js';
import { swapPairs } from './byte-order.js';
import type { SegyHeader } from './read-file-header.js';
import { formatOf, readSamples, writeSamples } from './sample-formats.js';
import { TRACE_HEADER } from './trace-words.js';

/** The number of bytes that are read or written at a time. */
const PIECE = 1 << 22;

/** What reading and writing of traces need of a file. */
export type TraceForm = Pick<SegyHeader, 'byteOrder' | 'format' | 'samples'>;

export const traceBytesOf = ({ format, samples }: TraceForm): number =>
  TRACE_HEADER + samples * formatOf(format).bytes;

/**
 * Called with the header of a trace: its first byte in `view`, and its number among those moved.
 */
export type HeaderVisit = (view: DataView, head: number, trace: number) => void;

/** Exchanges the bytes of pairs in headers and in samples of more than one byte. */
function swapTraces(raw: Uint8Array, bytes: number, sampleBytes: number): void {
  for (let head = 0; head < raw.length; head += bytes) {
    swapPairs(raw.subarray(head, head + TRACE_HEADER));
    if (sampleBytes > 1) swapPairs(raw.subarray(head + TRACE_HEADER, head + bytes));
  }
}

/**
 * Reads `count` traces. `runs` has their bytes, which are headers only if there is no `x`.
 * @param x a C-contiguous array of `count * samples` elements, for the samples
 */
export function readTraces(
  fd: number,
  path: string,
  form: TraceForm,
  runs: Runs,
  count: number,
  x: NDArray | undefined,
  visit: HeaderVisit,
): void {
  const { byteOrder, format, samples } = form;
  const little = byteOrder === 'little';
  const bytes = x ? traceBytesOf(form) : TRACE_HEADER;
  const source = runsSource(fd, path, runs);
  const most = Math.max(1, Math.floor(PIECE / bytes));
  const piece = new Uint8Array(Math.min(most, count) * bytes);
  for (let first = 0; first < count; first += most) {
    const traces = Math.min(most, count - first);
    const raw = source.read(piece.subarray(0, traces * bytes));
    if (byteOrder === 'swapped') swapTraces(raw, bytes, formatOf(format).bytes);
    const view = viewOf(raw);
    for (let t = 0; t < traces; t++) visit(view, t * bytes, first + t);
    if (!x) continue;
    const values = hostArray(x.dtype, traces * samples);
    for (let t = 0; t < traces; t++)
      readSamples(view, t * bytes + TRACE_HEADER, format, little, x.dtype, values, t * samples, samples);
    x.backend.upload(values, {
      storage: x.storage,
      offset: x.offset + first * samples,
      size: traces * samples,
    });
  }
}

/** Writes `count` traces. `visit` fills their headers, which are zeros before. */
export function writeTraces(
  fd: number,
  form: TraceForm,
  runs: Runs,
  count: number,
  x: NDArray,
  visit: HeaderVisit,
): void {
  const { byteOrder, format, samples } = form;
  const little = byteOrder === 'little';
  const bytes = traceBytesOf(form);
  const write = runsSink(fd, runs);
  const most = Math.max(1, Math.floor(PIECE / bytes));
  const piece = new Uint8Array(Math.min(most, count) * bytes);
  for (let first = 0; first < count; first += most) {
    const traces = Math.min(most, count - first);
    const raw = piece.subarray(0, traces * bytes);
    const view = viewOf(raw);
    const values = x.backend.download({
      storage: x.storage,
      offset: x.offset + first * samples,
      size: traces * samples,
    });
    for (let t = 0; t < traces; t++) {
      const head = t * bytes;
      raw.fill(0, head, head + TRACE_HEADER);
      visit(view, head, first + t);
      writeSamples(view, head + TRACE_HEADER, format, little, values, t * samples, samples);
    }
    if (byteOrder === 'swapped') swapTraces(raw, bytes, formatOf(format).bytes);
    write(raw);
  }
}
