import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { NDArray } from '../../src/core/array/ndarray.js';
import type { DType } from '../../src/core/base/dtype.js';
import {
  ArgumentError,
  BackendError,
  DTypeError,
  PartitionError,
  ShapeError,
} from '../../src/core/base/errors.js';
import { product, type Shape } from '../../src/core/base/shape.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { Layout } from '../../src/core/distributed/layout.js';
import { DistributedSpace } from '../../src/core/distributed/space.js';
import { readNpy, readNpyDistributed, writeNpy, writeNpyDistributed } from '../../src/io/index.js';
import { formatNpyHeader } from '../../src/io/npy/npy-header.js';
import { numbered } from '../core/arrays.js';
import { layouts, sample } from '../core/boxes.js';
import { distributed, group } from '../support/distributed.js';
import { expectSameBits } from '../support/expect-close.js';
import { expectAllThrow, layoutsOf, placed } from '../support/vectors.js';
import { inFolder } from './folder.js';

const SHAPES: readonly Shape[] = [[7], [5, 4], [3, 4, 5], [1, 9], [2, 0, 3], [1, 1, 1]];

/** Compares the elements on every rank, for any partition. */
const same = (x: DistributedArray, whole: NDArray, message: string): void => {
  expect(x.globalShape, message).to.deep.equal(whole.shape);
  expectSameBits(x, whole, message);
};

group('.npy by all ranks', () => {
  distributed('is read as it was written, from and to any layout', ({ comm, dtypes }) => {
    inFolder(comm, (folder) => {
      const path = join(folder, 'x.npy');
      let turn = 0;
      for (const shape of SHAPES) {
        for (const layout of [...layoutsOf(shape, comm.size), Layout.replicated(shape, comm.size)]) {
          // each case uses the next dtype, because all combinations take long
          const whole = numbered(shape, dtypes[turn++ % dtypes.length] as DType);
          const message = `${whole.dtype} ${layout}`;
          writeNpyDistributed(path, placed(whole, layout, comm));
          same(DistributedArray.toDist(readNpy(path)), whole, message);
          if (product(layout.grid) === comm.size && !layout.replicated) {
            const back = readNpyDistributed(path, { grid: layout.grid });
            expect(back.layout.grid, message).to.deep.equal(layout.grid);
            same(back, whole, message);
          }
          comm.barrier();
        }
      }
    });
  });

  distributed(
    'is read with the requested axis, local shapes, partition and dtype',
    ({ comm, backend, floats }) => {
      inFolder(comm, (folder) => {
        const path = join(folder, 'x.npy');
        const dtype = floats[0] as DType;
        const whole = numbered([4, 5, 6], dtype);
        if (comm.rank === 0) writeNpy(path, whole);
        comm.barrier();
        for (const axis of [0, 1, 2]) {
          const x = readNpyDistributed(path, { axis });
          expect([x.axis, x.backend.name, x.partition]).to.deep.equal([axis, backend.name, 'SCATTER']);
          same(x, whole, `axis ${axis}`);
        }
        const localShapes = Array.from({ length: comm.size }, (_, r) => [4, r === comm.size - 1 ? 5 : 0, 6]);
        expect(readNpyDistributed(path, { localShapes, axis: 1 }).localShapes).to.deep.equal(localShapes);
        same(readNpyDistributed(path, { localShapes, axis: 1 }), whole, 'all on the last rank');
        const copy = readNpyDistributed(path, { partition: 'BROADCAST' }).assertReplicated();
        same(copy, whole, 'replicated');
        if (floats.includes('complex64'))
          same(readNpyDistributed(path, { dtype: 'complex64' }), whole.astype('complex64'), 'complex');
        expectAllThrow(comm, () => readNpyDistributed(path, { dtype: 'int32' }), DTypeError);
        expectAllThrow(comm, () => readNpyDistributed(path, { axs: 1 } as never), ArgumentError);
        expectAllThrow(comm, () => readNpyDistributed(path, { axis: 3 }), ShapeError);
        if (comm.size > 1)
          expectAllThrow(
            comm,
            () => readNpyDistributed(path, { axis: comm.rank === 0 ? 0 : 1 }),
            ArgumentError,
          );
      });
    },
  );

  distributed('reads Fortran order, other byte orders and integers', ({ comm, dtypes }) => {
    inFolder(comm, (folder) => {
      const path = join(folder, 'x.npy');
      const put = (descr: string, fortran: boolean, shape: string, data: Uint8Array) => {
        comm.barrier();
        const order = fortran ? 'True' : 'False';
        const text = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }\n`;
        if (comm.rank === 0)
          writeFileSync(
            path,
            Buffer.concat([
              Buffer.from('\x93NUMPY\x01\x00', 'latin1'),
              Buffer.from([text.length, 0]),
              Buffer.from(text),
              data,
            ]),
          );
        comm.barrier();
      };
      const shape = [3, 4, 2];
      const whole = numbered(shape, 'float32');
      const reversed = whole.transpose().toHost();
      put(
        '<f4',
        true,
        '(3, 4, 2)',
        new Uint8Array(reversed.buffer, reversed.byteOffset, reversed.byteLength),
      );
      for (const layout of layoutsOf(shape, comm.size)) {
        if (product(layout.grid) === comm.size)
          same(readNpyDistributed(path, { grid: layout.grid }), whole, `Fortran ${layout}`);
      }
      same(readNpyDistributed(path, { partition: 'BROADCAST' }), whole, 'Fortran replicated');
      const bytes = Buffer.from(whole.toHost().slice().buffer).swap32();
      put('>f4', false, '(3, 4, 2)', bytes);
      same(readNpyDistributed(path, { axis: 2 }), whole, 'big-endian');
      if (!dtypes.includes('float64')) return;
      // only the last value does not fit into int32, and all ranks must throw
      const wide = BigInt64Array.from({ length: 9 }, (_, i) => BigInt(i));
      put('<i8', false, '(9,)', new Uint8Array(wide.buffer));
      expect(readNpyDistributed(path).dtype).to.equal('int32');
      wide[8] = 2n ** 40n;
      put('<i8', false, '(9,)', new Uint8Array(wide.buffer));
      same(readNpyDistributed(path), NDArray.array(Float64Array.from(wide, Number)), 'wide');
      wide[0] = 2n ** 60n + 1n;
      put('<i8', false, '(9,)', new Uint8Array(wide.buffer));
      expectAllThrow(comm, () => readNpyDistributed(path), DTypeError);
    });
  });

  distributed('is written from and read into any layout', { ranks: [3, 4] }, ({ comm, backend }) => {
    inFolder(comm, (folder) => {
      const path = join(folder, 'x.npy');
      for (const layout of sample(layouts([4, 3, 5], comm.size), 20)) {
        const whole = numbered([4, 3, 5], 'float32');
        writeNpyDistributed(path, placed(whole, layout, comm));
        expect(readNpy(path).toHost(), `${layout}`).to.deep.equal(whole.toHost());
        comm.barrier();
      }
      const flat = DistributedSpace.of({
        layout: Layout.concatenated(Array.from({ length: comm.size }, (_, r) => [r])),
        partition: 'SCATTER',
        comm,
        dtype: 'float32',
        backend,
      })
        .empty()
        .fill(3);
      writeNpyDistributed(path, flat);
      expect(readNpy(path).shape).to.deep.equal([flat.size]);
      comm.barrier();
      const blocks = flat.space
        .withLayout(Layout.concatenated(Array.from({ length: comm.size }, () => [1, 2])))
        .zeros();
      expectAllThrow(comm, () => writeNpyDistributed(path, blocks), PartitionError);
    });
  });

  distributed(
    'long runs are read and written without a copy',
    { ranks: [2, 3], backends: ['cpu'] },
    ({ comm }) => {
      inFolder(comm, (folder) => {
        const path = join(folder, 'x.npy');
        // runs along axis 1 are longer than 256 KiB
        const shape = [3, 6, 40_000];
        const x = DistributedArray.random(shape, { axis: 1, dtype: 'float32', seed: 3 });
        const { messages } = comm.counters;
        writeNpyDistributed(path, x);
        const y = readNpyDistributed(path, { axis: 1 });
        expect(comm.counters.messages).to.equal(messages);
        expect(y.local.toHost()).to.deep.equal(x.local.toHost());
        expect(readNpyDistributed(path, { axis: 0 }).redistribute(1).local.toHost()).to.deep.equal(
          x.local.toHost(),
        );
      });
    },
  );

  distributed('damaged and hostile files are refused on all ranks', ({ comm, backend }) => {
    inFolder(comm, (folder) => {
      const path = join(folder, 'x.npy');
      const mine = join(folder, `rank-${comm.rank}.npy`);
      writeNpyDistributed(path, DistributedArray.ones([6, 5], { dtype: 'float32' }));
      const good = readFileSync(path);
      expectAllThrow(comm, () => readNpyDistributed(join(folder, 'none.npy')), ArgumentError, 'no file');
      // the error is on one rank only, and every rank is tested
      for (let bad = 0; bad < comm.size; bad++) {
        const cases: readonly (readonly [string, Uint8Array])[] = [
          ['cut short', good.subarray(0, -1)],
          ['no .npy', new Uint8Array(200)],
          ['another shape', Buffer.concat([formatNpyHeader([5, 6], 'float32'), good.subarray(128)])],
          ['another dtype', Buffer.concat([formatNpyHeader([6, 5], 'int32'), good.subarray(128)])],
        ];
        for (const [what, file] of cases) {
          writeFileSync(mine, comm.rank === bad ? file : good);
          if (comm.size > 1 || !what.startsWith('another'))
            expectAllThrow(comm, () => readNpyDistributed(mine), ArgumentError, `${what} on rank ${bad}`);
        }
      }
      const { liveBytes } = backend.stats();
      const { allocations } = backend.stats();
      const claims = Buffer.concat([
        formatNpyHeader([2 ** 20, 2 ** 20, 2 ** 20], 'float32'),
        good.subarray(128),
      ]);
      writeFileSync(mine, claims);
      expectAllThrow(comm, () => readNpyDistributed(mine), ArgumentError, '2^60 elements');
      expect(backend.stats().allocations).to.equal(allocations);
      expect(backend.stats().liveBytes).to.equal(liveBytes);
      // the path refers to a different file on each rank, with the same header: this is not
      // detected, and nothing hangs
      writeFileSync(mine, good);
      expect(readNpyDistributed(mine).asArray().sum()).to.equal(30);
    });
  });

  distributed('is replaced as a whole or not at all', ({ comm }) => {
    inFolder(comm, (folder) => {
      const path = join(folder, 'x.npy');
      writeNpyDistributed(path, DistributedArray.ones([6, 5], { axis: 1 }));
      const before = readFileSync(path);
      for (let bad = 0; bad < comm.size; bad++) {
        const gone = DistributedArray.ones([6, 5], { axis: 1 });
        if (comm.rank === bad) gone.dispose();
        expectAllThrow(comm, () => writeNpyDistributed(path, gone), BackendError, `gone on rank ${bad}`);
      }
      expectAllThrow(
        comm,
        () => writeNpyDistributed(join(folder, 'none', 'x.npy'), DistributedArray.ones([3])),
        ArgumentError,
        'no folder',
      );
      expect(readFileSync(path)).to.deep.equal(before);
      expect(readdirSync(folder)).to.deep.equal(['x.npy']);
    });
  });
});
