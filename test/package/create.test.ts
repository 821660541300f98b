import { execFileSync, spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { packagePath } from '../../src/package/package-root.js';
import { rankEnvironment } from '../support/launch.js';

/** Packs a package of the repository, without its scripts: it is built. */
function pack(folder: string, into: string): string {
  const args = ['pack', folder, '--ignore-scripts', '--json', '--pack-destination', into];
  const [packed] = JSON.parse(execFileSync('npm', args, { cwd: packagePath('.'), encoding: 'utf8' }));
  return join(into, packed.filename as string);
}

/** Unpacks a tarball as npm does. */
function install(tarball: string, project: string, name: string): string {
  const folder = join(project, 'node_modules', name);
  mkdirSync(folder, { recursive: true });
  execFileSync('tar', ['-xzf', tarball, '-C', folder, '--strip-components=1']);
  return folder;
}

describe('create-lops-mpi, from tarballs', function () {
  this.timeout(180_000);
  let folder = '';
  let tarball = '';
  let script = '';
  const create = (...args: string[]) =>
    spawnSync(process.execPath, [script, ...args], { cwd: folder, encoding: 'utf8' });

  before(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'create-')));
    tarball = pack('.', folder);
    const own = pack('./create-lops-mpi', folder);
    script = join(install(own, folder, 'create-lops-mpi'), 'create.js');
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('writes a project that prints and draws on two ranks, and type checks', () => {
    const { status, stdout, stderr } = create('first', '--package', tarball);
    expect(status, stderr).to.equal(0);
    const project = join(folder, 'first');
    expect(readdirSync(project).sort()).to.deep.equal(['invert.js', 'package.json', 'tsconfig.json']);
    const about = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'));
    expect(about).to.deep.include({ name: 'first', type: 'module' });
    const source = (about.dependencies as Record<string, string>)['lops-mpi'] as string;
    expect(join(project, source.replace('file:', ''))).to.equal(tarball);
    expect(stdout).to.include('cd first').and.include('npx lops run -n 2 invert.js');

    const installed = install(tarball, project, 'lops-mpi');
    // What npm would install beside it, and the addon of MPI, which npm would build
    for (const name of readdirSync(packagePath('node_modules')))
      if (!name.startsWith('.'))
        symlinkSync(packagePath(`node_modules/${name}`), join(project, 'node_modules', name));
    const addon = 'native/mpi/build/Release/lops_mpi.node';
    mkdirSync(dirname(join(installed, addon)), { recursive: true });
    symlinkSync(packagePath(addon), join(installed, addon));
    const run = spawnSync(
      process.execPath,
      [join(installed, 'dist/bundle/cli/lops.js'), 'run', '-n', '2', 'invert.js'],
      { cwd: project, encoding: 'utf8', env: rankEnvironment() },
    );
    expect(run.status, run.stderr).to.equal(0);
    const [, error = 'none'] =
      /^2 rank\(s\), \d+ iterations .*, model error (\d\.\d+)$/m.exec(run.stdout) ?? [];
    expect(Number(error)).to.be.below(0.1);
    const png = readFileSync(join(project, 'invert.png'));
    expect(png.subarray(1, 4).toString()).to.equal('PNG');
    const tsc = spawnSync(process.execPath, [packagePath('node_modules/typescript/bin/tsc'), '-p', project], {
      encoding: 'utf8',
    });
    expect(tsc.stdout).to.equal('');
  });

  it('says what is wrong', () => {
    mkdirSync(join(folder, 'full'));
    writeFileSync(join(folder, 'full/a'), 'a');
    for (const { args, code, text } of [
      { args: ['full'], code: 1, text: /full is not empty/ },
      { args: ['full/a'], code: 1, text: /cannot write .*full\/a/ },
      { args: ['My Project'], code: 2, text: /'My Project' cannot be the name of a package/ },
      { args: ['.hidden'], code: 2, text: /cannot be the name/ },
      { args: [], code: 2, text: /expected one folder, received 0; usage/ },
      { args: ['a', 'b'], code: 2, text: /received 2/ },
      { args: ['a', '--pakage', 'x'], code: 2, text: /--pakage.*usage/ },
      { args: ['a', '--package', 'none.tgz'], code: 2, text: /expected the tarball .*none\.tgz/ },
    ]) {
      const { status, stderr } = create(...args);
      expect(stderr)
        .to.match(/^create-lops-mpi: /)
        .and.match(text);
      expect(status, stderr).to.equal(code);
    }
    expect(readFileSync(join(folder, 'full/a'), 'utf8')).to.equal('a');
  });

  it('says where the package comes from if it is not given', () => {
    const { status, stdout } = create('second');
    expect(status).to.equal(0);
    expect(stdout).to.include('npm install TARBALL');
  });
});
