/**
 * The program of every rank for one case:
 * `rank.js CASE RESULT-FILE LIMITS-PROGRAM LIMITS-SOCKET PEER BACKEND QUICK`.
 * Missing arguments are empty.
 */
import { writeFileSync } from 'node:fs';
import { COMM_WORLD, loadBackend, resolveBackend, setDefaultBackend } from 'lops-mpi';
import { CASES } from './cases/index.js';
import { measure } from './measure.js';
import { resultOf } from './result.js';

const [name, file, loops, shared, peer, engine, quick] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
  string,
  string,
];
const bench = CASES.find((c) => c.name === name);
if (!bench?.setup) throw new Error(`no case '${name}'`);
const comm = COMM_WORLD;
setDefaultBackend(await loadBackend(engine));
const work = bench.setup();
const measurement = await measure(
  work,
  comm,
  { loops: loops || undefined, shared: shared || undefined, peer: peer ? `peer ${peer}` : undefined },
  quick !== '',
);
const details = work.details?.();
const maxrss = Float64Array.of(process.resourceUsage().maxRSS / 1024);
comm.allreduce(maxrss, 'sum');
if (comm.rank === 0) {
  const more = {
    ...(details ? { details } : {}),
    ranks: comm.size,
    backend: resolveBackend().name,
    maxrss_MiB: maxrss[0] as number,
  };
  writeFileSync(file, JSON.stringify(resultOf(bench, work, measurement, more)));
}
