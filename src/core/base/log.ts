/** The levels of log messages, from the least to the most important. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
/** The level of a logger: messages of this level and of more important ones are written. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Port: receives the log messages of the library. */
export interface Logger {
  /** The least important level that is written. */
  readonly level: LogLevel;
  write(level: LogLevel, message: string, fields: Readonly<Record<string, unknown>>): void;
}

let logger: Logger | undefined;

/** Sets the logger. There is none by default: then nothing is logged. */
export function setLogger(value: Logger | undefined): void {
  logger = value;
}

/** The logger that is set. */
export const currentLogger = (): Logger | undefined => logger;

/**
 * True if messages of this level are written. Check it before the computation of an expensive
 * message.
 */
export const logs = (level: LogLevel): boolean =>
  logger !== undefined && LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(logger.level);

/** Logs a message on this rank. Never communicates. */
export function log(level: LogLevel, message: string, fields: Readonly<Record<string, unknown>> = {}): void {
  if (logs(level)) logger?.write(level, message, fields);
}
