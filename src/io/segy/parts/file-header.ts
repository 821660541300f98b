import { ArgumentError, DTypeError } from '../../../core/base/errors.js';
import { readAt } from '../../parts/raw-io.js';
import { ORDER_MARKS, type SegyByteOrder, swapPairs } from './byte-order.js';
import { fromEbcdic, toEbcdic } from './ebcdic.js';
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

const TEXT = 3200;
const BINARY = 400;
export const FILE_HEADER = TEXT + BINARY;
const LINE = 80;

// Bytes of the binary header, counted from its start
const AT = {
  interval: 16,
  samples: 20,
  format: 24,
  moreSamples: 68,
  moreInterval: 72,
  order: 96,
  revision: 300,
  fixed: 302,
  texts: 304,
  traceHeaders: 306,
  traces: 312,
  first: 320,
  trailers: 328,
};

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

const DEFINED = 16;
const isCode = (code: number): boolean => code >= 1 && code <= DEFINED;

/** Revision 2 states its byte order. Before it, the format is only valid in the right one. */
function byteOrderOf(binary: DataView): SegyByteOrder {
  const mark = binary.getUint32(AT.order);
  for (const order of Object.keys(ORDER_MARKS) as SegyByteOrder[])
    if (ORDER_MARKS[order] === mark) return order;
  return !isCode(binary.getUint16(AT.format)) && isCode(binary.getUint16(AT.format, true)) ? 'little' : 'big';
}

/**
 * The major revision. Revision 1 is a 16-bit number with the revision in its upper byte, which some
 * programs write into the lower one; revision 2 is two bytes.
 */
function revisionOf(binary: DataView): number {
  const isMarked = (Object.values(ORDER_MARKS) as number[]).includes(binary.getUint32(AT.order));
  const major = binary.getUint8(AT.revision) || binary.getUint8(AT.revision + 1);
  return major > 2 ? 0 : Math.max(major, isMarked ? 2 : 0);
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
  const first = binary.getBigUint64(AT.first, little);
  return {
    code: binary.getUint16(AT.format, little),
    samples: binary.getUint16(AT.samples, little),
    interval: binary.getUint16(AT.interval, little),
    moreSamples: binary.getUint32(AT.moreSamples, little),
    moreInterval: precise > 0 && Number.isFinite(precise) ? precise : 0,
    fixed: binary.getUint16(AT.fixed, little) === 1,
    texts: binary.getInt16(AT.texts, little),
    traceHeaders: binary.getUint32(AT.traceHeaders, little),
    traces: Number(binary.getBigUint64(AT.traces, little)),
    first: Number(first),
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
    for (let k = 1; FILE_HEADER + k * TEXT <= this.size; k++) {
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
  const counts = [fields.samples, fields.moreSamples];
  if (revision >= 2) counts.reverse();
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
    const stated = counts.filter((n, k) => n !== 0 && (k === 0 || revision < 2 || counts[0] === 0));
    for (const samples of stated.length > 0 ? stated : [file.samplesAt(offset, byteOrder)])
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
    sampleWords: [samples, fields.samples, Math.min(samples, 0xffff), samples & 0xffff],
    interval,
    intervalWords: interval === 0 ? [] : [fields.interval, Math.round(interval)],
    fixedSamples: fixed && counts.some((n) => n !== 0),
    fixedInterval: fixed && interval !== 0,
    revision,
    dataOffset: extent.offset,
    traceBytes: TRACE_HEADER + samples * bytes,
    traces: file.tracesOf(extent, bytes) as number,
  };
}

/** What the headers of a file say of all traces. `writeSegy` and `writeSegyTraces` accept it. */
export interface SegyFileHeader {
  /** The textual header: at most 40 lines of 80 characters. */
  readonly text: string;
  readonly format: SegyFormat;
  /** @default 'big' */
  readonly byteOrder: SegyByteOrder;
}

/** What is written into the file headers. */
export interface SegyFileFacts extends SegyFileHeader {
  readonly samples: number;
  /** In microseconds. */
  readonly interval: number;
  readonly traces: number;
  /** The code of the order of traces (bytes 3229 to 3230). */
  readonly sorting: number;
  /** Whether all traces have this interval. */
  readonly fixed: boolean;
}

/**
 * The first 3600 bytes of a file: of revision 1 if that holds the facts, otherwise of revision 2.
 * @throws {@link ArgumentError} for a text that is too long or has letters that EBCDIC lacks
 */
export function formatSegyHeader(facts: SegyFileFacts): Uint8Array {
  const { format, byteOrder, samples, interval, traces, sorting, fixed } = facts;
  const little = byteOrder === 'little';
  const shortInterval = Number.isInteger(interval) && interval <= 0xffff;
  const isSecond = formatOf(format).revision > 1 || byteOrder !== 'big' || samples > 0xffff || !shortInterval;
  const text = isSecond ? facts.text.replace(/^C39 SEG Y REV1$/m, 'C39 SEG-Y_REV2.0') : facts.text;
  const lines = text.split('\n');
  if (lines.length > TEXT / LINE || lines.some((line) => line.length > LINE))
    throw new ArgumentError(
      `expected a textual header of at most ${TEXT / LINE} lines of ${LINE} characters`,
    );
  const head = new Uint8Array(FILE_HEADER);
  head.set(toEbcdic(Array.from({ length: TEXT / LINE }, (_, k) => (lines[k] ?? '').padEnd(LINE)).join('')));
  const view = new DataView(head.buffer, TEXT, BINARY);
  view.setUint16(12, 1, little); // traces per ensemble
  view.setUint16(AT.interval, shortInterval ? interval : intervalWord(interval), little);
  view.setUint16(AT.samples, Math.min(samples, 0xffff), little);
  view.setUint16(AT.format, formatOf(format).code, little);
  view.setUint16(26, 1, little); // ensemble fold
  view.setInt16(28, sorting, little);
  view.setUint16(54, 1, little); // metres
  view.setUint16(AT.fixed, Number(fixed), little);
  if (isSecond) {
    view.setUint32(AT.moreSamples, samples, little);
    view.setFloat64(AT.moreInterval, interval, little);
    view.setBigUint64(AT.traces, BigInt(traces), little);
    view.setBigUint64(AT.first, BigInt(FILE_HEADER), little);
    view.setUint32(AT.order, ORDER_MARKS.big, little);
  }
  if (byteOrder === 'swapped') swapPairs(head.subarray(TEXT));
  view.setUint8(AT.revision, isSecond ? 2 : 1);
  return head;
}

/** The 16-bit word of an interval in microseconds: rounded, and 0 if it is too long. */
export const intervalWord = (interval: number): number => (interval > 0xffff ? 0 : Math.round(interval));
