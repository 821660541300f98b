import { expect } from 'chai';
import { startProgress } from '../../src/cli/progress.js';
import { SolverRuns } from '../../src/cli/report/solver-runs.js';
import { formatNumber, formatTable } from '../../src/cli/table.js';
import { ArgumentError } from '../../src/core/base/errors.js';
import { runRanks } from '../support/launch.js';

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

  it('writes lines for the first and the last step, and between them by time', () => {
    const lines = (steps: readonly number[], interval?: number) =>
      shown(40, steps, { label: 'CGLS', style: 'lines', ...(interval !== undefined && { interval }) })
        .trimEnd()
        .split('\n');
    const long = lines(all);
    expect(long).to.have.length(2);
    expect(long[0]).to.match(/^CGLS {2}0\/40 {3}0% \d+\.\d s cost 0$/);
    expect(long[1]).to.match(/^CGLS 40\/40 100% \d+\.\d s cost 40$/);
    expect(lines(all, 0)).to.have.length(41);
    // a loop that ends early
    expect(lines([1, 2, 3]).at(-1)).to.match(/^CGLS {2}3\/40 {3}7% /);
    expect(lines([1])).to.have.length(1);
    expect(() => lines(all, -1)).to.throw(ArgumentError, 'interval');
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

  it('prints on rank 0 of the default communicator, as the log of a solver does', async function () {
    this.timeout(60_000);
    const library = (entry: string) => JSON.stringify(new URL(`../../src/${entry}`, import.meta.url).href);
    const program = `
      import ${library('index.js')};
      import { logged, startProgress } from ${library('cli/index.js')};
      const progress = startProgress(1, { label: 'bar' });
      progress.update(1);
      progress.stop();
      for (const _ of logged((function* () { yield { iteration: 0, cost: 1 }; })(), { title: 'log' }));`;
    const { code, stdout, stderr } = await runRanks(3, ['--input-type=module', '-e', program]);
    expect(code, stderr).to.equal(0);
    expect(stderr.match(/^bar /gm)).to.have.length(1);
    expect(stdout.match(/^log$/gm)).to.have.length(1);
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

describe('the runs of solvers in the log', () => {
  const costsOf = (...messages: readonly (readonly [text: string, fields: object])[]) => {
    const runs = new SolverRuns();
    for (const [text, fields] of messages) runs.observe(text, { ...fields });
    return runs.drawn.map(({ label, iterations, costs }) => ({ label, iterations, costs }));
  };
  const iteration = (k: number, cost: number) => ['cgls: iteration', { iteration: k, cost }] as const;
  const starts = ['cgls: starts', { iteration: 0 }] as const;
  const outer = { label: 'cgls', iterations: [1, 2, 3], costs: [10, 9, 8] };

  it('of one name, of which one is within the other, are told apart', () => {
    const ends = ['cgls: iteration limit reached', { iterations: 2 }] as const;
    const inner = [starts, iteration(1, 0.5), iteration(2, 0.25), ends] as const;
    expect(
      costsOf(starts, ...inner, iteration(1, 10), ...inner, iteration(2, 9), iteration(3, 8)),
    ).to.deep.include.members([
      { label: 'cgls (2)', iterations: [1, 2], costs: [0.5, 0.25] },
      { label: 'cgls (3)', iterations: [1, 2], costs: [0.5, 0.25] },
      outer,
    ]);
  });

  it('that are left before their end do not take the costs of the others', () => {
    const left = { label: 'cgls (2)', iterations: [1], costs: [0.5] };
    expect(costsOf(starts, iteration(1, 10), starts, iteration(1, 0.5), iteration(2, 0.25))).to.deep.equal([
      { label: 'cgls', iterations: [1], costs: [10] },
      { label: 'cgls (2)', iterations: [1, 2], costs: [0.5, 0.25] },
    ]);
    expect(
      costsOf(starts, iteration(1, 10), iteration(2, 9), starts, iteration(1, 0.5), iteration(3, 8)),
    ).to.deep.equal([outer, left]);
  });

  it('have the iterations of the checkpoint from which they resume', () => {
    expect(costsOf(['cgls: starts', { iteration: 5 }], iteration(6, 4), iteration(7, 3))).to.deep.equal([
      { label: 'cgls', iterations: [6, 7], costs: [4, 3] },
    ]);
  });
});
