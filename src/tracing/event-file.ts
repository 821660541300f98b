import { closeSync, ftruncateSync, mkdirSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { messageOf } from '../core/base/errors.js';

/** The events that are kept in memory before they are written. */
const CAPACITY = 4096;
/** Milliseconds after which an event causes a write, even if there are few. */
const AGE = 500;
/** The most of the time that writes before calls that wait take. */
const SHARE = 0.05;

/** The beginning of a part: each rank's file is itself a trace, as its end may be missing. */
export const OPENING = '[\n';

/** The name of the file of one rank of a trace. */
export const partOf = (path: string, rank: number): string => `${path}.rank${rank}.json`;

/** The names of the files of all ranks. */
export const partsText = (path: string, size: number): string =>
  size > 1 ? `${partOf(path, 0)} to …rank${size - 1}.json` : partOf(path, 0);

/** Times in nanoseconds as a number of microseconds. */
const micros = (nanoseconds: number): string => (nanoseconds / 1000).toFixed(3);

/** What `EventFile` is made for. */
export interface EventFileOptions {
  readonly path: string;
  readonly rank: number;
  /** What to add to `performance.now()` for milliseconds of the trace. */
  readonly base: number;
  /** The most events; further ones are counted only. */
  readonly most: number;
}

/**
 * The events of one rank. They are kept in memory of a fixed size, and written to the rank's file,
 * a line each: when the memory is full, at an event half a second after the last write, and before
 * calls that may wait for ever. Events are recorded without formatting them.
 */
export class EventFile {
  readonly path: string;
  readonly #fd: number;
  readonly #base: number;
  #most: number;
  /** What all events of this rank have. */
  readonly #process: string;
  readonly #begins = new Float64Array(CAPACITY);
  /** NaN for an event of one moment. */
  readonly #ends = new Float64Array(CAPACITY);
  readonly #heads: string[] = new Array(CAPACITY).fill('');
  readonly #details: string[] = new Array(CAPACITY).fill('');
  #count = 0;
  #written = 0;
  #bytes = 0;
  readonly #began = performance.now();
  #flushed = this.#began;
  /** Milliseconds in writes before calls that wait. */
  #spent = 0;
  /** The number of events that were left out. */
  dropped = 0;
  /** Why events could not be written. */
  fault: string | undefined;

  /** Throws the error of the system if the file cannot be made. */
  constructor({ path, rank, base, most }: EventFileOptions) {
    this.path = partOf(path, rank);
    this.#process = `,"pid":${rank},"tid":0,"ts":`;
    this.#base = base;
    this.#most = most;
    mkdirSync(dirname(this.path), { recursive: true });
    this.#fd = openSync(this.path, 'w+');
    this.#append(OPENING);
  }

  /** The bytes that were written. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The number of events, in the file and in memory. */
  get events(): number {
    return this.#written + this.#count;
  }

  /**
   * Records an event.
   *
   * @param head its first fields, as JSON
   * @param begin in milliseconds of `performance.now()`, as is `end`
   * @param end NaN for an event of one moment
   * @param details further fields, each after a comma
   */
  record(head: string, begin: number, end: number, details = ''): void {
    if (this.events >= this.#most) {
      this.dropped++;
      return;
    }
    const k = this.#count++;
    this.#begins[k] = begin;
    this.#ends[k] = end;
    this.#heads[k] = head;
    this.#details[k] = details;
    if (this.#count === CAPACITY || begin - this.#flushed > AGE) this.flush();
  }

  /**
   * Writes the events in memory before a call that may wait, as a rank whose job ends in that call
   * has no later event. Such writes take at most a twentieth of the time: if there are many calls,
   * the events of some stay in memory.
   */
  flushBeforeWait(): void {
    if (this.#count === 0) return;
    const begin = performance.now();
    if (this.#spent > SHARE * (begin - this.#began)) return;
    this.flush();
    this.#spent += performance.now() - begin;
  }

  /** Writes the events in memory. */
  flush(): void {
    const began = performance.now();
    const lines: string[] = [];
    for (let k = 0; k < this.#count; k++) {
      // Rounded before they are subtracted, so that calls stay within those that made them
      const begin = this.#nanoseconds(this.#begins[k] as number);
      const end = this.#nanoseconds(this.#ends[k] as number);
      const duration = Number.isNaN(end) ? '' : `,"dur":${micros(end - begin)}`;
      lines.push(`{${this.#heads[k]}${this.#process}${micros(begin)}${duration}${this.#details[k]}},\n`);
    }
    const count = this.#count;
    this.#count = 0;
    try {
      this.#append(lines.join(''));
      this.#written += count;
    } catch (error) {
      // A full disk ends the trace, not the job
      this.fault ??= messageOf(error);
      this.#most = 0;
      this.dropped += count;
    }
    this.#flushed = performance.now();
    if (lines.length === CAPACITY) this.#note(began, this.#flushed);
  }

  /** The time that this file took is part of the trace too. */
  #note(began: number, ended: number): void {
    this.record('"name":"write the trace","cat":"trace","ph":"X"', began, ended);
  }

  #nanoseconds(time: number): number {
    return Math.round((time + this.#base) * 1e6);
  }

  #append(text: string): void {
    const bytes = Buffer.from(text);
    for (let done = 0; done < bytes.length; )
      done += writeSync(this.#fd, bytes, done, bytes.length - done, this.#bytes + done);
    this.#bytes += bytes.length;
  }

  /** Reads bytes from a position on; fewer at the end of the file. */
  read(into: Uint8Array, position: number): number {
    let done = 0;
    while (done < into.length) {
      const count = readSync(this.#fd, into, done, into.length - done, position + done);
      if (count === 0) break;
      done += count;
    }
    return done;
  }

  /** Closes the file. */
  close(): void {
    closeSync(this.#fd);
  }

  /** Closes and removes the file. */
  remove(): void {
    ftruncateSync(this.#fd, 0);
    this.close();
    rmSync(this.path, { force: true });
  }
}
