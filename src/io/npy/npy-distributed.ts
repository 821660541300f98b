import { NDArray } from '../../core/array/ndarray.js';
import { bytesOf, checkDType, type DType, promote } from '../../core/base/dtype.js';
import { tidy } from '../../core/base/scope.js';
import { product } from '../../core/base/shape.js';
import type { DistributedArray } from '../../core/distributed/distributed-array.js';
import { type IndexBox, Layout } from '../../core/distributed/layout.js';
import { type DistributedArrayOptions, spaceOf } from '../../core/distributed/space.js';
import { gatherFromAllRanks, onAllRanks, sameOnAllRanks } from '../../core/ports/agreement.js';
import type { Communicator } from '../../core/ports/communicator.js';
import { resolveCommunicator } from '../../core/ports/defaults.js';
import {
  checkBoxes,
  fileLayout,
  moved,
  plainOptions,
  reversedBox,
  runsOf,
  runsSink,
  runsSource,
} from '../parts/file-runs.js';
import { withFile } from '../parts/local-file.js';
import { writeFileTogether } from '../parts/shared-file.js';
import { readNpyHeader } from './npy.js';
import { checkConversion, naturalDType, readInto, writeNpyData } from './npy-data.js';
import { formatNpyHeader, type NpyHeader } from './npy-header.js';

const sourceOf = (fd: number, path: string, header: NpyHeader, box: IndexBox) => {
  const { shape, bytes, dataOffset, fortranOrder } = header;
  const runs = fortranOrder
    ? runsOf(shape.toReversed(), reversedBox(box), bytes, dataOffset)
    : runsOf(shape, box, bytes, dataOffset);
  return runsSource(fd, path, runs);
};

/** Reads this rank's part. */
function readBox(path: string, header: NpyHeader, x: DistributedArray): void {
  const { box, local } = x;
  withFile(path, (fd) =>
    tidy(() => {
      const inFile = header.fortranOrder
        ? NDArray.empty(local.shape.toReversed(), { dtype: x.dtype, backend: x.backend })
        : local;
      readInto(inFile, { ...header, size: local.size }, sourceOf(fd, path, header, box));
      if (header.fortranOrder) local.assign(inFile.transpose());
    }),
  );
}

/** The same as `naturalDType`, for a file of which each rank scans some rows. */
function commonDType(path: string, header: NpyHeader, comm: Communicator): DType {
  const rows = fileLayout(Layout.split(header.shape, comm.size), header.bytes, header.fortranOrder).box(
    comm.rank,
  );
  const all = gatherFromAllRanks(comm, () =>
    withFile(path, (fd) =>
      naturalDType({ ...header, size: product(rows.shape) }, () => sourceOf(fd, path, header, rows)),
    ),
  );
  return all.reduce(promote);
}

/**
 * Reads a .npy file into any layout of boxes. All ranks read their own parts at the same time. The
 * dtypes are those of `readNpy`. Collective.
 *
 * Parts that are long runs of the file are read directly into the array. Other parts are read as
 * rows of the file and moved by one transfer, with the memory of one more array during the call.
 * The path must lead to the same file on all ranks.
 *
 * @throws {@link ArgumentError} and {@link DTypeError} as `readNpy`, on all ranks. If the file is
 * too short for its header, nothing has been allocated
 * @throws {@link ArgumentError} if ranks see different files or options
 */
export function readNpyDistributed(path: string, options: DistributedArrayOptions = {}): DistributedArray {
  const comm = resolveCommunicator(options?.comm);
  return tidy(() => {
    const { header } = sameOnAllRanks(comm, 'readNpyDistributed', () => ({
      header: withFile(path, (fd, size) => readNpyHeader(fd, size, path)),
      options: plainOptions('readNpyDistributed', options),
    }));
    const dtype = options.dtype === undefined ? commonDType(path, header, comm) : checkDType(options.dtype);
    checkConversion(header, dtype, path);
    const space = spaceOf('readNpyDistributed', header.shape, { ...options, dtype, comm });
    const x = onAllRanks(comm, () => {
      const part = space.withLayout(fileLayout(space.layout, header.bytes, header.fortranOrder)).empty();
      readBox(path, header, part);
      return part;
    });
    return moved(x, space);
  });
}

/**
 * Writes a distributed array in any layout of boxes as one .npy file (version 1, C order). All
 * ranks write at the same time. Each rank writes its part if the part is long runs of the file.
 * Otherwise one transfer moves the array into rows of the file, which the ranks write. The file
 * appears as a whole or not at all, and all ranks see it when the call returns. Each rank writes a
 * share of a replicated array. Collective. Errors are the same on all ranks, and then no file is
 * left.
 */
export function writeNpyDistributed(path: string, x: DistributedArray): void {
  checkBoxes('writeNpyDistributed', x);
  const { globalShape, dtype, comm } = x;
  const header = formatNpyHeader(globalShape, dtype);
  const bytes = bytesOf(dtype);
  sameOnAllRanks(comm, 'writeNpyDistributed', () => {
    // throws if the array was disposed
    void x.local.storage;
    return { path, dtype, layout: x.layout.key };
  });
  tidy(() => {
    const part = moved(x, x.space.withLayout(fileLayout(x.layout, bytes, false)));
    writeFileTogether(comm, path, header.length + product(globalShape) * bytes, header, (fd) => {
      writeNpyData(part.local, runsSink(fd, runsOf(globalShape, part.box, bytes, header.length)));
    });
  });
}
