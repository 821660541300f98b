import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** Parses a list of CPUs such as `0-3,8`. */
export function cpuList(text: string): number[] {
  return text
    .trim()
    .split(',')
    .flatMap((part) => {
      const [first, last] = part.split('-').map(Number) as [number, number | undefined];
      return Array.from({ length: (last ?? first) - first + 1 }, (_, i) => first + i);
    });
}

/**
 * The hardware threads that this process may use, such as `0-3,8`. Empty if the system has no such
 * list.
 */
export function allowedCpus(): string {
  try {
    return /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '';
  } catch {
    return '';
  }
}

/**
 * The number of cores (not hardware threads) that this process may use. Launchers count them as
 * slots for ranks.
 */
export function coreCount(): number {
  try {
    const allowed = allowedCpus();
    const root = '/sys/devices/system/cpu';
    const cpus = allowed
      ? cpuList(allowed)
      : readdirSync(root).flatMap((name) => (/^cpu\d+$/.test(name) ? [Number(name.slice(3))] : []));
    const cores = new Set<string>();
    for (const cpu of cpus)
      cores.add(readFileSync(`${root}/cpu${cpu}/topology/thread_siblings_list`, 'utf8').trim());
    return Math.max(1, cores.size);
  } catch {
    return availableParallelism();
  }
}
