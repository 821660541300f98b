import { type DType, isComplex, isInteger } from '../../../core/base/dtype.js';
import { ArgumentError, DTypeError } from '../../../core/base/errors.js';
import { readAt } from '../../parts/raw-io.js';
import { fromEbcdic, toEbcdic } from './ebcdic.js';

/** The supported sample formats, by their code in the binary header. */
export const SEGY_FORMATS = { ibm: 1, int32: 2, int16: 3, float32: 5 } as const;
/** The format of samples in a file. */
export type SegyFormat = keyof typeof SEGY_FORMATS;

export const sampleBytes = (format: SegyFormat): 2 | 4 => (format === 'int16' ? 2 : 4);

/** The headers of a SEG-Y file and the number of its traces (SEG-Y revisions 0 to 2). */
export interface SegyHeader {
  /** The textual header: lines of at most 80 characters. */
  readonly text: string;
  readonly littleEndian: boolean;
  readonly format: SegyFormat;
  /** The samples of a trace. */
  readonly samples: number;
  /** The sampling interval, in microseconds; 0 if the file does not state one. */
  readonly interval: number;
  /** The position of the first trace, in bytes. */
  readonly dataOffset: number;
  /** The bytes of one trace, including its header. */
  readonly traceBytes: number;
  readonly traces: number;
}

const TEXT = 3200;
const BINARY = 400;
export const FILE_HEADER = TEXT + BINARY;
export const TRACE_HEADER = 240;
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
  first: 320,
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

const FORMATS = new Map<number, SegyFormat>(
  Object.entries(SEGY_FORMATS).map(([name, code]) => [code, name as SegyFormat]),
);
const DEFINED = 16;

/**
 * Reads the file headers, and checks that traces of the stated length fill the file.
 *
 * @throws {@link ArgumentError} if the file is damaged
 * @throws {@link DTypeError} if its sample format is not supported
 */
export function readSegyHeader(fd: number, size: number, name: string): SegyHeader {
  const bad = (why: string) => new ArgumentError(`${name} is not a SEG-Y file that can be read: ${why}`);
  if (size < FILE_HEADER + TRACE_HEADER) throw bad(`it has ${size} bytes only`);
  const head = new Uint8Array(FILE_HEADER);
  readAt(fd, head, 0, name);
  const view = new DataView(head.buffer, TEXT, BINARY);

  const order = view.getUint32(AT.order);
  const isCode = (code: number) => code >= 1 && code <= DEFINED;
  // revision 2 states its byte order; before, the format is only valid in the right one
  const littleEndian =
    order === 0x04030201 ||
    (order !== 0x01020304 && !isCode(view.getUint16(AT.format)) && isCode(view.getUint16(AT.format, true)));
  const code = view.getUint16(AT.format, littleEndian);
  if (!isCode(code)) throw bad(`sample format ${code}`);
  const format = FORMATS.get(code);
  if (!format)
    throw new DTypeError(
      `${name} has samples of format ${code}: expected ` +
        `${[...FORMATS].map(([c, f]) => `${c} (${f})`).join(', ')}`,
    );

  const revision = view.getUint8(AT.revision) || (littleEndian ? view.getUint8(AT.revision + 1) : 0);
  let samples = view.getUint16(AT.samples, littleEndian);
  let interval = view.getUint16(AT.interval, littleEndian);
  let dataOffset = FILE_HEADER;
  const texts = revision >= 1 ? view.getInt16(AT.texts, littleEndian) : 0;
  if (texts < 0) dataOffset += TEXT * extendedTexts(fd, size, name);
  else dataOffset += TEXT * texts;
  if (revision >= 2) {
    samples = view.getUint32(AT.moreSamples, littleEndian) || samples;
    const precise = view.getFloat64(AT.moreInterval, littleEndian);
    if (precise > 0 && Number.isFinite(precise)) interval = precise;
    if (view.getUint32(AT.traceHeaders, littleEndian) !== 0) throw bad('it has additional trace headers');
    const first = Number(view.getBigUint64(AT.first, littleEndian));
    if (first !== 0) dataOffset = first;
  }
  if (samples === 0) throw bad('its traces have no samples');
  if (dataOffset < FILE_HEADER) throw bad(`its traces start at byte ${dataOffset}`);
  const traceBytes = TRACE_HEADER + samples * sampleBytes(format);
  const traces = (size - dataOffset) / traceBytes;
  if (!Number.isSafeInteger(traces) || traces < 1)
    throw bad(
      `its header says traces of ${samples} samples of ${format}, but ${size - dataOffset} bytes hold ` +
        `${traces} of them: the file is cut short or damaged`,
    );
  return {
    text: textOf(head.subarray(0, TEXT)),
    littleEndian,
    format,
    samples,
    interval,
    dataOffset,
    traceBytes,
    traces,
  };
}

/**
 * Counts the extended textual headers of a file that does not state their number but marks the last
 * one.
 */
function extendedTexts(fd: number, size: number, name: string): number {
  const page = new Uint8Array(TEXT);
  for (let k = 1; FILE_HEADER + k * TEXT <= size; k++) {
    readAt(fd, page, FILE_HEADER + (k - 1) * TEXT, name);
    if (/\(\(\s*SEG:\s*EndText\s*\)\)/i.test(textOf(page))) return k;
  }
  throw new ArgumentError(
    `${name} is not a SEG-Y file that can be read: its extended textual headers have no end`,
  );
}

/** The first 3600 bytes of a file of revision 1, big-endian. */
export function formatSegyHeader(
  text: string,
  format: SegyFormat,
  samples: number,
  interval: number,
): Uint8Array {
  const lines = text.split('\n');
  if (lines.length > TEXT / LINE || lines.some((line) => line.length > LINE))
    throw new ArgumentError(
      `expected a textual header of at most ${TEXT / LINE} lines of ${LINE} characters`,
    );
  const head = new Uint8Array(FILE_HEADER);
  head.set(toEbcdic(Array.from({ length: TEXT / LINE }, (_, k) => (lines[k] ?? '').padEnd(LINE)).join('')));
  const view = new DataView(head.buffer, TEXT, BINARY);
  view.setUint16(12, 1); // traces per ensemble
  view.setUint16(AT.interval, interval);
  view.setUint16(AT.samples, samples);
  view.setUint16(AT.format, SEGY_FORMATS[format]);
  view.setUint16(26, 1); // ensemble fold
  view.setUint16(28, 4); // sorted by stacks
  view.setUint16(54, 1); // metres
  view.setUint16(AT.revision, 0x0100);
  view.setUint16(AT.fixed, 1);
  return head;
}

/**
 * The format that holds a dtype.
 *
 * @throws {@link DTypeError} for combinations that lose information
 */
export function formatFor(dtype: DType, asked: SegyFormat | undefined): SegyFormat {
  if (isComplex(dtype)) throw new DTypeError(`SEG-Y holds no ${dtype}: take real() or abs() first`);
  const format = asked ?? (isInteger(dtype) ? 'int32' : 'float32');
  const integers = format === 'int32' || format === 'int16';
  if (integers && !isInteger(dtype))
    throw new DTypeError(`${dtype} does not fit into ${format}: cast it with astype('int32')`);
  return format;
}
