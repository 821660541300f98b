/** Levels of what is logged, from the least to the most important. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
/** How much is logged; each level includes those before it. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Port: where the library tells what it does. */
export interface Logger {
  /** The least important level that is kept. */
  readonly level: LogLevel;
  write(level: LogLevel, message: string, fields: Readonly<Record<string, unknown>>): void;
}

let logger: Logger | undefined;

/** Without a logger, which is so unless somebody asks, nothing is said. */
export function setLogger(value: Logger | undefined): void {
  logger = value;
}

/** True where messages of this level are kept: to be asked before what costs something. */
export const logs = (level: LogLevel): boolean =>
  logger !== undefined && LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(logger.level);

/** Tells what happens on this rank; never communicates. */
export function log(level: LogLevel, message: string, fields: Readonly<Record<string, unknown>> = {}): void {
  if (logs(level)) logger?.write(level, message, fields);
}
