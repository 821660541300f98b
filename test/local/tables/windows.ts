import {
  FirstDerivative,
  Identity,
  MatrixMult,
  Patch2D,
  Patch3D,
  Sliding1D,
  Sliding2D,
  Sliding3D,
} from '../../../src/local/index.js';
import { dotTable } from '../../support/dot-table.js';

dotTable('windows', {
  Sliding1D: ({ dtype, data }) => [
    new Sliding1D(new Identity(5, 5, { dtype }), 15, 11, 5, 2),
    new Sliding1D(new MatrixMult(data([6, 4])), [3, 4], 16, 6, 1, { tapertype: 'cosinesquare' }),
    new Sliding1D(new MatrixMult(data([4, 2])), 2, 5, 4, 0, { tapertype: 'none' }),
    new Sliding1D(new Identity(1, 1, { dtype }), 3, 3, 1, 0),
  ],
  Sliding2D: ({ dtype, data }) => [
    new Sliding2D(new FirstDerivative([5, 3], { axis: 0, dtype }), [15, 3], [11, 3], 5, 2, {
      tapertype: 'cosine',
    }),
    new Sliding2D(new MatrixMult(data([5, 2]), { otherdims: 3 }), [6, 3], [12, 3], 5, 2),
  ],
  Sliding3D: ({ dtype }) => [
    new Sliding3D(new FirstDerivative([4, 3, 2], { axis: 0, dtype }), [8, 9, 2], [6, 7, 2], [4, 3], [2, 1]),
  ],
  Patch2D: ({ dtype }) => [
    new Patch2D(new FirstDerivative([4, 5], { axis: 0, dtype }), [8, 10], [7, 8], [4, 5], [1, 2]),
    new Patch2D(new Identity([3, 3], [3, 3], { dtype }), [3, 3], [4, 4], [3, 3], [1, 1], {
      tapertype: 'none',
    }),
  ],
  Patch3D: ({ dtype }) => [
    new Patch3D(new FirstDerivative([4, 3, 3], { dtype }), [8, 3, 6], [6, 3, 5], [4, 3, 3], [2, 0, 1]),
  ],
});
