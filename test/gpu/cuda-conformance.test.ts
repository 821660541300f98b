import { expect } from 'chai';
import { backendConformance } from '../../src/testing/index.js';
import { complexTable, kernelValues, wrongRows } from '../support/complex-table.js';
import { MORE, SEED } from '../support/draws.js';
import { testCudaBackend } from '../support/emulated-cuda.js';

describe('with kernels that are compiled at their first use', function () {
  this.timeout(120_000);
  backendConformance(testCudaBackend, { seed: SEED, draws: 12 * MORE });
});

describe('complex functions of the CUDA backend', () => {
  for (const [name, rows] of complexTable())
    it(`${name}: ${rows.length} values to 8 units in the last place`, () => {
      expect(wrongRows(rows, 8, (operands) => kernelValues(testCudaBackend(), name, operands))).to.deep.equal(
        [],
      );
    });
});
