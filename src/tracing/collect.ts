import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Communicator } from '../core/ports/communicator.js';
import { type ByteSink, writeFileAtomically, writing } from '../io/output.js';
import { type EventFile, OPENING, partOf } from './event-file.js';

/** The bytes of one message; a multiple of 4. */
const CHUNK = 1 << 20;

/** The beginning of a file of the Trace Event Format with events of all ranks. */
const HEAD = '{"displayTimeUnit":"ms","traceEvents":[\n';
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The end of such a file: one more event, which has no comma after it, and what is known of it. */
const tail = (about: Readonly<Record<string, unknown>>): string =>
  `{"name":"end of the trace","ph":"M","pid":0,"tid":0}\n],"otherData":${JSON.stringify(about)}}\n`;

/**
 * Sends the events of all ranks to rank 0, a megabyte at a time. Collective. The bytes of rank 0
 * go to `write` first, then those of rank 1, and so on; padding is white space.
 */
export function sendParts(comm: Communicator, part: EventFile, write: (bytes: Uint8Array) => void): void {
  const words = new Int32Array(CHUNK / 4);
  const bytes = new Uint8Array(words.buffer);
  const sizes = comm.allgatherObject(part.bytes);
  for (const [rank, size] of sizes.entries()) {
    for (let at = OPENING.length; at < size; at += CHUNK) {
      const length = Math.min(CHUNK, size - at);
      const message = words.subarray(0, Math.ceil(length / 4));
      if (comm.rank === rank) {
        message[message.length - 1] = 0x20202020;
        const found = part.read(bytes.subarray(0, length), at);
        bytes.fill(0x20, found, 4 * message.length);
        if (rank > 0) comm.send(message, 0);
      } else if (comm.rank === 0) comm.recv(message, rank);
      if (comm.rank === 0) write(bytes.subarray(0, 4 * message.length));
    }
  }
}

/**
 * Writes the events of all ranks into one file on rank 0. Collective.
 *
 * @throws the error of rank 0 on rank 0, after the other ranks have sent their events
 */
export function collect(
  path: string,
  comm: Communicator,
  part: EventFile,
  about: Readonly<Record<string, unknown>>,
): void {
  if (comm.rank !== 0) return sendParts(comm, part, () => undefined);
  let isSent = false;
  try {
    writeFileAtomically(path, (sink) => {
      sink.write(encode(HEAD));
      let fault: unknown;
      isSent = true;
      sendParts(comm, part, (bytes) => {
        try {
          if (fault === undefined) sink.write(bytes);
        } catch (error) {
          fault = error;
        }
      });
      if (fault !== undefined) throw fault;
      sink.write(encode(tail(about)));
    });
  } finally {
    if (!isSent) sendParts(comm, part, () => undefined);
  }
}

/** The ranks of which a job has left files of events beside `path`. */
export function leftParts(path: string): number[] {
  const folder = dirname(path);
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return [];
  const start = `${basename(path)}.rank`;
  return readdirSync(folder)
    .flatMap((name) => {
      const rank = Number(name.slice(start.length, -'.json'.length));
      return name.startsWith(start) && name === basename(partOf(path, rank)) ? [rank] : [];
    })
    .sort((a, b) => a - b);
}

/**
 * Joins the files that the ranks of a job that ended early have left beside `path`, and removes
 * them. What a rank had not written is missing.
 *
 * @returns the ranks with a file
 * @throws {@link ArgumentError} with the name of the file that cannot be written
 */
export function joinParts(path: string): number[] {
  const ranks = writing(path, () => leftParts(path));
  if (ranks.length === 0) return ranks;
  writeFileAtomically(path, (sink: ByteSink) => {
    sink.write(encode(HEAD));
    for (const rank of ranks) {
      const text = readFileSync(partOf(path, rank));
      // A killed rank may have written a part of a line
      const end = text.lastIndexOf(0x0a) + 1;
      sink.write(text.subarray(OPENING.length, end));
    }
    sink.write(encode(tail({ ranks: ranks.length, complete: false })));
  });
  removeParts(path);
  return ranks;
}

/**
 * Removes what an earlier job has left.
 *
 * @throws {@link ArgumentError} with the name of the file that cannot be removed
 */
export function removeParts(path: string): void {
  for (const rank of writing(path, () => leftParts(path))) {
    const part = join(dirname(path), basename(partOf(path, rank)));
    writing(part, () => rmSync(part));
  }
}
