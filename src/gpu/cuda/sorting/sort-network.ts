import type { DType } from '../../../core/base/dtype.js';
import type { Extents } from '../../../core/ports/backend.js';
import type { DeviceAddress } from '../cuda-addon-interface.js';
import { type CudaEngine, THREADS } from '../cuda-engine.js';

/** The numbers that a block sorts: TILE of lanes.cu. */
const TILE = 2048;

/** The memory that the kernels of a network read and write. */
export interface SortMemory {
  /** Of the launches within tiles: the first one, and the others. */
  readonly tiles: (isFirst: boolean) => readonly DeviceAddress[];
  readonly passes: readonly DeviceAddress[];
}

/**
 * A bitonic network for lines. Lines of up to {@link TILE} numbers take one launch; longer ones a
 * launch for each pass over more than a tile, and one for the passes within tiles. `argsort` orders
 * equal numbers by their positions.
 */
export function sortNetwork(
  engine: CudaEngine,
  kernel: 'sort' | 'argsort',
  dtype: DType,
  [outer, n, inner]: Extents,
  memory: SortMemory,
): void {
  const { args } = engine;
  const lines = outer * inner;
  let padded = 1;
  while (padded < n) padded *= 2;
  const width = Math.min(padded, TILE);
  const tiles = Math.ceil(n / width);
  const withinTiles = (isFirst: boolean): void => {
    args.start();
    for (const address of memory.tiles(isFirst)) args.int(address);
    args.int(n).int(inner).int(width).int(tiles).int(lines).int(+!isFirst);
    const blocks = Math.ceil(lines / (TILE / width)) * tiles;
    engine.launch(engine.kernel('lanes', dtype, `${kernel}_tiles`), blocks, 1, 1, THREADS, 1);
  };
  withinTiles(true);
  for (let block = 2 * TILE; block <= padded; block *= 2) {
    for (let half = block / 2; half >= TILE; half /= 2) {
      const total = lines * (padded / 2);
      args.start();
      for (const address of memory.passes) args.int(address);
      args
        .int(n)
        .int(inner)
        .int(half)
        .int(+(2 * half === block))
        .int(padded / 2)
        .int(total);
      engine.launchThreads(engine.kernel('lanes', dtype, `${kernel}_pass`), total);
    }
    withinTiles(false);
  }
}
