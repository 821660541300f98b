import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { startReport } from '../../src/cli/report/report.js';
import { ArgumentError } from '../../src/core/base/errors.js';
import { currentLogger } from '../../src/core/base/log.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { LinearOperator } from '../../src/core/operator/linear-operator.js';
import { MPIFirstDerivative } from '../../src/operators/index.js';
import { cgls } from '../../src/optimization/index.js';
import { Figure, linePlot } from '../../src/plotting/index.js';
import { distributed, group } from '../support/distributed.js';
import { withFolder } from '../support/folder.js';

/** The cells of the table of a section, row by row; the first row has the heads. */
function tableOf(page: string, title: string): string[][] {
  const section = new RegExp(`<h2>${title}</h2>\\n([\\s\\S]*?)</section>`).exec(page)?.[1] ?? '';
  return [...section.matchAll(/<tr>([\s\S]*?)<\/tr>/g)].map(([, row = '']) =>
    [...row.matchAll(/<t[hd][^>]*>([\s\S]*?)<\/t[hd]>/g)].map(([, cell = '']) => cell),
  );
}

const decoded = (page: string): string[] =>
  [...page.matchAll(/src="data:image\/svg\+xml;base64,([^"]*)"/g)].map(([, data = '']) =>
    Buffer.from(data, 'base64').toString(),
  );

group('a report of a run', () => {
  distributed('has parameters, convergence, figures, times and messages', ({ backend, comm }) => {
    withFolder(comm, (folder) => {
      const path = join(folder, 'new', 'run.html');
      const methods = () => [
        LinearOperator.prototype.matvec,
        Reflect.get(comm, 'allreduce'),
        currentLogger(),
      ];
      const before = methods();
      const report = startReport({
        title: 'A <test> & more',
        parameters: { niter: 4, kind: 'centered', absent: undefined },
        backend,
        comm,
      });
      const counted = { ...comm.counters };
      const D = new MPIFirstDerivative([24, 4], { comm, kind: 'centered' });
      const y = D.matvec(DistributedArray.random([24, 4], { comm, seed: 1 }));
      cgls(D, y, { niter: 4, tol: 0 }).x.dispose();
      const solved = cgls(D, y, { niter: 3, tol: 0 });
      comm.barrier();
      const sent = comm.allgatherObject(comm.counters.messages - counted.messages);
      report.addFigure('A figure', new Figure().add(linePlot([{ y: solved.cost }], { title: 'own figure' })));
      report.addTable('A table', [{ method: '<CGLS>', misfit: 0.25 }]);
      report.addTable('Kinds', [
        { a: 1, b: true, c: undefined },
        { a: null, b: [1, 2] },
      ] as never);
      report.addText('misfit < 1');
      report.stop();
      comm.barrier();
      report.write(path);
      report.write(path);
      expect(methods()).to.deep.equal(before);
      const page = readFileSync(path, 'utf8');

      expect(page).to.include('<title>A &lt;test&gt; &amp; more</title>');
      expect(tableOf(page, 'Parameters').slice(1)).to.deep.equal([
        ['niter', '4'],
        ['kind', 'centered'],
      ]);
      const [convergence = '', own = '', ...others] = decoded(page);
      expect(others).to.deep.equal([]);
      expect(convergence).to.include('>cgls<').and.include('>cgls (2)<').and.include('iteration');
      expect(own).to.include('own figure');
      expect(tableOf(page, 'A table')).to.deep.equal([
        ['method', 'misfit'],
        ['&lt;CGLS&gt;', '0.25'],
      ]);
      expect(tableOf(page, 'Kinds').slice(1)).to.deep.equal([
        ['1', 'true', ''],
        ['null', '[1, 2]', ''],
      ]);
      expect(page).to.include('<pre>misfit &lt; 1</pre>');
      const seconds = tableOf(page, 'Seconds by rank').slice(1);
      expect(seconds.map(([rank]) => rank)).to.deep.equal(comm.allgatherObject(String(comm.rank)));
      for (const row of seconds) {
        const [, ...parts] = row.map(Number);
        const total = parts.pop() as number;
        // each is rounded
        expect(parts.reduce((sum, part) => sum + part, 0)).to.be.closeTo(total, 3e-3 + 1e-3 * total);
      }
      const products = tableOf(page, 'Products of operators').slice(1);
      expect(products.map(([name, calls]) => `${name} ${calls}`)).to.include.members([
        'MPIFirstDerivative.matvec 8',
        'MPIFirstDerivative.rmatvec 9',
      ]);
      expect(
        tableOf(page, 'Messages by rank')
          .map(([, messages]) => messages)
          .slice(1),
      ).to.deep.equal(sent.map(String));
      expect(page).to.include(`<td>backend</td><td>${backend.name}</td>`);
    });
  });

  distributed('draws ten runs and counts the others', { ranks: [1] }, ({ backend, comm }) => {
    withFolder(comm, (folder) => {
      const path = join(folder, 'run.html');
      const report = startReport({ backend, comm });
      const D = new MPIFirstDerivative([24, 4], { comm, kind: 'centered' });
      const y = D.matvec(DistributedArray.random([24, 4], { comm, seed: 1 }));
      for (let k = 0; k < 13; k++) cgls(D, y, { niter: 2, tol: 0 }).x.dispose();
      report.write(path);
      const page = readFileSync(path, 'utf8');
      expect(page).to.include('Costs of the solvers; 3 later runs are not drawn');
      const [figure = ''] = decoded(page);
      expect(figure).to.include('>cgls (10)<').and.not.include('cgls (11)');
    });
  });

  distributed('is one file that loads nothing and runs no script', { ranks: [1, 2] }, ({ backend, comm }) => {
    withFolder(comm, (folder) => {
      const report = startReport({ backend, comm, parameters: { url: 'https://example.org/"x"' } });
      report.write(join(folder, 'run.html'));
      comm.barrier();
      expect(readdirSync(folder)).to.deep.equal(['run.html']);
      const page = readFileSync(join(folder, 'run.html'), 'utf8');
      expect(page).to.not.match(/<script|<link|<iframe|url\(|@import/);
      expect(page).to.not.match(/(src|href)="(?!data:)/);
      expect(page).to.include("default-src 'none'");
      expect(page).to.include('https://example.org/&quot;x&quot;');
      expect(page).to.match(/prefers-color-scheme: dark/);
      // what was not given is left out
      expect(page).to.not.match(/<h2>(Convergence|Figures|Output)<\/h2>/);
    });
  });

  distributed('refuses what it cannot show, and files that cannot be written', ({ backend, comm }) => {
    withFolder(comm, (folder) => {
      const report = startReport({ backend, comm });
      expect(() => report.addFigure('a', {} as Figure)).to.throw(ArgumentError, /a caption and a Figure/);
      expect(() => report.addTable('a', [3] as never)).to.throw(ArgumentError, /a row/);
      expect(() => report.addText(3 as never)).to.throw(ArgumentError, /expected a text/);
      expect(() => report.write(folder)).to.throw(ArgumentError, /is a folder/);
      report.write(join(folder, 'run.html'));
      comm.barrier();
      expect(existsSync(join(folder, 'run.html'))).to.equal(true);
      expect(() => startReport({ titel: 'a' } as object)).to.throw(ArgumentError, /'title'/);
      expect(() => startReport({ parameters: 3 as never })).to.throw(ArgumentError, /parameters/);
    });
  });
});
