/** What scripts show their users: a progress bar, tables, and the iterations of solvers. */
export { type Progress, type ProgressOptions, startProgress } from './progress.js';
export { type LogOptions, logged, writeHistory } from './solver-log.js';
export { type Cell, formatNumber, formatTable } from './table.js';
