/** Runs cases once, for the profiler: `launches.js CASE…`. */
import { CASES } from '../../cases/index.js';
import { cudaBackend } from '../say.js';

const backend = await cudaBackend();
for (const name of process.argv.slice(2)) {
  CASES.find((one) => one.name === name)
    ?.setup?.()
    .run();
  backend.synchronize();
  globalThis.gc?.();
  backend.trimPool();
}
