import type { Row } from './section.js';

/** Metrics of Nsight Compute, with the heads of their columns. */
export const METRICS: Readonly<Record<string, string>> = {
  'gpu__time_duration.sum': 'duration',
  'dram__throughput.avg.pct_of_peak_sustained_elapsed': 'memory, %',
  'dram__bytes_read.sum': 'read',
  'dram__bytes_write.sum': 'written',
  'sm__warps_active.avg.pct_of_peak_sustained_active': 'occupancy, %',
  'smsp__inst_executed.sum': 'warp instructions',
  'smsp__issue_active.avg.pct_of_peak_sustained_active': 'issue, %',
  'l1tex__t_sector_hit_rate.pct': 'L1 hits, %',
  'lts__t_sector_hit_rate.pct': 'L2 hits, %',
  launch__registers_per_thread: 'registers',
};

/** The fields of a line of CSV in which all fields are in quotation marks. */
const fieldsOf = (line: string): readonly string[] =>
  [...line.matchAll(/"((?:[^"]|"")*)"(?:,|$)/g)].map(([, text = '']) => text.replaceAll('""', '"'));

/**
 * The longest run of each kernel in what `ncu --csv --metrics …` writes: a line for each launch and
 * metric, after lines of its own. Kernels are in the order of their times.
 */
export function profileRows(csv: string): readonly Row[] {
  const lines = csv.split('\n').map(fieldsOf);
  const start = lines.findIndex((fields) => fields.includes('Metric Name'));
  const heads = lines[start] ?? [];
  const column = (name: string): number => heads.indexOf(name);
  const [id, kernel, metric, unit, value] = [
    'ID',
    'Kernel Name',
    'Metric Name',
    'Metric Unit',
    'Metric Value',
  ].map(column) as [number, number, number, number, number];
  const runs = new Map<string, Record<string, string | number>>();
  if (start < 0) return [];
  for (const fields of lines.slice(start + 1)) {
    const [run, name = ''] = [fields[id], METRICS[fields[metric] ?? '']];
    if (run === undefined || name === '') continue;
    const words = fields[unit] ?? '';
    const head = words === '' || words === '%' || name === 'registers' ? name : `${name}, ${words}`;
    const row = runs.get(run) ?? { kernel: (fields[kernel] ?? '').replace(/\(.*$/, '') };
    row[head] = Number((fields[value] ?? '').replaceAll(',', ''));
    runs.set(run, row);
  }
  const timeOf = (row: Row): number =>
    Object.entries(row).reduce((time, [head, n]) => (head.startsWith('duration') ? Number(n) : time), 0);
  const longest = new Map<string | number, Row>();
  for (const row of runs.values()) {
    const before = longest.get(row['kernel'] as string);
    if (!before || timeOf(row) > timeOf(before)) longest.set(row['kernel'] as string, row);
  }
  return [...longest.values()].sort((a, b) => timeOf(b) - timeOf(a));
}
