// The blocks of kernels whose grid has the axes of an array as its dimensions.

/** The threads of a block. */
export const BLOCK_THREADS = 256;
/** The most blocks along the second and third dimension of a grid. */
export const MOST_BLOCKS = 65535;
/** An innermost axis without a band that has fewer elements is joined with the next axis. */
export const FEWEST_INNER = 8;

/** The threads of a block along axis 0: few idle ones at the end of a row. */
export function threadsAlong(size: number): number {
  let best = BLOCK_THREADS;
  for (let threads = BLOCK_THREADS; threads >= 8; threads /= 2)
    if (Math.ceil(size / threads) * threads < Math.ceil(size / best) * best) best = threads;
  return best;
}
