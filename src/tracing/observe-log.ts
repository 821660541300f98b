import { currentLogger, LOG_LEVELS, type Logger, setLogger } from '../core/base/log.js';

/**
 * Calls `observe` with each message of the library's log, of all levels, until the returned
 * function is called. The logger of the program receives what it received before.
 */
export function observeLog(
  observe: (message: string, fields: Readonly<Record<string, unknown>>) => void,
): () => void {
  const before = currentLogger();
  const least = before ? LOG_LEVELS.indexOf(before.level) : LOG_LEVELS.length;
  let isOver = false;
  const observer: Logger = {
    level: 'debug',
    write(level, message, fields) {
      if (LOG_LEVELS.indexOf(level) >= least) before?.write(level, message, fields);
      if (!isOver) observe(message, fields);
    },
  };
  setLogger(observer);
  return () => {
    isOver = true;
    // A later observer passes messages on through this one
    if (currentLogger() === observer) setLogger(before);
  };
}

/** An iteration of a solver, as the log has it. */
export interface LoggedIteration {
  readonly solver: string;
  readonly cost: number;
}

/** The iteration that a message of the log reports, if it reports one with a finite cost. */
export function loggedIteration(
  message: string,
  { cost }: Readonly<Record<string, unknown>>,
): LoggedIteration | undefined {
  const [solver = '', what] = message.split(': ');
  return what === 'iteration' && typeof cost === 'number' && Number.isFinite(cost)
    ? { solver, cost }
    : undefined;
}
