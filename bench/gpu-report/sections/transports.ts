/** NCCL on one rank, and all kinds of messages between two ranks by each transport that works. */
import { fileURLToPath } from 'node:url';
import { cudaAddon } from '../../../src/gpu/cuda/cuda-addon.js';
import type { CudaAddon, CudaContext } from '../../../src/gpu/cuda/cuda-addon-interface.js';
import { lastWords, runOnRanks, whyImpossible } from '../possible-transport.js';
import { failure, quick, rounded, row } from '../say.js';

/** NCCL's numbers of float64 and of sums. */
const [FLOAT64, SUM] = [8, 0];
const BYTES = 64;

/** Collectives and a message of one rank to itself: whether functions and numbers fit this NCCL. */
function checkNccl(addon: CudaAddon, context: CudaContext): void {
  const [from, to] = [1, 2].map(() => context.alloc(BYTES));
  if (!from || !to) throw new Error('no memory');
  const [a, b] = [addon.address(from), addon.address(to)];
  const values = Float64Array.from({ length: 8 }, (_, k) => k + 1);
  context.upload(values.buffer, 0, BYTES, a);
  const group = context.ncclInit(addon.ncclUniqueId(), 1, 0);
  const CALLS: Readonly<Record<string, () => void>> = {
    'all-reduce': () => group.allReduce(a, b, 8, FLOAT64, SUM),
    'all-gather': () => group.allGather(a, b, 8, FLOAT64),
    'send and receive': () => {
      group.queue(true, a, 8, FLOAT64, 0);
      group.queue(false, b, 8, FLOAT64, 0);
      group.finish();
    },
    broadcast: () => {
      context.copy(a, b, BYTES);
      group.broadcast(b, 8, FLOAT64, 0);
    },
  };
  for (const [what, call] of Object.entries(CALLS)) {
    context.memset(b, 0, BYTES);
    call();
    const received = new Float64Array(8);
    context.download(b, received.buffer, 0, BYTES);
    const right = received.join() === values.join();
    row({ transport: 'nccl', ranks: 1, what, result: right ? 'right' : 'wrong' });
    if (!right) failure(`${what} of NCCL on one rank: received ${received.join()}`);
  }
}

function ncclAlone(): void {
  const state = cudaAddon();
  if (!state.available) throw new Error(state.reason);
  const { addon, libraries } = state;
  if (!libraries.nccl.available) {
    row({ transport: 'nccl', ranks: 1, result: 'not possible', why: libraries.nccl.reason });
    return;
  }
  const context = addon.openContext(0, Number.POSITIVE_INFINITY, '');
  try {
    checkNccl(addon, context);
  } finally {
    // A device in the mode EXCLUSIVE_PROCESS must be free for the ranks
    context.close();
  }
}

const script = fileURLToPath(new URL('../../../test/gpu/transport-rank.js', import.meta.url));

/** The messages of the tests between two ranks. */
function betweenTwo(transport: string): void {
  const why = whyImpossible(transport, 20);
  if (why !== undefined) {
    row({ transport, ranks: 2, result: 'not possible', why });
    return;
  }
  const began = performance.now();
  const result = runOnRanks(2, script, [transport], { LOPS_GPU_TRANSPORT: transport }, 40);
  const wrong = result.stdout.split('\n').filter((line) => line.startsWith('{'));
  const right = result.code === 0 && wrong.length === 0 && /^done$/m.test(result.stdout);
  const seconds = rounded((performance.now() - began) / 1000);
  row({ transport, ranks: 2, what: 'all messages of the tests', result: right ? 'right' : 'wrong', seconds });
  if (!right) failure(`${transport} between two ranks: ${wrong[0] ?? lastWords(result)}`);
}

try {
  ncclAlone();
} catch (error) {
  failure(`NCCL on one rank: ${error instanceof Error ? error.message : String(error)}`);
}
for (const transport of quick ? [] : ['staged', 'direct', 'nccl']) betweenTwo(transport);
