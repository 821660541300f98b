import type { EventFile } from './event-file.js';
import { loggedIteration, observeLog } from './observe-log.js';

/** Numbers and short texts of a log message; others are left out. */
const plain = (fields: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(fields).filter(([, value]) => typeof value === 'number' || typeof value === 'string'),
  );

/**
 * Records the messages of the library's log as moments: the iterations of solvers, checkpoints. The
 * costs of solvers are also drawn as curves.
 */
export const recordLog = (part: EventFile): (() => void) =>
  observeLog((message, fields) => {
    const now = performance.now();
    const head = `"name":${JSON.stringify(message)},"cat":"log","ph":"i","s":"t"`;
    part.record(head, now, Number.NaN, `,"args":${JSON.stringify(plain(fields))}`);
    const iteration = loggedIteration(message, fields);
    if (!iteration) return;
    const curve = `"name":${JSON.stringify(`${iteration.solver} cost`)},"ph":"C"`;
    part.record(curve, now, Number.NaN, `,"args":{"cost":${iteration.cost}}`);
  });
