/** What scripts show their users: a progress bar and tables. */
export { type Progress, type ProgressOptions, startProgress } from './progress.js';
export { type Cell, formatNumber, formatTable } from './table.js';
