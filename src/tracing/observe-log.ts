import { currentLogger, LOG_LEVELS, type Logger, setLogger } from '../core/base/log.js';

/** Receives the messages of the log, of all levels. */
type Observer = (message: string, fields: Readonly<Record<string, unknown>>) => void;

/** All observers, so that they may end in any order. */
const observers = new Set<{ readonly observe: Observer }>();
/** The logger of the program, which receives what it would receive without observers. */
let base: Logger | undefined;

const shared: Logger = {
  level: 'debug',
  write(level, message, fields) {
    if (base && LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(base.level))
      base.write(level, message, fields);
    for (const { observe } of observers) observe(message, fields);
  },
};

/**
 * Calls `observe` with each message of the library's log, of all levels, until the returned
 * function is called. The logger of the program receives what it received before.
 */
export function observeLog(observe: Observer): () => void {
  if (currentLogger() !== shared) {
    base = currentLogger();
    setLogger(shared);
  }
  const own = { observe };
  observers.add(own);
  return () => {
    observers.delete(own);
    // The program may have set another logger since
    if (observers.size === 0 && currentLogger() === shared) setLogger(base);
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
