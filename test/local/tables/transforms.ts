import { DCT, DWT, DWT2D } from '../../../src/local/index.js';
import { dotTable, onEveryAxis } from '../../support/dot-table.js';

dotTable('cosine and wavelet transforms', {
  DCT: ({ dtype }) =>
    ([1, 2, 3, 4] as const).flatMap((type) => [
      ...onEveryAxis([[2], [7], [5, 4]], (dims, axis) => new DCT(dims, { axes: [axis], type, dtype })),
      // longer than the length up to which a matrix is faster
      new DCT([3, 65], { axes: [1], type, dtype }),
      new DCT([66, 2], { type, dtype }),
      new DCT([5, 6], { axes: [], type, dtype }),
    ]),
  DWT: ({ dtype }) =>
    ['haar', 'db2', 'db5'].flatMap((wavelet) =>
      [0, 1, 3].flatMap((level) =>
        onEveryAxis(
          [[1], [8], [11], [5, 4], [2, 6, 3]],
          (dims, axis) => new DWT(dims, { axis, wavelet, level, dtype }),
        ),
      ),
    ),
  DWT2D: ({ dtype }) =>
    ['haar', 'db3'].flatMap((wavelet) => [
      new DWT2D([8, 16], { wavelet, level: 2, dtype }),
      new DWT2D([5, 3, 6], { axes: [0, 2], wavelet, level: 1, dtype }),
      new DWT2D([1, 3], { wavelet, level: 3, dtype }),
    ]),
});
