import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { build } from 'esbuild';
import { packagePath } from '../../src/package/package-root.js';
import { runRanks } from '../support/launch.js';

const PROGRAM = `
import { COMM_WORLD, DistributedArray } from '${packagePath('dist/bundle/index.js')}';
console.log(String(COMM_WORLD.size), String(DistributedArray.ones([5]).norm(1)));
`;

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const run = (file: string, env: NodeJS.ProcessEnv): Promise<Outcome> =>
  new Promise((done) => {
    execFile(process.execPath, [file], { env: { ...process.env, ...env } }, (error, stdout, stderr) =>
      done({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    );
  });

describe('a program that esbuild bundled together with the package', function () {
  this.timeout(60_000);
  let folder = '';
  before(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'bundled-')));
    writeFileSync(join(folder, 'program.mjs'), PROGRAM);
  });
  after(() => rmSync(folder, { recursive: true }));

  for (const format of ['cjs', 'esm'] as const) {
    const bundled = async (to: string): Promise<string> => {
      const outfile = join(folder, to, format === 'cjs' ? 'app.cjs' : 'app.mjs');
      await build({
        entryPoints: [join(folder, 'program.mjs')],
        bundle: true,
        platform: 'node',
        format,
        outfile,
        logLevel: 'silent',
      });
      return outfile;
    };

    it(`${format}: finds the addons of the package that is installed beside it`, async () => {
      mkdirSync(join(folder, 'with/node_modules'), { recursive: true });
      const link = join(folder, 'with/node_modules/lops-mpi');
      if (format === 'cjs') symlinkSync(packagePath('.'), link);
      const file = await bundled('with');
      const { code, stdout, stderr } = await run(file, { LOPS_CPU: 'native' });
      expect([code, stdout], stderr).to.deep.equal([0, '1 5\n']);
      const ranks = await runRanks(2, [file], { timeout: 60_000, env: { LOPS_CPU: 'native' } });
      expect([ranks.code, ranks.stdout], ranks.stderr).to.deep.equal([0, '2 5\n2 5\n']);
    });

    it(`${format}: says how to keep the package external if it is not installed`, async () => {
      const file = await bundled('without');
      const { code, stdout, stderr } = await run(file, {});
      expect([code, stdout], stderr).to.deep.equal([0, '1 5\n']);
      expect(stderr).to.include('TypeScript kernels').contains('--external:lops-mpi');
      const native = await run(file, { LOPS_CPU: 'native' });
      expect(native.code).to.not.equal(0);
      expect(native.stderr).to.include('--external:lops-mpi');
    });
  }
});
