import { LopsError } from '../../core/base/errors.js';
import type { DistributedArrayOptions } from '../../core/distributed/space.js';
import { type FileInfo, listText, shapeText, sizeText } from '../parts/file-info.js';
import { withFile } from '../parts/local-file.js';
import { readSegyHeader, type SegyHeader } from './parts/read-file-header.js';
import { formatOf } from './parts/sample-formats.js';
import { scalarFactor } from './parts/trace-times.js';
import type { SegyWord } from './parts/trace-words.js';
import { BYTES, findOrder, placesOf, type VolumeOrder } from './parts/volume-order.js';
import { readSegyTraces, type SegyTraces } from './segy-traces.js';

/** The most traces and samples that are read. */
const TRACES = 128;
const SAMPLES = 1 << 24;
/** The words that say where traces without a regular order are. */
const PLACES = ['fieldRecord', 'sourcePoint', 'ensemble', 'offset', 'inline', 'crossline'] as const;
const COORDINATES = ['ensembleX', 'ensembleY'] as const;
const TEXT_LINES = 4;

/** The order of a volume; undefined for traces that are none. */
function orderOf(fd: number, path: string, header: SegyHeader): VolumeOrder | undefined {
  try {
    return findOrder(fd, path, header, placesOf(BYTES));
  } catch (error) {
    if (error instanceof LopsError) return undefined;
    throw error;
  }
}

/** The different lines of the textual header, without their numbers. */
const textLines = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.replace(/^C\s?\d{1,2}\s*/, '').trim())
    .filter((line) => line !== '');

/** The smallest and the largest value of a word. */
function rangeOf(traces: SegyTraces, word: SegyWord): readonly [number, number] {
  const column = traces.headers[word].local;
  return [column.min(), column.max()];
}

const rangeText = ([low, high]: readonly [number, number], unit = ''): string =>
  `${low === high ? low : `${low} … ${high}`}${unit}`;

function timesText({ delay, sampleInterval, samples }: SegyTraces): string {
  if (sampleInterval === undefined || delay === undefined) return 'differ between traces';
  if (sampleInterval === 0) return `from ${delay} s, the file states no interval`;
  const end = Number((delay + (samples - 1) * sampleInterval).toPrecision(12));
  return `${delay} … ${end} s, every ${sampleInterval} s`;
}

function coordinateFacts(traces: SegyTraces, unit: string): FileInfo['facts'] {
  const { by, over } = scalarFactor(traces.headers.coordinateScalar.local.get(0) as number);
  return COORDINATES.map((word) => [word, rangeOf(traces, word)] as const)
    .filter(([, [low, high]]) => low !== 0 || high !== 0)
    .map(([word, [low, high]]) => [word, rangeText([(low * by) / over, (high * by) / over], unit)]);
}

/** Describes a SEG-Y file by its headers and some of its traces. */
export function describeSegy(path: string, own: Pick<DistributedArrayOptions, 'backend' | 'comm'>): FileInfo {
  const { header, order } = withFile(path, (fd, size) => {
    const header = readSegyHeader(fd, size, path);
    return { header, order: orderOf(fd, path, header) };
  });
  const { samples, format, byteOrder, revision, traces: total, lengthUnit } = header;
  const row = order ? Math.floor(order.slow.length / 2) : 0;
  const length = order ? order.fast.length : total;
  const count = Math.max(1, Math.min(TRACES, length, Math.floor(SAMPLES / samples)));
  const chosen = Array.from(
    { length: count },
    (_, k) => row * length + Math.floor(((k + 0.5) * length) / count),
  );
  const traces = readSegyTraces(path, { ...own, traces: chosen });
  const [slow, fast] = order?.inlineFirst === false ? ['crossline', 'inline'] : ['inline', 'crossline'];
  const shape = order ? [order.slow.length, order.fast.length, samples] : [total, samples];
  const names = order ? [slow, fast, 'sample'] : ['trace', 'sample'];
  const lines = textLines(header.text);
  const across = order ? `${slow} ${order.slow[row]}, ${fast}s ${listText(order.fast)}` : 'all traces';
  return {
    kind: order ? 'SEG-Y volume' : 'SEG-Y traces without a regular order (readSegyTraces reads them)',
    facts: [
      ['shape', shapeText(shape as number[], names as string[])],
      ['dtype', `${traces.data.dtype} (format ${format}, ${byteOrder}-endian, revision ${revision})`],
      ...(order
        ? [[`${slow}s`, listText(order.slow)] as const, [`${fast}s`, listText(order.fast)] as const]
        : PLACES.map((word) => [word, rangeText(rangeOf(traces, word))] as const)),
      ['time', timesText(traces)],
      ...coordinateFacts(traces, lengthUnit === undefined ? '' : ` ${lengthUnit}`),
      ['lengths', lengthUnit ?? 'the file states no unit'],
      ['size', sizeText(shape as number[], formatOf(format).bytes)],
      ...lines.slice(0, TEXT_LINES).map((line, k) => [k === 0 ? 'text' : '', line] as const),
    ],
    slice: {
      title: `${across}; time downwards`,
      values: traces.data.local.toHost() as Float64Array,
      rows: samples,
      columns: count,
      rowStride: 1,
      columnStride: samples,
    },
  };
}
