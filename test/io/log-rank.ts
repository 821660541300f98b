/** One rank that runs a solver with a checkpoint: log-rank.js FOLDER. log.test.ts starts it. */
import { createRequire } from 'node:module';
import { COMM_WORLD, cgls, MPIGradient } from '../../src/index.js';
import { Checkpoint } from '../../src/io/index.js';

const [folder = ''] = process.argv.slice(2);
const A = new MPIGradient([12, 4]);
cgls(A, A.range().random(5), { niter: 3, tol: 0, checkpoint: new Checkpoint(folder, { every: 2 }) });
const loaded = Object.keys(createRequire(import.meta.url).cache).some((path) => path.includes('/pino/'));
if (COMM_WORLD.rank === 0) process.stdout.write(loaded ? 'with pino\n' : 'without pino\n');
