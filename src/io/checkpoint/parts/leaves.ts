import { fsyncSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { NDArray } from '../../../core/array/ndarray.js';
import { ArgumentError, messageOf } from '../../../core/base/errors.js';
import { formatShape, product, type Shape, sameShape, stridesOf } from '../../../core/base/shape.js';
import { type EitherArray, ownPart } from '../../../core/distributed/align.js';
import { DistributedArray } from '../../../core/distributed/distributed-array.js';
import { type IndexBox, intersect } from '../../../core/distributed/layout.js';
import { StackedDistributedArray } from '../../../core/distributed/stacked-distributed-array.js';
import { readNpyData, writeNpyData } from '../../npy/npy-data.js';
import { formatNpyHeader, parseNpyHeader } from '../../npy/npy-header.js';
import { writeFileAtomically } from '../../output.js';
import { checkedSource, fileSource } from '../../parts/byte-source.js';
import { crc32 } from '../../parts/crc32.js';
import { naming, withFile } from '../../parts/local-file.js';
import { closing } from '../../parts/raw-io.js';
import { Damage, fileOf, type LeafRecord, type Manifest } from './manifest.js';

/** The arrays of a vector, or of a list of vectors. Undefined if a value is none. */
export function leavesOf(value: unknown): EitherArray[] | undefined {
  if (value instanceof DistributedArray || value instanceof NDArray) return [value];
  const members: unknown = value instanceof StackedDistributedArray ? value.arrays : value;
  if (!Array.isArray(members) || members.length === 0) return undefined;
  const leaves = members.map(leavesOf);
  return leaves.every((l) => l !== undefined) ? leaves.flat() : undefined;
}

const wholeBox = (shape: Shape): IndexBox => ({ start: shape.map(() => 0), shape });
const boxOf = (leaf: EitherArray): IndexBox => (leaf instanceof NDArray ? wholeBox(leaf.shape) : leaf.box);

/** What the manifest says of an array. */
export const recordOf = (leaf: EitherArray): Omit<LeafRecord, 'sums'> =>
  leaf instanceof NDArray
    ? { dtype: leaf.dtype, shape: leaf.shape, replicated: true, boxes: [wholeBox(leaf.shape)] }
    : {
        dtype: leaf.dtype,
        shape: leaf.globalShape,
        replicated: leaf.layout.replicated,
        boxes: leaf.layout.replicated
          ? [leaf.box]
          : Array.from({ length: leaf.comm.size }, (_, r) => leaf.layout.box(r)),
      };

/** Waits until a file, or the entries of a folder, are on the disk. */
export function flush(path: string): void {
  naming(path, () => closing(openSync(path, 'r'), fsyncSync));
}

/** Throws {@link ArgumentError} unless the vectors of a state are those of a checkpoint. */
export function checkNames(vectors: ReadonlyMap<string, readonly EitherArray[]>, manifest: Manifest): void {
  const [expected, saved] = [[...vectors.keys()].sort(), Object.keys(manifest.vectors).sort()];
  if (String(expected) !== String(saved))
    throw new ArgumentError(
      `it is of another solver: expected vectors ${expected.join(', ')}, found ${saved.join(', ')}`,
    );
  for (const [name, leaves] of vectors) {
    const records = manifest.vectors[name] ?? [];
    if (records.length !== leaves.length)
      throw new ArgumentError(`expected ${leaves.length} blocks in ${name}, found ${records.length}`);
    for (const [k, leaf] of leaves.entries()) {
      const record = records[k] as LeafRecord;
      const shape = leaf instanceof NDArray ? leaf.shape : leaf.globalShape;
      if (record.dtype !== leaf.dtype || !sameShape(record.shape, shape))
        throw new ArgumentError(
          `expected ${name} of shape ${formatShape(shape)} and dtype ${leaf.dtype}, found ` +
            `${formatShape(record.shape)} and ${record.dtype}`,
        );
      const isBox = ({ start, shape: extent }: IndexBox) =>
        [start, extent].every(
          (list) => list.length === shape.length && list.every((n) => Number.isSafeInteger(n) && n >= 0),
        );
      if (!record.boxes.every(isBox))
        throw new ArgumentError(
          `the parts of ${name} are no boxes of an array of shape ${formatShape(shape)}`,
        );
    }
  }
}

/**
 * Writes a part of a vector.
 *
 * @returns its check sum
 */
export function writeLeaf(path: string, local: NDArray): number {
  let sum = 0;
  writeFileAtomically(path, (sink) => {
    const write = (bytes: Uint8Array): void => {
      sum = crc32(bytes, sum);
      sink.write(bytes);
    };
    write(formatNpyHeader(local.shape, local.dtype));
    writeNpyData(local, write);
  });
  flush(path);
  return sum;
}

/**
 * Reads a file that holds a part of a vector.
 *
 * @throws {@link Damage} if it differs from what was written
 */
function readPart(path: string, box: IndexBox, sum: number, { backend, dtype }: NDArray): NDArray {
  let part: NDArray | undefined;
  try {
    part = withFile(path, (fd, size) => {
      const source = checkedSource(fileSource(fd, path), size, sum);
      const header = parseNpyHeader(source, size);
      const read = readNpyData(header, () => source, { backend, dtype });
      source.finish();
      return read;
    });
  } catch (error) {
    throw new Damage(messageOf(error), { cause: error });
  }
  if (part.size !== product(box.shape))
    throw new Damage(`${path} holds ${part.size} elements, expected ${product(box.shape)}`);
  return part;
}

/** Fills this rank's part of an array from the files that overlap it. */
export function readLeaf(
  folder: string,
  name: string,
  k: number,
  leaf: EitherArray,
  { boxes, sums }: LeafRecord,
): void {
  const local = ownPart(leaf);
  const mine = boxOf(leaf);
  for (const [rank, box] of boxes.entries()) {
    const common = intersect(box, mine);
    if (!common) continue;
    const part = readPart(join(folder, fileOf(name, k, rank)), box, sums[rank] as number, local);
    const [from, to] = [stridesOf(box.shape), stridesOf(mine.shape)];
    const offset = (within: IndexBox, strides: readonly number[]): number =>
      strides.reduce(
        (at, step, a) => at + step * ((common.start[a] as number) - (within.start[a] as number)),
        0,
      );
    local.backend.stridedCopy(
      common.shape,
      { elements: part, start: offset(box, from), strides: from },
      { elements: local, start: offset(mine, to), strides: to },
      'set',
    );
    part.dispose();
  }
}
