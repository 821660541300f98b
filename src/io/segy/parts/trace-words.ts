/** The size of a trace header, in bytes. */
export const TRACE_HEADER = 240;

/**
 * The words of a trace header with the number of their bytes, in the order of the file (SEG-Y
 * revision 2.0, bytes 1 to 240). Together they are the whole header.
 */
const SIZES = {
  traceInLine: 4,
  traceInFile: 4,
  fieldRecord: 4,
  traceInRecord: 4,
  sourcePoint: 4,
  ensemble: 4,
  traceInEnsemble: 4,
  traceKind: 2,
  verticallySummed: 2,
  horizontallyStacked: 2,
  dataUse: 2,
  offset: 4,
  receiverElevation: 4,
  sourceElevation: 4,
  sourceDepth: 4,
  receiverDatum: 4,
  sourceDatum: 4,
  sourceWaterDepth: 4,
  receiverWaterDepth: 4,
  elevationScalar: 2,
  coordinateScalar: 2,
  sourceX: 4,
  sourceY: 4,
  receiverX: 4,
  receiverY: 4,
  coordinateUnits: 2,
  weatheringVelocity: 2,
  subweatheringVelocity: 2,
  sourceUpholeTime: 2,
  receiverUpholeTime: 2,
  sourceStatic: 2,
  receiverStatic: 2,
  totalStatic: 2,
  lagTimeA: 2,
  lagTimeB: 2,
  delay: 2,
  muteStart: 2,
  muteEnd: 2,
  samples: 2,
  sampleInterval: 2,
  gainType: 2,
  instrumentGain: 2,
  initialGain: 2,
  correlated: 2,
  sweepStartFrequency: 2,
  sweepEndFrequency: 2,
  sweepLength: 2,
  sweepType: 2,
  sweepStartTaper: 2,
  sweepEndTaper: 2,
  taperType: 2,
  aliasFrequency: 2,
  aliasSlope: 2,
  notchFrequency: 2,
  notchSlope: 2,
  lowCutFrequency: 2,
  highCutFrequency: 2,
  lowCutSlope: 2,
  highCutSlope: 2,
  year: 2,
  day: 2,
  hour: 2,
  minute: 2,
  second: 2,
  timeBasis: 2,
  weightingFactor: 2,
  rollPositionOne: 2,
  firstTraceOfRecord: 2,
  lastTraceOfRecord: 2,
  gapSize: 2,
  overTravel: 2,
  ensembleX: 4,
  ensembleY: 4,
  inline: 4,
  crossline: 4,
  shotPoint: 4,
  shotPointScalar: 2,
  valueUnits: 2,
  transductionMantissa: 4,
  transductionExponent: 2,
  transductionUnits: 2,
  device: 2,
  timeScalar: 2,
  sourceType: 2,
  sourceDirectionVertical: 2,
  sourceDirectionCrossline: 2,
  sourceDirectionInline: 2,
  sourceMeasurementMantissa: 4,
  sourceMeasurementExponent: 2,
  sourceMeasurementUnits: 2,
  lastBytes1: 4,
  lastBytes2: 4,
} as const;

/** The name of a word of a trace header. */
export type SegyWord = keyof typeof SIZES;

/** A word of a trace header. */
export interface TraceWord {
  /** The position of its first byte, from 0. */
  readonly at: number;
  readonly bytes: 2 | 4;
  /** Counts and intervals are never negative. */
  readonly unsigned: boolean;
}

const UNSIGNED: readonly SegyWord[] = ['samples', 'sampleInterval'];

/** The words of a trace header, in the order of the file. */
export const TRACE_WORDS: Readonly<Record<SegyWord, TraceWord>> = (() => {
  let at = 0;
  const words = Object.entries(SIZES).map(([name, bytes]) => {
    const word = { at, bytes, unsigned: UNSIGNED.includes(name as SegyWord) };
    at += bytes;
    return [name, word];
  });
  return Object.fromEntries(words) as Record<SegyWord, TraceWord>;
})();

export const WORD_NAMES = Object.keys(SIZES) as readonly SegyWord[];

/** Reads a word of the trace header that starts at byte `head`. */
export function getWord(view: DataView, head: number, word: SegyWord, little: boolean): number {
  const { at, bytes, unsigned } = TRACE_WORDS[word];
  if (bytes === 4) return view.getInt32(head + at, little);
  return unsigned ? view.getUint16(head + at, little) : view.getInt16(head + at, little);
}

/** Whether a word holds a value. */
export function wordHolds(word: SegyWord, value: number): boolean {
  const { bytes, unsigned } = TRACE_WORDS[word];
  const half = 2 ** (8 * bytes - 1);
  return Number.isInteger(value) && value >= (unsigned ? 0 : -half) && value < (unsigned ? 2 * half : half);
}

/** Writes a word. Values that it does not hold lose their upper bits. */
export function putWord(view: DataView, head: number, word: SegyWord, value: number, little: boolean): void {
  const { at, bytes } = TRACE_WORDS[word];
  if (bytes === 4) view.setInt32(head + at, value, little);
  else view.setInt16(head + at, value, little);
}
