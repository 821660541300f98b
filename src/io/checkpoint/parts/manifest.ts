import { join } from 'node:path';
import type { DType } from '../../../core/base/dtype.js';
import { ArgumentError, messageOf } from '../../../core/base/errors.js';
import type { Shape } from '../../../core/base/shape.js';
import type { IndexBox } from '../../../core/distributed/layout.js';
import type { Measure, Problem, Setting } from '../../../core/vector/problem-description.js';
import { readNpyHeader } from '../../npy/npy.js';
import { crc32 } from '../../parts/crc32.js';
import { withFile } from '../../parts/local-file.js';
import { readWhole } from '../../parts/raw-io.js';
import { decode, encode, type Plain } from './saved-values.js';

/** The file of a manifest. */
export const MANIFEST = 'state.json';
const FORMAT = 2;
const MOST_BYTES = 2 ** 30;

/** Thrown if a file differs from what was written. */
export class Damage extends ArgumentError {}

/** An array of a vector. */
export interface LeafRecord {
  readonly dtype: DType;
  readonly shape: Shape;
  /** Whether every rank has the whole; if so, only the first file is written. */
  readonly replicated: boolean;
  /** The box of each rank. */
  readonly boxes: readonly IndexBox[];
  /** The CRC-32 of each rank's file. */
  readonly sums: readonly number[];
}

/** A problem as JSON. */
export interface ProblemRecord {
  readonly tolerance: number;
  readonly settings: Plain;
  readonly measures: Plain;
}

/** The scalars of one rank; ranks differ if a mask splits them. */
export interface RankRecord {
  readonly scalars: Readonly<Record<string, Plain>>;
  /** Absent if the checkpoint was not written by a solver. */
  readonly problem?: ProblemRecord;
}

/**
 * The second line of the file `state.json`; the first line has the format and the check sum. The
 * file is written last, so a folder that has it is whole.
 */
export interface Manifest {
  readonly ranks: number;
  readonly iteration: number;
  /** One record for all ranks. If the ranks differ (groups of a mask), one record for each. */
  readonly own: readonly RankRecord[];
  readonly vectors: Readonly<Record<string, readonly LeafRecord[]>>;
}

/** The file of a rank's part of an array. */
export const fileOf = (name: string, leaf: number, rank: number): string => `${name}.${leaf}.${rank}.npy`;

export const recordProblem = ({ tolerance, settings, measures }: Problem): ProblemRecord => ({
  tolerance,
  settings: encode(settings) as Plain,
  measures: encode(measures) as Plain,
});
export const problemOf = ({ tolerance, settings, measures }: ProblemRecord): Problem => ({
  tolerance,
  settings: decode(settings) as readonly (readonly [string, Setting])[],
  measures: decode(measures) as readonly (readonly [string, readonly Measure[]])[],
});

const checkSum = (text: string): number => crc32(new TextEncoder().encode(text));

/** The text of a manifest's file. */
export function formatManifest(manifest: Manifest): string {
  const text = JSON.stringify(manifest);
  return `${JSON.stringify({ format: FORMAT, crc32: checkSum(text) })}\n${text}\n`;
}

/**
 * Reads the manifest of a checkpoint.
 *
 * @throws {@link Damage} if it is missing or differs from what was written
 * @throws {@link ArgumentError} if it has another format
 */
export function readManifest(folder: string): Manifest {
  const path = join(folder, MANIFEST);
  const undamaged = <R>(body: () => R): R => {
    try {
      return body();
    } catch (error) {
      throw new Damage(`${path} is damaged: ${messageOf(error)}`, {
        cause: error,
      });
    }
  };
  const text = undamaged(() =>
    withFile(path, (fd, size) => new TextDecoder().decode(readWhole(fd, size, MOST_BYTES, path))),
  );
  const [first = '', second = ''] = text.split('\n');
  const head = undamaged(
    () => JSON.parse(first) as { readonly format?: unknown; readonly crc32?: unknown } | null,
  );
  if (head?.format !== FORMAT)
    throw new ArgumentError(
      `${path} is of format ${JSON.stringify(head?.format)}, of another version of lops-mpi: expected ` +
        `${FORMAT}; { fresh: true } starts over`,
    );
  if (head.crc32 !== checkSum(second)) throw new Damage(`${path} is damaged: its check sum is wrong`);
  return undamaged(() => JSON.parse(second) as Manifest);
}

/**
 * Whether all files of a checkpoint are there with all their bytes. The check sums are compared
 * when the files are read.
 */
export function isWhole(folder: string): boolean {
  try {
    for (const [name, leaves] of Object.entries(readManifest(folder).vectors)) {
      for (const [k, { boxes }] of leaves.entries())
        for (const rank of boxes.keys()) {
          const path = join(folder, fileOf(name, k, rank));
          // throws if bytes are missing
          withFile(path, (fd, size) => readNpyHeader(fd, size, path));
        }
    }
    return true;
  } catch {
    return false;
  }
}
