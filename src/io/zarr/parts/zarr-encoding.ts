import { product, type Shape } from '../../../core/base/shape.js';
import { BYTE_CODECS, type ByteCodec } from './zarr-codec.js';
import { type Json, objectIn, show, wholeNumbers } from './zarr-json.js';

/** How chunks are grouped in one file or, if shards are nested, in one part of a file. */
export interface Shards {
  /** The shape of a shard. */
  readonly shape: Shape;
  /** The number of its chunks along each axis. */
  readonly counts: readonly number[];
  /** The axes in the order of the index, the last varies fastest. */
  readonly axes: readonly number[];
  readonly index: {
    readonly isAtEnd: boolean;
    readonly isLittleEndian: boolean;
    readonly isChecked: boolean;
  };
}

/** How the elements of an array become files. */
export interface ChunkEncoding {
  /** Shards around shards around chunks. */
  readonly shards: readonly Shards[];
  /** The shape of the chunks, which are read one by one. */
  readonly chunkShape: Shape;
  /** The axes in the order in which a chunk is stored, the last varies fastest. */
  readonly axes: readonly number[];
  readonly littleEndian: boolean | undefined;
  /** The codecs of a chunk's bytes, in the order in which they encode. */
  readonly codecs: readonly ByteCodec[];
}

/** An extension of the metadata: an object, or only a name. */
interface Extension {
  readonly name: string;
  readonly configuration: { readonly [name: string]: Json };
  readonly mayBeIgnored: boolean;
}

export function extensionOf(value: Json | undefined): Extension {
  const { name, configuration, must_understand } = objectIn(
    typeof value === 'string' ? { name: value } : value,
  );
  return {
    name: typeof name === 'string' ? name : show(name),
    configuration: objectIn(configuration),
    mayBeIgnored: must_understand === false,
  };
}

export const extensionsOf = (value: Json | undefined): Extension[] =>
  Array.isArray(value) ? (value as readonly Json[]).map(extensionOf) : [];

/** The codecs that are read. */
const KNOWN = ['transpose', 'bytes', 'sharding_indexed', ...BYTE_CODECS];
/** The name of a codec without the prefix of numcodecs. */
const plainName = (name: string): string => name.replace(/^numcodecs\./, '');

const isPermutation = (order: readonly number[], count: number): boolean =>
  order.length === count && order.toSorted((a, b) => a - b).every((axis, k) => axis === k);

/** The order of a transposition, also in the form of earlier drafts, `'C'` and `'F'`. */
function orderIn(order: Json | undefined, count: number): number[] | undefined {
  const axes = Array.from({ length: count }, (_, k) => k);
  if (order === 'C') return axes;
  if (order === 'F') return axes.reverse();
  const list = wholeNumbers(order, 0);
  return list && isPermutation(list, count) ? list : undefined;
}

/** @throws the error that `bad` makes if an entry is invalid */
function endianIn(endian: Json | undefined, bad: (why: string) => Error): boolean | undefined {
  if (endian !== undefined && endian !== 'little' && endian !== 'big')
    throw bad(`endian ${show(endian)}, expected "little" or "big"`);
  return endian === undefined ? undefined : endian === 'little';
}

/** @throws the error that `bad` makes if the index of shards is encoded in another way */
function indexIn(configuration: Extension['configuration'], bad: (why: string) => Error): Shards['index'] {
  const { index_codecs, index_location = 'end' } = configuration;
  if (index_location !== 'end' && index_location !== 'start')
    throw bad(`index_location ${show(index_location)}, expected "start" or "end"`);
  const codecs = extensionsOf(index_codecs);
  const [first, second] = codecs;
  const isChecked = second?.name === 'crc32c';
  if (first?.name !== 'bytes' || codecs.length !== (isChecked ? 2 : 1))
    throw bad(
      `index codecs ${codecs.map(({ name }) => name).join(', ') || 'none'}, expected "bytes", then ` +
        'at most "crc32c"',
    );
  const isLittleEndian = endianIn(first.configuration['endian'], bad);
  if (isLittleEndian === undefined) throw bad('an index without endian');
  return { isAtEnd: index_location === 'end', isLittleEndian, isChecked };
}

/**
 * Checks a list of codecs: transpositions, then `bytes` and codecs of bytes, or shards of chunks
 * with such a list of their own.
 *
 * @param gridShape the shape of the part of the array that one file holds
 * @param bad makes the error
 * @throws the error that `bad` makes if a codec is not read
 */
export function encodingOf(
  list: Json | undefined,
  gridShape: Shape,
  bad: (why: string) => Error,
): ChunkEncoding {
  const shards: Shards[] = [];
  let axes = gridShape.map((_, k) => k);
  let chunkShape = gridShape;
  for (let rest = extensionsOf(list); ; ) {
    const known = rest.filter(({ name, mayBeIgnored }) => KNOWN.includes(plainName(name)) || !mayBeIgnored);
    const at = known.findIndex(({ name }) => name !== 'transpose');
    const names = rest.map(({ name }) => name).join(', ') || 'none';
    for (const { configuration } of known.slice(0, Math.max(0, at))) {
      const order = orderIn(configuration['order'], axes.length);
      if (!order) throw bad(`transpose with order ${show(configuration['order'])}`);
      axes = order.map((k) => axes[k] as number);
    }
    const [main, ...others] = at < 0 ? [] : known.slice(at);
    const codecs = others.map(({ name, configuration }) => ({
      name: plainName(name),
      configuration,
    }));
    const unknown = codecs.find(({ name }) => !BYTE_CODECS.includes(name));
    if (main?.name === 'bytes' && !unknown)
      return {
        shards,
        chunkShape,
        axes,
        littleEndian: endianIn(main.configuration['endian'], bad),
        codecs,
      };
    if (main?.name !== 'sharding_indexed')
      throw bad(
        `codecs ${names}, expected "transpose" or none, then "bytes" or "sharding_indexed", then any ` +
          `of ${BYTE_CODECS.join(', ')}`,
      );
    if (codecs.length > 0) throw bad(`codecs ${names}: shards that are compressed as a whole are not read`);
    const inner = wholeNumbers(main.configuration['chunk_shape'], 1);
    const outer = axes.map((axis) => chunkShape[axis] as number);
    if (inner?.length !== outer.length || inner.some((n, k) => (outer[k] as number) % n !== 0))
      throw bad(
        `chunks of shape ${show(main.configuration['chunk_shape'])} in shards of shape ${show(outer)}`,
      );
    const within = [...chunkShape];
    axes.forEach((axis, k) => (within[axis] = inner[k] as number));
    shards.push({
      shape: chunkShape,
      counts: chunkShape.map((n, k) => n / (within[k] as number)),
      axes,
      index: indexIn(main.configuration, bad),
    });
    chunkShape = within;
    rest = extensionsOf(main.configuration['codecs']);
  }
}

/** The bytes of the index of a shard. */
export const indexBytes = ({ counts, index }: Shards): number =>
  16 * product(counts) + (index.isChecked ? 4 : 0);
