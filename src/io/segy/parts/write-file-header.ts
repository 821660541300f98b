import { ArgumentError } from '../../../core/base/errors.js';
import { ORDER_MARKS, swapPairs } from './byte-order.js';
import { toEbcdic } from './ebcdic.js';
import { AT, BINARY, FILE_HEADER, LINE, type SegyFileHeader, TEXT } from './file-header.js';
import { formatOf } from './sample-formats.js';

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
  view.setUint16(AT.units, 1, little); // metres
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
