/**
 * Output of scripts for their users: a profile of their time, a timeline, a page about a running
 * program, timed functions, a progress bar, tables, and the iterations of solvers.
 */
export { startTrace, type Trace, type TraceOptions, type TraceSummary } from '../tracing/trace.js';
export { type BenchmarkOptions, benchmark, mark } from './benchmark.js';
export {
  type CallTime,
  formatProfile,
  type Profile,
  type ProfileOptions,
  profile,
  TIME_PARTS,
  type TimePart,
  type TimeSplit,
} from './profile.js';
export { type Progress, type ProgressOptions, startProgress } from './progress.js';
export { type Report, type ReportOptions, startReport } from './report/report.js';
export { type LogOptions, logged, writeHistory } from './solver-log.js';
export { type Cell, formatNumber, formatTable } from './table.js';
export { startWatch, type Watch, type WatchOptions } from './watch/watch.js';
