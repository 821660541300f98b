import { ArgumentError, DTypeError } from '../../../core/base/errors.js';
import { readAt } from '../../parts/raw-io.js';
import { BYTE_ORDERS, ORDER_MARKS, type SegyByteOrder, swapPairs } from './byte-order.js';
import { fromEbcdic } from './ebcdic.js';
import { AT, BINARY, FILE_HEADER, LINE, TEXT } from './file-header.js';
import { formatList, formatOf, formatOfCode, type SegyFormat } from './sample-formats.js';
import { getWord, TRACE_HEADER } from './trace-words.js';

/** The headers of a SEG-Y file and the number of its traces (SEG-Y revisions 0 to 2). */
export interface SegyHeader {
  /** The textual header: lines of at most 80 characters. */
  readonly text: string;
  readonly byteOrder: SegyByteOrder;
  readonly format: SegyFormat;
  /** The samples of a trace. */
  readonly samples: number;
  /** The unit of coordinates, offsets and elevations; undefined if the file does not state it. */
  readonly lengthUnit: 'm' | 'ft' | undefined;
  /** The values with which a trace header states this number of samples. */
  readonly sampleWords: readonly number[];
  /** The sampling interval, in microseconds; 0 if the file headers do not state one. */
  readonly interval: number;
  /** The values with which a trace header states this interval. Empty if no interval is stated. */
  readonly intervalWords: readonly number[];
  /** True if the number of samples is that of the file headers, whatever trace headers say. */
  readonly fixedSamples: boolean;
  /** True if the interval is that of the file headers, whatever trace headers say. */
  readonly fixedInterval: boolean;
  /** The major revision; 0 if the file states none that is known. */
  readonly revision: number;
  /** The position of the first trace, in bytes. */
  readonly dataOffset: number;
  /** The bytes of one trace, including its header. */
  readonly traceBytes: number;
  readonly traces: number;
}

function textOf(bytes: Uint8Array): string {
  const count = (byte: number) => bytes.reduce((sum, b) => sum + Number(b === byte), 0);
  // the most frequent character is the blank
  const text =
    count(0x40) > count(0x20)
      ? fromEbcdic(bytes)
      : new TextDecoder('latin1').decode(bytes).replace(/[^ -~\u00a0-\u00ff]/g, ' ');
  return Array.from({ length: TEXT / LINE }, (_, k) => text.slice(k * LINE, (k + 1) * LINE).trimEnd())
    .join('\n')
    .trimEnd();
}

/** The largest number of extended textual headers of a file that does not state the number. */
const MOST_TEXTS = 10_000;
/** The largest code of a sample format that the standard defines. */
const DEFINED = 16;
const isCode = (code: number): boolean => code >= 1 && code <= DEFINED;

/** The byte order that revision 2 states. */
const markedOrder = (binary: DataView): SegyByteOrder | undefined =>
  BYTE_ORDERS.find((order) => ORDER_MARKS[order] === binary.getUint32(AT.order));

/**
 * The byte order that a file states. Before revision 2, the format is only valid in the right one.
 */
const byteOrderOf = (binary: DataView): SegyByteOrder =>
  markedOrder(binary) ??
  (!isCode(binary.getUint16(AT.format)) && isCode(binary.getUint16(AT.format, true)) ? 'little' : 'big');

/**
 * The major revision. Revision 1 is a 16-bit number with the revision in its upper byte, which some
 * programs write into the lower one; revision 2 is two bytes.
 */
function revisionOf(binary: DataView): number {
  const major = binary.getUint8(AT.revision) || binary.getUint8(AT.revision + 1);
  return major > 2 ? 0 : Math.max(major, markedOrder(binary) ? 2 : 0);
}

/** Where the traces are, and how long. */
interface Extent {
  readonly offset: number;
  readonly samples: number;
  /** The bytes behind the last trace. */
  readonly trailing: number;
}

/** Reads the binary header as the standard's fields. */
function fieldsOf(binary: DataView, little: boolean) {
  const precise = binary.getFloat64(AT.moreInterval, little);
  return {
    code: binary.getUint16(AT.format, little),
    samples: binary.getUint16(AT.samples, little),
    interval: binary.getUint16(AT.interval, little),
    moreSamples: binary.getUint32(AT.moreSamples, little),
    moreInterval: precise > 0 && Number.isFinite(precise) ? precise : 0,
    fixed: binary.getUint16(AT.fixed, little) === 1,
    units: binary.getUint16(AT.units, little),
    texts: binary.getInt16(AT.texts, little),
    traceHeaders: binary.getUint32(AT.traceHeaders, little),
    traces: Number(binary.getBigUint64(AT.traces, little)),
    first: Number(binary.getBigUint64(AT.first, little)),
    trailers: binary.getInt32(AT.trailers, little),
  };
}

/** Splits a file into headers, traces and trailers, and checks that traces fill their part. */
class FileReader {
  readonly fd: number;
  readonly size: number;
  readonly name: string;
  constructor(fd: number, size: number, name: string) {
    this.fd = fd;
    this.size = size;
    this.name = name;
  }

  refuse(why: string): ArgumentError {
    return new ArgumentError(`${this.name} is not a SEG-Y file that can be read: ${why}`);
  }

  read(bytes: number, position: number): Uint8Array {
    const raw = new Uint8Array(bytes);
    readAt(this.fd, raw, position, this.name);
    return raw;
  }

  /** Counts the extended textual headers of a file that marks the last one. */
  extendedTexts(): number {
    for (let k = 1; k <= MOST_TEXTS && FILE_HEADER + k * TEXT <= this.size; k++) {
      const page = textOf(this.read(TEXT, FILE_HEADER + (k - 1) * TEXT));
      if (/\(\(\s*SEG:\s*EndText\s*\)\)/i.test(page)) return k;
    }
    throw this.refuse('its extended textual headers have no end');
  }

  /** The number of samples that the header of the trace at `offset` states. */
  samplesAt(offset: number, order: SegyByteOrder): number {
    if (offset + TRACE_HEADER > this.size) return 0;
    const raw = this.read(TRACE_HEADER, offset);
    if (order === 'swapped') swapPairs(raw);
    return getWord(new DataView(raw.buffer), 0, 'samples', order === 'little');
  }

  /** The number of traces, or undefined if traces of this length do not fill the file. */
  tracesOf({ offset, samples, trailing }: Extent, sampleBytes: number): number | undefined {
    const traces = (this.size - trailing - offset) / (TRACE_HEADER + samples * sampleBytes);
    return samples > 0 && Number.isSafeInteger(traces) && traces > 0 ? traces : undefined;
  }

  /** The bytes of data trailers whose number the file does not state. Each begins with '((SEG'. */
  trailersOf(offset: number, samples: number, sampleBytes: number, stated: number): number {
    const traceBytes = TRACE_HEADER + samples * sampleBytes;
    const rest = this.size - offset - stated * traceBytes;
    if (stated > 0 && rest >= 0 && rest % TEXT === 0) return rest;
    for (let bytes = 0; bytes < this.size - offset; bytes += TEXT) {
      if ((this.size - offset - bytes) % traceBytes !== 0) continue;
      if (
        bytes === 0 ||
        textOf(this.read(TEXT, this.size - bytes))
          .trimStart()
          .startsWith('((')
      )
        return bytes;
    }
    return 0;
  }
}

/**
 * Reads the file headers, and checks that traces of the stated length fill the file.
 * @throws {@link ArgumentError} if the file is damaged
 * @throws {@link DTypeError} if its sample format is not supported
 */
export function readSegyHeader(fd: number, size: number, name: string): SegyHeader {
  const file = new FileReader(fd, size, name);
  if (size < FILE_HEADER + TRACE_HEADER) throw file.refuse(`it has ${size} bytes only`);
  const head = file.read(FILE_HEADER, 0);
  const binary = new DataView(head.buffer, TEXT, BINARY);
  const byteOrder = byteOrderOf(binary);
  const revision = revisionOf(binary);
  if (byteOrder === 'swapped') swapPairs(head.subarray(TEXT));
  const fields = fieldsOf(binary, byteOrder === 'little');
  if (!isCode(fields.code)) throw file.refuse(`sample format ${fields.code}`);
  const format = formatOfCode(fields.code);
  if (!format) throw new DTypeError(`${name} has samples of format ${fields.code}: expected ${formatList()}`);
  if (revision >= 2 && fields.traceHeaders !== 0) throw file.refuse('it has additional trace headers');
  const { bytes } = formatOf(format);

  // A file that says its revision is read by that revision. Otherwise the fields that only later
  // revisions define are tried too, and count if the traces then fill the file.
  const offsets: number[] = [];
  const { texts, first } = fields;
  if (revision === 0) offsets.push(FILE_HEADER);
  if (revision >= 2 && first !== 0) offsets.push(first);
  else if (texts < 0 && revision > 0) offsets.push(FILE_HEADER + TEXT * file.extendedTexts());
  else if (texts >= 0 && (revision > 0 || texts > 0)) offsets.push(FILE_HEADER + TEXT * texts);
  const { samples: short, moreSamples: long } = fields;
  const counts = (revision >= 2 ? [long || short] : [short, long]).filter((n) => n !== 0);
  const trailing = (offset: number, samples: number): number => {
    if (revision < 2 || samples === 0) return 0;
    return fields.trailers >= 0
      ? TEXT * fields.trailers
      : file.trailersOf(offset, samples, bytes, fields.traces);
  };

  const tried: Extent[] = [];
  for (const offset of offsets) {
    if (offset < FILE_HEADER || !Number.isSafeInteger(offset))
      throw file.refuse(`its traces start at byte ${offset}`);
    for (const samples of counts.length > 0 ? counts : [file.samplesAt(offset, byteOrder)])
      tried.push({ offset, samples, trailing: trailing(offset, samples) });
  }
  const extent = tried.find((one) => file.tracesOf(one, bytes) !== undefined);
  if (!extent) {
    const { offset, samples, trailing } = tried[0] as Extent;
    if (samples === 0)
      throw file.refuse('its traces have no samples, by the binary header and by the first trace header');
    const left = size - offset - trailing;
    throw file.refuse(
      `its header says traces of ${samples} samples of ${format}, but ${left} bytes hold ` +
        `${left / (TRACE_HEADER + samples * bytes)} of them: the file is cut short or damaged, its traces ` +
        'differ in length, or data trailers follow whose number the header does not state',
    );
  }
  const { samples } = extent;
  const fixed = fields.fixed && revision > 0;
  const interval = (revision >= 2 && fields.moreInterval) || fields.interval;
  return {
    text: textOf(head.subarray(0, TEXT)),
    byteOrder,
    format,
    samples,
    lengthUnit: ([undefined, 'm', 'ft'] as const)[fields.units],
    sampleWords: [samples, short, Math.min(samples, 0xffff), samples & 0xffff],
    interval,
    intervalWords: interval === 0 ? [] : [fields.interval, Math.round(interval)],
    fixedSamples: fixed && counts.length > 0,
    fixedInterval: fixed && interval !== 0,
    revision,
    dataOffset: extent.offset,
    traceBytes: TRACE_HEADER + samples * bytes,
    traces: file.tracesOf(extent, bytes) as number,
  };
}
