import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { withoutLaunch } from '../../src/mpi/launch-environment.js';
import { packagePath } from '../../src/package/package-root.js';

const PROGRAM = `
import { BackendError, cgls, DistributedArray, loadBackend, MPIFirstDerivative, NDArray } from 'lops-mpi';
const D = new MPIFirstDerivative([20, 3], { kind: 'forward' });
const { reason } = cgls(D, D.matvec(DistributedArray.ones([20, 3])), { niter: 3 });
console.log(NDArray.ones([3]).sum(), reason);
try {
  await loadBackend('cuda');
} catch (error) {
  console.log(error instanceof BackendError, error.message);
}
`;

describe('a package on a machine without compilers', function () {
  this.timeout(60_000);
  let folder = '';
  before(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'no-toolchain-')));
    const installed = join(folder, 'node_modules/lops-mpi');
    for (const part of ['package.json', 'dist/bundle', 'native', 'scripts/build-native.mjs'])
      cpSync(packagePath(part), join(installed, part), {
        recursive: true,
        filter: (path) => !/native[/\\]\w+[/\\]build$/.test(path),
      });
    symlinkSync(packagePath('node_modules'), join(installed, 'node_modules'));
    mkdirSync(join(folder, 'bin'));
    symlinkSync(process.execPath, join(folder, 'bin/node'));
    writeFileSync(join(folder, 'program.mjs'), PROGRAM);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const run = (...args: string[]) => {
    const { CXX, ...rest } = withoutLaunch(process.env);
    const env = { ...rest, PATH: join(folder, 'bin'), LOPS_MPI: 'off' };
    return spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8', env });
  };

  it('installs without an error, and says what is missing', () => {
    const script = 'node_modules/lops-mpi/scripts/build-native.mjs';
    const { status, stdout } = run(script, '--optional');
    expect(status).to.equal(0);
    expect(stdout).to.match(/^native cpu: not built: a C\+\+ compiler is missing; install it/m);
    expect(run(script, 'cpu').status).to.equal(1);
  });

  it('computes by TypeScript on one rank, and names the remedy where a device is asked for', () => {
    const { status, stdout, stderr } = run('program.mjs');
    expect(status, stderr).to.equal(0);
    expect(stdout).to.match(/^3 \w.*\ntrue .*CUDA addon is not built.*npx lops setup/);
    expect(stderr).to.match(/TypeScript kernels, many times slower, as the native kernels are not built/);
  });
});
