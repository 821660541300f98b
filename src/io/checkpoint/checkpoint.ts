import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { NDArray } from '../../core/array/ndarray.js';
import { ArgumentError, messageOf } from '../../core/base/errors.js';
import { log } from '../../core/base/log.js';
import { checkCount, type Defaults, withDefaults } from '../../core/base/options.js';
import { textOf } from '../../core/base/text-of.js';
import { type EitherArray, ownPart } from '../../core/distributed/align.js';
import { DistributedArray } from '../../core/distributed/distributed-array.js';
import { gatherFromAllRanks } from '../../core/ports/agreement.js';
import type { Communicator } from '../../core/ports/communicator.js';
import { expectSignals, type StopSignal } from '../../core/vector/interruption.js';
import { differences, type Problem } from '../../core/vector/problem-description.js';
import { endOfLinks, isOldLeftover, writing } from '../output.js';
import { checkPath } from '../parts/local-file.js';
import { type FolderLock, lockFolder, unlockFolder } from './parts/folder-lock.js';
import { checkNames, flush, leavesOf, readLeaf, recordOf, writeLeaf } from './parts/leaves.js';
import {
  Damage,
  fileOf,
  formatManifest,
  isWhole,
  type LeafRecord,
  MANIFEST,
  type Manifest,
  type ProblemRecord,
  problemOf,
  type RankRecord,
  readManifest,
  recordProblem,
} from './parts/manifest.js';
import { decode, encode, type Plain, restoreValue } from './parts/saved-values.js';

/** Options of {@link Checkpoint}. */
export interface CheckpointOptions {
  /** The iterations between two saves. The last state is always saved. @default 10 */
  readonly every?: number;
  /** The number of whole checkpoints that stay in the folder. @default 2 */
  readonly keep?: number;
  /**
   * Signals that stop the solver. If any rank receives one, all ranks stop after the same
   * iteration, save the state and return with the reason 'signal received'. This holds from the
   * construction of the checkpoint on. A second signal, at least 2 s later, ends the job.
   * @default []
   */
  readonly stopOn?: readonly StopSignal[];
  /**
   * Starts over: existing checkpoints are not read, and are removed once a new one is whole.
   * @default false
   */
  readonly fresh?: boolean;
  /** The ranks that take part. @default those of the state's vectors */
  readonly comm?: Communicator | undefined;
}

/**
 * The parts of a state that a checkpoint saves: its vectors, numbers, complex numbers, strings,
 * booleans, typed arrays, and lists of these. Functions, operators and other objects are not saved,
 * because `init` makes them from the arguments. Maps, sets and bigints are refused.
 */
export interface Checkpointable {
  readonly iteration: number;
  /** Names that are not saved. */
  readonly scratch?: readonly string[];
}

const WHOLE = /^\d{10}$/;
const PARTIAL = /^\d{10}\.([\w-]+)\.partial$/;

/** The vectors and scalars of a state under their names. */
function partsOf(state: Checkpointable): {
  vectors: Map<string, EitherArray[]>;
  scalars: Record<string, Plain>;
} {
  if (
    typeof state !== 'object' ||
    !Number.isSafeInteger(state?.iteration) ||
    !Array.isArray(state.scratch ?? [])
  )
    throw new ArgumentError(`Checkpoint: expected the state of a solver, received ${textOf(state)}`);
  const vectors = new Map<string, EitherArray[]>();
  const scalars: Record<string, Plain> = {};
  for (const [name, value] of Object.entries(state)) {
    if (state.scratch?.includes(name)) continue;
    const leaves = leavesOf(value);
    if (leaves) vectors.set(name, leaves);
    else {
      const plain = encode(value, name);
      if (plain !== undefined) scalars[name] = plain;
    }
  }
  return { vectors, scalars };
}

const DEFAULTS = {
  every: 10,
  keep: 2,
  stopOn: [],
  fresh: false,
  comm: undefined,
} satisfies Defaults<CheckpointOptions>;

/**
 * Saves the state of a solver in a folder, from which a later job resumes:
 * `cgls(A, y, { niter: 1000, checkpoint: new Checkpoint('run') })`.
 *
 * All ranks write their parts of the vectors at the same time, as .npy files in a temporary folder.
 * When all files are on the disk, rank 0 adds `state.json`, which has the check sums of all files,
 * and renames the folder to its iteration. If the job ends in between, the previous checkpoint
 * stays whole. If a checkpoint is damaged, the one before it is read.
 *
 * A solver resumes only its own problem. Its options except limits and tolerances, its data,
 * operators and functions are compared with those of the checkpoint (see {@link Problem}). On the
 * same number of ranks the iterates have the same bits. On another number, each rank reads the
 * pieces of its part from the files; groups of a mask with different scalars need the same number.
 * The folder must be visible to all ranks. It belongs to one job at a time, which holds a lock
 * while a solver runs.
 *
 * A solver of local arrays runs on a single rank: use a different folder on every rank.
 *
 * All methods except `release` are collective. Cost of a checkpoint: the state's vectors are
 * written to the disk once, and there are four exchanges of a few bytes. At the start of a solver
 * each of its operators is applied once and each function has up to six proxes.
 *
 * @throws {@link ArgumentError} from all methods and on all ranks if one rank cannot write or read,
 * if a state does not fit, if a checkpoint is of another problem or of an older format, if no whole
 * checkpoint is left, and if another job has locked the folder
 */
export class Checkpoint {
  readonly folder: string;
  readonly every: number;
  readonly stopsOnSignals: boolean;
  readonly #keep: number;
  readonly #comm: Communicator | undefined;
  /** Whether existing checkpoints are not read, and are removed once a new one is whole. */
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

  /**
   * Saves the state if `every` divides its iteration, or if it is the last one. Solvers call this
   * method.
   */
  keep(state: Checkpointable, last = false): void {
    checkCount('Checkpoint.keep', { 'state.iteration': state?.iteration });
    if (last || state.iteration % this.every === 0) this.save(state);
  }

  /** Writes the state now. The folder stays locked until `release`, or until the process ends. */
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
            return writeLeaf(join(partial, fileOf(vector, k, rank)), ownPart(leaf));
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

  /** On rank 0, after all ranks have written: adds the manifest and renames the folder. */
  #finish(
    partial: string,
    name: string,
    { iteration }: Checkpointable,
    vectors: ReadonlyMap<string, readonly EitherArray[]>,
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
      // It may not be readable. Then this run has not created the folder, and its entry is on the
      // disk
    }
    this.#tidyUp(name);
  }

  /**
   * Overwrites a state with the newest whole checkpoint. The state must come from the same solver,
   * operator and kinds of vectors.
   *
   * @param problem the problem of the solver, which must equal that of the checkpoint
   * @returns false if there is no checkpoint or with `fresh`; the state is then unchanged
   */
  restore(state: Checkpointable, problem?: () => Problem): boolean {
    const { vectors, scalars } = partsOf(state);
    const comm = this.#commOf(vectors);
    if (problem !== undefined) {
      if (typeof problem !== 'function')
        throw new ArgumentError(`restore: expected a function as problem, received ${textOf(problem)}`);
      this.#gather(comm, `use ${this.folder}`, () => {
        if (!comm || comm.rank === 0) this.#hold();
      });
      this.#problem = recordProblem(problem());
    }
    if (this.#startsOver) return false;
    // other ranks may see the folder later
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
   * Unlocks the folder for other jobs. Solvers call this at their end. If the program itself calls
   * `save`, the folder is unlocked at the end of the process.
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
    vectors: ReadonlyMap<string, readonly EitherArray[]>,
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
    for (const [name, value] of Object.entries(own.scalars)) restoreValue(state, name, decode(value));
  }

  /**
   * On rank 0: locks the folder and creates it if it is missing, or checks that this process still
   * has the lock.
   */
  #hold(): void {
    mkdirSync(endOfLinks(this.folder), { recursive: true });
    this.#lock = lockFolder(this.folder, this);
  }

  #commOf(vectors: ReadonlyMap<string, readonly EitherArray[]>): Communicator | undefined {
    if (this.#comm) return this.#comm;
    for (const leaves of vectors.values())
      for (const leaf of leaves) if (leaf instanceof DistributedArray) return leaf.comm;
    return undefined;
  }

  /**
   * Runs `body` on all ranks. Errors include `what`.
   *
   * @returns the results of all ranks, which are plain data
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

  /** The names of the existing checkpoints, the newest first. */
  #names(): string[] {
    if (!existsSync(this.folder)) return [];
    return readdirSync(this.folder)
      .filter((name) => WHOLE.test(name))
      .sort()
      .reverse();
  }

  /**
   * Removes the leftovers of ended jobs, checkpoints of iterations that this run has not reached
   * yet, and old checkpoints.
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

  /**
   * Whether this is a leftover of a job that is known to be dead, or that has not written for a
   * day.
   */
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
