import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { NDArray } from '../../core/array/ndarray.js';
import type { DType } from '../../core/base/dtype.js';
import { ArgumentError, messageOf } from '../../core/base/errors.js';
import { log } from '../../core/base/log.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import { formatShape, product, type Shape, sameShape, stridesOf } from '../../core/base/shape.js';
import { textOf } from '../../core/base/text-of.js';
import { DistributedArray } from '../../core/distributed/distributed-array.js';
import { type IndexBox, intersect } from '../../core/distributed/layout.js';
import { StackedDistributedArray } from '../../core/distributed/stacked-distributed-array.js';
import { gatherFromAllRanks } from '../../core/ports/agreement.js';
import type { Communicator } from '../../core/ports/communicator.js';
import { expectSignals, type StopSignal } from '../../core/vector/interruption.js';
import {
  differences,
  type Measure,
  type Problem,
  type Setting,
} from '../../core/vector/problem-description.js';
import { readNpyHeader } from '../npy/npy.js';
import { readNpyData, writeNpyData } from '../npy/npy-data.js';
import { formatNpyHeader, parseNpyHeader } from '../npy/npy-header.js';
import { endOfLinks, isOldLeftover, writeFileAtomically, writing } from '../output.js';
import { checkedSource, fileSource } from '../parts/byte-source.js';
import { crc32 } from '../parts/crc32.js';
import { checkPath, naming, withFile } from '../parts/local-file.js';
import { readWhole } from '../parts/raw-io.js';
import { type FolderLock, lockFolder, unlockFolder } from './parts/folder-lock.js';

/** Options of {@link Checkpoint}. */
export interface CheckpointOptions {
  /** Keeps the state every so many iterations, and at the end of a run. @default 10 */
  readonly every?: number;
  /** How many whole checkpoints stay in the folder. @default 2 */
  readonly keep?: number;
  /**
   * Signals upon which the solver stops after its iteration, on all ranks alike, keeps the state
   * and returns with the reason 'signal received', whichever rank got one. They do so from the
   * moment the checkpoint is made on; a second one, 2 s later or more, ends the job. @default []
   */
  readonly stopOn?: readonly StopSignal[];
  /**
   * Starts over, whatever the folder holds: checkpoints that are there are not read, and go once a
   * new one is whole. @default false
   */
  readonly fresh?: boolean;
  /** The ranks that take part. @default those of the state's vectors */
  readonly comm?: Communicator | undefined;
}

/**
 * What a checkpoint takes of a state: its named scalars (numbers, words, lists of them) and
 * vectors.
 */
export interface Checkpointable {
  readonly iteration: number;
  /** Names that are left out. */
  readonly scratch?: readonly string[];
}

type Plain = number | string | boolean | null | { readonly float: string } | readonly Plain[];
type Leaf = DistributedArray | NDArray;

interface LeafRecord {
  readonly dtype: DType;
  readonly shape: Shape;
  /** Every rank has the whole; only the first file is written. */
  readonly replicated: boolean;
  /** What each rank had. */
  readonly boxes: readonly IndexBox[];
  /** CRC-32 of the file of each. */
  readonly sums: readonly number[];
}

/** A problem as JSON. */
interface ProblemRecord {
  readonly tolerance: number;
  readonly settings: Plain;
  readonly measures: Plain;
}

/** What a rank has of its own where a mask splits them. */
interface RankRecord {
  readonly scalars: Readonly<Record<string, Plain>>;
  /** Of checkpoints that a solver has written. */
  readonly problem?: ProblemRecord;
}

/**
 * The second line of the file `state.json`; the first has its format and its check sum. It is
 * written last: a folder that has it is whole.
 */
interface Manifest {
  readonly ranks: number;
  readonly iteration: number;
  /** Of all ranks; where they differ (colours of a mask) of each. */
  readonly own: readonly RankRecord[];
  readonly vectors: Readonly<Record<string, readonly LeafRecord[]>>;
}

const MANIFEST = 'state.json';
const FORMAT = 2;
const MOST_BYTES = 2 ** 30;
const WHOLE = /^\d{10}$/;
const PARTIAL = /^\d{10}\.([\w-]+)\.partial$/;

/** What a file says is not what was written. */
class Damage extends ArgumentError {}

function encode(value: unknown): Plain | undefined {
  if (value === undefined) return null;
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number')
    return Number.isFinite(value) && !Object.is(value, -0)
      ? value
      : { float: Object.is(value, -0) ? '-0' : `${value}` };
  if (!Array.isArray(value)) return undefined;
  const members = value.map(encode);
  return members.every((m): m is Plain => m !== undefined) ? members : undefined;
}

function decode(value: Plain): unknown {
  if (value === null) return undefined;
  if (typeof value === 'object') return 'float' in value ? Number(value.float) : value.map(decode);
  return value;
}

function leavesOf(value: unknown): Leaf[] | undefined {
  if (value instanceof DistributedArray || value instanceof NDArray) return [value];
  const members: unknown = value instanceof StackedDistributedArray ? value.arrays : value;
  if (!Array.isArray(members) || members.length === 0) return undefined;
  const leaves = members.map(leavesOf);
  return leaves.every((l) => l !== undefined) ? leaves.flat() : undefined;
}

const wholeBox = (shape: Shape): IndexBox => ({ start: shape.map(() => 0), shape });
const localOf = (leaf: Leaf): NDArray => (leaf instanceof NDArray ? leaf : leaf.local);
const boxOf = (leaf: Leaf): IndexBox => (leaf instanceof NDArray ? wholeBox(leaf.shape) : leaf.box);

const recordOf = (leaf: Leaf): Omit<LeafRecord, 'sums'> =>
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

/** The vectors and scalars of a state under their names. */
function partsOf(state: Checkpointable): { vectors: Map<string, Leaf[]>; scalars: Record<string, Plain> } {
  if (
    typeof state !== 'object' ||
    !Number.isSafeInteger(state?.iteration) ||
    !Array.isArray(state.scratch ?? [])
  )
    throw new ArgumentError(`Checkpoint: expected the state of a solver, received ${textOf(state)}`);
  const vectors = new Map<string, Leaf[]>();
  const scalars: Record<string, Plain> = {};
  for (const [name, value] of Object.entries(state)) {
    if (state.scratch?.includes(name)) continue;
    const leaves = leavesOf(value);
    if (leaves) vectors.set(name, leaves);
    else {
      const plain = encode(value);
      if (plain !== undefined) scalars[name] = plain;
    }
  }
  return { vectors, scalars };
}

const fileOf = (name: string, leaf: number, rank: number): string => `${name}.${leaf}.${rank}.npy`;

const recordProblem = ({ tolerance, settings, measures }: Problem): ProblemRecord => ({
  tolerance,
  settings: encode(settings) as Plain,
  measures: encode(measures) as Plain,
});
const problemOf = ({ tolerance, settings, measures }: ProblemRecord): Problem => ({
  tolerance,
  settings: decode(settings) as readonly (readonly [string, Setting])[],
  measures: decode(measures) as readonly (readonly [string, readonly Measure[]])[],
});

const DEFAULTS = {
  every: 10,
  keep: 2,
  stopOn: [],
  fresh: false,
  comm: undefined,
} satisfies Defaults<CheckpointOptions>;

/**
 * Keeps the state of a solver in a folder, and finds it again after the job was ended:
 * `cgls(A, y, { niter: 1000, checkpoint: new Checkpoint('run') })`.
 *
 * Every rank writes its parts of the vectors as .npy files, all at once, into a temporary folder;
 * when all are on the disk, rank 0 adds `state.json`, with check sums of all files, and renames the
 * folder to its iteration. A job that ends in between leaves the checkpoint before it whole; of
 * damaged ones the one before is taken.
 *
 * A solver resumes its own problem only: its options but for limits and tolerances, its data,
 * operators and functions are compared with those of the checkpoint (see {@link Problem}). Resuming
 * on the same number of ranks gives the same iterates bit by bit; on another number each rank reads
 * what of its part lies in the files (colours of a mask, whose scalars differ, need the same
 * number). The folder must be one that all ranks see. It belongs to one job at a time, which holds
 * a lock while a solver runs.
 *
 * A solver of local arrays is one of a single rank: give every rank a folder of its own.
 *
 * All methods but `release` are collective. Cost of a checkpoint: the state's vectors once to the
 * disk, four exchanges of a few bytes; at the start of a solver one application of each of its
 * operators, and up to six proxes of each function. Errors: {@link ArgumentError} on all ranks
 * where one can't write or read, where a state does not fit, for a checkpoint of another problem or
 * of an older format, where nothing whole is left of checkpoints, and where another job has the
 * folder.
 */
export class Checkpoint {
  readonly folder: string;
  readonly every: number;
  readonly stopsOnSignals: boolean;
  readonly #keep: number;
  readonly #comm: Communicator | undefined;
  /** Older checkpoints are not read, and go with the first new one. */
  #startsOver: boolean;
  #problem: ProblemRecord | undefined;
  /** On rank 0. */
  #lock: FolderLock | undefined;

  constructor(folder: string, options?: CheckpointOptions) {
    checkPath(folder);
    const { every, keep, stopOn, fresh, comm } = withDefaults('Checkpoint', options, DEFAULTS);
    for (const [name, value] of Object.entries({ every, keep }))
      if (!(Number.isSafeInteger(value) && value >= 1))
        throw new ArgumentError(
          `Checkpoint: expected ${name} to be a whole number of at least 1, received ${String(value)}`,
        );
    if (typeof fresh !== 'boolean')
      throw new ArgumentError(`Checkpoint: expected fresh to be true or false, received ${String(fresh)}`);
    this.folder = folder;
    this.every = every;
    this.#keep = keep;
    this.#comm = comm;
    this.#startsOver = fresh;
    this.stopsOnSignals = stopOn.length > 0;
    if (this.stopsOnSignals) expectSignals('Checkpoint', stopOn);
  }

  /** Saves every `every` iterations, and where this is the last one. What solvers call. */
  keep(state: Checkpointable, last = false): void {
    if (last || state.iteration % this.every === 0) this.save(state);
  }

  /** Writes the state now. The folder stays locked until `release`, or the end of the process. */
  save(state: Checkpointable): void {
    const { vectors, scalars } = partsOf(state);
    const comm = this.#commOf(vectors);
    const rank = comm?.rank ?? 0;
    const name = `${state.iteration}`.padStart(10, '0');
    this.#gather(comm, `write ${this.folder}`, () => {
      if (rank === 0) this.#hold();
    });
    const id = this.#lock?.id;
    const partial = join(this.folder, `${name}.${comm ? comm.bcastObject(id) : id}.partial`);
    try {
      const sums = this.#gather(comm, `write ${partial}`, () => {
        mkdirSync(partial, { recursive: true });
        const sums: Record<string, number[]> = {};
        for (const [vector, leaves] of vectors)
          sums[vector] = leaves.map((leaf, k) => {
            if (rank > 0 && (leaf instanceof NDArray || leaf.layout.replicated)) return 0;
            return writeLeaf(join(partial, fileOf(vector, k, rank)), localOf(leaf));
          });
        if (rank > 0) flush(partial);
        return { sums, own: { scalars, ...(this.#problem && { problem: this.#problem }) } };
      });
      this.#gather(comm, `write ${partial}`, () => {
        if (rank === 0) this.#finish(partial, name, state, vectors, sums);
      });
    } catch (error) {
      if (rank === 0) rmSync(partial, { recursive: true, force: true });
      throw error;
    }
    this.#startsOver = false;
    log('info', 'checkpoint written', { folder: join(this.folder, name), iteration: state.iteration });
  }

  /** On rank 0, when all have written: adds the manifest and gives the folder its name. */
  #finish(
    partial: string,
    name: string,
    { iteration }: Checkpointable,
    vectors: ReadonlyMap<string, readonly Leaf[]>,
    ranks: readonly {
      readonly sums: Readonly<Record<string, readonly number[]>>;
      readonly own: RankRecord;
    }[],
  ): void {
    const same = ranks.every(({ own }) => JSON.stringify(own) === JSON.stringify(ranks[0]?.own));
    const records = [...vectors].map(([vector, leaves]): [string, LeafRecord[]] => [
      vector,
      leaves.map((leaf, k) => {
        const record = recordOf(leaf);
        return { ...record, sums: record.boxes.map((_, r) => ranks[r]?.sums[vector]?.[k] ?? 0) };
      }),
    ]);
    const own = same ? ranks.slice(0, 1).map((r) => r.own) : ranks.map((r) => r.own);
    const manifest: Manifest = { ranks: ranks.length, iteration, own, vectors: Object.fromEntries(records) };
    const path = join(partial, MANIFEST);
    writing(path, () => writeFileSync(path, formatManifest(manifest)));
    flush(path);
    flush(partial);
    const whole = join(this.folder, name);
    rmSync(whole, { recursive: true, force: true });
    renameSync(partial, whole);
    flush(this.folder);
    try {
      flush(dirname(this.folder));
    } catch {
      // may not be readable: then this run has not made the folder, and its entry is on the disk
    }
    this.#tidyUp(name);
  }

  /**
   * Overwrites a state by the newest whole checkpoint; the state must come from the same solver,
   * operator and kinds of vectors, and `problem`, which solvers give, must be that of the
   * checkpoint. Returns false, and leaves it alone, where there is none, or with `fresh`.
   */
  restore(state: Checkpointable, problem?: () => Problem): boolean {
    const { vectors, scalars } = partsOf(state);
    const comm = this.#commOf(vectors);
    if (problem) {
      this.#gather(comm, `use ${this.folder}`, () => {
        if (!comm || comm.rank === 0) this.#hold();
      });
      this.#problem = recordProblem(problem());
    }
    if (this.#startsOver) return false;
    // others may see the folder later
    const [names = []] = this.#gather(comm, `look into ${this.folder}`, () =>
      !comm || comm.rank === 0 ? this.#names() : [],
    );
    const damages: string[] = [];
    for (const name of names) {
      const folder = join(this.folder, name);
      const found = this.#gather(comm, `resume from ${folder}`, () => {
        try {
          this.#read(folder, state, vectors, scalars, comm);
          return undefined;
        } catch (error) {
          if (error instanceof Damage) return error.message;
          throw error;
        }
      });
      const damage = found.find((words) => words !== undefined);
      if (damage === undefined) {
        log('info', 'checkpoint read', { folder, iteration: state.iteration });
        return true;
      }
      damages.push(damage);
      log('warn', 'checkpoint is damaged, the one before is tried', { folder, damage });
    }
    if (damages.length > 0)
      throw new ArgumentError(
        `Checkpoint: nothing in ${this.folder} is whole: ${damages[0]}; { fresh: true } starts over`,
      );
    return false;
  }

  /**
   * Lets other jobs have the folder. Solvers call it at their end; what was saved without one is
   * released at the end of the process.
   */
  release(): void {
    if (this.#lock) unlockFolder(this.#lock, this);
    this.#lock = undefined;
  }

  /** The iteration of the newest whole checkpoint that this rank sees, or undefined. */
  get latest(): number | undefined {
    const name = this.#names().find((whole) => isWhole(join(this.folder, whole)));
    return name === undefined ? undefined : Number(name);
  }

  #read(
    folder: string,
    state: Checkpointable,
    vectors: ReadonlyMap<string, readonly Leaf[]>,
    scalars: Readonly<Record<string, Plain>>,
    comm: Communicator | undefined,
  ): void {
    const manifest = readManifest(folder);
    const ranks = comm?.size ?? 1;
    if (manifest.own.length > 1 && manifest.ranks !== ranks)
      throw new ArgumentError(
        `its ranks have scalars of their own (a mask): expected ${manifest.ranks} ranks, received ${ranks}`,
      );
    const own = manifest.own[manifest.own.length > 1 ? (comm?.rank ?? 0) : 0] as RankRecord;
    checkNames(vectors, manifest);
    const strange = Object.keys(own.scalars).find((name) => !Object.hasOwn(scalars, name));
    if (strange !== undefined)
      throw new ArgumentError(
        `it is of another solver: it has ${JSON.stringify(strange)}, which the state has not`,
      );
    if (this.#problem) {
      if (!own.problem)
        throw new ArgumentError(
          'it was not written by a solver, and does not say of which problem it is; { fresh: true } ' +
            'starts over',
        );
      const found = differences(problemOf(own.problem), problemOf(this.#problem));
      if (found.length > 0)
        throw new ArgumentError(
          `it is of another problem: ${found.join('; ')}: choose another folder, or start over with { ` +
            'fresh: true }',
        );
    }
    for (const [name, leaves] of vectors)
      for (const [k, leaf] of leaves.entries())
        readLeaf(folder, name, k, leaf, manifest.vectors[name]?.[k] as LeafRecord);
    for (const [name, value] of Object.entries(own.scalars)) Reflect.set(state, name, decode(value));
  }

  /**
   * Locks the folder, which is made where it is missing, or makes sure that it is still this
   * process's. On rank 0.
   */
  #hold(): void {
    mkdirSync(endOfLinks(this.folder), { recursive: true });
    this.#lock = lockFolder(this.folder, this);
  }

  #commOf(vectors: ReadonlyMap<string, readonly Leaf[]>): Communicator | undefined {
    if (this.#comm) return this.#comm;
    for (const leaves of vectors.values())
      for (const leaf of leaves) if (leaf instanceof DistributedArray) return leaf.comm;
    return undefined;
  }

  /**
   * Runs `body` on all ranks; errors name what could not be done.
   * @returns what it returned on each rank, plain data
   */
  #gather<R>(comm: Communicator | undefined, what: string, body: () => R): R[] {
    const named = (): R => {
      try {
        return body();
      } catch (error) {
        throw new ArgumentError(`Checkpoint: could not ${what}: ${messageOf(error)}`, { cause: error });
      }
    };
    return comm ? gatherFromAllRanks(comm, named) : [named()];
  }

  /** Of the checkpoints that are there, the newest first. */
  #names(): string[] {
    if (!existsSync(this.folder)) return [];
    return readdirSync(this.folder)
      .filter((name) => WHOLE.test(name))
      .sort()
      .reverse();
  }

  /**
   * Removes what ended jobs left, checkpoints of iterations that this run has not reached yet, and
   * old ones.
   */
  #tidyUp(current: string): void {
    const names = readdirSync(this.folder);
    const whole = names.filter((name) => WHOLE.test(name) && name !== current).sort();
    const old = this.#startsOver
      ? whole
      : [...whole.filter((name) => name < current), current].slice(0, -this.#keep);
    const later = whole.filter((name) => name > current);
    const left = names.filter((name) => this.#isLeft(name));
    for (const name of new Set([...left, ...later, ...old]))
      rmSync(join(this.folder, name), { recursive: true, force: true });
  }

  /** True for what a job has left that is known to be dead, or that has not written for a day. */
  #isLeft(name: string): boolean {
    const owner = PARTIAL.exec(name)?.[1];
    if (owner === undefined) return false;
    return (
      owner === this.#lock?.id ||
      this.#lock?.dead.includes(owner) === true ||
      isOldLeftover(join(this.folder, name))
    );
  }
}

/** Waits until a file, or the entries of a folder, are on the disk. */
function flush(path: string): void {
  naming(path, () => {
    const fd = openSync(path, 'r');
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  });
}

const checkSum = (text: string): number => crc32(new TextEncoder().encode(text));

function formatManifest(manifest: Manifest): string {
  const text = JSON.stringify(manifest);
  return `${JSON.stringify({ format: FORMAT, crc32: checkSum(text) })}\n${text}\n`;
}

/**
 * Throws {@link Damage} where it is missing or is not as it was written, and {@link ArgumentError}
 * for other formats.
 */
function readManifest(folder: string): Manifest {
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
 * True where all files of a checkpoint are there, with all their bytes; their check sums are
 * compared when they are read.
 */
function isWhole(folder: string): boolean {
  try {
    for (const [name, leaves] of Object.entries(readManifest(folder).vectors)) {
      for (const [k, { boxes }] of leaves.entries())
        for (const rank of boxes.keys()) {
          const path = join(folder, fileOf(name, k, rank));
          // throws where bytes are missing
          withFile(path, (fd, size) => readNpyHeader(fd, size, path));
        }
    }
    return true;
  } catch {
    return false;
  }
}

function checkNames(vectors: ReadonlyMap<string, readonly Leaf[]>, manifest: Manifest): void {
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

/** Writes a part of a vector; returns its check sum. */
function writeLeaf(path: string, local: NDArray): number {
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
 * A file that holds a part of a vector. Throws {@link Damage} where it is not as it was written.
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

/** Fills this rank's part of an array from the files that hold some of it. */
function readLeaf(folder: string, name: string, k: number, leaf: Leaf, { boxes, sums }: LeafRecord): void {
  const local = localOf(leaf);
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
