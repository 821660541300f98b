import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { NDArray } from '../../src/core/array/ndarray.js';
import type { DType } from '../../src/core/base/dtype.js';
import { ArgumentError } from '../../src/core/base/errors.js';
import { CsrArray } from '../../src/core/sparse/csr-array.js';
import { DistributedCsrArray } from '../../src/core/sparse/distributed-csr-array.js';
import { readMatrixMarket, writeMatrixMarket } from '../../src/io/index.js';
import { distributed, group } from '../support/distributed.js';
import { expectClose } from '../support/expect-close.js';
import { matrix } from '../support/sparse-matrix.js';
import { expectAllThrow } from '../support/vectors.js';
import { inFolder } from './folder.js';

const HEAD = '%%MatrixMarket matrix coordinate';

group('Matrix Market files', () => {
  distributed('have the same entries after they were written', ({ comm, floats }) => {
    inFolder(comm, (folder) => {
      for (const dtype of floats)
        for (const shape of [
          [7, 5],
          [1, 30],
          [30, 1],
          [3, 0],
        ] as const) {
          const dense = matrix(shape, dtype, 3);
          const path = join(folder, 'a.mtx');
          writeMatrixMarket(path, DistributedCsrArray.distribute(CsrArray.fromDense(dense), { comm }));
          const read = readMatrixMarket(path, { comm, dtype });
          expect([read.shape, read.dtype]).to.deep.equal([shape, dtype]);
          expectClose(read.toDense(), dense, 0, { what: `${dtype} of [${shape}]` });
        }
    });
  });

  distributed('have symmetries, patterns, comments and special values', ({ comm, floats }) => {
    inFolder(comm, (folder) => {
      const path = join(folder, 'a.mtx');
      const read = (text: string): unknown => {
        comm.barrier();
        if (comm.rank === 0) writeFileSync(path, text);
        comm.barrier();
        return readMatrixMarket(path, { comm }).toDense().asArray().toArray();
      };
      const body = '% a comment\n\n2 2 2\n1 1 3\n2 1 -5e-1\n';
      expect(read(`${HEAD} real symmetric\n${body}`)).to.deep.equal([
        [3, -0.5],
        [-0.5, 0],
      ]);
      expect(read(`${HEAD} Integer Skew-Symmetric\n2 2 1\n2 1 4`)).to.deep.equal([
        [0, -4],
        [4, 0],
      ]);
      expect(read(`${HEAD} pattern general\r\n2 2 2\r\n1 2\r\n1 2\r\n`)).to.deep.equal([
        [0, 2],
        [0, 0],
      ]);
      expect(read(`${HEAD} real general\n1 2 2\n1 1 inf\n1 2 nan\n`)).to.deep.equal([
        [Number.POSITIVE_INFINITY, Number.NaN],
      ]);
      if (floats.includes('complex64'))
        expect(read(`${HEAD} complex hermitian\n2 2 1\n2 1 1 2\n`)).to.deep.equal([
          [
            { re: 0, im: 0 },
            { re: 1, im: -2 },
          ],
          [
            { re: 1, im: 2 },
            { re: 0, im: 0 },
          ],
        ]);
    });
  });

  distributed('have the exponents of Fortran, and the shortest numbers', ({ comm, floats }) => {
    inFolder(comm, (folder) => {
      const [path, copy] = [join(folder, 'a.mtx'), join(folder, 'b.mtx')];
      if (comm.rank === 0) writeFileSync(path, `${HEAD} real general\n1 2 2\n1 1 1.5D+01\n1 2 .1\n`);
      comm.barrier();
      const a = readMatrixMarket(path, { comm, dtype: floats[0] as DType });
      expect(a.toDense().asArray().get(0, 0)).to.equal(15);
      writeMatrixMarket(copy, a);
      expect(readFileSync(copy, 'utf8').split('\n').slice(2, 4)).to.deep.equal(['1 1 15', '1 2 0.1']);
    });
  });

  distributed('are refused on all ranks if they are damaged', ({ comm }) => {
    inFolder(comm, (folder) => {
      const path = join(folder, 'a.mtx');
      for (const text of [
        '',
        'no matrix\n',
        '%%MatrixMarket matrix array real general\n1 1\n1\n',
        `${HEAD} real square\n1 1 1\n1 1 1\n`,
        `${HEAD} real general\n1 1\n`,
        `${HEAD} real general\n2 2 2\n1 1 1\n`,
        `${HEAD} real general\n2 2 1\n3 1 1\n`,
        `${HEAD} real general\n2 2 1\n1 1\n`,
        `${HEAD} real general\n2 2 1\n1 1 abc\n`,
        `${HEAD} real general\n2 2 1\n1 1 0x10\n`,
        `${HEAD} real general\n2 2 1\n4294967297 1 1\n`,
        `${HEAD} real symmetric\n2 3 1\n1 1 1\n`,
        `${HEAD} real general\n2 2 1\n0 1 1\n`,
      ]) {
        comm.barrier();
        if (comm.rank === 0) writeFileSync(path, text);
        comm.barrier();
        expectAllThrow(comm, () => readMatrixMarket(path, { comm }), ArgumentError, text);
      }
      expectAllThrow(comm, () => writeMatrixMarket(path, NDArray.ones([2, 2]) as never), ArgumentError);
      expect(readFileSync(path, 'utf8')).to.contain('0 1 1');
    });
  });
});
