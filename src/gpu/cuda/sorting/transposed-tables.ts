import { bytesOf, INDEX_DTYPE } from '../../../core/base/dtype.js';
import type { StorageMemory } from '../../../core/kernels/device-memory.js';
import type { IndexTable } from '../../../core/ports/backend.js';
import type { CudaMemory, DeviceAddress } from '../cuda-addon-interface.js';
import type { CudaEngine } from '../cuda-engine.js';
import { type CudaBlock, input } from '../cuda-memory.js';
import { sortNetwork } from './sort-network.js';

/** The entries of a table in the order of their elements of x, and then of the table. */
export interface TransposedTable {
  /** int32, `[nx + 1]`: where the entries of each element start. */
  readonly starts: DeviceAddress;
  /** int32: positions in the table. */
  readonly entries: DeviceAddress;
}

interface Kept {
  /** The version of the index. */
  readonly version: number;
  readonly memory: CudaMemory;
  readonly table: TransposedTable;
}

/**
 * The transposes of tables, as {@link Kernels.scatterAdd} reads them. They are made on the device
 * at the first use of an index, and again after the index was written.
 */
export class TransposedTables {
  readonly #engine: CudaEngine;
  readonly #kept = new WeakMap<CudaBlock, Map<string, Kept>>();

  constructor(engine: CudaEngine) {
    this.#engine = engine;
  }

  of(table: IndexTable<StorageMemory<CudaBlock>>): TransposedTable {
    const { index, nx, ny, width } = table;
    const { memory } = index.storage;
    let tables = this.#kept.get(memory);
    if (!tables) {
      const made = new Map<string, Kept>();
      this.#kept.set(memory, (tables = made));
      memory.freeDerived = () => {
        for (const kept of made.values()) this.#engine.addon.free(kept.memory);
      };
    }
    const key = `${index.offset} ${nx} ${ny} ${width}`;
    const known = tables.get(key);
    if (known?.version === memory.version) return known.table;
    if (known) this.#engine.addon.free(known.memory);
    const made = this.#make(input(index), nx, ny * width);
    tables.set(key, { version: memory.version, ...made });
    return made.table;
  }

  #make(index: DeviceAddress, nx: number, count: number): Omit<Kept, 'version'> {
    const engine = this.#engine;
    const bytes = bytesOf(INDEX_DTYPE);
    const memory = engine.context.alloc((count + nx + 1) * bytes);
    const entries = engine.addon.address(memory);
    const starts = entries + count * bytes;
    const both = [index, entries];
    sortNetwork(engine, 'argsort', INDEX_DTYPE, [1, count, 1], { tiles: () => both, passes: both });
    engine.args
      .start()
      .int(index)
      .int(entries)
      .int(starts)
      .int(count)
      .int(nx + 1);
    engine.launchThreads(engine.kernel('lanes', INDEX_DTYPE, 'first_of_each'), nx + 1);
    return { memory, table: { starts, entries } };
  }
}
