import {
  closeSync,
  fstatSync,
  openSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type * as threads from 'node:worker_threads';
import { ArgumentError } from '../../../core/base/errors.js';
import { log } from '../../../core/base/log.js';
import { requireHere } from '../../../package/require-here.js';
import { randomName } from '../../output.js';
import { isMissing, withFile } from '../../parts/local-file.js';
import { pause, readWhole } from '../../parts/raw-io.js';

/** The owner of a lock touches the lock file at this interval. */
const BEAT_MS = 2000;
/** The silence after which an owner on another machine counts as dead. */
const SILENCE_MS = 20_000;
const LOCK = 'lock';
const MOST_BYTES = 1 << 16;
/** The number of attempts to take a lock that changes its owner meanwhile. */
const MOST_TRIES = 100;

/** The contents of a lock file. */
interface Owner {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  /**
   * The start time of the process, which distinguishes it from another process with the same
   * number. Empty if the system does not report it.
   */
  readonly started: string;
  /** The host, its boot and the process namespace in which `pid` is valid. */
  readonly machine: string;
  readonly since: string;
  /** The previous owners that were found dead. */
  readonly dead: readonly string[];
}

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

function machineName(): string {
  let numbering = '';
  try {
    numbering = readlinkSync('/proc/self/ns/pid');
  } catch {
    // other systems have no such file
  }
  return [hostname(), read('/proc/sys/kernel/random/boot_id').trim(), numbering].join(' ');
}

/**
 * The state and the start time of a process on Linux: fields 3 and 22 of its stat file, counted
 * after the name in parentheses.
 */
function processOf(pid: number): { readonly ended: boolean; readonly started: string } {
  const fields = read(`/proc/${pid}/stat`).split(')').at(-1)?.trim().split(' ') ?? [];
  return { ended: fields[0] === 'Z' || fields[0] === 'X', started: fields[19] ?? '' };
}

/** Whether the process of an owner on this machine is alive. */
function isAlive({ pid, started }: Owner): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // a process of another user is alive, too
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
  const now = processOf(pid);
  return !now.ended && (started === '' || now.started === '' || now.started === started);
}

/** A lock that this process holds. */
export interface FolderLock {
  readonly id: string;
  /** The previous owners that were found dead. */
  readonly dead: readonly string[];
  /** The path of the lock file. */
  readonly path: string;
}

/** A lock file at one moment. */
interface Seen {
  readonly text: string;
  readonly touched: number;
  /** Undefined if the file is damaged or is being written. */
  readonly owner: Owner | undefined;
}

function parse(text: string): Owner | undefined {
  try {
    const { id, host, pid, started, machine, since, dead } = JSON.parse(text) as Owner;
    const words = [id, host, started, machine, since, ...dead].every((word) => typeof word === 'string');
    return words && Number.isSafeInteger(pid) && pid > 0
      ? { id, host, pid, started, machine, since, dead }
      : undefined;
  } catch {
    return undefined;
  }
}

function look(path: string): Seen | undefined {
  try {
    return withFile(path, (fd, size) => {
      const text = new TextDecoder().decode(readWhole(fd, size, MOST_BYTES, path));
      return { text, touched: fstatSync(fd).mtimeMs, owner: parse(text) };
    });
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/**
 * Waits for a sign of life of an owner on another machine.
 *
 * @returns true once its file changes, false if the file has not changed for `silence` milliseconds
 */
function showsLife(path: string, seen: Seen, silence: number): boolean {
  log('warn', 'waiting for a sign of life of the owner of a checkpoint folder', {
    lock: path,
    seconds: silence / 1000,
  });
  for (const end = performance.now() + silence; performance.now() < end; ) {
    pause(Math.min(250, silence / 4));
    const now = look(path);
    if (now?.touched !== seen.touched || now.text !== seen.text) return true;
  }
  return false;
}

/**
 * The program of the heartbeat thread. It updates the time of each lock file for as long as the
 * lock belongs to this process. A thread is needed because the main thread computes for minutes
 * without a break.
 */
const HEARTBEAT = `
const { parentPort } = require('node:worker_threads');
const fs = require('node:fs');
const held = new Map();
parentPort.on('message', ({ path, id }) => (id ? held.set(path, id) : held.delete(path)));
setInterval(() => {
  for (const [path, id] of held) {
    try {
      const fd = fs.openSync(path, 'r');
      try {
        if (JSON.parse(fs.readFileSync(fd, 'utf8')).id === id) fs.futimesSync(fd, new Date(), new Date());
      } finally {
        fs.closeSync(fd);
      }
    } catch {}
  }
}, ${BEAT_MS});
`;
let heartbeat: threads.Worker | undefined;

function beat(path: string, id: string | undefined): void {
  if (!heartbeat) {
    const { Worker } = requireHere('node:worker_threads') as typeof threads;
    // The thread needs none of the program's modules and variables
    heartbeat = new Worker(HEARTBEAT, { eval: true, execArgv: [], env: {}, stdin: false });
    heartbeat.unref();
    // Without the thread another process may take over the lock after a while; the next save
    // reports that
    heartbeat.on('error', (error) =>
      log('warn', 'the lock of a checkpoint folder is not kept alive', { reason: String(error) }),
    );
  }
  heartbeat.postMessage({ path, id });
}

/** The locks of this process, by the path of their files. */
const held = new Map<string, { readonly owner: Owner; readonly holders: Set<object> }>();
let watchesExit = false;

function remove(path: string, { id }: Owner): void {
  try {
    if (look(path)?.owner?.id === id) rmSync(path, { force: true });
  } catch {
    // the lock is later found to have a dead owner
  }
}

/**
 * Locks a folder for this process, which may have several holders. A dead owner does not hold a
 * lock. If the owner ran on this machine, its process is looked up. An owner on another machine has
 * 20 s to touch the file; a living owner touches it every 2 s.
 *
 * @throws {@link ArgumentError} with the name of the owner if another process has locked the
 * folder, or locks it meanwhile
 */
export function lockFolder(folder: string, holder: object, silence = SILENCE_MS): FolderLock {
  const path = join(realpathSync(folder), LOCK);
  const mine = held.get(path);
  if (mine) {
    const other = look(path);
    if (other?.owner?.id !== mine.owner.id)
      throw new ArgumentError(
        other
          ? `it was taken over by ${nameOf(other.owner)}: this process was silent for too long`
          : `its lock ${path} was removed while this process had it`,
      );
    mine.holders.add(holder);
    return { ...mine.owner, path };
  }
  const pid = process.pid;
  const base = {
    id: randomName(),
    host: hostname(),
    pid,
    started: processOf(pid).started,
    machine: machineName(),
    since: new Date().toISOString(),
  };
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const owner: Owner | undefined = take(path, base, silence);
    if (!owner) {
      pause(10);
      continue;
    }
    held.set(path, { owner, holders: new Set([holder]) });
    if (!watchesExit)
      process.on('exit', () => {
        for (const [file, lock] of held) remove(file, lock.owner);
      });
    watchesExit = true;
    beat(path, owner.id);
    return { ...owner, path };
  }
  throw new ArgumentError(
    `its lock ${path} could not be taken in ${MOST_TRIES} tries: expected a file, or nothing`,
  );
}

const nameOf = (owner: Owner | undefined): string =>
  owner ? `process ${owner.pid} on ${owner.host}, since ${owner.since}` : 'an unknown process';

/** One attempt to take a lock. Returns undefined if the lock changed meanwhile. */
function take(path: string, base: Omit<Owner, 'dead'>, silence: number): Owner | undefined {
  const fresh: Owner = { ...base, dead: [] };
  try {
    const fd = openSync(path, 'wx');
    try {
      writeSync(fd, JSON.stringify(fresh));
    } catch (error) {
      rmSync(path, { force: true });
      throw error;
    } finally {
      closeSync(fd);
    }
    return fresh;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  const seen = look(path);
  if (!seen) return undefined;
  const { owner } = seen;
  const lives = owner && owner.machine === base.machine ? isAlive(owner) : showsLife(path, seen, silence);
  const now = look(path);
  if (!now || now.text !== seen.text) return undefined;
  if (lives)
    throw new ArgumentError(`it is in use by ${nameOf(owner)}: wait for its end, or choose another folder`);
  const next: Owner = { ...base, dead: owner ? [...owner.dead.slice(-100), owner.id] : [] };
  const temporary = `${path}.${base.id}.tmp`;
  writeFileSync(temporary, JSON.stringify(next), { flag: 'wx' });
  renameSync(temporary, path);
  // Another process may have found the owner dead at the same moment; the last one to rename gets
  // the lock
  pause(100);
  return look(path)?.owner?.id === base.id ? next : undefined;
}

/** Removes a holder of a lock, and the lock together with its last holder. */
export function unlockFolder({ path }: FolderLock, holder: object): void {
  const mine = held.get(path);
  if (!mine?.holders.delete(holder) || mine.holders.size > 0) return;
  held.delete(path);
  beat(path, undefined);
  remove(path, mine.owner);
}
