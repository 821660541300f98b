import { closeSync } from 'node:fs';
import { hostname } from 'node:os';
import type pino from 'pino';
import { ArgumentError, messageOf } from '../core/base/errors.js';
import type { Logger } from '../core/base/log.js';
import { type Environment, environment, setting } from '../environment/environment.js';
import { requireHere } from '../package/require-here.js';
import { findTarget, openStream } from './output.js';

/** The rank that logs. */
export interface LogRank {
  readonly rank: number;
  readonly size: number;
}

/**
 * The logger that the environment configures. `LOPS_LOG` is the lowest level (`debug`, `info`,
 * `warn`, `error`). `LOPS_LOG_FILE` is a file instead of stderr; `%r` in its name is the rank. Each
 * line is a JSON object: level, time (UTC), rank, process, host, message and its fields. The
 * package that writes the lines is loaded only if logging is on.
 *
 * @throws {@link ArgumentError} for another level, for a file that cannot be written, and for a
 * pipe without a reader
 */
export function requestedLogger({ rank, size }: LogRank, env: Environment = environment): Logger | undefined {
  const level = setting('LOPS_LOG', env);
  if (!level) return undefined;
  const file = setting('LOPS_LOG_FILE', env);
  const load = requireHere('pino') as typeof pino;
  const dest = file ? file.replaceAll('%r', String(rank)) : 2;
  let destination: pino.DestinationStream;
  let stream: number | undefined;
  try {
    if (typeof dest === 'string' && findTarget(dest).isStream) stream = openStream(dest);
    // Synchronous writes are complete however the job ends
    destination = load.destination({ dest, sync: true, mkdir: true });
  } catch (error) {
    throw new ArgumentError(`LOPS_LOG_FILE: cannot write ${dest}: ${messageOf(error)}`, {
      cause: error,
    });
  } finally {
    if (stream !== undefined) closeSync(stream);
  }
  const writer = load(
    {
      level,
      base: { rank, ranks: size, pid: process.pid, host: hostname() },
      timestamp: load.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
  return { level, write: (at, message, fields) => writer[at](fields, message) };
}
