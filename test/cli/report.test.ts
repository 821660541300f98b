import { expect } from 'chai';
import { startProgress } from '../../src/cli/progress.js';
import { formatNumber, formatTable } from '../../src/cli/table.js';
import { ArgumentError } from '../../src/core/base/errors.js';

function shown(
  total: number,
  steps: readonly number[],
  options: Omit<Parameters<typeof startProgress>[1] & object, 'write'>,
): string {
  let text = '';
  const progress = startProgress(total, {
    ...options,
    write: (t) => {
      text += t;
    },
  });
  for (const done of steps) progress.update(done, `cost ${done}`);
  progress.stop();
  return text;
}

describe('progress', () => {
  const all = Array.from({ length: 41 }, (_, k) => k);

  it('writes a line for every tenth of the steps, during the loop', () => {
    const lines = shown(40, all, { label: 'CGLS', style: 'lines' }).trimEnd().split('\n');
    expect(lines).to.have.length(10);
    expect(lines[0]).to.match(/^CGLS {2}4\/40 {2}10% \d+\.\d s cost 4$/);
    expect(lines[9]).to.match(/^CGLS 40\/40 100% \d+\.\d s cost 40$/);
  });

  it('draws a bar that ends complete, over one line', () => {
    const text = shown(40, all, { label: 'CGLS', style: 'bar' });
    expect(text).to.match(/CGLS █+ 100% \| 40\/40 \| 0s cost 40/);
    expect(text.split('\n')).to.have.length(2);
  });

  it('prints nothing on other ranks or when it is off', () => {
    expect(shown(40, all, { rank: 1, style: 'lines' })).to.equal('');
    expect(shown(40, all, { rank: 1, style: 'bar' })).to.equal('');
    expect(shown(40, all, { style: 'off' })).to.equal('');
  });

  it('refuses unknown options', () => {
    expect(() => startProgress(1, Object.assign({ label: 'x' }, { stlye: 'bar' }))).to.throw(
      ArgumentError,
      "did you mean 'style'",
    );
  });
});

describe('tables', () => {
  it('align text left and numbers right', () => {
    const rows = [
      { method: 'CGLS', misfit: 0.0123, iterations: 40 },
      { method: 'Normal equations', misfit: 1.5e-7, iterations: 5 },
    ];
    expect(formatTable(rows).split('\n')).to.deep.equal([
      'method              misfit  iterations',
      '----------------  --------  ----------',
      'CGLS                0.0123          40',
      'Normal equations  1.500e-7           5',
      '',
    ]);
  });

  it('leave a cell that a row does not have empty', () => {
    expect(formatTable([{ a: 1, b: 'x' }, { a: 22 }])).to.equal(' a  b\n--  -\n 1  x\n22\n');
  });

  it('show four significant digits', () => {
    expect(
      [0, 40, 1234567, 0.25, 3.33333, 123456.7, 0.000123456, Number.NaN].map(formatNumber),
    ).to.deep.equal(['0', '40', '1234567', '0.25', '3.333', '1.235e+5', '1.235e-4', 'NaN']);
  });
});
