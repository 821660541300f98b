import { pageOf, type Section } from '../../src/cli/report/page.js';
import type { Row, SectionResult } from './section.js';

const rowsOf = (results: readonly SectionResult[], name: string): readonly Row[] =>
  results.find((result) => result.name === name)?.rows ?? [];

const percent = (share: number): number => Math.round(1000 * share) / 10;

/**
 * The times with columns of two other sections: the share of the measured copy, and the time of
 * CuPy over that of the case.
 */
export function timesBeside(results: readonly SectionResult[]): readonly Row[] {
  const copy = rowsOf(results, 'bandwidth').find(
    ({ what, dtype }) => what === 'copy' && dtype === 'float64',
  )?.['GB_per_s'];
  const cupy = new Map(rowsOf(results, 'cupy').map((row) => [row['case'], Number(row['us'])]));
  return rowsOf(results, 'times').map((row) => {
    const rate = row['GB_per_s'];
    const other = cupy.get(row['case'] as string);
    return {
      ...row,
      ...(rate === undefined || copy === undefined
        ? {}
        : { 'of copy, %': percent(Number(rate) / Number(copy)) }),
      ...(other === undefined
        ? {}
        : { 'CuPy, us': other, 'CuPy / this': percent(other / Number(row['us'])) / 100 }),
    };
  });
}

/** What a section found, how it ended, and what it printed if it did not end well. */
function partsOf(result: SectionResult, results: readonly SectionResult[]): Section[] {
  const { name, title, about, status, failures, skipped, output } = result;
  const rows = name === 'times' ? timesBeside(results) : result.rows;
  const words = [about, ...(skipped === undefined ? [] : [`Skipped: ${skipped}`]), ...failures];
  const isShown = output !== '' && (name === 'device' || !['passed', 'skipped'].includes(status));
  return [
    { title: `${title}: ${status}`, text: words.join('\n') },
    ...(rows.length > 0 ? [{ title: `${title}: found`, table: rows }] : []),
    ...(isShown ? [{ title: `${title}: output`, text: output }] : []),
  ];
}

/** The page of a report: one file of HTML that loads nothing. */
export function reportPage(subtitle: string, results: readonly SectionResult[]): string {
  const overview = results.map(({ title, status, seconds, limit, rows, failures, skipped }) => ({
    section: title,
    result: status,
    s: Math.round(10 * seconds) / 10,
    'of at most': Math.round(limit),
    found: rows.length,
    failures: failures.length,
    why: skipped ?? failures[0]?.split('\n')[0]?.slice(0, 200) ?? '',
  }));
  const shown = results.filter(({ status }) => status !== 'open');
  return pageOf('A GPU under lops-mpi', subtitle, [
    { title: 'Overview', table: overview },
    ...shown.flatMap((result) => partsOf(result, results)),
  ]);
}
