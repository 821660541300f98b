import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { logged, writeHistory } from '../../src/cli/solver-log.js';
import { NDArray } from '../../src/core/array/ndarray.js';
import { ArgumentError } from '../../src/core/base/errors.js';
import { setDefaultBackend } from '../../src/core/ports/defaults.js';
import { CpuBackend } from '../../src/cpu/cpu-backend.js';
import { cgls } from '../../src/optimization/krylov/cgls.js';
import { Dense, randomMatrix } from '../optimization/dense.js';

describe('the log of a solver', () => {
  const backend = new CpuBackend();
  before(() => setDefaultBackend(backend));

  function run(niter: number, options: object): { text: string; result: unknown } {
    let text = '';
    const write = (t: string) => {
      text += t;
    };
    const steps = logged(
      cgls.steps(new Dense(randomMatrix(40, 30, 1)), NDArray.ones([40]), { niter, tol: 0 }),
      { write, ...options },
    );
    for (;;) {
      const { done, value } = steps.next();
      if (done) return { text, result: value };
    }
  }

  it('shows the first ten iterations, every tenth and the last, then the reason', () => {
    const { text, result } = run(23, { title: 'CGLS' });
    const lines = text.trimEnd().split('\n');
    expect(lines[0]).to.equal('CGLS');
    expect(lines[1]?.trim().split(/\s+/)).to.deep.equal(['iteration', 'cost', 'r1norm', 'r2norm']);
    expect(lines.slice(2, -1).map((l) => Number(l.trim().split(/\s+/)[0]))).to.deep.equal([
      0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 23,
    ]);
    expect(lines.at(-1)).to.match(/^Ended: iteration limit reached after \d+\.\d\d s$/);
    expect(result).to.include({ iterations: 23 });
  });

  it('prints nothing on other ranks, and refuses unknown options', () => {
    expect(run(3, { rank: 1 }).text).to.equal('');
    expect(() => run(3, { evry: 1 })).to.throw(ArgumentError, /did you mean 'every'/);
  });

  it('leaving the loop disposes of the solver’s vectors', () => {
    const A = new Dense(randomMatrix(40, 30, 1));
    const y = NDArray.ones([40]);
    cgls(A, y, { niter: 1 }).x.dispose();
    const before = backend.stats().liveBytes;
    for (const { iteration, x } of logged(cgls.steps(A, y, { niter: 9, tol: 0 }), { rank: 1 })) {
      if (iteration < 2) continue;
      x.dispose();
      break;
    }
    expect(backend.stats().liveBytes).to.equal(before);
  });

  it('writes histories as CSV and JSON', () => {
    const folder = mkdtempSync(join(tmpdir(), 'lops-history-'));
    try {
      const histories = { cost: [3, 0.1, 1e-20], 'a "b", c': Float64Array.of(1, 2) };
      writeHistory(join(folder, 'new', 'h.csv'), histories);
      expect(readFileSync(join(folder, 'new', 'h.csv'), 'utf8')).to.equal(
        'iteration,cost,"a ""b"", c"\n0,3,1\n1,0.1,2\n2,1e-20,\n',
      );
      writeHistory(join(folder, 'h.json'), histories);
      expect(JSON.parse(readFileSync(join(folder, 'h.json'), 'utf8'))).to.deep.equal({
        cost: [3, 0.1, 1e-20],
        'a "b", c': [1, 2],
      });
      writeHistory(join(folder, 'other.csv'), histories, { rank: 1 });
      expect(existsSync(join(folder, 'other.csv'))).to.equal(false);
      expect(() => writeHistory(join(folder, 'h.txt'), histories)).to.throw(ArgumentError, /\.csv or \.json/);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
