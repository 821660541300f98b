import { closeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { hostname } from 'node:os';
import type pino from 'pino';
import { ArgumentError, messageOf } from '../core/base/errors.js';
import { LOG_LEVELS, type Logger } from '../core/base/log.js';
import { choiceSetting, type Environment, readSetting } from '../core/base/settings.js';
import { findTarget, openStream } from './output.js';

/** Environment variables of logging. */
export const LOG_SETTINGS = { level: choiceSetting('LOPS_LOG', LOG_LEVELS) } as const;

/** Which rank logs. */
export interface LogRank {
  readonly rank: number;
  readonly size: number;
}

/**
 * The logger that the environment asks for: `LOPS_LOG` is the least level (`debug`, `info`, `warn`,
 * `error`), `LOPS_LOG_FILE` a file instead of stderr, in whose name `%r` is the rank. A line is a
 * JSON object: level, time (UTC), rank, process, host, message and what belongs to it. The package
 * that writes them is only loaded where there is something to write. Errors: {@link ArgumentError}
 * for another level, for a file that can't be written, and for a pipe that nothing reads.
 */
export function loggerAsked({ rank, size }: LogRank, env: Environment = process.env): Logger | undefined {
  const { LOPS_LOG_FILE: file } = env;
  const level = readSetting(LOG_SETTINGS.level, env);
  if (!level) return undefined;
  const load = createRequire(import.meta.url)('pino') as typeof pino;
  const dest = file ? file.replaceAll('%r', String(rank)) : 2;
  let destination: pino.DestinationStream;
  let stream: number | undefined;
  try {
    if (typeof dest === 'string' && findTarget(dest).isStream) stream = openStream(dest);
    // What is written at once is there when the job ends, however it does
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
