import type { SegyByteOrder } from './byte-order.js';
import type { SegyFormat } from './sample-formats.js';

/** The bytes of a textual header, of the binary header and of both. */
export const TEXT = 3200;
export const BINARY = 400;
export const FILE_HEADER = TEXT + BINARY;
/** The characters of a line of the textual header. */
export const LINE = 80;

/** Bytes of the binary header, counted from its start. */
export const AT = {
  interval: 16,
  samples: 20,
  format: 24,
  units: 54,
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

/** What the headers of a file say of all traces. `writeSegy` and `writeSegyTraces` accept it. */
export interface SegyFileHeader {
  /** The textual header: at most 40 lines of 80 characters. */
  readonly text: string;
  readonly format: SegyFormat;
  /** @default 'big' */
  readonly byteOrder: SegyByteOrder;
}
