import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { DTYPES } from '../../src/core/dtype.js';
import { checkWithNvcc, hasNvcc } from '../cuemu/nvcc.js';
import { skip } from '../support/skip.js';

const folder = fileURLToPath(new URL('../../../native/cuda/kernels/', import.meta.url));

describe("the kernels under NVIDIA's compiler, for sm_80 and sm_90", () => {
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.cu'))) {
    // What treats complex numbers as two real ones, or needs an order
    const dtypes = /^(lanes|ordered)/.test(file) ? DTYPES.filter((dtype) => !dtype.startsWith('complex')) : DTYPES;
    for (const dtype of dtypes) {
      it(`${file} of ${dtype}`, function () {
        if (!hasNvcc()) skip(this, 'there is no nvcc');
        expect(checkWithNvcc(folder + file, undefined, [`-DDTYPE=${DTYPES.indexOf(dtype)}`])).to.equal('');
      }).timeout(300_000);
    }
  }
});
