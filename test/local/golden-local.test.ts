import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { HostValues } from '../../src/core/array/host-values.js';
import { type NDArray, NDArraySpace } from '../../src/core/array/ndarray.js';
import type { Backend } from '../../src/core/ports/backend.js';
import { BACKENDS, makeBackend } from '../support/backends.js';
import { expectClose } from '../support/expect-close.js';
import { buildLocal } from '../support/golden/build-local.js';
import { GoldenCase } from '../support/golden/case.js';
import { NotSupported } from '../support/golden/not-supported.js';
import { required } from '../support/golden/params.js';
import { skip } from '../support/skip.js';

/** The folder of the repository, also from dist/test. */
function root(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}

const FOLDER = join(root(), 'test', 'golden', 'local');

function check(result: NDArray, source: GoldenCase, file: string): void {
  const expected = { ...source.read(file), shape: result.shape };
  expectClose(result, expected, { ...source.content.tolerance, notFinite: 'equal' }, file);
}

for (const entry of BACKENDS) {
  describe(`golden local operators [${entry.name}]`, () => {
    let backend: Backend;
    before(async () => {
      backend = await makeBackend(entry.name);
    });
    for (const name of readdirSync(FOLDER).sort()) {
      it(name, function () {
        const source = new GoldenCase(join(FOLDER, name));
        const { op: spec, dims, dimsd, shape } = source.content;
        const vectors = ['x.npy', 'd.npy'].map((file) => source.read(file)) as [HostValues, HostValues];
        const [x, d] = vectors;
        const lacking = vectors.find(({ dtype }) => !backend.dtypes.includes(dtype));
        // 32-bit backends cannot reach the tolerance of double precision
        if (lacking) return skip(this, `no ${lacking.dtype} data`);
        let op: ReturnType<typeof buildLocal>;
        try {
          op = buildLocal(required(spec, 'op'), source, backend);
        } catch (error) {
          if (!(error instanceof NotSupported)) throw error;
          return skip(this, `there is no ${error.message}`);
        }
        expect([...op.shape]).to.deep.equal([...required(shape, 'shape')]);
        expect([...op.dims]).to.deep.equal([...required(dims, 'dims')]);
        expect([...op.dimsd]).to.deep.equal([...required(dimsd, 'dimsd')]);
        const upload = ({ values, dtype }: HostValues, to: readonly number[]) =>
          NDArraySpace.of(to, dtype, backend).upload(values);
        check(op.matvec(upload(x, op.dims)), source, 'y.npy');
        check(
          op.rmatvec(upload(d, op.dimsd)),
          source,
          source.has('xadj_exact.npy') ? 'xadj_exact.npy' : 'xadj.npy',
        );
        // flat vectors give the same result
        check(op.matvec(upload(x, x.shape)), source, 'y.npy');
        check(
          op.rmatvec(upload(d, d.shape)),
          source,
          source.has('xadj_exact.npy') ? 'xadj_exact.npy' : 'xadj.npy',
        );
      });
    }
  });
}
