import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { Communicator } from '../core/communicator.js';
import { DistributedArray } from '../core/distributed-array.js';
import type { DType } from '../core/dtype.js';
import { ArgumentError } from '../core/errors.js';
import { expectSignals, type StopSignal } from '../core/interruption.js';
import { type Box, intersect } from '../core/layout.js';
import { log } from '../core/log.js';
import { NDArray } from '../core/ndarray.js';
import { checkOptions } from '../core/options.js';
import { formatShape, product, type Shape, sameShape, stridesOf } from '../core/shape.js';
import { StackedDistributedArray } from '../core/stacked-distributed-array.js';
import { checkPath, withFile } from './local-file.js';
import { readNpy, readNpyHeader, writeNpy } from './npy.js';

export interface CheckpointOptions {
  /** Keeps the state every so many iterations, and at the end of a run. @default 10 */
  readonly every?: number;
  /** How many whole checkpoints stay in the folder. @default 2 */
  readonly keep?: number;
  /**
   * Signals upon which the solver stops after its iteration, on all ranks alike, keeps the state and returns with the reason 'signal received', whichever rank got one.
   * They do so from the moment the checkpoint is made on; a second one, 2 s later or more, ends the job. @default none
   */
  readonly stopOn?: readonly StopSignal[];
  /** The ranks that take part. @default those of the state's vectors */
  readonly comm?: Communicator | undefined;
}

/** What a checkpoint takes of a state: its named scalars (numbers, words, lists of them) and vectors. */
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
  readonly boxes: readonly Box[];
}

/** The file `state.json` of a checkpoint. It is written last: a folder that has it is whole. */
interface Manifest {
  readonly format: 1;
  readonly ranks: number;
  readonly iteration: number;
  /** Of all ranks; where they differ (colours of a mask) of each. */
  readonly scalars: readonly Readonly<Record<string, Plain>>[];
  readonly vectors: Readonly<Record<string, readonly LeafRecord[]>>;
}

const MANIFEST = 'state.json';
const WHOLE = /^\d{10}$/;
const PARTIAL = /^\d{10}\.[\w-]+\.partial$/;

function encode(value: unknown): Plain | undefined {
  if (value === undefined) return null;
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number')
    return Number.isFinite(value) && !Object.is(value, -0) ? value : { float: Object.is(value, -0) ? '-0' : `${value}` };
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

const wholeBox = (shape: Shape): Box => ({ start: shape.map(() => 0), shape });
const localOf = (leaf: Leaf): NDArray => (leaf instanceof NDArray ? leaf : leaf.local);
const boxOf = (leaf: Leaf): Box => (leaf instanceof NDArray ? wholeBox(leaf.shape) : leaf.box);

const recordOf = (leaf: Leaf): LeafRecord =>
  leaf instanceof NDArray
    ? { dtype: leaf.dtype, shape: leaf.shape, replicated: true, boxes: [wholeBox(leaf.shape)] }
    : {
        dtype: leaf.dtype,
        shape: leaf.globalShape,
        replicated: leaf.layout.replicated,
        boxes: leaf.layout.replicated ? [leaf.box] : Array.from({ length: leaf.comm.size }, (_, r) => leaf.layout.box(r)),
      };

/** The vectors and scalars of a state under their names. */
function partsOf(state: Checkpointable): { vectors: Map<string, Leaf[]>; scalars: Record<string, Plain> } {
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

/** Waits until a file, or the entries of a folder, are on the disk. */
function flush(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/**
 * Keeps the state of a solver in a folder, and finds it again after the job was ended: `cgls(A, y, { niter: 1000, checkpoint: new Checkpoint('run') })`.
 *
 * Every rank writes its parts of the vectors as .npy files, all at once, into a temporary folder; when all are on the disk, rank 0 adds `state.json` and renames the folder
 * to its iteration. A job that ends in between leaves the checkpoint before it whole. Resuming on the same number of ranks gives the same iterates bit by bit; on another number each rank
 * reads what of its part lies in the files (colours of a mask, whose scalars differ, need the same number). The folder must be one that all ranks see.
 *
 * A solver of local arrays is one of a single rank: give every rank a folder of its own.
 *
 * All methods are collective. Cost of a checkpoint: the state's vectors once to the disk, four exchanges of a few bytes.
 * Errors: {@link ArgumentError} on all ranks where one can't write or read, or where a state does not fit.
 */
export class Checkpoint {
  readonly folder: string;
  readonly every: number;
  readonly stopsOnSignals: boolean;
  readonly #keep: number;
  readonly #comm: Communicator | undefined;

  constructor(folder: string, options: CheckpointOptions = {}) {
    checkPath(folder);
    checkOptions('Checkpoint', options, ['every', 'keep', 'stopOn', 'comm']);
    const { every = 10, keep = 2, stopOn = [], comm } = options;
    for (const [name, value] of Object.entries({ every, keep }))
      if (!(Number.isSafeInteger(value) && value >= 1))
        throw new ArgumentError(`Checkpoint: expected ${name} to be a whole number of at least 1, received ${String(value)}`);
    this.folder = folder;
    this.every = every;
    this.#keep = keep;
    this.#comm = comm;
    this.stopsOnSignals = stopOn.length > 0;
    if (this.stopsOnSignals) expectSignals('Checkpoint', stopOn);
  }

  /** Saves every `every` iterations, and where this is the last one. What solvers call. */
  keep(state: Checkpointable, last = false): void {
    if (last || state.iteration % this.every === 0) this.save(state);
  }

  /** Writes the state now. */
  save(state: Checkpointable): void {
    const { vectors, scalars } = partsOf(state);
    const comm = this.#commOf(vectors);
    const rank = comm?.rank ?? 0;
    const name = `${state.iteration}`.padStart(10, '0');
    const unique = `${process.pid}-${Date.now().toString(36)}`;
    const partial = join(this.folder, `${name}.${comm?.bcastObject(unique) ?? unique}.partial`);
    this.#together(comm, `write ${partial}`, () => {
      mkdirSync(partial, { recursive: true });
      for (const [vector, leaves] of vectors) {
        for (const [k, leaf] of leaves.entries()) {
          if (rank > 0 && (leaf instanceof NDArray || leaf.layout.replicated)) continue;
          const path = join(partial, fileOf(vector, k, rank));
          const local = localOf(leaf);
          writeNpy(path, local);
          flush(path);
        }
      }
      if (rank > 0) flush(partial);
    });
    const all = comm?.allgatherObject(scalars) ?? [scalars];
    const same = all.every((other) => JSON.stringify(other) === JSON.stringify(scalars));
    this.#together(comm, `write ${partial}`, () => {
      if (rank > 0) return;
      const records = Object.fromEntries([...vectors].map(([vector, leaves]) => [vector, leaves.map(recordOf)]));
      const manifest: Manifest = {
        format: 1,
        ranks: comm?.size ?? 1,
        iteration: state.iteration,
        scalars: same ? [scalars] : all,
        vectors: records,
      };
      const path = join(partial, MANIFEST);
      writeFileSync(path, JSON.stringify(manifest));
      flush(path);
      flush(partial);
      const whole = join(this.folder, name);
      rmSync(whole, { recursive: true, force: true });
      renameSync(partial, whole);
      flush(this.folder);
      flush(dirname(this.folder));
      this.#tidyUp(name);
    });
    log('info', 'checkpoint written', { folder: join(this.folder, name), iteration: state.iteration });
  }

  /**
   * Overwrites a state by the newest whole checkpoint; the state must come from the same solver, operator and kinds of vectors. Returns false, and leaves it alone, where
   * there is none.
   */
  restore(state: Checkpointable): boolean {
    const { vectors } = partsOf(state);
    const comm = this.#commOf(vectors);
    let found: string | undefined;
    this.#together(comm, `look into ${this.folder}`, () => {
      // others may see the folder later
      if (!comm || comm.rank === 0) found = this.#newest();
    });
    if (comm) found = comm.bcastObject(found);
    if (found === undefined) return false;
    const folder = join(this.folder, found);
    this.#together(comm, `resume from ${folder}`, () => {
      const manifest = JSON.parse(readFileSync(join(folder, MANIFEST), 'utf8')) as Manifest;
      const ranks = comm?.size ?? 1;
      if (manifest.scalars.length > 1 && manifest.ranks !== ranks)
        throw new ArgumentError(`its ranks have scalars of their own (a mask): expected ${manifest.ranks} ranks, received ${ranks}`);
      const scalars = manifest.scalars[manifest.scalars.length > 1 ? (comm?.rank ?? 0) : 0] ?? {};
      checkNames(vectors, manifest);
      for (const [name, leaves] of vectors)
        for (const [k, leaf] of leaves.entries()) readLeaf(folder, name, k, leaf, manifest.vectors[name]?.[k] as LeafRecord);
      for (const [name, value] of Object.entries(scalars)) Reflect.set(state, name, decode(value));
    });
    log('info', 'checkpoint read', { folder, iteration: state.iteration });
    return true;
  }

  /** The iteration of the newest whole checkpoint that this rank sees, or undefined. */
  get latest(): number | undefined {
    const name = this.#newest();
    return name === undefined ? undefined : Number(name);
  }

  #commOf(vectors: ReadonlyMap<string, readonly Leaf[]>): Communicator | undefined {
    if (this.#comm) return this.#comm;
    for (const leaves of vectors.values()) for (const leaf of leaves) if (leaf instanceof DistributedArray) return leaf.comm;
    return undefined;
  }

  /** Runs something on all ranks; where it fails on one, all throw. */
  #together(comm: Communicator | undefined, what: string, body: () => void): void {
    let failure: string | undefined;
    let cause: unknown;
    try {
      body();
    } catch (error) {
      cause = error;
      failure = error instanceof Error ? error.message : String(error);
    }
    const failures = comm?.allgatherObject(failure) ?? [failure];
    const rank = failures.findIndex((f) => f !== undefined);
    if (rank >= 0)
      throw new ArgumentError(
        `Checkpoint: could not ${what}: ${comm ? `rank ${rank}: ` : ''}${failures[rank]}`,
        cause === undefined ? {} : { cause },
      );
  }

  #newest(): string | undefined {
    if (!existsSync(this.folder)) return undefined;
    return readdirSync(this.folder)
      .filter((name) => WHOLE.test(name))
      .sort()
      .reverse()
      .find((name) => isWhole(join(this.folder, name)));
  }

  /** Removes what ended jobs left, checkpoints of iterations that this run has not reached yet, and old ones. */
  #tidyUp(current: string): void {
    const names = readdirSync(this.folder);
    const old = names.filter((name) => WHOLE.test(name) && name <= current).sort();
    const later = names.filter((name) => WHOLE.test(name) && name > current);
    for (const name of [...names.filter((n) => PARTIAL.test(n)), ...later, ...old.slice(0, -this.#keep)])
      rmSync(join(this.folder, name), { recursive: true, force: true });
  }
}

/** True where all files of a checkpoint are there, with all their bytes. */
function isWhole(folder: string): boolean {
  try {
    const { format, vectors } = JSON.parse(readFileSync(join(folder, MANIFEST), 'utf8')) as Manifest;
    for (const [name, leaves] of Object.entries(vectors)) {
      for (const [k, { boxes }] of leaves.entries())
        for (const rank of boxes.keys()) {
          const path = join(folder, fileOf(name, k, rank));
          // throws where bytes are missing
          withFile(path, (fd, size) => readNpyHeader(fd, size, path));
        }
    }
    return format === 1;
  } catch {
    return false;
  }
}

function checkNames(vectors: ReadonlyMap<string, readonly Leaf[]>, manifest: Manifest): void {
  const [expected, saved] = [[...vectors.keys()].sort(), Object.keys(manifest.vectors).sort()];
  if (String(expected) !== String(saved))
    throw new ArgumentError(`it is of another solver: expected vectors ${expected.join(', ')}, found ${saved.join(', ')}`);
  for (const [name, leaves] of vectors) {
    const records = manifest.vectors[name] ?? [];
    if (records.length !== leaves.length) throw new ArgumentError(`expected ${leaves.length} blocks in ${name}, found ${records.length}`);
    for (const [k, leaf] of leaves.entries()) {
      const record = records[k] as LeafRecord;
      const shape = leaf instanceof NDArray ? leaf.shape : leaf.globalShape;
      if (record.dtype !== leaf.dtype || !sameShape(record.shape, shape))
        throw new ArgumentError(
          `expected ${name} of shape ${formatShape(shape)} and dtype ${leaf.dtype}, found ${formatShape(record.shape)} and ${record.dtype}`,
        );
    }
  }
}

/** Fills this rank's part of an array from the files that hold some of it. */
function readLeaf(folder: string, name: string, k: number, leaf: Leaf, record: LeafRecord): void {
  const local = localOf(leaf);
  const mine = boxOf(leaf);
  for (const [rank, box] of record.boxes.entries()) {
    const common = intersect(box, mine);
    if (!common) continue;
    const part = readNpy(join(folder, fileOf(name, k, rank)), { backend: local.backend, dtype: local.dtype });
    if (part.size !== product(box.shape))
      throw new ArgumentError(`${fileOf(name, k, rank)} holds ${part.size} elements, expected ${product(box.shape)}`);
    const [from, to] = [stridesOf(box.shape), stridesOf(mine.shape)];
    const offset = (within: Box, strides: readonly number[]): number =>
      strides.reduce((at, step, a) => at + step * ((common.start[a] as number) - (within.start[a] as number)), 0);
    local.backend.stridedCopy(
      common.shape,
      { elements: part, start: offset(box, from), strides: from },
      { elements: local, start: offset(mine, to), strides: to },
      'set',
    );
    part.dispose();
  }
}
